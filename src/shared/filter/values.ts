import type { AddressValue, Value } from "./ast.ts";
import type { FieldType, KnownValue } from "./fields.ts";
import { suggest } from "./suggest.ts";

/** A value as it stands in the text. */
export type RawValue = { readonly isQuoted: boolean; readonly text: string };

/** What is wrong with a value, as a sentence. */
export type BadValue = { readonly kind: "bad"; readonly message: string; readonly suggestion: string | null };

const ENCODER = new TextEncoder();
const NUMBER = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z]*)$/;
const JSON_NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const OCTETS = /^(?:0x(?:[0-9a-fA-F]{2})+|[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+)$/;
const NANOSECONDS: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const OCTETS_OF: Record<string, number> = { B: 1, KB: 1e3, KiB: 1024, MB: 1e6, MiB: 1048576, GB: 1e9, GiB: 1073741824 };
const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.]\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const TIME_OF_DAY = /^(\d\d?):(\d\d)(?::(\d\d)([.]\d{1,9})?)?$/;
const DAY_MS = 86_400_000;

/** Reads a value as a type asks for; `values` are the words of an enum, or of a level, where their places count. Never throws. */
export function readValue(raw: RawValue, type: FieldType, values: readonly KnownValue[]): Value | BadValue {
  switch (type) {
    case "enum":
      return readWord(raw.text, values);
    case "level": {
      const word = readWord(raw.text, values);
      return word.kind === "bad" ? word : { kind: "number", number: values.findIndex(({ name }) => name === raw.text) };
    }
    case "bool":
      if (raw.text === "true" || raw.text === "false") return { kind: "bool", bool: raw.text === "true" };
      return bad(`"${shorten(raw.text)}" is neither true nor false.`, suggest(raw.text, ["true", "false"]));
    case "int":
      return readNumber(raw, {}, "a number");
    case "size":
      return readNumber(raw, OCTETS_OF, "a number of octets, such as 100 or 4KiB");
    case "duration":
      return readNumber(raw, NANOSECONDS, "a duration, such as 50ms or 2s");
    case "time":
      return readTime(raw.text);
    case "string":
      return { kind: "text", text: raw.text };
    case "bytes":
      return { kind: "octets", octets: readOctets(raw) };
    case "address":
      return readAddress(raw.text);
    case "any":
      return readAny(raw);
  }
}

/** Octets of a bytes literal (`01:ff`, `0x01ff`), else the text as UTF-8. */
export function readOctets(raw: RawValue): Uint8Array {
  if (raw.isQuoted || !OCTETS.test(raw.text)) return ENCODER.encode(raw.text);
  const digits = raw.text.replace(/^0x/, "").replaceAll(":", "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

function readWord(text: string, values: readonly KnownValue[]): Value | BadValue {
  const names = values.map((value) => value.name);
  if (names.includes(text)) return { kind: "text", text };
  const near = suggest(text, names);
  const list = names.length > 8 ? `${names.slice(0, 8).join(", ")}…` : names.join(", ");
  return bad(`"${shorten(text)}" is not one of ${list}.`, near);
}

function readNumber(raw: RawValue, units: Record<string, number>, what: string): Value | BadValue {
  const match = NUMBER.exec(raw.text);
  if (match === null) return bad(`"${shorten(raw.text)}" is not ${what}.`, null);
  const number = Number(match[1]);
  const unit = match[2]!;
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (factor !== undefined) return { kind: "number", number: number * factor };
  if (unit === "" && (number === 0 || units["ns"] === undefined)) return { kind: "number", number };
  if (unit === "") return bad("A duration needs a unit: ns, us, ms, s, m or h.", `${raw.text}ms`);
  const names = Object.keys(units);
  const near = suggest(unit, names);
  if (names.length === 0) return bad(`"${shorten(raw.text)}" is not a number: it takes no unit.`, match[1]!);
  return bad(`There is no unit "${shorten(unit)}" here. Use ${names.join(", ")}.`, near && `${match[1]!}${near}`);
}

function readTime(text: string): Value | BadValue {
  const ofDay = TIME_OF_DAY.exec(text);
  if (ofDay !== null) {
    const [, hours, minutes, seconds, fraction] = ofDay;
    const atMs = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number((seconds ?? "0") + (fraction ?? "")) * 1000;
    const spanMs = seconds === undefined ? 60_000 : spanOf(fraction);
    if (Number(minutes) > 59 || Number(seconds ?? 0) > 59 || atMs >= DAY_MS) return bad("There is no such time.", null);
    return { kind: "time", atMs, isOfDay: true, spanMs };
  }
  if (DATE.test(text)) {
    // Dates on their own are of local time here, as everything that a log shows.
    const atMs = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T"));
    if (Number.isNaN(atMs)) return bad("There is no such time.", null);
    const digits = /[.]\d+/.exec(text)?.[0];
    // Date.parse keeps milliseconds.
    const belowMs = digits === undefined || digits.length <= 4 ? 0 : Number(`0.${digits.slice(4)}`);
    const hasSeconds = /\d\d:\d\d:\d\d/.test(text);
    const spanMs = text.length === 10 ? DAY_MS : hasSeconds ? spanOf(digits) : 60_000;
    return { kind: "time", atMs: atMs + belowMs, isOfDay: false, spanMs };
  }
  return bad(`"${shorten(text)}" is not a time. Write 2026-01-31T12:00:00, or 12:00:00.`, null);
}

function spanOf(fraction: string | undefined): number {
  return fraction === undefined ? 1000 : 1000 / 10 ** (fraction.length - 1);
}

function readAny(raw: RawValue): Value | BadValue {
  const { text } = raw;
  if (raw.isQuoted) return { kind: "text", text };
  if (text === "true" || text === "false") return { kind: "bool", bool: text === "true" };
  if (text === "null") return { kind: "null" };
  if (JSON_NUMBER.test(text)) return { kind: "number", number: Number(text) };
  const match = NUMBER.exec(text);
  if (match !== null && (Object.hasOwn(NANOSECONDS, match[2]!) || Object.hasOwn(OCTETS_OF, match[2]!))) {
    return bad("A decoded value has no unit; write the number alone, or text in quotes.", match[1]!);
  }
  return { kind: "text", text };
}

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:5556`, `[::1]:5556`, `ipc:///tmp/a`. */
function readAddress(text: string): Value | BadValue {
  const masked = /^(.+)\/(\d{1,3})$/.exec(text);
  const octets = masked === null ? null : ipOctets(masked[1]!);
  if (masked !== null && octets !== null) {
    const bits = Number(masked[2]);
    if (bits > octets.length * 8) return bad(`A mask here has at most ${octets.length * 8} bits.`, null);
    return { kind: "address", host: masked[1]!, port: null, octets, bits };
  }
  if (text === "") return bad("An address cannot be empty.", null);
  return parseAddress(text);
}

/** Host and port of an address as shown in the log; anything else is all host. */
export function parseAddress(text: string): AddressValue {
  const whole = ipOctets(text);
  if (whole !== null) return { kind: "address", host: text, port: null, octets: whole, bits: whole.length * 8 };
  const match = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^/]*):(\d{1,5})$/.exec(text);
  if (match === null) return { kind: "address", host: text, port: null, octets: null, bits: 0 };
  const octets = ipOctets(match[1]!);
  const port = match[2] === undefined ? null : Number(match[2]);
  return { kind: "address", host: match[1]!, port, octets, bits: (octets?.length ?? 0) * 8 };
}

/** 4 or 16 octets of an IP address; an IPv4 address within IPv6 is an IPv4 address. Null for anything else. */
export function ipOctets(text: string): Uint8Array | null {
  if (text.length > 45) return null;
  const four = /^(\d{1,3})[.](\d{1,3})[.](\d{1,3})[.](\d{1,3})$/.exec(text);
  if (four !== null) {
    const parts = four.slice(1).map(Number);
    return parts.every((part) => part < 256) ? Uint8Array.from(parts) : null;
  }
  if (!/^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) return null;
  return sixOctets(text);
}

function sixOctets(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(groups);
  if (head === null || tail === null || head === undefined) return null;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  const octets = Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])]);
  const isMapped = octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 255 && octets[11] === 255;
  return isMapped ? octets.slice(12) : octets;
}

function groups(half: string): number[] | null {
  const octets: number[] = [];
  if (half === "") return octets;
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    const four = index === parts.length - 1 && part.includes(".") ? ipOctets(part) : null;
    if (four !== null) octets.push(...four);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const number = Number.parseInt(part, 16);
      octets.push(number >> 8, number & 255);
    } else return null;
  }
  return octets;
}

function bad(message: string, suggestion: string | null): BadValue {
  return { kind: "bad", message, suggestion };
}

/** As much of a text as an error repeats. */
export function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
