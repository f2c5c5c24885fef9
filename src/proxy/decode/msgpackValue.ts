import { isExtension, isMapEntries, MAX_DEPTH } from "./jsonText.ts";
import { readMsgpack } from "./msgpack.ts";

/** Octets that are written at most. */
const MAX_BYTES = 4 * 1024 * 1024;
const FIRST_BYTES = 256;
const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);
const LONE_SURROGATE = /\p{Surrogate}/u;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/;
const TIMESTAMP_TYPE = 0xff;
/** Names of objects that stand for what plain data lacks. */
const MARKS = new Set(["$map", "$ext", "$time"]);
const HEX = /^(?:[0-9a-f]{2})*$/;

const encoder = new TextEncoder();

/** What MessagePack holds as plain data, or a sentence why it is none. */
export type MsgpackValue = { readonly value: unknown } | { readonly problem: string };
export type MsgpackBytes = { readonly bytes: Uint8Array } | { readonly problem: string };

/**
 * One MessagePack value as plain data. Binary is octets (views of `bytes`), maps with text for keys are objects. What else
 * plain data lacks is an object with `$` names, the same that JSON texts show: `{$map: [[key, value]…]}` for other maps,
 * `{$ext: type, $binary: hex, size}` for extensions, `{$time: text}` for timestamps.
 */
export function readMsgpackValue(bytes: Uint8Array): MsgpackValue {
  const read = readMsgpack(bytes);
  if ("problem" in read) return read;
  if (!read.isWhole) return { problem: "This holds too many MessagePack values to be read." };
  return { value: toPlain(read.value) };
}

/**
 * The same back again: the read octets have the same value, though perhaps another form, such as integers for whole floats.
 * Refuses with a sentence what MessagePack cannot hold, such as undefined.
 */
export function writeMsgpackValue(value: unknown): MsgpackBytes {
  const writer = new Writer();
  writer.write(value, 0);
  return writer.problem === undefined ? { bytes: writer.bytes } : { problem: writer.problem };
}

function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (isExtension(value)) return { $ext: value.extension, $binary: hexOf(value.bytes), size: value.bytes.length };
  if (!isMapEntries(value)) return value; // { $time }
  const entries = value.mapEntries.map(([key, item]) => [toPlain(key), toPlain(item)] as const);
  return isPlainObject(entries) ? Object.fromEntries(entries) : { $map: entries };
}

/** Whether an object can stand for a map: text for keys, each once, and no name that means something else here. */
function isPlainObject(entries: readonly (readonly [unknown, unknown])[]): entries is readonly [string, unknown][] {
  const keys = new Set(entries.map(([key]) => key));
  return keys.size === entries.length && entries.every(([key]) => typeof key === "string" && !MARKS.has(key));
}

function hexOf(bytes: Uint8Array): string {
  let hex = "";
  for (const octet of bytes) hex += octet.toString(16).padStart(2, "0");
  return hex;
}

class Writer {
  problem: string | undefined;
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(value: unknown, depth: number): void {
    if (this.problem !== undefined) return;
    if (depth > MAX_DEPTH) {
      this.#refuse(`This is nested deeper than ${MAX_DEPTH} levels.`);
      return;
    }
    switch (typeof value) {
      case "boolean":
        this.#octet(value ? 0xc3 : 0xc2);
        return;
      case "number":
        this.#number(value);
        return;
      case "bigint":
        this.#bigint(value);
        return;
      case "string":
        this.#string(value);
        return;
      case "object":
        if (value === null) this.#octet(0xc0);
        else this.#object(value, depth);
        return;
      default:
        this.#refuse(`MessagePack has no ${typeof value}.`);
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#octet(0xcb);
      this.#next(8).setFloat64(0, value);
    } else if (value >= 0) {
      if (value < 0x80) this.#octet(value);
      else if (value <= 0xffffffff) this.#sized(value, 0xcc);
      else this.#bigint(BigInt(value));
    } else if (value >= -32) {
      this.#octet(value & 0xff);
    } else if (value >= -0x80000000) {
      this.#octet(0xd2);
      this.#next(4).setInt32(0, value);
    } else {
      this.#bigint(BigInt(value));
    }
  }

  #bigint(value: bigint): void {
    if (value < MIN_INT64 || value > MAX_UINT64) {
      this.#refuse("MessagePack has no integers beyond 64 bits.");
      return;
    }
    this.#octet(value < 0n ? 0xd3 : 0xcf);
    this.#next(8).setBigUint64(0, BigInt.asUintN(64, value));
  }

  #string(text: string): void {
    if (LONE_SURROGATE.test(text)) {
      this.#refuse("A text holds half a character (a lone surrogate), which UTF-8 cannot hold.");
      return;
    }
    const bytes = encoder.encode(text);
    if (bytes.length < 32) this.#octet(0xa0 | bytes.length);
    else this.#sized(bytes.length, 0xd9);
    this.#put(bytes);
  }

  #object(value: object, depth: number): void {
    if (value instanceof Uint8Array) {
      this.#sized(value.length, 0xc4);
      this.#put(value);
    } else if (Array.isArray(value)) {
      this.#container(value.length, 0x90, 0xdc);
      for (const item of value) this.write(item, depth + 1);
    } else {
      const entries = Object.entries(value);
      if (entries.some(([key]) => MARKS.has(key))) this.#marked(value, entries.length, depth);
      else this.#entries(entries, depth);
    }
  }

  #marked(value: object, names: number, depth: number): void {
    if ("$map" in value && names === 1) this.#map(value.$map, depth);
    else if ("$time" in value && names === 1) this.#time(value.$time);
    else if ("$ext" in value && "$binary" in value && names === ("size" in value ? 3 : 2)) {
      this.#extension(value.$ext, value.$binary);
    } else this.#refuse('$map, $ext and $time have meanings here; write {"$map": [[name, value], …]} for such names.');
  }

  #map(entries: unknown, depth: number): void {
    const isList = Array.isArray(entries) && entries.every((pair) => Array.isArray(pair) && pair.length === 2);
    if (!isList) this.#refuse('$map takes a list of pairs: {"$map": [[key, value], …]}.');
    else if (isPlainObject(entries as [unknown, unknown][])) {
      this.#refuse("A map with text for keys is written as an object, not as $map.");
    } else this.#entries(entries as [unknown, unknown][], depth);
  }

  #entries(entries: readonly (readonly [unknown, unknown])[], depth: number): void {
    this.#container(entries.length, 0x80, 0xde);
    for (const [key, item] of entries) {
      this.write(key, depth + 1);
      this.write(item, depth + 1);
    }
  }

  #time(text: unknown): void {
    const match = typeof text === "string" ? TIME.exec(text) : null;
    const seconds = match === null ? NaN : Date.parse(`${match[1]!}Z`) / 1000;
    if (Number.isNaN(seconds)) {
      this.#refuse('$time takes a time with nanoseconds: {"$time": "2026-01-31T12:00:00.000000000Z"}.');
      return;
    }
    this.#octet(0xc7);
    this.#octet(12);
    this.#octet(TIMESTAMP_TYPE);
    this.#next(4).setUint32(0, Number(match![2]!));
    this.#next(8).setBigInt64(0, BigInt(seconds));
  }

  #extension(type: unknown, hex: unknown): void {
    const isType = typeof type === "number" && Number.isInteger(type) && type >= -128 && type <= 127;
    if (!isType || typeof hex !== "string" || !HEX.test(hex)) {
      this.#refuse('$ext takes a number from -128 to 127 and lower-case hex: {"$ext": 5, "$binary": "00ff"}.');
      return;
    }
    this.#sized(hex.length / 2, 0xc7);
    this.#octet(type & 0xff);
    this.#put(Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16)));
  }

  /** A length or unsigned number of 8, 16 or 32 bits, whose tags follow each other. */
  #sized(size: number, tag8: number): void {
    if (size <= 0xff) {
      this.#octet(tag8);
      this.#octet(size);
    } else if (size <= 0xffff) {
      this.#octet(tag8 + 1);
      this.#next(2).setUint16(0, size);
    } else {
      this.#octet(tag8 + 2);
      this.#next(4).setUint32(0, size);
    }
  }

  #container(size: number, small: number, tag16: number): void {
    if (size < 16) {
      this.#octet(small | size);
    } else if (size <= 0xffff) {
      this.#octet(tag16);
      this.#next(2).setUint16(0, size);
    } else {
      this.#octet(tag16 + 1);
      this.#next(4).setUint32(0, size);
    }
  }

  #octet(octet: number): void {
    this.#next(1).setUint8(0, octet);
  }

  #put(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    if (this.problem === undefined) this.#bytes.set(bytes, at);
  }

  #next(size: number): DataView {
    const at = this.#room(size);
    return new DataView(this.#bytes.buffer, at, size);
  }

  /** Where the next `size` octets go. After a refusal they go anywhere, since nobody reads them. */
  #room(size: number): number {
    const needed = this.#length + size;
    if (needed > MAX_BYTES) {
      this.#refuse("This is too large to be sent as one MessagePack value.");
      return 0;
    }
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = needed;
    return needed - size;
  }

  #refuse(problem: string): void {
    this.problem ??= problem;
  }
}
