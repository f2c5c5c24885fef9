import { FUNCTIONS } from "./ast.ts";
import {
  type FieldType,
  FIELDS,
  type KnownValue,
  OPERATOR_MEANINGS,
  operatorsOf,
  SHORTS,
  TYPE_WORDS,
} from "./fields.ts";
import { type Expectation, expectedAtEnd } from "./parse.ts";

export type CompletionItem = { readonly text: string; readonly description: string };

/** What can stand at the cursor. The range from `from` to `to` is to be replaced by the chosen item. */
export type Completion = {
  readonly kind: "field" | "short" | "path" | "operator" | "value" | "keyword" | "nothing";
  readonly from: number;
  readonly to: number;
  /** What is written there already, up to the cursor. */
  readonly prefix: string;
  /** Those that begin with the prefix, in the order of the table. */
  readonly items: readonly CompletionItem[];
  /** The field, as written, of which the engine knows seen values (`kind` value) or names (`path`); else `null`. */
  readonly valuesOf: string | null;
};

/** Longest text that is looked at; completion of more is not worth its time. */
const MAX_CHARS = 10_000;
const JOINTS: readonly CompletionItem[] = [
  { text: "and", description: "both" },
  { text: "or", description: "one of both" },
];
const NOT: CompletionItem = { text: "not", description: "the opposite" };
const BOOLS: readonly KnownValue[] = [
  { name: "true", meaning: "it is so" },
  { name: "false", meaning: "it is not" },
];
const FUNCTION_WORDS: Record<(typeof FUNCTIONS)[number], string> = {
  len: "length of octets or text",
  lower: "text in lower case",
  count: "how many values there are",
  any: "one of the values at least",
  all: "every value",
};

/** What can stand at `cursor` of a filter, whatever is wrong before it. Never throws. */
export function complete(text: string, cursor: number): Completion {
  const at = Math.max(0, Math.min(Math.floor(cursor) || 0, text.length));
  const nothing: Completion = { kind: "nothing", from: at, to: at, prefix: "", items: [], valuesOf: null };
  if (at > MAX_CHARS) return nothing;
  const expected = expectedAtEnd(text.slice(0, at));
  // An error can end the reading long before the cursor.
  const between = text.slice(expected.from, at);
  if (!reachesCursor(expected, between)) return nothing;
  const from = expected.from;
  const to = at + wordRest(expected, text.slice(at));
  const { kind, all, valuesOf } = offersOf(expected);
  const written = between.toLowerCase();
  const items = all.filter((item) => item.text.toLowerCase().startsWith(written));
  return { kind, from, to, prefix: between, items, valuesOf };
}

function reachesCursor({ kind }: Expectation, between: string): boolean {
  if (kind === "value") return /^(?:"(?:[^"\\]|\\.)*|'(?:[^'\\]|\\.)*|[^\s()"'&|{},]*)$/s.test(between);
  if (kind === "short") return /^~[a-zA-Z]*$/.test(between);
  if (kind === "operator") return /^(?:\w*|[=!<>]=?)$/.test(between);
  return /^[\w$@~\-\u0080-\uffff]*$/.test(between);
}

/** How much of the word under the cursor lies behind it. */
function wordRest({ kind }: Expectation, behind: string): number {
  if (kind === "nothing") return 0;
  return /^[\w$-]*/.exec(behind)![0].length;
}

type Offers = Pick<Completion, "kind" | "valuesOf"> & { readonly all: readonly CompletionItem[] };

function offersOf(expected: Expectation): Offers {
  switch (expected.kind) {
    case "test":
      return { kind: "field", all: testItems(), valuesOf: null };
    case "short":
      return { kind: "short", all: shortItems(), valuesOf: null };
    case "path":
      return { kind: "path", all: [], valuesOf: expected.prefix };
    case "operator":
      return { kind: "operator", all: [...operatorItems(expected.type), ...JOINTS, ...testItems()], valuesOf: null };
    case "value": {
      const { field, type, written } = expected;
      const values = type === "bool" ? BOOLS : type === field.type ? field.values : [];
      const hasSeen = type !== "enum" && type !== "level" && type !== "bool";
      const all = values.map(({ name, meaning }) => ({ text: name, description: meaning }));
      return { kind: "value", all, valuesOf: hasSeen && type === field.type ? written : null };
    }
    case "joint":
      return { kind: "keyword", all: [...JOINTS, ...testItems()], valuesOf: null };
    case "nothing":
      return { kind: "nothing", all: [], valuesOf: null };
  }
}

function testItems(): CompletionItem[] {
  return [...fieldItems(), ...shortItems(), NOT];
}

function fieldItems(): CompletionItem[] {
  const fields = FIELDS.map(({ name, type, path, meaning }) => ({
    text: path === "names" ? `${name}.` : name,
    description: `${meaning.replace(/\.$/, "")} (${TYPE_WORDS[type]})`,
  }));
  return [...fields, ...FUNCTIONS.map((name) => ({ text: `${name}(`, description: FUNCTION_WORDS[name] }))];
}

function shortItems(): CompletionItem[] {
  return SHORTS.map(({ name, argument, meaning }) => ({
    text: argument === null ? `~${name}` : `~${name} `,
    description: meaning,
  }));
}

function operatorItems(type: FieldType): CompletionItem[] {
  return operatorsOf(type).map((operator) => ({ text: operator, description: OPERATOR_MEANINGS[operator] }));
}
