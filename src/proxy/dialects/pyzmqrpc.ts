import type { Dialect, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { hasOnly, isObject, jsonFrame, type JsonObject, readObjectWith } from "./pythonJson.ts";
import { isOneWay, onlyPayload, say } from "./saying.ts";
import { readStatusReply, sayStatus, writeStatus } from "./statusReply.ts";

/** Says that a call names no function; pyzmqrpc3 has no such. */
const NO_FUNCTION = 450;

/** What pyzmqrpc3 comes from: functions and parameters as plain JSON. */
export const pyzmqrpc: Dialect = {
  name: "pyzmqrpc",
  title: "pyzmqrpc functions",
  meaning:
    'Python programs with pyzmqrpc, and early pyzmqrpc3: {"function","parameters"} as JSON in one frame; replies are JSON ' +
    "with a status code.",
  socket: "REQ",
  takesArgs: false,
  takesKwargs: true,
  fields: [],
  canCall: true,
  confidence(message) {
    const frame = onlyPayload(message);
    if (frame === undefined) return 0;
    const call = readCall(frame);
    if (call !== undefined) return Object.hasOwn(call, "parameters") ? 0.9 : 0.6;
    const status = isOneWay(message) ? undefined : readStatusReply(frame);
    if (status === undefined) return 0;
    return status.code === NO_FUNCTION ? 0.95 : 0.85;
  },
  decode(message): SaidOrProblem {
    const frame = onlyPayload(message);
    if (frame === undefined) return { problem: "A message of this dialect is a single frame." };
    const status = readStatusReply(frame);
    if (status !== undefined) return sayStatus(status);
    const call = readCall(frame);
    if (call === undefined) return { problem: "This is neither a function with its parameters nor a status reply." };
    return say({
      kind: isOneWay(message) ? "signal" : "call",
      method: call["function"] as string,
      kwargs: (call["parameters"] ?? {}) as JsonObject,
    });
  },
  encode({ method, args, kwargs }): EncodedCall {
    if (method === "") return { problem: "A call needs the name of a function." };
    if (args.length > 0) return { problem: "Parameters go by name here: there is no place for positional arguments." };
    return jsonFrame({ function: method, parameters: kwargs });
  },
  renew: (frames) => ({ frames }),
  answer: (_call, answer) => writeStatus(answer),
};

function readCall(frame: Uint8Array): JsonObject | undefined {
  const call = readObjectWith("function", frame);
  const isCall =
    call !== undefined &&
    hasOnly(call, ["function"], ["parameters"]) &&
    typeof call["function"] === "string" &&
    isObject(call["parameters"] ?? {});
  return isCall ? call : undefined;
}
