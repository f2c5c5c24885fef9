import { isUtf8 } from "node:buffer";
import type { Operand, Slice, Test, Value } from "../../shared/filter/ast.ts";
import { decodeMsgpack } from "../decode/msgpack.ts";
import { JsonPath } from "./jsonPath.ts";
import { numberTest } from "./numberTest.ts";
import { containing, MISSING, type OctetRun, type OctetTest, octetTest, type ValueVerdict } from "./octetTest.ts";

/** Where the evaluation is: filters keep what they decoded as long as neither changes. */
export type Position = { row: number; frame: number };

/** Judges the octets of one frame. */
export type FrameTest = {
  readonly run: (bytes: Uint8Array) => ValueVerdict;
  readonly needle: Uint8Array | null;
  readonly cost: number;
};

export const COST = { index: 0, text: 1, topic: 3, octets: 4, regex: 6, json: 7, msgpack: 9, preview: 10 } as const;

/** Longest JSON text that a MessagePack value is turned into, in characters. */
const MAX_MSGPACK_CHARS = 1 << 20;
const EMPTY = Buffer.alloc(0);

/** Test of octets: slices, `len` and `lower` included. */
export function bytesFrameTest({ slices, func }: Operand, test: Test): FrameTest {
  const { run, needle, isSlow } = withFunction(func, test);
  const sliced = slices.reduceRight<OctetRun>((inner, slice) => slicing(inner, slice), run);
  return {
    run: (bytes) => sliced(bytes, 0, bytes.length),
    needle,
    cost: isSlow ? COST.regex : COST.octets,
  };
}

/** Test of frames that are UTF-8. */
export function textFrameTest({ func }: Operand, test: Test): FrameTest {
  if (func === "len") {
    const length = numberTest(test);
    return {
      run: (bytes) => (isUtf8(bytes) ? verdict(length(countPoints(bytes, 0, bytes.length))) : MISSING),
      needle: null,
      cost: COST.octets,
    };
  }
  const { run, needle, isSlow } = withFunction(func, test);
  const isLazy = func !== "all";
  return {
    run: (bytes) => {
      // Most frames fail the test, which is cheaper than to find out whether they are text.
      const early = isLazy && test.op !== "exists" ? run(bytes, 0, bytes.length) : 1;
      if (early === 0) return 0;
      if (!isUtf8(bytes)) return MISSING;
      return isLazy ? early : run(bytes, 0, bytes.length);
    },
    needle,
    cost: isSlow ? COST.regex : COST.octets,
  };
}

function withFunction(func: Operand["func"], test: Test): OctetTest {
  if (func === "len") {
    const length = numberTest(test);
    return { run: (_bytes, from, to) => verdict(length(to - from)), needle: null, isSlow: false };
  }
  const plain = octetTest(test);
  if (func !== "lower") return plain;
  const { run } = plain;
  return {
    run: (bytes, from, to) => {
      const lower = lowered(bytes, from, to);
      return run(lower, 0, lower.length);
    },
    needle: null,
    isSlow: true,
  };
}

function slicing(inner: OctetRun, slice: Slice): OctetRun {
  return (bytes, from, to) => {
    const start = slice.from === null ? from : place(slice.from, from, to);
    const end = slice.to === null ? to : place(slice.to, from, to);
    return inner(bytes, start, Math.max(start, end));
  };
}

function place(index: number, from: number, to: number): number {
  return index < 0 ? Math.max(from, to + index) : Math.min(to, from + index);
}

/** Octets in lower case: as text where they are UTF-8, else their ASCII letters. */
function lowered(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const part = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);
  if (isUtf8(part)) return Buffer.from(part.toString().toLowerCase());
  return Uint8Array.from(part, (octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet));
}

/** Characters of UTF-8. */
export function countPoints(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) if ((bytes[at]! & 0xc0) !== 0x80) count++;
  return count;
}

export function verdict(is: boolean): 0 | 1 {
  return is ? 1 : 0;
}

/** Finds values in frames once per row and path, however many tests ask for them. */
export class DecodedPaths {
  readonly #position: Position;
  readonly #paths = new Map<string, (bytes: Uint8Array) => JsonPath | null>();
  #msgpack: Uint8Array | null = null;
  #msgpackRow = -1;
  #msgpackFrame = -1;

  constructor(position: Position) {
    this.#position = position;
  }

  /** Test of the value at a path of frames that are JSON or MessagePack. */
  test(operand: Operand, test: Test): FrameTest {
    const { field, path, func } = operand;
    const find = this.#finder(field === "msgpack", path);
    const judge = valueJudge(func, test);
    const run = (bytes: Uint8Array): ValueVerdict => {
      const value = find(bytes);
      return value === null ? MISSING : judge(value);
    };
    // Names and text of JSON may be written with escapes, so no octets are certain there.
    if (field === "json") return { run, needle: null, cost: COST.json };
    return { ...withoutNeedless(run, operand, test), cost: COST.msgpack };
  }

  #finder(isMsgpack: boolean, path: Operand["path"]): (bytes: Uint8Array) => JsonPath | null {
    const key = JSON.stringify([isMsgpack, ...path]);
    const known = this.#paths.get(key);
    if (known !== undefined) return known;
    const position = this.#position;
    const scanner = new JsonPath(path);
    let row = -1;
    let frame = -1;
    let isFound = false;
    const find = (bytes: Uint8Array): JsonPath | null => {
      if (row !== position.row || frame !== position.frame) {
        row = position.row;
        frame = position.frame;
        const json = isMsgpack ? this.#msgpackJson(bytes) : bytes;
        isFound = json !== null && scanner.find(json);
      }
      return isFound ? scanner : null;
    };
    this.#paths.set(key, find);
    return find;
  }

  #msgpackJson(bytes: Uint8Array): Uint8Array | null {
    const { row, frame } = this.#position;
    if (this.#msgpackRow === row && this.#msgpackFrame === frame) return this.#msgpack;
    this.#msgpackRow = row;
    this.#msgpackFrame = frame;
    this.#msgpack = null;
    // Text and single octets read as MessagePack numbers, so only maps and lists count.
    const first = bytes[0] ?? 0;
    if ((first < 0x80 || first > 0x9f) && (first < 0xdc || first > 0xdf)) return null;
    const decoded = decodeMsgpack(bytes, MAX_MSGPACK_CHARS);
    if (decoded.kind === "tree") this.#msgpack = Buffer.from(decoded.json);
    return this.#msgpack;
  }
}

/**
 * Spares decoding MessagePack that cannot pass: its names and text stand in the octets as they are. What only our decoder
 * says, such as times, is behind names with a $.
 */
function withoutNeedless(
  run: FrameTest["run"],
  { path, func }: Operand,
  test: Test,
): Pick<FrameTest, "run" | "needle"> {
  const names = path.filter((step) => typeof step === "string");
  if (names.some((name) => name.startsWith("$"))) return { run, needle: null };
  const name = longestOf(names.map((one) => Buffer.from(one)));
  const isText = (test.op === "==" || test.op === "contains" || test.op === "startswith") && test.value.kind === "text";
  const text = isText && func !== "lower" ? Buffer.from(test.value.text) : EMPTY;
  const hasName = containing(name);
  const hasText = containing(func === "all" ? EMPTY : text);
  return {
    run: (bytes) => {
      if (hasName(bytes, 0, bytes.length) === 0) return MISSING;
      return hasText(bytes, 0, bytes.length) === 0 ? 0 : run(bytes);
    },
    needle: name.length + text.length === 0 ? null : longestOf([name, text]),
  };
}

function longestOf(all: readonly Buffer[]): Buffer {
  return all.reduce((best, one) => (one.length > best.length ? one : best), EMPTY);
}

/** Judges a value that was found; a value of another type than the test's fails it. */
function valueJudge(func: Operand["func"], test: Test): (value: JsonPath) => ValueVerdict {
  if (func === "len") {
    const length = numberTest(test);
    return (value) => lengthVerdict(value, length);
  }
  if (test.op === "exists") return () => 1;
  if (test.op === "in") {
    const judges = test.ranges.map(({ low, high }) => rangeJudge(func, low, high));
    return (value) => {
      for (const judge of judges) {
        const one = judge(value);
        if (one !== 0) return one;
      }
      return 0;
    };
  }
  if (test.op === "matches" || test.value.kind === "text") return stringJudge(func, test);
  if (test.value.kind === "number") {
    const run = numberTest(test);
    return (value) => verdict(value.kind === "number" && run(value.number()));
  }
  if (test.value.kind === "null") return (value) => verdict(test.op === "==" && value.kind === "null");
  const word = test.value.kind === "bool" && test.value.bool ? "true" : "false";
  return (value) => verdict(test.op === "==" && value.kind === word);
}

function rangeJudge(func: Operand["func"], low: Value, high: Value | null): (value: JsonPath) => ValueVerdict {
  if (high === null) return valueJudge(func, { op: "==", value: low });
  if (low.kind !== high.kind) return () => 0;
  const range: Test = { op: "in", ranges: [{ low, high }] };
  if (low.kind === "text") return stringJudge(func, range);
  const run = numberTest(range);
  return (value) => verdict(value.kind === "number" && run(value.number()));
}

function stringJudge(func: Operand["func"], test: Test): (value: JsonPath) => ValueVerdict {
  const { run } = withFunction(func, test);
  return (value) => {
    if (value.kind !== "string") return 0;
    if (!value.hasEscapes) return run(value.bytes, value.from, value.to);
    const text = value.unescaped();
    return text === null ? MISSING : run(text, 0, text.length);
  };
}

function lengthVerdict(value: JsonPath, length: (number: number) => boolean): ValueVerdict {
  if (value.kind === "object" || value.kind === "array") {
    const count = value.count();
    return count < 0 ? MISSING : verdict(length(count));
  }
  if (value.kind !== "string") return MISSING;
  if (!value.hasEscapes) return verdict(length(countPoints(value.bytes, value.from, value.to)));
  const text = value.unescaped();
  return text === null ? MISSING : verdict(length(countPoints(text, 0, text.length)));
}
