import { readFrameHeader, type Framing } from "./frames.ts";
import type { CommandCode } from "./linkSink.ts";
import { toKey, toText } from "./octets.ts";

const PING: CommandCode = 0;
const PONG: CommandCode = 1;
const SUBSCRIBE: CommandCode = 2;
const UNSUBSCRIBE: CommandCode = 3;
const ERROR: CommandCode = 4;
const OTHER: CommandCode = 5;

/** Name and where the data begins. libzmq 4.3 writes ERROR of PLAIN as `5E 52 52 4F 52`: the length and E in one octet. */
export function readCommandName(body: Uint8Array): { name: string; dataAt: number } {
  if (body.length >= 5 && toKey(body, 0, 5) === "^RROR") return { name: "ERROR", dataAt: 5 };
  const length = body[0] ?? 0;
  if (length === 0 || length + 1 > body.length) return { name: "", dataAt: body.length };
  return { name: toKey(body, 1, length + 1), dataAt: length + 1 };
}

/** What may be told of a handshake. */
const KNOWN_NAMES: ReadonlySet<string> = new Set([
  ...["", "HELLO", "WELCOME", "INITIATE", "READY", "ERROR", "MESSAGE"],
  ...["PING", "PONG", "SUBSCRIBE", "CANCEL", "JOIN", "LEAVE"],
]);

/**
 * The name of a command of a handshake as it may be told. Where a peer has made a mistake, what stands in the place of a
 * name may be the password of PLAIN.
 */
export function tellableName(name: string): string {
  return KNOWN_NAMES.has(name) ? name : "unknown command";
}

/** The same at the beginning of a sentence. */
export function nameInWords(name: string): string {
  if (name === "") return "A command without a name";
  return KNOWN_NAMES.has(name) ? name : "An unknown command";
}

/** What a command is to the log. JOIN and LEAVE are the subscriptions of RADIO and DISH. */
export function commandCode(name: string): CommandCode {
  switch (name) {
    case "PING":
      return PING;
    case "PONG":
      return PONG;
    case "SUBSCRIBE":
    case "JOIN":
      return SUBSCRIBE;
    case "CANCEL":
    case "LEAVE":
      return UNSUBSCRIBE;
    case "ERROR":
      return ERROR;
    default:
      return OTHER;
  }
}

/** A command or a subscription message in full. `octets` are views of the bytes that were read. */
export type Command =
  | { readonly kind: "ping"; readonly ttlMs: number; readonly context: Uint8Array }
  | { readonly kind: "pong"; readonly context: Uint8Array }
  | { readonly kind: "subscribe" | "unsubscribe"; readonly topic: Uint8Array }
  | { readonly kind: "error-command"; readonly reason: string }
  | { readonly kind: "command"; readonly name: string };

/**
 * Reads the command at the beginning of `frame`, its header included; a message frame is read as a subscription
 * message (first octet 01 or 00). A frame that was cut gives what is there. Topics and contexts are views of `frame`.
 */
export function readCommand(frame: Uint8Array, framing: Framing = 3): Command {
  const header = readFrameHeader(frame, 0, framing);
  if (header === null) return { kind: "command", name: "" };
  const body = frame.subarray(header.headerBytes, header.headerBytes + header.sizeBytes);
  if (!header.command) return { kind: body[0] === 1 ? "subscribe" : "unsubscribe", topic: body.subarray(1) };
  return readCommandBody(body);
}

/** The same for the body of a command frame. */
export function readCommandBody(body: Uint8Array): Command {
  const { name, dataAt } = readCommandName(body);
  const data = body.subarray(dataAt);
  switch (commandCode(name)) {
    case PING:
      return { kind: "ping", ttlMs: ((data[0] ?? 0) * 256 + (data[1] ?? 0)) * 100, context: data.subarray(2) };
    case PONG:
      return { kind: "pong", context: data };
    case SUBSCRIBE:
      return { kind: "subscribe", topic: data };
    case UNSUBSCRIBE:
      return { kind: "unsubscribe", topic: data };
    case ERROR:
      return { kind: "error-command", reason: readErrorReason(data) };
    default:
      return { kind: "command", name: toText(body.subarray(Math.min(1, dataAt), dataAt)) };
  }
}

/** Reason of an ERROR command from its data: a short string behind one length octet. */
export function readErrorReason(data: Uint8Array): string {
  return toText(data.subarray(1, 1 + (data[0] ?? 0)));
}
