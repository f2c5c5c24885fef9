import type { Decoded } from "../../shared/model.ts";
import { special, writeJson } from "./jsonText.ts";
import { utf8Text } from "./text.ts";

/** More digits than every double keeps. */
const MANY_DIGITS = /\d{16}|\d[eE.]\d/;
const TOKENS = /^(?:[\s{}[\],:]|"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)*/;
const CUT_TOKEN = /^(?:"(?:[^"\\]|\\.)*\\?|-|t|tr|tru|f|fa|fal|fals|n|nu|nul)?$/;

type ReviverContext = { source?: string };
/** JSON.parse with the source text of numbers (ES2026), which the language library does not describe yet. */
const parse = JSON.parse as (
  text: string,
  reviver?: (key: string, value: unknown, context?: ReviverContext) => unknown,
) => unknown;

/** JSON of any kind. Numbers that a double would change keep their digits. */
export function decodeJson(bytes: Uint8Array, maxChars: number): Decoded {
  const text = utf8Text(bytes);
  if (text === undefined) return { kind: "none", reason: "This is not JSON: it is not UTF-8 text." };
  let value: unknown;
  try {
    value = MANY_DIGITS.test(text) ? parse(text, keepDigits) : parse(text);
  } catch {
    // The engine's own words quote the payload; a user needs no more than that it is none.
    return { kind: "none", reason: "This is not JSON, or it is cut off." };
  }
  return { kind: "tree", ...writeJson(value, maxChars) };
}

/** Whether octets look like a JSON object or array; of a prefix, whether they can be the beginning of one. */
export function looksLikeJson(bytes: Uint8Array, isPrefix: boolean): boolean {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 0x20 || (bytes[at]! >= 9 && bytes[at]! <= 13))) at++;
  if (bytes[at] !== 0x7b && bytes[at] !== 0x5b) return false;
  const text = utf8Text(bytes, isPrefix);
  if (text === undefined) return false;
  if (isPrefix) return CUT_TOKEN.test(text.slice(TOKENS.exec(text)?.[0].length ?? 0));
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function keepDigits(_key: string, value: unknown, context?: ReviverContext): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined) return value;
  const isKept = Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(source));
  return isKept ? value : special({ digits: source });
}
