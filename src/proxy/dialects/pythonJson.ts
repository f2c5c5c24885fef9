import { utf8Text } from "../decode/text.ts";
import type { EncodedCall } from "./dialect.ts";
import { isJsonObject, readJson, writeJson } from "./jsonPayload.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Python's words for what JSON lacks, outside strings; an unfinished string reaches to the end. */
const NO_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?Infinity|NaN/gs;
/** Texts that stand for them until the rest is read; nobody writes such. */
const STAND_INS: Readonly<Record<string, number>> = {
  "\u0001NaN": NaN,
  "\u0001Infinity": Infinity,
  "\u0001-Infinity": -Infinity,
};
const BRACE = 0x7b;
const BRACKET = 0x5b;
const QUOTE = 0x22;

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** JSON as Python's json module writes it, with NaN and infinities too; undefined for all that readJson() does not read. */
export function readPythonJson(octets: Uint8Array): unknown {
  const value = readJson(octets);
  if (value !== undefined) return value;
  const text = octets.length > MAX_MESSAGE_BYTES ? undefined : utf8Text(octets);
  if (text === undefined || !/NaN|Infinity/.test(text)) return undefined;
  const plain = text.replaceAll(NO_NUMBERS, (word) => (word.startsWith('"') ? word : JSON.stringify(`\u0001${word}`)));
  return withNumbers(readJson(encoder.encode(plain)));
}

/** The object that octets are as JSON, if it has one of the keys; undefined for all else, mostly without reading it. */
export function readObjectWith(keys: readonly string[], octets: Uint8Array): JsonObject | undefined {
  if (octets[nextLetter(octets, 0)] !== BRACE || octets.length > MAX_MESSAGE_BYTES) return undefined;
  const text = latin1.decode(octets);
  if (!keys.some((key) => text.includes(`"${key}"`))) return undefined;
  const value = readPythonJson(octets);
  return isJsonObject(value) && keys.some((key) => Object.hasOwn(value, key)) ? value : undefined;
}

/** Likewise the array that they are, if a text comes first in it. */
export function readNamedArray(octets: Uint8Array): readonly [string, ...unknown[]] | undefined {
  const start = nextLetter(octets, 0);
  if (octets[start] !== BRACKET || octets[nextLetter(octets, start + 1)] !== QUOTE) return undefined;
  return readPythonJson(octets) as readonly [string, ...unknown[]] | undefined;
}

/** Whether an object has all of the first keys, and besides them none but of the others. */
export function hasOnly(value: JsonObject, needed: readonly string[], others: readonly string[] = []): boolean {
  return (
    needed.every((key) => Object.hasOwn(value, key)) &&
    Object.keys(value).every((key) => needed.includes(key) || others.includes(key))
  );
}

/** A message of one frame that is this JSON, or what JSON has no place for. */
export function jsonFrame(value: unknown): EncodedCall {
  const written = writeJson(value);
  return "bytes" in written ? { frames: [written.bytes] } : written;
}

/** Where white space ends. */
function nextLetter(octets: Uint8Array, from: number): number {
  let at = from;
  while (octets[at] === 0x20 || octets[at] === 0x0a || octets[at] === 0x0d || octets[at] === 0x09) at++;
  return at;
}

function withNumbers(value: unknown): unknown {
  if (typeof value === "string") return STAND_INS[value] ?? value;
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]));
}
