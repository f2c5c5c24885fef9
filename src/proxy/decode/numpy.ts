import { type ArrayFormat, type ItemType, parseArrayFormat, parseItemType } from "../../shared/arrayFormat.ts";
import type { Decoded } from "../../shared/model.ts";
import { writeJson } from "./jsonText.ts";
import { readScalar, viewOf } from "./scalarReader.ts";
import { utf8Text } from "./text.ts";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_HEADER_BYTES = 4096;
const MAX_DIMENSIONS = 32;
/** Elements that are built. */
const MAX_VALUES = 20_000;

const DTYPE = /'descr'\s*:\s*'([^']*)'/;
const ORDER = /'fortran_order'\s*:\s*(True|False)/;
const SHAPE = /'shape'\s*:\s*\(([\dL,\s]*)\)/;

type Layout = { readonly item: ItemType; readonly shape: readonly number[]; readonly isFortran: boolean };

/** Whether octets begin as a `.npy` file does. */
export function looksLikeNpy(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 10 && MAGIC.every((octet, index) => bytes[index] === octet) && bytes[6]! >= 1 && bytes[6]! <= 3
  );
}

/** What a `.npy` header says in a few words, such as `float32 (480, 640)`; undefined where it cannot be read. */
export function npyWords(bytes: Uint8Array): string | undefined {
  const header = readHeader(bytes);
  return "problem" in header ? undefined : `${header.layout.item.title} (${header.layout.shape.join(", ")})`;
}

/**
 * An array with its type and shape: of a `.npy` file, or with an option such as `<f4 (-1, 3)` of plain octets. Objects in
 * arrays are pickles and are not read.
 */
export function decodeNumpy(bytes: Uint8Array, maxChars: number, option: string): Decoded {
  const found = option === "" ? readHeader(bytes) : readOption(bytes, option);
  if ("problem" in found) return { kind: "none", reason: found.problem };
  const { layout, data } = found;
  const { item, shape, isFortran } = layout;
  const count = shape.reduce((product, length) => product * length, 1);
  const needed = count * item.sizeBytes;
  if (needed > data.length) {
    return {
      kind: "none",
      reason: `An array of ${item.title} (${shape.join(", ")}) has ${needed} octets, and here are ${data.length}.`,
    };
  }
  const builder = new Builder(data, layout);
  const value = {
    type: item.title,
    shape,
    ...(isFortran ? { order: "columns first (Fortran)" } : {}),
    values: builder.build(0, 0),
    ...(needed < data.length ? { "left over": data.subarray(needed) } : {}),
  };
  const { json, truncated } = writeJson(value, maxChars);
  return { kind: "tree", json, truncated: truncated || builder.isFull };
}

type Found = { readonly layout: Layout; readonly data: Uint8Array } | { readonly problem: string };

function readHeader(bytes: Uint8Array): Found {
  if (!looksLikeNpy(bytes)) return { problem: "This is not a NumPy file: it does not begin with \\x93NUMPY." };
  const view = viewOf(bytes);
  const isLong = bytes[6] !== 1;
  if (bytes.length < 12) return { problem: "This NumPy file is cut off in its header." };
  const size = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const from = isLong ? 12 : 10;
  if (size > MAX_HEADER_BYTES)
    return { problem: "The header of this NumPy file is too long to be one of plain numbers." };
  const text = utf8Text(bytes.subarray(from, from + size)) ?? "";
  if (from + size > bytes.length) return { problem: "This NumPy file is cut off in its header." };
  const [, dtype] = DTYPE.exec(text) ?? [];
  const [, order] = ORDER.exec(text) ?? [];
  const [, dimensions] = SHAPE.exec(text) ?? [];
  if (dtype === undefined || order === undefined || dimensions === undefined) {
    return { problem: "The header of this NumPy file names no plain type, order and shape, such as records have." };
  }
  const item = parseItemType(dtype);
  if (item === undefined) return { problem: `Arrays of the type "${dtype}" are not read.` };
  const shape = dimensions
    .split(/[L,\s]+/)
    .filter((part) => part !== "")
    .map(Number);
  if (shape.length > MAX_DIMENSIONS) return { problem: `An array has at most ${MAX_DIMENSIONS} dimensions.` };
  return { layout: { item, shape, isFortran: order === "True" }, data: bytes.subarray(from + size) };
}

function readOption(bytes: Uint8Array, option: string): Found {
  const format: ArrayFormat | { readonly problem: string } = parseArrayFormat(option);
  if ("problem" in format) return format;
  const { item } = format;
  const known = format.shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const open = known === 0 ? 0 : Math.floor(bytes.length / (known * item.sizeBytes));
  const shape = format.shape.map((length) => (length === -1 ? open : length));
  return { layout: { item, shape, isFortran: false }, data: bytes };
}

/** Builds nested lists, the last dimension innermost, until there are too many values. */
class Builder {
  isFull = false;
  readonly #data: Uint8Array;
  readonly #view: DataView;
  readonly #layout: Layout;
  readonly #strides: number[];
  #built = 0;

  constructor(data: Uint8Array, layout: Layout) {
    this.#data = data;
    this.#view = viewOf(data);
    this.#layout = layout;
    const { shape, isFortran, item } = layout;
    this.#strides = shape.map((_, dimension) => {
      const inner = isFortran ? shape.slice(0, dimension) : shape.slice(dimension + 1);
      return inner.reduce((product, length) => product * length, item.sizeBytes);
    });
  }

  build(dimension: number, at: number): unknown {
    const length = this.#layout.shape[dimension];
    if (length === undefined) return this.#item(at);
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) {
      // Empty lists count too: a shape may hold millions of them.
      if (++this.#built > MAX_VALUES) {
        this.isFull = true;
        break;
      }
      items.push(this.build(dimension + 1, at + index * this.#strides[dimension]!));
    }
    return items;
  }

  #item(at: number): unknown {
    const { kind, sizeBytes, isLittle } = this.#layout.item;
    switch (kind) {
      case "bool":
        return this.#data[at] !== 0;
      case "complex": {
        const scalar = sizeBytes === 8 ? "float32" : "float64";
        const real = readScalar(this.#view, at, { scalar, isLittle });
        const imaginary = readScalar(this.#view, at + sizeBytes / 2, { scalar, isLittle });
        return { real, imaginary };
      }
      case "octets":
        return this.#octets(at, sizeBytes);
      case "points":
        return this.#points(at, sizeBytes / 4, isLittle);
      default:
        return readScalar(this.#view, at, { scalar: kind, isLittle });
    }
  }

  #octets(at: number, sizeBytes: number): unknown {
    const octets = this.#data.subarray(at, at + sizeBytes);
    const end = octets.findLastIndex((octet) => octet !== 0) + 1;
    return utf8Text(octets.subarray(0, end)) ?? octets;
  }

  #points(at: number, count: number, isLittle: boolean): string {
    let text = "";
    for (let index = 0; index < count; index++) {
      const point = this.#view.getUint32(at + 4 * index, isLittle);
      if (point === 0) break;
      text += point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
    }
    return text;
  }
}
