import { complete, type Completion, type CompletionItem } from "../src/shared/filter/complete.ts";
import { typeOfWritten, writeEquals, writeField } from "../src/shared/filter/write.ts";
import { t } from "../src/shared/l10n.ts";

/** Something that can stand at the cursor. `insert` takes the place of the text from `from` to `to`. */
export type Choice = {
  readonly kind: "field" | "operator" | "value" | "seen" | "keyword";
  readonly label: string;
  readonly meaning: string;
  readonly insert: string;
  readonly from: number;
  readonly to: number;
};

export type Choices = {
  readonly list: readonly Choice[];
  /** It is worth showing without being asked for. */
  readonly isUnasked: boolean;
  /** What to ask the engine for: values of a field, or names behind a path that ends in a dot. */
  readonly seen: { readonly field: string; readonly prefix: string } | null;
  readonly completion: Completion;
};

const KINDS: Readonly<Record<Completion["kind"], Choice["kind"]>> = {
  field: "field",
  short: "keyword",
  path: "field",
  operator: "operator",
  value: "value",
  keyword: "keyword",
  nothing: "keyword",
};
const MAX_ASKED_CHARS = 1000;
const OPERATOR_END = /[=<>]$/;
const TYPED_WORD = /^(?:-?\d+(?:\.\d+)?|true|false|null)$/;

/** What can stand at the cursor, as far as it is known without asking the engine. */
export function choicesAt(text: string, cursor: number): Choices {
  const completion = complete(text, cursor);
  const { kind, prefix, items, valuesOf } = completion;
  const list = items.map((item) => toChoice(completion, item));
  // Before anything of a word is there, fields and joints would only be in the way.
  const isObvious = kind === "operator" || kind === "value" || kind === "path";
  const saysMore = items.some((item) => item.text.trim().toLowerCase() !== prefix.toLowerCase());
  const isAskable = valuesOf !== null && valuesOf.length <= MAX_ASKED_CHARS && prefix.length <= MAX_ASKED_CHARS;
  return {
    list,
    isUnasked: kind !== "nothing" && (isObvious || prefix !== "") && (saysMore || isAskable),
    seen: isAskable ? { field: valuesOf, prefix: prefix.replace(/^["']/, "") } : null,
    completion,
  };
}

/** The same choices and behind them the values, or names of a path, that the engine has seen. */
export function withSeen(choices: Choices, values: readonly string[]): Choices {
  const { completion, list } = choices;
  const { kind, from, to, valuesOf } = completion;
  if (valuesOf === null) return choices;
  const known = new Set(list.map(({ label }) => label));
  const seen = values
    .filter((value) => value !== "" && !known.has(value))
    .map((value): Choice => {
      const common = { kind: "seen", label: value, to } as const;
      if (kind !== "path") return { ...common, meaning: "seen", insert: `${writeSeen(valuesOf, value)} `, from };
      // The dot before it goes where the name has to be written in brackets.
      return { ...common, meaning: t("seen name"), insert: writeField("", [value]), from: from - 1 };
    });
  return { ...choices, list: [...list, ...seen] };
}

/** The text with the choice in its place, and where the cursor goes. */
export function takeChoice(text: string, { insert, from, to }: Choice): { text: string; cursor: number } {
  const behind = text.slice(to);
  // A blank that is there already is not put in again.
  const put = insert.endsWith(" ") && behind.startsWith(" ") ? insert.slice(0, -1) : insert;
  // Behind an operator there is a blank, as people write it.
  const before = OPERATOR_END.test(text.slice(0, from)) ? `${text.slice(0, from)} ` : text.slice(0, from);
  const cursor = before.length + insert.length;
  return { text: before + put + behind, cursor };
}

function toChoice({ kind, from, to }: Completion, { text, description }: CompletionItem): Choice {
  const isOpen = /[.( ]$/.test(text);
  return { kind: KINDS[kind], label: text.trim(), meaning: description, insert: isOpen ? text : `${text} `, from, to };
}

/** A seen value as an expression writes it. */
function writeSeen(field: string, value: string): string {
  const type = typeOfWritten(field);
  const isText = type === "string" || type === "bytes" || type === "address" || type === "enum";
  if (!isText && (type !== "any" || TYPED_WORD.test(value))) return value;
  return writeEquals(field, value).slice(`${field} == `.length);
}
