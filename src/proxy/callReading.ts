import type { CallReading } from "../shared/calls.ts";
import type { DialectCall, DialectName, Said } from "../shared/dialects.ts";
import type { CallSocket, SocketType } from "../shared/model.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import type { DialectKeys } from "./dialectKeys.ts";
import type { Dialect, DialectKey, DialectMessage } from "./dialects/dialect.ts";
import { detect, dialectNamed } from "./dialects/registry.ts";
import { dialectTools } from "./dialectTools.ts";
import { frameRoles } from "./envelope.ts";
import { partlyKept, rowGone } from "./faults.ts";
import type { OwnDialects } from "./ownDialects.ts";
import { MAX_SEND_BYTES, MAX_SEND_FRAMES, tooLarge, tooManyFrames } from "./sendChecks.ts";

/**
 * A captured message as a call of `dialect`, else of one of `own` that takes it for its own, else of the one it looks most like: what its program sent, and where the dialect
 * writes it again saying the same, the call. Rejects with a UserError for a message that is gone or not whole.
 */
export async function readCall(
  capture: Capture,
  n: number,
  dialect: DialectName | null,
  keys: DialectKeys,
  own: OwnDialects | null = null,
): Promise<CallReading> {
  await capture.prepare(n);
  const raw = capture.row(n);
  if (raw?.kind !== "message") throw rowGone(n);
  const message = messageOf(raw, wholeFrames(capture, raw));
  const chosen = dialectNamed(dialect ?? detect(message).dialect)!;
  const { frames, sender, receiver } = message;
  const roles = frameRoles(
    frames.map((frame) => frame.length),
    sender,
    receiver,
  );
  const inOwn = own === null || dialect !== null ? null : await ownCallOf(own, message);
  return {
    ...(inOwn ?? { dialect: chosen.name, call: callOf(chosen, message, keys.of(raw.tapName)) }),
    socket: socketOf(sender),
    // A DEALER's program hands over the delimiter itself.
    frames: sender === "DEALER" ? frames : frames.filter((_, at) => roles[at] === "payload" || roles[at] === "topic"),
  };
}

/** The call of a message that a module of the user's takes for its own; `null` for one that none does. */
async function ownCallOf(
  own: OwnDialects,
  message: DialectMessage,
): Promise<Pick<CallReading, "dialect" | "call"> | null> {
  const read = await own.read(message);
  if (read === null) return null;
  const { dialect: name, said } = read;
  const nothing = { dialect: `own:${name}`, call: null } as const;
  const call = { method: said.method, args: said.args ?? [], kwargs: said.kwargs ?? {}, fields: {} };
  if (!isCallKind(said.kind) || !isJson(call.args) || !isJson(call.kwargs)) return nothing;
  const encoded = await own.encode(name, call);
  if (encoded === null || "problem" in encoded) return nothing;
  const again = await own.read({ ...message, frames: encoded.frames }, name);
  return again !== null && isSame(again.said, said) ? { ...nothing, call } : nothing;
}

function isCallKind(kind: Said["kind"]): boolean {
  return kind === "call" || kind === "signal" || kind === "event";
}

/** All frames of a message. Throws a UserError when they are not all kept, or too much to be sent. */
function wholeFrames(capture: Capture, { n, sizeBytes, frames: count }: RawRow): Uint8Array[] {
  if (sizeBytes > MAX_SEND_BYTES) throw tooLarge(sizeBytes);
  const { frames, more } = capture.framePrefixes(n, MAX_SEND_FRAMES, MAX_SEND_BYTES);
  if (more > 0) throw tooManyFrames(count);
  if (frames.some((frame) => frame.keptBytes < frame.sizeBytes)) throw partlyKept(n, "called again as it was");
  return frames.map((frame) => frame.prefix);
}

function messageOf({ link, direction }: RawRow, frames: readonly Uint8Array[]): DialectMessage {
  const { client, server } = link?.sockets ?? { client: null, server: null };
  return direction === 1 ? { frames, sender: server, receiver: client } : { frames, sender: client, receiver: server };
}

function socketOf(sender: SocketType | null): CallSocket {
  if (sender === "XPUB") return "PUB";
  return (["DEALER", "PUSH", "PUB"] as const).find((type) => type === sender) ?? "REQ";
}

/** What it calls, where writing that again says the same: else a part of it would be lost unseen. */
function callOf(dialect: Dialect, message: DialectMessage, key: DialectKey): DialectCall | null {
  if (!dialect.canCall || dialect.name === "raw") return null;
  const said = saidBy(dialect, message, key);
  // Some heartbeats are calls of a method like any other.
  const isCall = said !== null && (isCallKind(said.kind) || (said.kind === "heartbeat" && said.method !== ""));
  if (!isCall) return null;
  const fields = fieldsOf(dialect, said);
  const call = { method: said.method, args: said.args ?? [], kwargs: said.kwargs ?? {}, fields };
  if (!isJson(call.args) || !isJson(call.kwargs)) return null;
  const encoded = dialect.encode(call, key, dialectTools);
  if ("problem" in encoded) return null;
  const again = saidBy(dialect, { ...message, frames: encoded.frames }, key);
  return again !== null && isSame(again, said) ? call : null;
}

function saidBy(dialect: Dialect, message: DialectMessage, key: DialectKey): Said | null {
  const read = dialect.decode(message, key, dialectTools);
  return "said" in read ? read.said : null;
}

/** Fields that the message shows among its facts, by their name or label. */
function fieldsOf(dialect: Dialect, { facts }: Said): DialectCall["fields"] {
  const fields: Record<string, unknown> = {};
  for (const { name, label, kind } of dialect.fields) {
    const fact = facts.find((one) => one.label.toLowerCase() === name.toLowerCase() || one.label === label);
    if (fact === undefined || kind === "secret") continue;
    if (kind === "text" || kind === "choice") fields[name] = fact.value;
    else if (kind === "boolean") fields[name] = fact.value === "true";
    else fields[name] = parsed(fact.value);
  }
  return fields;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // A fact is written for people, and may be no JSON.
  }
}

function isSame(one: Said, other: Said): boolean {
  const what = ({ kind, method, args, kwargs, value }: Said): string =>
    JSON.stringify([kind, method, args ?? [], kwargs ?? {}, value ?? null]);
  return what(one) === what(other);
}

/** Whether JSON holds it as it is: a form is typed in JSON. */
function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isJson);
      return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
    default:
      return false;
  }
}
