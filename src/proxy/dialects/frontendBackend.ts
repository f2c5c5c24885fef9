import type { DialectCall, DialectField } from "../../shared/dialects.ts";
import type { Dialect, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { hasOnly, isObject, jsonFrame, readObjectWith } from "./pythonJson.ts";
import { chosenIn, isOneWay, isWord, noChoice, onlyPayload, say, sayError } from "./saying.ts";

const PING = "PING";
const OK = "OK";
/** Signals of the LEAP client that tell of a failure. */
const FAILURES = /_(?:error|failed)$|^backend_bad_call$/;
const FORM: DialectField = {
  name: "form",
  label: "Message",
  kind: "choice",
  choices: ["call", "signal", "heartbeat"],
  hint: "A call with its arguments, a signal with its data, or PING.",
};
const encoder = new TextEncoder();

/** Two REQ/REP links, one per direction. Whatever arrives is acknowledged at once; results are signals of their own. */
export const frontendBackend: Dialect = {
  name: "frontend-backend",
  title: "Frontend/backend calls and signals",
  meaning:
    'Two programs with a REQ/REP link each way, such as the LEAP Bitmask client: calls are {"api_method","arguments"}, ' +
    'results {"signal","data"}, PING and OK bare words.',
  socket: "REQ",
  takesArgs: false,
  takesKwargs: true,
  fields: [
    FORM,
    { name: "data", label: "Data", kind: "json", hint: "Only of a signal: any JSON, null where it brings nothing." },
  ],
  canCall: true,
  confidence(message) {
    const frame = isOneWay(message) ? undefined : onlyPayload(message);
    if (frame === undefined) return 0;
    // Words that others may use too: only from where such requests and answers come.
    if (isWord(frame, PING)) return message.sender === "REQ" || message.receiver === "REP" ? 0.5 : 0;
    if (isWord(frame, OK)) return message.sender === "REP" || message.receiver === "REQ" ? 0.4 : 0;
    const call = readObjectWith("api_method", frame);
    if (typeof call?.["api_method"] === "string") return hasOnly(call, ["api_method"], ["arguments"]) ? 0.95 : 0.6;
    const signal = readObjectWith("signal", frame);
    return typeof signal?.["signal"] === "string" && hasOnly(signal, ["signal", "data"]) ? 0.85 : 0;
  },
  decode(message): SaidOrProblem {
    const frame = onlyPayload(message);
    if (frame === undefined) return { problem: "A message of this dialect is a single frame." };
    if (isWord(frame, PING)) return say({ kind: "heartbeat" });
    if (isWord(frame, OK)) return say({ kind: "acknowledgement" });
    const call = readObjectWith("api_method", frame);
    if (typeof call?.["api_method"] === "string") return readCall(call["api_method"], call["arguments"]);
    const signal = readObjectWith("signal", frame);
    if (typeof signal?.["signal"] === "string") return readSignal(signal["signal"], signal["data"]);
    return { problem: "This is neither a call, nor a signal, nor PING or OK." };
  },
  encode(call): EncodedCall {
    switch (chosenIn(FORM, call)) {
      case "call":
        return encodeCall(call);
      case "signal":
        return encodeSignal(call);
      case "heartbeat":
        return encodeHeartbeat(call);
      default:
        return noChoice(FORM);
    }
  },
  renew: (frames) => ({ frames }),
  /** OK is all that is answered, to what fails too, since it is sent before anybody looks at the call. */
  answer(_call, answer): EncodedCall {
    if (answer.kind === "value" && answer.value !== undefined && answer.value !== null && answer.value !== OK) {
      return { problem: "The only answer here is OK: a result goes back as a signal, on the other link." };
    }
    return { frames: [encoder.encode(OK)] };
  },
};

function readCall(method: string, kwargs: unknown = {}): SaidOrProblem {
  if (isObject(kwargs)) return say({ kind: "call", method, kwargs });
  return { problem: "The arguments of this call are no object, so the other side cannot take them by name." };
}

function readSignal(method: string, value: unknown): SaidOrProblem {
  const said = { method, ...(value !== undefined && { value }) };
  return FAILURES.test(method) ? sayError(value, method, said) : say({ ...said, kind: "signal" });
}

function encodeCall({ method, args, kwargs }: DialectCall): EncodedCall {
  if (method === "") return { problem: "A call needs the name of a method." };
  if (args.length > 0) return { problem: "Arguments go by name here: there is no place for positional ones." };
  return jsonFrame({ api_method: method, arguments: kwargs });
}

function encodeSignal({ method, args, kwargs, fields }: DialectCall): EncodedCall {
  if (method === "") return { problem: "A signal needs a name." };
  if (args.length > 0 || Object.keys(kwargs).length > 0) {
    return { problem: "A signal has no arguments: what it brings is its data." };
  }
  return jsonFrame({ signal: method, data: fields["data"] ?? null });
}

function encodeHeartbeat({ method, args, kwargs }: DialectCall): EncodedCall {
  const isBare = (method === "" || method === PING) && args.length === 0 && Object.keys(kwargs).length === 0;
  return isBare ? { frames: [encoder.encode(PING)] } : { problem: "A heartbeat has neither a method nor arguments." };
}
