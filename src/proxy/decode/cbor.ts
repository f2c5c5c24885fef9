import type { Decoded } from "../../shared/model.ts";
import { MAX_DEPTH, special, writeJson } from "./jsonText.ts";
import { type Fault, OctetReader } from "./octetReader.ts";
import { halfToNumber, narrow, shortest } from "./scalarReader.ts";
import { utf8Text } from "./text.ts";

/** Values that are built; further ones are read over, so that memory stays a small multiple of this. */
const MAX_VALUES = 200_000;
/** A longer bignum stays octets: turning it into digits takes time that grows with its square. */
const MAX_BIGNUM_BYTES = 1024;
/** RFC 8949 section 3.4.6: "this is CBOR", as a mark at the beginning of a file. */
const SELF_DESCRIBED = [0xd9, 0xd9, 0xf7];
/** A list or tagged value that holds so many values without a fault is hardly anything else. */
const VALUES_TO_TRUST = 6;
const BREAK = 0xff;

const REASONS: Readonly<Record<Fault, string>> = {
  cut: "This is not CBOR, or it is cut off.",
  deep: `This is nested deeper than ${MAX_DEPTH} levels.`,
  bad: "This is not CBOR: it holds an octet that no value begins with.",
};

/**
 * CBOR (RFC 8949) as plain data. Our own reader, since the packages for it take the room that a length declares before the
 * octets are there, make cyclic values from shared references, and have no limit of values. Tags stay visible:
 * `{"$tag":n,"value":…}`, except for times and large integers.
 */
export function decodeCbor(bytes: Uint8Array, maxChars: number): Decoded {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.fault !== undefined) return { kind: "none", reason: REASONS[reader.fault] };
  if (reader.at < bytes.length) {
    return { kind: "none", reason: `This is not one CBOR value: ${bytes.length - reader.at} octets follow it.` };
  }
  const { json, truncated } = writeJson(value, maxChars);
  return { kind: "tree", json, truncated: truncated || reader.values > MAX_VALUES };
}

/** How sure it is, from 0 to 1, that octets are one map, list or tagged value; of a prefix, that they begin one. */
export function cborConfidence(bytes: Uint8Array, isPrefix: boolean): number {
  const first = bytes[0]! >>> 5;
  if (bytes.length < 3 || (first !== 4 && first !== 5 && first !== 6)) return 0;
  const reader = new Reader(bytes);
  reader.value(0);
  const isFitting = reader.fault === undefined ? reader.at === bytes.length : isPrefix && reader.fault === "cut";
  if (!isFitting) return 0;
  if (SELF_DESCRIBED.every((octet, index) => bytes[index] === octet)) return 1;
  if (first === 5 && reader.textKeys > 0) return reader.fault === undefined ? 0.8 : 0.7;
  return reader.values >= VALUES_TO_TRUST ? 0.5 : 0.1;
}

class Reader extends OctetReader {
  values = 0;
  /** Keys of maps that are text. */
  textKeys = 0;

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) return this.fail("deep");
    if (this.missing(1)) return undefined;
    this.values++;
    const first = this.bytes[this.at++]!;
    const info = first & 31;
    switch (first >>> 5) {
      case 0:
        return info < 24 ? info : narrow(this.#argument(info));
      case 1:
        return narrow(-1n - this.#argument(info));
      case 2:
        return info === 31 ? this.#pieces(2) : this.take(this.#length(info));
      case 3: {
        const octets = info === 31 ? this.#pieces(3) : this.take(this.#length(info));
        // Faulty encoders put other octets into text.
        return octets === undefined ? undefined : (utf8Text(octets) ?? octets);
      }
      case 4:
        return this.#list(info, depth);
      case 5:
        return this.#map(info, depth);
      case 6:
        return this.#tagged(this.#argument(info), depth);
      default:
        return this.#simple(info);
    }
  }

  #list(info: number, depth: number): unknown[] {
    const items: unknown[] = [];
    const count = info === 31 ? Infinity : this.#length(info);
    for (let index = 0; index < count && !this.#isOver(info); index++) {
      const item = this.value(depth + 1);
      if (this.values <= MAX_VALUES) items.push(item);
    }
    return items;
  }

  #map(info: number, depth: number): unknown {
    const mapEntries: [unknown, unknown][] = [];
    const count = info === 31 ? Infinity : this.#length(info);
    for (let index = 0; index < count && !this.#isOver(info); index++) {
      const key = this.value(depth + 1);
      const item = this.value(depth + 1);
      if (typeof key === "string") this.textKeys++;
      if (this.values <= MAX_VALUES) mapEntries.push([key, item]);
    }
    return special({ mapEntries });
  }

  /** Whether a container ends here: by a fault, or if it is of indefinite length by its end mark, which is taken. */
  #isOver(info: number): boolean {
    if (this.fault !== undefined) return true;
    if (info !== 31) return false;
    if (this.missing(1)) return true;
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  #tagged(tag: bigint, depth: number): unknown {
    const value = this.value(depth + 1);
    if (this.fault !== undefined) return undefined;
    if (tag === 55799n) return value;
    if ((tag === 2n || tag === 3n) && value instanceof Uint8Array && value.length <= MAX_BIGNUM_BYTES) {
      const magnitude = value.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
      return tag === 2n ? magnitude : -1n - magnitude;
    }
    if (tag === 0n && typeof value === "string") return { $time: value };
    if (tag === 1n && typeof value === "number") {
      const date = new Date(value * 1000);
      if (!Number.isNaN(date.getTime())) return { $time: date.toISOString() };
    }
    return { $tag: narrow(tag), value };
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
        return null;
      case 23:
        return undefined;
      case 24: {
        if (this.missing(1)) return undefined;
        const simple = this.bytes[this.at++]!;
        return simple < 32 ? this.fail("bad") : { $simple: simple };
      }
      case 25:
        return this.missing(2) ? undefined : halfToNumber(this.view.getUint16(this.step(2)));
      case 26:
        return this.missing(4) ? undefined : shortest(this.view.getFloat32(this.step(4)));
      case 27:
        return this.missing(8) ? undefined : this.view.getFloat64(this.step(8));
      default:
        return info < 20 ? { $simple: info } : this.fail("bad");
    }
  }

  /** The pieces of octets or text of indefinite length, joined. */
  #pieces(major: number): Uint8Array | undefined {
    const pieces: Uint8Array[] = [];
    let size = 0;
    while (!this.#isOver(31)) {
      const first = this.bytes[this.at++]!;
      const piece = first >>> 5 === major && (first & 31) !== 31 ? this.take(this.#length(first & 31)) : undefined;
      if (piece === undefined) {
        this.fail("bad");
        return undefined;
      }
      pieces.push(piece);
      size += piece.length;
    }
    if (this.fault !== undefined) return undefined;
    const joined = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  #length(info: number): number {
    return info < 24 ? info : Number(this.#argument(info));
  }

  #argument(info: number): bigint {
    if (info < 24) return BigInt(info);
    if (info > 27) {
      this.fail("bad");
      return 0n;
    }
    const size = 1 << (info - 24);
    if (this.missing(size)) return 0n;
    const at = this.step(size);
    if (size === 8) return this.view.getBigUint64(at);
    return BigInt(size === 1 ? this.view.getUint8(at) : size === 2 ? this.view.getUint16(at) : this.view.getUint32(at));
  }
}
