import { cutText, toHex } from "../decode/jsonText.ts";
import { msgpackEnd } from "../decode/msgpack.ts";
import { readMsgpackValue, writeMsgpackValue } from "../decode/msgpackValue.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { payloadOf, payloadStart } from "./envelope.ts";
import { isJsonObject } from "./jsonPayload.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { said } from "./said.ts";

type Event = { readonly header: Readonly<Record<string, unknown>>; readonly name: string; readonly args: unknown };

const PROTOCOL_VERSION = 3;
/** An array of three, as MessagePack begins it. */
const ARRAY_OF_3 = 0x93;
const HEARTBEAT = "_zpc_hb";
/** Tells the other side how many more messages of a stream it may send. */
const CREDIT = "_zpc_more";
const MAX_CODE_CHARS = 80;
const NOT_MINE = "This is no zerorpc message: one MessagePack list of a header with message_id, a name, and arguments.";

/** zerorpc: https://github.com/0rpc/zerorpc-python/blob/master/doc/protocol.md */
export const zerorpc: Dialect = {
  name: "zerorpc",
  title: "zerorpc",
  meaning:
    "One MessagePack list [header, name, args]; answers are called OK, ERR, STREAM and STREAM_DONE and repeat the call's id. Built in: _zerorpc_inspect, _zerorpc_list, _zerorpc_name, _zerorpc_ping, _zerorpc_help, _zerorpc_args.",
  socket: "DEALER",
  takesArgs: true,
  takesKwargs: false,
  fields: [],
  canCall: true,
  confidence({ frames }) {
    const event = eventOf(frames);
    if (event === undefined) return 0;
    return typeof event.header["v"] === "number" ? 0.99 : 0.8;
  },
  decode(message): SaidOrProblem {
    const event = eventOf(message.frames);
    return event === undefined ? { problem: NOT_MINE } : said(read(event, message));
  },
  encode({ method, args, kwargs }, _key, tools): EncodedCall {
    if (Object.keys(kwargs).length > 0) return { problem: "zerorpc has no arguments by name; write them by position." };
    if (isAnswerName(method)) return { problem: `zerorpc keeps the name ${method} for itself.` };
    const written = writeMsgpackValue([{ message_id: tools.newId(), v: PROTOCOL_VERSION }, method, args]);
    return "problem" in written ? written : { frames: [new Uint8Array(0), written.bytes] };
  },
  renew(frames, _key, tools): EncodedCall {
    const event = eventOf(frames);
    // What answers a call, or keeps its channel open, is of no use under another id.
    if (event === undefined || event.header["response_to"] !== undefined) return { frames };
    const start = payloadStart(frames);
    const payload = frames[start]!;
    const fresh = tools.newId();
    const id = typeof event.header["message_id"] === "string" ? fresh : octetsOf(fresh);
    const header = writeMsgpackValue({ ...event.header, message_id: id });
    const end = payload[0] === ARRAY_OF_3 ? msgpackEnd(payload, 1) : undefined;
    if ("problem" in header || end === undefined) return { problem: "The header of this message cannot be renewed." };
    // Name and arguments stay as they are, whole floats and all.
    const bytes = new Uint8Array(1 + header.bytes.length + payload.length - end);
    bytes[0] = ARRAY_OF_3;
    bytes.set(header.bytes, 1);
    bytes.set(payload.subarray(end), 1 + header.bytes.length);
    return { frames: [...frames.slice(0, start), bytes] };
  },
  answer({ frames }, answer, _key, tools): EncodedCall {
    const event = eventOf(frames);
    if (event === undefined || isAnswerName(event.name)) return { problem: "Only zerorpc calls are answered." };
    const header = { message_id: tools.newId(), v: PROTOCOL_VERSION, response_to: event.header["message_id"] };
    const written = writeMsgpackValue(
      answer.kind === "value"
        ? [header, "OK", [answer.value ?? null]]
        : [header, "ERR", ["RemoteError", answer.problem, ""]],
    );
    return "problem" in written ? written : { frames: [written.bytes] };
  },
};

function eventOf(frames: readonly Uint8Array[]): Event | undefined {
  const payload = payloadOf(frames);
  const octets = payload[0];
  if (payload.length !== 1 || octets?.[0] !== ARRAY_OF_3 || octets.length > MAX_MESSAGE_BYTES) return undefined;
  const result = readMsgpackValue(octets);
  const [header, name, args] = "value" in result ? (result.value as unknown[]) : [];
  if (!isJsonObject(header) || typeof name !== "string") return undefined;
  const id = header["message_id"];
  return typeof id === "string" || id instanceof Uint8Array ? { header, name, args } : undefined;
}

function isAnswerName(name: string): boolean {
  return ["OK", "ERR", "STREAM", "STREAM_DONE", HEARTBEAT, CREDIT].includes(name);
}

function read({ header, name, args }: Event, { sender, receiver }: DialectMessage): Parameters<typeof said>[0] {
  const [own, answered] = [idText(header["message_id"]), idText(header["response_to"])];
  const list: readonly unknown[] = Array.isArray(args) ? args : [args];
  const facts = typeof header["v"] === "number" ? [{ label: "version", value: String(header["v"]) }] : [];
  const common = { method: name, id: answered ?? own, facts };
  switch (name) {
    case "OK":
      return { ...common, kind: "reply", value: list[0] };
    case "ERR": {
      // Old versions send one text.
      const [code, text] = list.length > 1 ? list : [null, list[0]];
      const isCode = typeof code === "string" && code !== "";
      const words = [code, text].filter((one) => typeof one === "string" && one !== "").join(": ");
      const problem = words === "" ? "The server says ERR, and no more." : words;
      return { ...common, kind: "error", problem, code: isCode ? cutText(code, MAX_CODE_CHARS) : null, value: args };
    }
    case "STREAM":
      return { ...common, kind: "event", value: args };
    case "STREAM_DONE":
      return { ...common, kind: "reply" };
    case HEARTBEAT:
      return { ...common, kind: "heartbeat" };
    case CREDIT:
      return { ...common, kind: "heartbeat", value: list[0] };
    default: {
      if (answered !== null) return { ...common, kind: "event", value: args };
      const isOneWay =
        ["PUSH", "PUB", "XPUB"].includes(sender ?? "") || ["PULL", "SUB", "XSUB"].includes(receiver ?? "");
      return { ...common, kind: isOneWay ? "signal" : "call", args: list };
    }
  }
}

/** Ids are text, or octets as those of Python. */
function idText(id: unknown): string | null {
  if (id instanceof Uint8Array) return toHex(id, Math.min(id.length, 64));
  return typeof id === "string" ? cutText(id, 128) : null;
}

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}
