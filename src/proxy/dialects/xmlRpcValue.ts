import { fromBase64, toBase64 } from "../decode/base64.ts";
import { elementsOf, textOf, type XmlElement } from "../decode/xmlTree.ts";
import { MAX_DEPTH } from "./limits.ts";

/** Stands for a `dateTime.iso8601`, which plain data has no word for: its text as it is written. */
type DateTime = { readonly $dateTime: string };

const DATE_TIME = /^-?\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\d(?:[.]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?$/;
const WHOLE = /^[+-]?\d{1,1000}$/;
const DOUBLE = /^[+-]?(?:\d+[.]?\d*|[.]\d+)(?:[eE][+-]?\d+)?$/;
const MAX_INT = 2 ** 31;
const MAX_I8 = 2n ** 63n;
/** What XML 1.0 cannot hold in any form (2.2, Char). */
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };
const INTEGERS: ReadonlySet<string> = new Set(["int", "i1", "i2", "i4", "i8", "biginteger"]);

const encoder = new TextEncoder();

/** What a value element is as plain data: octets for base64, bigint where a double would change a whole number. */
export type ValueOrProblem = { readonly value: unknown } | { readonly problem: string };

class Unreadable extends Error {}

/** Never throws. Types in the `ex:` namespace of Apache are read like those without it. */
export function readValue(element: XmlElement): ValueOrProblem {
  return problemInstead(() => ({ value: read(element, MAX_DEPTH) }));
}

/** The text of a value element, or in a sentence what XML-RPC has no place for. */
export function writeValue(value: unknown): { readonly xml: string } | { readonly problem: string } {
  return problemInstead(() => ({ xml: write(value, MAX_DEPTH) }));
}

/** Likewise of a name. */
export function writeText(text: string): { readonly xml: string } | { readonly problem: string } {
  return problemInstead(() => ({ xml: escaped(text) }));
}

function problemInstead<T>(work: () => T): T | { readonly problem: string } {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message };
    throw error;
  }
}

function read(element: XmlElement, levels: number): unknown {
  if (element.name !== "value") throw new Unreadable(`There is <${element.name.slice(0, 40)}> where a value belongs.`);
  if (levels === 0) throw new Unreadable(`This is nested deeper than ${MAX_DEPTH} levels.`);
  const [typed, ...more] = elementsOf(element);
  if (typed === undefined) return textOf(element);
  if (more.length > 0) throw new Unreadable("A value holds more than one type.");
  const type = typed.name.replace(/^ex:/, "");
  switch (type) {
    case "struct":
      return readStruct(typed, levels);
    case "array":
      return readArray(typed, levels);
    default:
      return readScalar(type, textOf(typed));
  }
}

function readStruct(struct: XmlElement, levels: number): unknown {
  const members = elementsOf(struct).map((member): [string, unknown] => {
    const [name, value] = elementsOf(member);
    if (member.name !== "member" || name?.name !== "name" || value === undefined) {
      throw new Unreadable("A struct has a member without a name or value.");
    }
    return [textOf(name), read(value, levels - 1)];
  });
  return Object.fromEntries(members);
}

function readArray(array: XmlElement, levels: number): unknown[] {
  const [data] = elementsOf(array);
  if (data?.name !== "data") throw new Unreadable("An array has no data.");
  return elementsOf(data).map((value) => read(value, levels - 1));
}

function readScalar(type: string, text: string): unknown {
  if (type === "string") return text;
  if (type === "nil") return null;
  const word = text.trim();
  if (type === "boolean" && (word === "0" || word === "1")) return word === "1";
  if (INTEGERS.has(type) && WHOLE.test(word)) {
    return Number.isSafeInteger(Number(word)) ? Number(word) : BigInt(word.replace(/^[+]/, ""));
  }
  if ((type === "double" || type === "float") && DOUBLE.test(word)) return Number(word);
  if (type === "bigdecimal") return word;
  if (type.startsWith("dateTime")) return { $dateTime: word } satisfies DateTime;
  if (type === "base64") {
    const octets = fromBase64(encoder.encode(text.replaceAll(/\s/g, "")));
    if (octets !== undefined) return octets;
  }
  throw new Unreadable(`A value is no ${type.slice(0, 40)}, or that is no type of XML-RPC.`);
}

function write(value: unknown, levels: number): string {
  if (levels === 0) throw new Unreadable(`This is nested deeper than ${MAX_DEPTH} levels.`);
  return `<value>${writeTyped(value, levels)}</value>`;
}

function writeTyped(value: unknown, levels: number): string {
  switch (typeof value) {
    case "string":
      return `<string>${escaped(value)}</string>`;
    case "boolean":
      return `<boolean>${value ? 1 : 0}</boolean>`;
    case "number":
      return writeNumber(value);
    case "bigint":
      if (value >= -MAX_I8 && value < MAX_I8) return `<i8>${value}</i8>`;
      throw new Unreadable("A whole number has at most 64 bits here.");
    case "object":
      return value === null ? "<nil/>" : writeObject(value, levels);
    default:
      throw new Unreadable(`XML-RPC has no place for a value of type ${typeof value}.`);
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Unreadable(`XML-RPC has no place for ${value}.`);
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    return `<double>${Object.is(value, -0) ? "-0.0" : value}</double>`;
  }
  return value >= -MAX_INT && value < MAX_INT ? `<int>${value}</int>` : `<i8>${value}</i8>`;
}

function writeObject(value: object, levels: number): string {
  if (value instanceof Uint8Array) return `<base64>${toBase64(value)}</base64>`;
  if (Array.isArray(value)) {
    return `<array><data>${value.map((item) => write(item, levels - 1)).join("")}</data></array>`;
  }
  if (isDateTime(value)) return `<dateTime.iso8601>${value.$dateTime}</dateTime.iso8601>`;
  const members = Object.entries(value).map(
    ([name, item]) => `<member><name>${escaped(name)}</name>${write(item, levels - 1)}</member>`,
  );
  return `<struct>${members.join("")}</struct>`;
}

function isDateTime(value: object): value is DateTime {
  const { $dateTime } = value as Partial<DateTime>;
  return typeof $dateTime === "string" && Object.keys(value).length === 1 && DATE_TIME.test($dateTime);
}

function escaped(text: string): string {
  if (NO_XML.test(text)) throw new Unreadable("A text holds a character that XML has no place for. Send it as octets.");
  return text.replaceAll(/[&<>\r]/g, (letter) => ESCAPES[letter]!);
}
