import { t } from "./l10n.ts";

/** Where JSON text stops being JSON, counted from 1, and why. */
export type JsonFault = { readonly line: number; readonly column: number; readonly problem: string };

/** Deeper text is refused, since it is read by recursion. */
const MAX_DEPTH = 200;
const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}\p{N}_$]+/uy;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** What keeps a text from being one JSON value (RFC 8259), with its place; `null` when nothing does. Never throws. */
export function jsonFault(text: string): JsonFault | null {
  const reader = new Reader(text);
  if (reader.value(0) && reader.end()) return null;
  const before = text.slice(0, reader.at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return {
    line: before.split("\n").length,
    column: reader.at - lineStart + 1,
    problem: reader.problem,
  };
}

/** The same as a sentence; the line is left out of a text that has only one. */
export function jsonFaultText(text: string): string | null {
  const fault = jsonFault(text);
  if (fault === null) return null;
  const place = text.includes("\n")
    ? t("Line {0}, column {1}", fault.line, fault.column)
    : t("Column {0}", fault.column);
  return `${place}: ${fault.problem}`;
}

class Reader {
  at = 0;
  problem = "";
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): boolean {
    this.#match(SPACE);
    if (depth > MAX_DEPTH) return this.#fail(t("it is nested deeper than {0} levels.", MAX_DEPTH));
    switch (this.#text[this.at]) {
      case undefined:
        return this.#fail(t("a value is missing here."));
      case "{":
        return this.#list("}", () => this.#member(depth));
      case "[":
        return this.#list("]", () => this.value(depth + 1));
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  end(): boolean {
    this.#match(SPACE);
    return this.at === this.#text.length || this.#fail(t("the value ends before this."));
  }

  #list(close: "}" | "]", item: () => boolean): boolean {
    this.at += 1;
    this.#match(SPACE);
    if (this.#text[this.at] === close) {
      this.at += 1;
      return true;
    }
    for (;;) {
      if (!item()) return false;
      this.#match(SPACE);
      const next = this.#text[this.at];
      if (next !== "," && next !== close) return this.#fail(t('"," or "{0}" is missing here.', close));
      this.at += 1;
      if (next === close) return true;
    }
  }

  #member(depth: number): boolean {
    this.#match(SPACE);
    if (this.#text[this.at] !== '"') return this.#fail(t("a name in double quotes is missing here."));
    if (!this.#string()) return false;
    this.#match(SPACE);
    if (this.#text[this.at] !== ":") return this.#fail(t('":" is missing here.'));
    this.at += 1;
    return this.value(depth + 1);
  }

  #string(): boolean {
    this.#match(TEXT);
    const next = this.#text[this.at];
    if (next === '"') {
      this.at += 1;
      return true;
    }
    if (next === undefined) return this.#fail(t("the closing quote is missing."));
    return this.#fail(
      next === "\\" ? t("this escape is none of JSON.") : t("a control character must be escaped here."),
    );
  }

  #scalar(): boolean {
    if (this.#match(NUMBER) !== "") return true;
    const from = this.at;
    const word = this.#match(WORD);
    if (word === "true" || word === "false" || word === "null") return true;
    this.at = from;
    const shown = word === "" ? this.#text[from]! : word.slice(0, 30);
    return this.#fail(
      word === ""
        ? t('"{0}" begins no JSON value.', shown)
        : t("{0} is no JSON value; text stands in double quotes.", shown),
    );
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  #fail(problem: string): false {
    this.problem = problem;
    return false;
  }
}
