import { utf8Text } from "../decode/text.ts";
import { MAX_DEPTH, MAX_MESSAGE_BYTES } from "./limits.ts";

/** More digits than every double keeps. */
const MANY_DIGITS = /\d{16}|\d[eE.]\d/;
const INTEGER = /^-?\d+$/;

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
// ES2026, which the language library does not describe yet.
const parse = JSON.parse as (text: string, reviver?: Reviver) => unknown;
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => object };

const encoder = new TextEncoder();

/** Octets as JSON, or a sentence why there are none. */
export type JsonOctets = { readonly bytes: Uint8Array } | { readonly problem: string };

/**
 * What JSON octets hold; undefined when they are none, or nested deeper than dialects read. Integers that a double would
 * change are bigints.
 */
export function readJson(bytes: Uint8Array): unknown {
  return parsed(bytes, (source) => (MANY_DIGITS.test(source) ? keepIntegers : undefined));
}

/** The same with numbers as they were written, for nothing but writeJson(): no value of a recorded message changes. */
export function readJsonExactly(bytes: Uint8Array): unknown {
  return parsed(bytes, () => keepNumbers);
}

/** Refuses with a sentence what JSON cannot hold. Numbers and texts come back as they were. */
export function writeJson(value: unknown): JsonOctets {
  let text: string;
  try {
    text = JSON.stringify(value, checked);
  } catch (error) {
    const problem = error instanceof NotJson ? error.message : "This is nested too deep for JSON, or holds itself.";
    return { problem };
  }
  const bytes = encoder.encode(text);
  if (bytes.length > MAX_MESSAGE_BYTES) return { problem: "This is too large to be sent as one message." };
  // What is nested deeper could not be read again.
  return isShallow(value, 0) ? { bytes } : { problem: `This is nested deeper than ${MAX_DEPTH} levels.` };
}

export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

class NotJson extends Error {}

function parsed(bytes: Uint8Array, reviver: (text: string) => Reviver | undefined): unknown {
  const text = bytes.length > MAX_MESSAGE_BYTES ? undefined : utf8Text(bytes);
  if (text === undefined) return undefined;
  try {
    // Without a reviver first: that one calls itself for each level.
    const value = parse(text);
    if (!isShallow(value, 0)) return undefined;
    const chosen = reviver(text);
    return chosen === undefined ? value : parse(text, chosen);
  } catch {
    return undefined;
  }
}

function keepIntegers(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isKept = typeof value !== "number" || source === undefined || Number.isSafeInteger(value);
  return isKept || !INTEGER.test(source) ? value : BigInt(source);
}

function keepNumbers(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && source !== undefined ? rawJSON(source) : value;
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth < MAX_DEPTH && Object.values(value).every((item) => isShallow(item, depth + 1));
}

function checked(_key: string, value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return rawJSON(String(value));
    case "number":
      if (!Number.isFinite(value)) throw new NotJson(`JSON has no ${value}.`);
      return Object.is(value, -0) ? rawJSON("-0") : value;
    case "string":
    case "boolean":
      return value;
    case "object":
      if (value instanceof Uint8Array) throw new NotJson("JSON has no octets; write them as text, such as base64.");
      return value;
    default:
      throw new NotJson(`JSON has no ${typeof value}.`);
  }
}
