import type { Decoded } from "../../shared/model.ts";
import { MAX_DEPTH, special, writeJson } from "./jsonText.ts";
import { type Fault, OctetReader } from "./octetReader.ts";
import { narrow } from "./scalarReader.ts";
import { utf8Text } from "./text.ts";

/** Values that are built; further ones are read over, so that memory stays a small multiple of this. */
const MAX_VALUES = 200_000;
/** A prefix that holds so many values without a fault is taken for MessagePack. */
const VALUES_TO_TRUST = 4;
const TIMESTAMP = -1;
const TIMESTAMP_32_BYTES = 4;

const REASONS: Record<Fault, string> = {
  cut: "This is not MessagePack, or it is cut off.",
  deep: `This is nested deeper than ${MAX_DEPTH} levels.`,
  bad: "This is not MessagePack: it holds an octet that no value begins with.",
};

/**
 * MessagePack as plain data. Our own reader, since the packages for it build objects that the payload names and cannot be
 * bounded; nothing is called or constructed here. Extension types stay octets, timestamps are times.
 */
export function decodeMsgpack(bytes: Uint8Array, maxChars: number): Decoded {
  const read = readMsgpack(bytes);
  if ("problem" in read) return { kind: "none", reason: read.problem };
  const { json, truncated } = writeJson(read.value, maxChars);
  return { kind: "tree", json, truncated: truncated || !read.isWhole };
}

/**
 * The value that the octets are, with maps and extensions as jsonText.ts marks them, or a sentence why they are none.
 * `isWhole` is false where there are more values than are built.
 */
export function readMsgpack(bytes: Uint8Array): { value: unknown; isWhole: boolean } | { problem: string } {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.fault !== undefined) return { problem: REASONS[reader.fault] };
  if (reader.at < bytes.length) {
    return { problem: `This is not one MessagePack value: ${bytes.length - reader.at} octets follow it.` };
  }
  return { value, isWhole: reader.values <= MAX_VALUES };
}

/** Where the value ends that begins at `start`; undefined when it is none or cut off. */
export function msgpackEnd(bytes: Uint8Array, start: number): number | undefined {
  const reader = new Reader(bytes.subarray(start));
  reader.value(0);
  return reader.fault === undefined ? start + reader.at : undefined;
}

/** Whether octets are one map, array or extension; of a prefix, whether they can be the beginning of one. */
export function looksLikeMsgpack(bytes: Uint8Array, isPrefix: boolean): boolean {
  if (bytes.length < 2 || !isContainer(bytes[0]!)) return false;
  const reader = new Reader(bytes);
  reader.value(0);
  if (reader.fault === undefined) return reader.at === bytes.length;
  return isPrefix && reader.fault === "cut" && reader.values >= VALUES_TO_TRUST;
}

function isContainer(first: number): boolean {
  const isSmall = first >= 0x80 && first <= 0x9f;
  return (
    isSmall || (first >= 0xdc && first <= 0xdf) || (first >= 0xc7 && first <= 0xc9) || (first >= 0xd4 && first <= 0xd8)
  );
}

class Reader extends OctetReader {
  values = 0;

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) return this.fail("deep");
    if (this.missing(1)) return undefined;
    this.values++;
    const first = this.bytes[this.at++]!;
    if (first < 0x80) return first;
    if (first < 0x90) return this.#map(first & 15, depth);
    if (first < 0xa0) return this.#array(first & 15, depth);
    if (first < 0xc0) return this.#string(first & 31);
    if (first >= 0xe0) return first - 256;
    return this.#tagged(first, depth);
  }

  #tagged(first: number, depth: number): unknown {
    switch (first) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.#unsigned(1 << (first - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#unsigned(1 << (first - 0xc7)));
      case 0xca:
        return this.missing(4) ? undefined : this.view.getFloat32(this.step(4));
      case 0xcb:
        return this.missing(8) ? undefined : this.view.getFloat64(this.step(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(1 << (first - 0xcc));
      case 0xcf:
        return this.missing(8) ? undefined : narrow(this.view.getBigUint64(this.step(8)));
      case 0xd0:
        return this.missing(1) ? undefined : this.view.getInt8(this.step(1));
      case 0xd1:
        return this.missing(2) ? undefined : this.view.getInt16(this.step(2));
      case 0xd2:
        return this.missing(4) ? undefined : this.view.getInt32(this.step(4));
      case 0xd3:
        return this.missing(8) ? undefined : narrow(this.view.getBigInt64(this.step(8)));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (first - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (first - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (first - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (first - 0xde)), depth);
      default:
        return this.fail("bad");
    }
  }

  #array(length: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length && this.fault === undefined; index++) {
      const item = this.value(depth + 1);
      if (this.values <= MAX_VALUES) items.push(item);
    }
    return items;
  }

  #map(length: number, depth: number): unknown {
    const mapEntries: [unknown, unknown][] = [];
    for (let index = 0; index < length && this.fault === undefined; index++) {
      const key = this.value(depth + 1);
      const item = this.value(depth + 1);
      if (this.values <= MAX_VALUES) mapEntries.push([key, item]);
    }
    return special({ mapEntries });
  }

  #string(length: number): unknown {
    const bytes = this.take(length);
    // Old encoders put octets into strings.
    return bytes === undefined ? undefined : (utf8Text(bytes) ?? bytes);
  }

  #extension(length: number): unknown {
    if (this.missing(1)) return undefined;
    const extension = this.view.getInt8(this.step(1));
    const bytes = this.take(length);
    if (bytes === undefined) return undefined;
    const time = extension === TIMESTAMP ? readTime(bytes) : undefined;
    return time === undefined ? special({ extension, bytes }) : { $time: time };
  }

  #unsigned(size: number): number {
    if (this.missing(size)) return 0;
    const at = this.step(size);
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }
}

/** The three timestamp forms of the MessagePack specification; undefined for any other, and beyond what a Date holds. */
function readTime(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let seconds: number;
  let nanoseconds = 0;
  if (bytes.length === TIMESTAMP_32_BYTES) {
    seconds = view.getUint32(0);
  } else if (bytes.length === 8) {
    nanoseconds = Math.floor(view.getUint32(0) / 4);
    seconds = (view.getUint32(0) % 4) * 4294967296 + view.getUint32(4);
  } else if (bytes.length === 12) {
    nanoseconds = view.getUint32(0);
    seconds = Number(view.getBigInt64(4));
  } else {
    return undefined;
  }
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  return `${date.toISOString().slice(0, -5)}.${String(nanoseconds).padStart(9, "0")}Z`;
}
