import type { Said } from "../../shared/dialects.ts";
import { toHex } from "../decode/jsonText.ts";
import { utf8Text } from "../decode/text.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { writeJson } from "./jsonPayload.ts";
import { said } from "./said.ts";

type Version = "0.1" | "0.2";
type Command = "READY" | "REQUEST" | "PARTIAL" | "REPLY" | "FINAL" | "HEARTBEAT" | "DISCONNECT";

/** `start` is where the protocol's name is; `rest` what follows its command, or the name where there is none. */
type Parts = {
  readonly version: Version;
  readonly side: "client" | "worker";
  readonly start: number;
  /** `null` in version 0.1 between client and broker. */
  readonly command: Command | null;
  readonly rest: readonly Uint8Array[];
};

const PROTOCOLS: Readonly<Record<string, Pick<Parts, "version" | "side">>> = {
  MDPC01: { version: "0.1", side: "client" },
  MDPC02: { version: "0.2", side: "client" },
  MDPW01: { version: "0.1", side: "worker" },
  MDPW02: { version: "0.2", side: "worker" },
};
/** Commands by their octet, from 1. */
const COMMANDS: Readonly<Record<string, readonly Command[]>> = {
  MDPC02: ["REQUEST", "PARTIAL", "FINAL"],
  MDPW01: ["READY", "REQUEST", "REPLY", "HEARTBEAT", "DISCONNECT"],
  MDPW02: ["READY", "REQUEST", "PARTIAL", "FINAL", "HEARTBEAT", "DISCONNECT"],
};
const NAME_BYTES = 6;
/** Identities and the empty frame. */
const MAX_ENVELOPE = 16;
const REQUEST = 1;
const FINAL = 3;
/** What the broker itself answers (RFC 8). */
const MANAGEMENT = "mmi.";
const MANAGEMENT_PROBLEMS: Readonly<Record<string, string>> = {
  "400": "The broker says 400: the request is not valid.",
  "404": "The broker says 404: no worker offers this service.",
  "500": "The broker says 500: it failed.",
  "501": "The broker says 501: it does not have this management service.",
};
const NOT_MINE = "This is no Majordomo message: MDPC01, MDPC02, MDPW01 or MDPW02, with the parts that belong to it.";

const encoder = new TextEncoder();

/** The Majordomo protocol, versions 0.1 (RFC 7) and 0.2 (RFC 18), on both sides of the broker. */
export const majordomo: Dialect = {
  name: "majordomo",
  title: "Majordomo",
  meaning:
    "Clients, a broker and workers (MDP 0.1 and 0.2): the method is the service, each argument a frame of the request's body.",
  socket: "DEALER",
  takesArgs: true,
  takesKwargs: false,
  fields: [
    { name: "version", label: "Version", kind: "choice", choices: ["0.1", "0.2"], hint: "What the broker speaks." },
  ],
  canCall: true,
  confidence({ frames }) {
    return partsOf(frames) === undefined ? 0 : 1;
  },
  decode(message): SaidOrProblem {
    const parts = partsOf(message.frames);
    if (parts === undefined) return { problem: NOT_MINE };
    return said(parts.side === "client" ? readClient(parts, message) : readWorker(parts));
  },
  encode({ method, args, kwargs, fields }): EncodedCall {
    const { version = "0.1" } = fields;
    if (version !== "0.1" && version !== "0.2") return { problem: "The version must be 0.1 or 0.2." };
    if (Object.keys(kwargs).length > 0) return { problem: "Majordomo has no arguments by name; write frames." };
    const body: Uint8Array[] = [];
    for (const arg of args) {
      const frame = toFrame(arg);
      // Octets that are text come back as text.
      if (frame === undefined) return { problem: "A Majordomo body is frames of text or octets; write JSON as text." };
      body.push(frame);
    }
    if (!isWellFormed(method)) return { problem: "The service is no text that UTF-8 can hold." };
    const service = encoder.encode(method);
    if (version === "0.2") return { frames: [encoder.encode("MDPC02"), Uint8Array.of(REQUEST), service, ...body] };
    return { frames: [new Uint8Array(0), encoder.encode("MDPC01"), service, ...body] };
  },
  renew: (frames) => ({ frames }),
  answer({ frames }, answer): EncodedCall {
    const parts = partsOf(frames);
    if (answer.kind === "error") return { problem: "Majordomo has no errors; answer with a body that tells of it." };
    const value = answer.value ?? "";
    const body: Uint8Array[] = [];
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const frame = toFrame(item);
      const json = frame === undefined ? writeJson(item) : { bytes: frame };
      if ("problem" in json) return json;
      body.push(json.bytes);
    }
    const name = parts && frames[parts.start]!;
    if (parts?.side === "client" && (parts.command === null || parts.command === "REQUEST")) {
      const command = parts.command === null ? [] : [Uint8Array.of(FINAL)];
      return { frames: [name!, ...command, parts.rest[0]!, ...body] };
    }
    if (parts?.command === "REQUEST") {
      const command = parts.version === "0.1" ? 3 : 4;
      return { frames: [name!, Uint8Array.of(command), ...parts.rest.slice(0, 2), ...body] };
    }
    return { problem: "Only Majordomo requests are answered." };
  },
};

function partsOf(frames: readonly Uint8Array[]): Parts | undefined {
  const start = frames.slice(0, MAX_ENVELOPE + 1).findIndex((frame) => protocolOf(frame) !== undefined);
  const protocol = start < 0 ? undefined : protocolOf(frames[start]!)!;
  // Version 0.1 has an empty frame in front, which REQ and REP sockets hide.
  if (protocol === undefined || (start > 1 && frames[start - 1]!.length > 0)) return undefined;
  const known = PROTOCOLS[protocol]!;
  const commands = COMMANDS[protocol];
  if (commands === undefined) {
    const rest = frames.slice(start + 1);
    return rest.length === 0 ? undefined : { ...known, start, command: null, rest };
  }
  const octets = frames[start + 1];
  const command = octets?.length === 1 ? commands[octets[0]! - 1] : undefined;
  if (command === undefined) return undefined;
  const rest = frames.slice(start + 2);
  return hasParts(known.side, command, rest) ? { ...known, start, command, rest } : undefined;
}

function protocolOf(frame: Uint8Array): string | undefined {
  if (frame.length !== NAME_BYTES) return undefined;
  const text = String.fromCharCode(...frame);
  return Object.hasOwn(PROTOCOLS, text) ? text : undefined;
}

function hasParts(side: Parts["side"], command: Command, rest: readonly Uint8Array[]): boolean {
  if (side === "client") return rest.length > 0;
  if (command === "READY") return rest.length === 1;
  if (command === "HEARTBEAT" || command === "DISCONNECT") return rest.length === 0;
  return rest.length >= 2 && rest[1]!.length === 0;
}

function readClient(
  { version, command, rest }: Parts,
  { sender, receiver }: DialectMessage,
): Parameters<typeof said>[0] {
  const [service, ...body] = rest.map(toValue);
  const isAnswer = command === null ? sender === "ROUTER" || receiver === "REQ" : command !== "REQUEST";
  const method = textOf(service!);
  const common = { method, facts: [...(command === null ? [] : [fact("command", command)]), fact("version", version)] };
  if (!isAnswer) return { ...common, kind: "call", args: body };
  if (command === "PARTIAL") return { ...common, kind: "event", value: body };
  const code = body.length === 1 && method.startsWith(MANAGEMENT) ? textOf(body[0]!) : "";
  const problem = Object.hasOwn(MANAGEMENT_PROBLEMS, code) ? MANAGEMENT_PROBLEMS[code]! : null;
  if (problem !== null) return { ...common, kind: "error", problem, code, value: body };
  return { ...common, kind: "reply", value: body };
}

/** The service is in READY only; the others are named after their command. */
function readWorker({ version, command, rest }: Parts): Parameters<typeof said>[0] {
  const common = { method: command!, facts: [fact("command", command!), fact("version", version)] };
  switch (command) {
    case "READY":
      return { ...common, kind: "signal", method: textOf(toValue(rest[0]!)) };
    case "HEARTBEAT":
      return { ...common, kind: "heartbeat" };
    case "DISCONNECT":
      return { ...common, kind: "signal" };
    default: {
      // A worker has one request of a client at a time, so that the client's address stands for an id.
      const body = rest.slice(2).map(toValue);
      const forClient = { ...common, id: toHex(rest[0]!) };
      if (command === "REQUEST") return { ...forClient, kind: "call", args: body };
      return { ...forClient, kind: command === "PARTIAL" ? "event" : "reply", value: body };
    }
  }
}

function fact(label: string, value: string): Said["facts"][number] {
  return { label, value };
}

function toValue(frame: Uint8Array): string | Uint8Array {
  return utf8Text(frame) ?? frame;
}

function textOf(value: string | Uint8Array): string {
  return typeof value === "string" ? value : toHex(value);
}

function toFrame(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" && isWellFormed(value) ? encoder.encode(value) : undefined;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
