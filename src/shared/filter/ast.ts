import type { FieldName } from "./fields.ts";
import type { RegexNode } from "./regexSyntax.ts";

/** What a filter's text comes to, whichever dialect it was written in. */
export type Filter =
  /** Every row: an empty filter, and `~all`. */
  | { readonly kind: "all" }
  | { readonly kind: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | { readonly kind: "test"; readonly operand: Operand; readonly test: Test }
  /** A word or string on its own: looked for in topic and preview without regard to case. */
  | { readonly kind: "search"; readonly text: string };

export const FUNCTIONS = ["len", "lower", "count", "any", "all"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** Octets from `from` up to `to`; negative numbers count from the end, `null` is the beginning or end itself. */
export type Slice = { readonly from: number | null; readonly to: number | null };

export type Operand = {
  readonly field: FieldName;
  /** Names and places behind the field: frame number, or the way into a decoded value. */
  readonly path: readonly (string | number)[];
  /** Applied one after the other. */
  readonly slices: readonly Slice[];
  readonly func: FunctionName | null;
};

/** `!=` is `not` around `==`. */
export type Test =
  | { readonly op: "exists" }
  | { readonly op: Comparison; readonly value: Value }
  | { readonly op: "in"; readonly ranges: readonly Range[] }
  | { readonly op: "contains" | "startswith"; readonly value: Value }
  | { readonly op: "matches"; readonly regex: RegexNode };

export type Comparison = "==" | "<" | "<=" | ">" | ">=";

/** One member of a set: a value, or all from `low` to `high`, both included. */
export type Range = { readonly low: Value; readonly high: Value | null };

/** A value as the type of its operand reads it. */
export type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "octets"; readonly octets: Uint8Array }
  /** Durations in nanoseconds, sizes in octets. */
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "bool"; readonly bool: boolean }
  | { readonly kind: "null" }
  /** Milliseconds since 1970, or of a local day; the value stands for `spanMs` from there, as precise as it was written. */
  | { readonly kind: "time"; readonly atMs: number; readonly isOfDay: boolean; readonly spanMs: number }
  | AddressValue;

/** An address without its port stands for any port. */
export type AddressValue = {
  readonly kind: "address";
  /** As written, without brackets. */
  readonly host: string;
  readonly port: number | null;
  /** Of an IP address: its 4 or 16 octets, and how many leading bits count. */
  readonly octets: Uint8Array | null;
  readonly bits: number;
};

/** Why a text is not a filter. `from` and `to` are offsets in the text. */
export type FilterError = {
  readonly ok: false;
  /** A whole sentence. */
  readonly message: string;
  readonly from: number;
  readonly to: number;
  /** What may be put in the place of `from` to `to`. */
  readonly suggestion: string | null;
};

export type ParsedFilter = { readonly ok: true; readonly ast: Filter } | FilterError;
