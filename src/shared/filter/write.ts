import { fieldNamed, type FieldType } from "./fields.ts";
import { parseFilter } from "./parse.ts";

/** A value as a view has it: durations in nanoseconds, times in milliseconds since 1970. */
export type WrittenValue = string | number | boolean | Uint8Array | null;

const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;
const PLAIN_WORD = /^[A-Za-z][\w.-]*$/;
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A field with the way into its value: `json` and `["user", "first name", 0]` are `json.user["first name"][0]`. */
export function writeField(field: string, path: readonly (string | number)[] = []): string {
  let written = field;
  for (const step of path) {
    if (typeof step === "number") written += `[${step}]`;
    else written += PLAIN_NAME.test(step) ? `.${step}` : `[${quote(step)}]`;
  }
  return written;
}

/** The type of a field that writeField() wrote; undefined when there is no such field. */
export function typeOfWritten(field: string): FieldType | undefined {
  return fieldNamed(/^\w*/.exec(field)![0])?.type;
}

/** The filter that passes rows of which a field, as writeField() writes it, has this value. */
export function writeEquals(field: string, value: WrittenValue): string {
  return `${field} == ${writeValue(field, value)}`;
}

/** The filter that passes all other rows. */
export function writeNot(field: string, value: WrittenValue): string {
  return `${field} != ${writeValue(field, value)}`;
}

/** Both filters at once; an empty one is left out. */
export function writeAnd(left: string, right: string): string {
  if (left.trim() === "") return right.trim();
  if (right.trim() === "") return left.trim();
  return `${asPart(left.trim())} and ${asPart(right.trim())}`;
}

function asPart(text: string): string {
  const parsed = parseFilter(text);
  return parsed.ok && parsed.ast.kind !== "or" ? text : `(${text})`;
}

function writeValue(field: string, value: WrittenValue): string {
  const type = typeOfWritten(field);
  if (value instanceof Uint8Array) return writeOctets(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (type === "duration") return `${value}ns`;
    if (type === "time") return new Date(value).toISOString();
    return String(value);
  }
  return (type === "enum" || type === "level") && PLAIN_WORD.test(value) ? value : quote(value);
}

/** As text where the octets are some, else as hex. */
function writeOctets(octets: Uint8Array): string {
  let text: string | undefined;
  try {
    text = STRICT.decode(octets);
  } catch {
    // Not UTF-8: hex below says it.
  }
  if (text !== undefined && !/[\u0000-\u001f\u007f]/.test(text)) return quote(text);
  return `0x${Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}

function quote(text: string): string {
  const escaped = text
    .replace(/["\\]/g, "\\$&")
    .replace(/[\u0000-\u001f\u007f\u2028\u2029\ud800-\udfff]/gu, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    });
  return `"${escaped}"`;
}
