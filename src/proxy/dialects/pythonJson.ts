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

/** The object that octets are as JSON; undefined for all else, at once where the key is nowhere in them. */
export function readObjectWith(key: string, octets: Uint8Array): JsonObject | undefined {
  if (firstLetter(octets) !== BRACE || octets.length > MAX_MESSAGE_BYTES) return undefined;
  if (!latin1.decode(octets).includes(`"${key}"`)) return undefined;
  const value = readPythonJson(octets);
  return isJsonObject(value) && Object.hasOwn(value, key) ? value : undefined;
}

/** Likewise an array. */
export function readArray(octets: Uint8Array): readonly unknown[] | undefined {
  if (firstLetter(octets) !== BRACKET) return undefined;
  const value = readPythonJson(octets);
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
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

function firstLetter(octets: Uint8Array): number | undefined {
  let at = 0;
  while (octets[at] === 0x20 || octets[at] === 0x0a || octets[at] === 0x0d || octets[at] === 0x09) at++;
  return octets[at];
}

function withNumbers(value: unknown): unknown {
  if (typeof value === "string") return STAND_INS[value] ?? value;
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item)]));
}
