import { utf8Text } from "../decode/text.ts";
import type { EncodedCall } from "./dialect.ts";
import { MAX_DEPTH, MAX_MESSAGE_BYTES } from "./limits.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A whole number beyond what a double keeps may be here. */
const MANY_DIGITS = /\d{16}/;
/** Python reads no longer ones. */
const MAX_DIGITS = 4300;
/** Python's own words for what JSON lacks, outside strings; an unfinished string reaches to the end. */
const NO_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?Infinity|NaN/gs;
/** Stand for those words where JSON needs a number. Nobody else writes such. */
const STAND_INS: Readonly<Record<string, string>> = { NaN: "9e99999", Infinity: "8e99999", "-Infinity": "-8e99999" };
const NAN_STAND_IN = "9e99999";
const BRACE = 0x7b;
const BRACKET = 0x5b;

type ReviverContext = { readonly source?: string };
// ES2025 and ES2026, which the language library does not describe yet.
const parse = JSON.parse as (
  text: string,
  reviver?: (key: string, value: unknown, context: ReviverContext) => unknown,
) => unknown;
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/**
 * JSON as Python writes and reads it: NaN, Infinity and whole numbers of any size too, the latter as bigint where a double
 * would change them. Undefined for anything else, and for what is nested deeper than MAX_DEPTH or larger than
 * MAX_MESSAGE_BYTES.
 */
export function readJson(octets: Uint8Array): unknown {
  if (octets.length > MAX_MESSAGE_BYTES) return undefined;
  const text = utf8Text(octets);
  if (text === undefined) return undefined;
  const value = parseText(text) ?? parseText(text.replaceAll(NO_NUMBERS, (word) => STAND_INS[word] ?? word));
  return isShallow(value, MAX_DEPTH) ? value : undefined;
}

/** The object that octets are as JSON; undefined for all else, at once where the key is nowhere in them. */
export function readObjectWith(key: string, octets: Uint8Array): JsonObject | undefined {
  if (firstLetter(octets) !== BRACE || octets.length > MAX_MESSAGE_BYTES) return undefined;
  if (!latin1.decode(octets).includes(`"${key}"`)) return undefined;
  const value = readJson(octets);
  return isObject(value) && Object.hasOwn(value, key) ? value : undefined;
}

/** Likewise an array. */
export function readArray(octets: Uint8Array): readonly unknown[] | undefined {
  if (firstLetter(octets) !== BRACKET) return undefined;
  const value = readJson(octets);
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Whether an object has all of the first keys, and besides them none but of the others. */
export function hasOnly(value: JsonObject, needed: readonly string[], others: readonly string[] = []): boolean {
  const keys = Object.keys(value);
  return (
    needed.every((key) => Object.hasOwn(value, key)) &&
    keys.length <= needed.length + others.length &&
    keys.every((key) => needed.includes(key) || others.includes(key))
  );
}

/** JSON without white space; a sentence for what JSON has no place for. */
export function writeJson(value: unknown): { readonly octets: Uint8Array } | { readonly problem: string } {
  const problem = problemOf(value, MAX_DEPTH);
  if (problem !== undefined) return { problem };
  const octets = encoder.encode(JSON.stringify(value, (_key, item: unknown) => toExact(item)));
  if (octets.length <= MAX_MESSAGE_BYTES) return { octets };
  return { problem: `This is larger than ${MAX_MESSAGE_BYTES} octets, which is more than a message may have here.` };
}

/** A message of one frame that is this JSON. */
export function jsonFrame(value: unknown): EncodedCall {
  const written = writeJson(value);
  return "octets" in written ? { frames: [written.octets] } : written;
}

function firstLetter(octets: Uint8Array): number | undefined {
  let at = 0;
  while (octets[at] === 0x20 || octets[at] === 0x0a || octets[at] === 0x0d || octets[at] === 0x09) at++;
  return octets[at];
}

/** Undefined when it is none. `null` too is tried a second time, which costs nothing. */
function parseText(text: string): unknown {
  try {
    return MANY_DIGITS.test(text) || text.includes(NAN_STAND_IN) ? parse(text, keepExact) : parse(text);
  } catch {
    return undefined;
  }
}

function keepExact(_key: string, value: unknown, { source }: ReviverContext): unknown {
  if (typeof value !== "number" || source === undefined) return value;
  if (source === NAN_STAND_IN) return NaN;
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(source)) return value;
  if (source.length > MAX_DIGITS) throw new RangeError(`a number of ${source.length} digits`);
  const whole = BigInt(source);
  return Number.isFinite(value) && BigInt(value) === whole ? value : whole;
}

function toExact(item: unknown): unknown {
  if (typeof item === "bigint") return rawJson(String(item));
  return Object.is(item, -0) ? rawJson("-0.0") : item;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1));
}

function problemOf(value: unknown, levels: number): string | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "bigint") {
    return undefined;
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : `JSON has no place for ${value}.`;
  }
  if (value instanceof Uint8Array) return "JSON has no place for octets. Write them as text, such as base64.";
  if (typeof value !== "object") return `JSON has no place for a value of type ${typeof value}.`;
  if (levels === 0) return `This is nested deeper than ${MAX_DEPTH} levels.`;
  for (const item of Object.values(value)) {
    const problem = problemOf(item, levels - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
