import { SCALARS, type Scalar, scalarSize } from "./scalars.ts";
import { t } from "./l10n.ts";

/** Longest option of a decoder, such as a format or a message name. */
export const MAX_OPTION_CHARS = 250;
const MAX_DIMENSIONS = 32;
const MAX_ITEM_BYTES = 65_536;

/** `complex`: two floats; `octets`: text of fixed length without an encoding; `points`: text of 32-bit code points. */
type ItemKind = Scalar | "bool" | "complex" | "octets" | "points";

export type ItemType = {
  readonly kind: ItemKind;
  readonly sizeBytes: number;
  readonly isLittle: boolean;
  /** As NumPy prints it, such as `float32` or `>i2`. */
  readonly title: string;
};

export type ArrayFormat = {
  readonly item: ItemType;
  /** -1 for at most one dimension that follows from the size. */
  readonly shape: readonly number[];
};

const CODE = /^([<>|=]?)([biufcSUaVmM])(\d+)(?:\[\w+\])?$/;
const FORMAT = /^\s*([^\s(,]+)\s*(?:\(?([\d\s,x-]*)\)?)?\s*$/;

/** A type as NumPy writes it (`<f4`, `|u1`, `S10`, `<M8[ns]`) or names it (`float32`); undefined for any other. */
export function parseItemType(text: string): ItemType | undefined {
  const named = SCALARS.find((scalar) => scalar === text);
  if (named !== undefined) return { kind: named, sizeBytes: scalarSize(named), isLittle: true, title: named };
  if (text === "bool" || text === "?") return { kind: "bool", sizeBytes: 1, isLittle: true, title: "bool" };
  const [, order, code = "", digits] = CODE.exec(text) ?? [];
  if (order === undefined) return undefined;
  const count = Number(digits);
  const kind = itemKind(code, count);
  const sizeBytes = code === "U" ? 4 * count : count;
  if (kind === undefined || sizeBytes === 0 || sizeBytes > MAX_ITEM_BYTES) return undefined;
  const isPlain = order !== ">" && SCALARS.some((scalar) => scalar === kind) && code !== "m" && code !== "M";
  return { kind, sizeBytes, isLittle: order !== ">", title: isPlain ? kind : text };
}

function itemKind(code: string, count: number): ItemKind | undefined {
  switch (code) {
    case "b":
      return count === 1 ? "bool" : undefined;
    case "i":
      return SCALARS.find((scalar) => scalar === `int${8 * count}`);
    case "u":
      return SCALARS.find((scalar) => scalar === `uint${8 * count}`);
    case "f":
      return SCALARS.find((scalar) => scalar === `float${8 * count}`);
    case "c":
      return count === 8 || count === 16 ? "complex" : undefined;
    case "m":
    case "M":
      return count === 8 ? "int64" : undefined;
    case "U":
      return "points";
    default:
      return "octets";
  }
}

/** An array as users describe it: a type, and its shape if it has more than one dimension: `<f4 (-1, 3)`, `uint8 480x640`. */
export function parseArrayFormat(text: string): ArrayFormat | { readonly problem: string } {
  const [, name, dimensions] = FORMAT.exec(text) ?? [];
  if (name === undefined) return { problem: t("Write a type and a shape, such as <f4 (-1, 3).") };
  const item = parseItemType(name);
  if (item === undefined)
    return { problem: t('"{0}" is no type that is known here: write one such as float32, <f4, >i2 or bool.', name) };
  const written = (dimensions ?? "").split(/[\s,x]+/).filter((part) => part !== "");
  const shape = written.length === 0 ? [-1] : written.map(Number);
  if (shape.length > MAX_DIMENSIONS) return { problem: t("An array has at most {0} dimensions.", MAX_DIMENSIONS) };
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= -1)) {
    return { problem: t("A shape holds whole numbers, and -1 for a length that follows from the size.") };
  }
  if (shape.filter((length) => length === -1).length > 1) return { problem: t("Only one length can be -1.") };
  return { item, shape };
}
