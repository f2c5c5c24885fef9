import type { Test, Value } from "../../shared/filter/ast.ts";
import { OctetRegex } from "./regex.ts";
import { requiredOctets } from "./regexProgram.ts";
import type { Verdict } from "./verdict.ts";

/** What a test of one value says of octets that are no such value, such as text of octets that are not UTF-8. */
export const MISSING = 2;
export type ValueVerdict = Verdict | typeof MISSING;

/** A value that is missing fails a test. */
export function known(value: ValueVerdict): Verdict {
  return value === MISSING ? 0 : value;
}

/** Judges the octets `from` to `to`. */
export type OctetRun = (bytes: Uint8Array, from: number, to: number) => ValueVerdict;

export type OctetTest = {
  readonly run: OctetRun;
  /** Octets that occur in whatever passes; `null` when that is not known. */
  readonly needle: Uint8Array | null;
  /** It is a regular expression, which looks at every octet. */
  readonly isSlow: boolean;
};

/** A needle of a regular expression that is shorter would be found everywhere. */
const MIN_REGEX_NEEDLE = 3;
/** Above this a native search is worth its call. */
const NATIVE_FROM_BYTES = 64;

/** Works on any octets, though it is described for Buffers only. */
const { indexOf } = Buffer.prototype as { indexOf: (this: Uint8Array, octets: Uint8Array, from: number) => number };

/** Builds the judge of a text or octets test; text is UTF-8, and its order is that of its octets. */
export function octetTest(test: Test): OctetTest {
  switch (test.op) {
    case "exists":
      return { run: () => 1, needle: null, isSlow: false };
    case "matches": {
      const regex = new OctetRegex(test.regex);
      const needle = Uint8Array.from(requiredOctets(test.regex));
      if (needle.length < MIN_REGEX_NEEDLE) {
        return { run: (bytes, from, to) => regex.test(bytes, from, to), needle: null, isSlow: true };
      }
      const has = containing(Buffer.from(needle));
      const run: OctetRun = (bytes, from, to) => (has(bytes, from, to) === 0 ? 0 : regex.test(bytes, from, to));
      return { run, needle, isSlow: true };
    }
    case "in":
      return inRanges(test.ranges.map(({ low, high }) => ({ low: octetsOf(low), high: high && octetsOf(high) })));
    case "contains": {
      const needle = Buffer.from(octetsOf(test.value));
      return { run: containing(needle), needle: orNull(needle), isSlow: false };
    }
    case "startswith": {
      const head = octetsOf(test.value);
      const run: OctetRun = (bytes, from, to) => (to - from >= head.length && isAt(bytes, from, head) ? 1 : 0);
      return { run, needle: orNull(head), isSlow: false };
    }
    default:
      return comparison(test.op, octetsOf(test.value));
  }
}

/** Order of two runs of octets: negative, 0 or positive. */
function compare(bytes: Uint8Array, from: number, to: number, other: Uint8Array): number {
  const length = Math.min(to - from, other.length);
  for (let index = 0; index < length; index++) {
    const difference = bytes[from + index]! - other[index]!;
    if (difference !== 0) return difference;
  }
  return to - from - other.length;
}

function comparison(op: "==" | "<" | "<=" | ">" | ">=", value: Uint8Array): OctetTest {
  const rest = { needle: null, isSlow: false };
  switch (op) {
    case "==": {
      const run: OctetRun = (bytes, from, to) => (to - from === value.length && isAt(bytes, from, value) ? 1 : 0);
      return { run, needle: orNull(value), isSlow: false };
    }
    case "<":
      return { run: (bytes, from, to) => (compare(bytes, from, to, value) < 0 ? 1 : 0), ...rest };
    case "<=":
      return { run: (bytes, from, to) => (compare(bytes, from, to, value) <= 0 ? 1 : 0), ...rest };
    case ">":
      return { run: (bytes, from, to) => (compare(bytes, from, to, value) > 0 ? 1 : 0), ...rest };
    case ">=":
      return { run: (bytes, from, to) => (compare(bytes, from, to, value) >= 0 ? 1 : 0), ...rest };
  }
}

function inRanges(ranges: readonly { low: Uint8Array; high: Uint8Array | null }[]): OctetTest {
  const only = ranges.length === 1 && ranges[0]!.high === null ? ranges[0]!.low : null;
  const run: OctetRun = (bytes, from, to) => {
    for (const { low, high } of ranges) {
      const order = compare(bytes, from, to, low);
      if (order === 0 || (order > 0 && high !== null && compare(bytes, from, to, high) <= 0)) return 1;
    }
    return 0;
  };
  return { run, needle: only && orNull(only), isSlow: false };
}

/** Judges whether octets have others within them. */
export function containing(needle: Buffer): OctetRun {
  if (needle.length === 0) return () => 1;
  const first = needle[0]!;
  return (bytes, from, to) => {
    if (to === bytes.length && to - from >= NATIVE_FROM_BYTES) {
      return indexOf.call(bytes, needle, from) < 0 ? 0 : 1;
    }
    const last = to - needle.length;
    for (let at = from; at <= last; at++) if (bytes[at] === first && isAt(bytes, at, needle)) return 1;
    return 0;
  };
}

/** Whether `octets` stand at a place where there is room for them. */
function isAt(bytes: Uint8Array, at: number, octets: Uint8Array): boolean {
  for (let index = 0; index < octets.length; index++) if (bytes[at + index] !== octets[index]) return false;
  return true;
}

/** Octets of a text or octets value; the parser gives no others where octets are compared. */
function octetsOf(value: Value): Uint8Array {
  if (value.kind === "octets") return value.octets;
  return Buffer.from(value.kind === "text" ? value.text : "");
}

function orNull(needle: Uint8Array): Uint8Array | null {
  return needle.length === 0 ? null : needle;
}
