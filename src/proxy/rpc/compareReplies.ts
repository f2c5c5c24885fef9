import type { Said } from "../../shared/dialects.ts";
import type { Dialect, DialectKey, DialectMessage, DialectTools } from "../dialects/dialect.ts";
import { payloadOf } from "../dialects/envelope.ts";
import { MAX_DEPTH } from "../dialects/limits.ts";

/**
 * What a reply says otherwise than the recorded one, in a sentence; `null` when it says the same. Where the dialect reads
 * both, what they say counts, and neither ids nor the rest of the envelope, nor what varies from run to run; else the octets
 * of their payload, and of a head of HTTP the status. `key` is what the one that came now is signed with; the recorded one may have had another.
 */
export function compareReplies(
  recorded: DialectMessage,
  replayed: DialectMessage,
  dialect: Dialect,
  key: DialectKey,
  tools: DialectTools,
): string | null {
  if (dialect.name !== "raw") {
    const [before, now] = [dialect.decode(recorded, null, tools), dialect.decode(replayed, key, tools)];
    if ("said" in before && "said" in now) return compareSaid(before.said, now.said, dialect.varying ?? []);
  }
  return compareFrames(payloadOf(recorded.frames), payloadOf(replayed.frames));
}

function compareSaid(before: Said, now: Said, varying: readonly string[]): string | null {
  if (before.kind !== now.kind) return `It is ${article(now.kind)}, and was ${article(before.kind)}.`;
  if (before.method !== now.method) return `Its method is "${short(now.method)}", and was "${short(before.method)}".`;
  if (before.code !== now.code)
    return `Its code is ${short(now.code ?? "none")}, and was ${short(before.code ?? "none")}.`;
  if (before.problem !== now.problem) return "Its problem is told in other words.";
  if (!isSame(before.args, now.args, 0) || !isSame(before.kwargs, now.kwargs, 0)) return "Its arguments differ.";
  return isSame(lasting(before.value, varying), lasting(now.value, varying), 0) ? null : "Its value differs.";
}

/** A value without what varies from run to run. */
function lasting(value: unknown, varying: readonly string[]): unknown {
  if (varying.length === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !varying.includes(name)));
}

function compareFrames(before: readonly Uint8Array[], now: readonly Uint8Array[]): string | null {
  if (before.length !== now.length) return `It has ${frames(now.length)}, and had ${before.length}.`;
  const at = before.findIndex((frame, index) => !isSameOctets(frame, now[index]!) && !isSameStatus(frame, now[index]!));
  return at < 0 ? null : `Frame ${at + 1} of its payload differs.`;
}

/** Whether both are heads of HTTP with the same status: other headers, such as the date, vary from run to run. */
function isSameStatus(before: Uint8Array, now: Uint8Array): boolean {
  const status = statusIn(before);
  return status !== undefined && status === statusIn(now);
}

function statusIn(frame: Uint8Array): string | undefined {
  return /^HTTP\/1\.[01] (\d{3})/.exec(String.fromCharCode(...frame.subarray(0, 12)))?.[1];
}

/** Whether two values are the same data, as dialects give it. Below MAX_DEPTH levels nothing is. */
function isSame(a: unknown, b: unknown, depth: number): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || depth > MAX_DEPTH) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && isSameOctets(a, b);
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [mine, theirs] = [Object.keys(a), Object.keys(b)];
  if (mine.length !== theirs.length) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return mine.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key], depth + 1));
}

function isSameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}

const article = (kind: Said["kind"]): string => `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
const short = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 80)}…`);
const frames = (count: number): string => `${count} ${count === 1 ? "frame" : "frames"}`;
