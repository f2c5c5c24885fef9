import { type Scalar, scalarSize } from "./scalars.ts";
import { t } from "./l10n.ts";

/** `char`: one octet as text; `octets`: so many as they are; `pascal`: a length octet and so many at most. */
export type StructField = {
  readonly kind: Scalar | "bool" | "char" | "octets" | "pascal";
  /** Offset from the structure's beginning, in octets. */
  readonly at: number;
  readonly sizeBytes: number;
};

export type StructFormat = {
  readonly fields: readonly StructField[];
  readonly sizeBytes: number;
  readonly isLittle: boolean;
};

const MAX_FIELDS = 1000;
const MAX_BYTES = 65_536;
const TOKEN = /\s*(\d*)([a-zA-Z?])/y;

const STANDARD: Readonly<Record<string, StructField["kind"]>> = {
  c: "char",
  b: "int8",
  B: "uint8",
  "?": "bool",
  h: "int16",
  H: "uint16",
  i: "int32",
  I: "uint32",
  l: "int32",
  L: "uint32",
  q: "int64",
  Q: "uint64",
  e: "float16",
  f: "float32",
  d: "float64",
};
/** What is larger, or exists only, in the native form of the machines that ZeroMQ programs run on (LP64). */
const NATIVE: typeof STANDARD = { ...STANDARD, l: "int64", L: "uint64", n: "int64", N: "uint64", P: "uint64" };

/**
 * A format as Python's `struct` module takes it: a byte order (`<`, `>`, `!`, `=`, or `@` for the native form with
 * alignment, which is the default), then counts and codes. At most 1,000 fields and 64 KiB.
 */
export function parseStructFormat(text: string): StructFormat | { readonly problem: string } {
  const order = /^[<>!=@]/.exec(text)?.[0] ?? "@";
  const isNative = order === "@";
  const codes = isNative ? NATIVE : STANDARD;
  const fields: StructField[] = [];
  let size = 0;
  const add = (kind: StructField["kind"], sizeBytes: number): void => {
    fields.push({ kind, at: size, sizeBytes });
    size += sizeBytes;
  };
  TOKEN.lastIndex = /^[<>!=@]/.test(text) ? 1 : 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const [, digits, code = ""] = TOKEN.exec(text) ?? [];
    if (digits === undefined) return { problem: t('"{0}" is no count and code.', text.slice(from).trim()) };
    const count = digits === "" ? 1 : Number(digits);
    const kind = codes[code];
    if (code === "s" || code === "p" || code === "x") {
      if (size + count > MAX_BYTES) return tooLong();
      if (code === "x") size += count;
      else add(code === "s" ? "octets" : "pascal", count);
      continue;
    }
    if (kind === undefined) {
      return {
        problem:
          isNative || !/[nNP]/.test(code)
            ? t('There is no code "{0}".', code)
            : t('"{0}" is native only: begin with @.', code),
      };
    }
    const each = sizeOf(kind);
    if (isNative) size = Math.ceil(size / each) * each;
    if (fields.length + count > MAX_FIELDS || size + count * each > MAX_BYTES) return tooLong();
    for (let index = 0; index < count; index++) add(kind, each);
  }
  if (fields.length === 0) return { problem: t("A format names at least one field, such as <IHf.") };
  if (size === 0) return { problem: t("A structure has at least one octet.") };
  return { fields, sizeBytes: size, isLittle: order !== ">" && order !== "!" };
}

function sizeOf(kind: StructField["kind"]): number {
  return kind === "bool" || kind === "char" || kind === "octets" || kind === "pascal" ? 1 : scalarSize(kind);
}

function tooLong(): { readonly problem: string } {
  return { problem: t("A structure has at most {0} fields and {1} octets.", MAX_FIELDS, MAX_BYTES) };
}
