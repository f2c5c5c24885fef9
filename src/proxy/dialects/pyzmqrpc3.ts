import { deflateSync } from "node:zlib";
import { fromBase64, toBase64 } from "../decode/base64.ts";
import { inflate } from "../decode/inflate.ts";
import type { Dialect, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { MAX_INFLATED_BYTES } from "./limits.ts";
import { hasOnly, isObject, type JsonObject, readObjectWith, writeJson } from "./pythonJson.ts";
import { isOneWay, isWord, onlyPayload, say } from "./saying.ts";
import { readStatusReply, sayStatus, writeStatus } from "./statusReply.ts";

const HEARTBEAT = "zmq_sub_heartbeat";
const KEY = "_icmd_";
/** The first letter of zlib octets in base64, with the window that Python's zlib has. */
const FIRST_LETTER = "e".charCodeAt(0);
const MAX_NAMED = 20;
const encoder = new TextEncoder();

type Command = { readonly name: string; readonly state: unknown };

/** Commands are objects of a class; on the wire the class's name and the object's state, zipped. */
export const pyzmqrpc3: Dialect = {
  name: "pyzmqrpc3",
  title: "pyzmqrpc3 commands",
  meaning:
    'Python programs with pyzmqrpc3: {"_icmd_":[class, state]} as JSON, zlib and base64 in one frame; replies are JSON ' +
    "with a status code. The method is the class, the arguments are the state.",
  socket: "REQ",
  takesArgs: false,
  takesKwargs: true,
  fields: [],
  canCall: true,
  confidence(message) {
    const frame = onlyPayload(message);
    if (frame === undefined) return 0;
    if (isWord(frame, HEARTBEAT)) return 0.95;
    if (frame[0] === FIRST_LETTER) return readCommand(frame) === undefined ? 0 : 1;
    const status = isOneWay(message) ? undefined : readStatusReply(frame);
    return status === undefined ? 0 : 0.9;
  },
  decode(message): SaidOrProblem {
    const frame = onlyPayload(message);
    if (frame === undefined) return { problem: "A message of this dialect is a single frame." };
    if (isWord(frame, HEARTBEAT)) return say({ kind: "heartbeat" });
    const status = readStatusReply(frame);
    if (status !== undefined) return sayStatus(status);
    const command = readCommand(frame);
    if (command === undefined) return { problem: "This is neither a zipped command nor a status reply." };
    const { name, state } = command;
    const nested = nestedNames(state);
    return say({
      kind: isOneWay(message) ? "signal" : "call",
      method: name,
      ...(isObject(state) ? { kwargs: state } : { value: state }),
      facts: nested.length > 0 ? [{ label: "Commands inside", value: nested.join(", ") }] : [],
    });
  },
  encode({ method, args, kwargs }): EncodedCall {
    if (method === "") return { problem: "A command needs the name of its class." };
    if (args.length > 0)
      return { problem: "A command has a state, by name: there is no place for positional arguments." };
    const written = writeJson({ [KEY]: [method, kwargs] });
    return "octets" in written ? { frames: [encoder.encode(toBase64(deflateSync(written.octets)))] } : written;
  },
  renew: (frames) => ({ frames }),
  answer: (_call, answer) => writeStatus(answer),
};

function readCommand(frame: Uint8Array): Command | undefined {
  const zipped = fromBase64(frame);
  if (zipped === undefined) return undefined;
  const opened = inflate("zlib", zipped, MAX_INFLATED_BYTES);
  return "bytes" in opened ? commandOf(readObjectWith(KEY, opened.bytes)) : undefined;
}

function commandOf(value: JsonObject | undefined): Command | undefined {
  const command = value !== undefined && hasOnly(value, [KEY]) ? value[KEY] : undefined;
  if (!Array.isArray(command) || command.length !== 2) return undefined;
  const [name, state] = command as [unknown, unknown];
  return typeof name === "string" ? { name, state } : undefined;
}

/** Classes of the commands inside a state, the first few, in their order. */
function nestedNames(state: unknown, found: string[] = []): readonly string[] {
  if (found.length >= MAX_NAMED || typeof state !== "object" || state === null) return found;
  const command = isObject(state) ? commandOf(state) : undefined;
  if (command !== undefined) found.push(command.name);
  for (const item of Object.values(state)) nestedNames(item, found);
  return found;
}
