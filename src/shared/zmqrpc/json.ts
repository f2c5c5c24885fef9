import type { Range } from "./document.ts";
import { type Lookup, variableText, variableUses } from "./variables.ts";

/** Values nested deeper are not read. */
const MAX_DEPTH = 100;
/** A variable with its braces: characters. */
const MAX_USE = 200;

export type JsonRead =
  | { readonly kind: "value"; readonly value: unknown }
  /** A variable in it only a reply will bring. */
  | { readonly kind: "open" }
  /** Where, counted from the beginning of the text. */
  | { readonly kind: "problem"; readonly problem: string; readonly range: Range };

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\.[^"\\\u0000-\u001f]*)*"/y;
const WORD = /[A-Za-z_][\w-]*/y;
const LITERALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/**
 * Reads JSON in which variables stand for values, `[{{a}}]`, or for parts of strings, `"{{a}} of 10"`. A text variable that
 * stands for a value is one where it is JSON itself, else a string. Never throws.
 */
export function readJson(text: string, lookup: Lookup): JsonRead {
  const reader = new Reader(text, lookup);
  try {
    const value = reader.whole();
    return reader.isOpen ? { kind: "open" } : { kind: "value", value };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: "problem", problem: error.message, range: error.range };
    throw error;
  }
}

/** Ends the reading from wherever it is. */
class Unreadable extends Error {
  readonly range: Range;

  constructor(problem: string, range: Range) {
    super(problem);
    this.range = range;
  }
}

class Reader {
  readonly #text: string;
  readonly #lookup: Lookup;
  #at = 0;
  isOpen = false;

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  whole(): unknown {
    const value = this.#value(0);
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#wrong("Something stands behind the end of the value.");
    return value;
  }

  #value(depth: number): unknown {
    this.#take(SPACE);
    if (depth > MAX_DEPTH) throw this.#wrong(`Values may be nested ${MAX_DEPTH} deep.`);
    const next = this.#text.charAt(this.#at);
    if (this.#text.startsWith("{{", this.#at)) return this.#variable();
    if (next === "{") return Object.fromEntries(this.#members(depth));
    if (next === "[") return this.#elements(depth);
    if (next === '"') return this.#string();
    const from = this.#at;
    const number = this.#take(NUMBER);
    if (number !== "") return this.#number(number, from);
    const word = this.#take(WORD);
    if (LITERALS.has(word)) return LITERALS.get(word);
    this.#at = from;
    if (word !== "") throw this.#wrong(`Text needs quotes: "${word.slice(0, 40)}".`, word.length);
    if (next === "'") throw this.#wrong('Text stands in double quotes: ".');
    throw this.#wrong(next === "" ? "A value is missing at the end." : "A value is missing here.");
  }

  #members(depth: number): [string, unknown][] {
    const members: [string, unknown][] = [];
    const names = new Set<string>();
    const from = this.#at;
    for (let isNext = this.#opens("}"); isNext; isNext = this.#goesOn("}", from, "brace")) {
      this.#take(SPACE);
      const nameFrom = this.#at;
      if (this.#text.charAt(this.#at) !== '"')
        throw this.#wrong('A name in double quotes is missing here, as in {"a": 1}.');
      const name = this.#string();
      if (names.has(name)) {
        throw new Unreadable(`The name "${name.slice(0, 40)}" stands twice.`, { from: nameFrom, to: this.#at });
      }
      names.add(name);
      this.#take(SPACE);
      if (this.#text.charAt(this.#at) !== ":") throw this.#wrong("A colon is missing behind the name.");
      this.#at++;
      members.push([name, this.#value(depth + 1)]);
    }
    return members;
  }

  #elements(depth: number): unknown[] {
    const elements: unknown[] = [];
    const from = this.#at;
    for (let isNext = this.#opens("]"); isNext; isNext = this.#goesOn("]", from, "bracket")) {
      elements.push(this.#value(depth + 1));
    }
    return elements;
  }

  /** Passes the opening bracket, and the closing one where nothing is between them. */
  #opens(closing: string): boolean {
    this.#at++;
    this.#take(SPACE);
    if (this.#text.charAt(this.#at) !== closing) return true;
    this.#at++;
    return false;
  }

  /** Passes a comma, or the closing bracket, behind which nothing goes on. */
  #goesOn(closing: string, from: number, what: string): boolean {
    this.#take(SPACE);
    const next = this.#text.charAt(this.#at);
    if (next === "") throw new Unreadable(`This ${what} is not closed.`, { from, to: from + 1 });
    if (next !== "," && next !== closing) throw this.#wrong(`A comma or ${closing} is missing here.`);
    this.#at++;
    return next === ",";
  }

  #number(number: string, from: number): number {
    const value = Number(number);
    const isExact = !/^-?\d+$/.test(number) || Number.isSafeInteger(value);
    if (isExact && Number.isFinite(value)) return value;
    throw new Unreadable("This number is too large to be sent exactly. Write it as text, in quotes.", {
      from,
      to: this.#at,
    });
  }

  #string(): string {
    const from = this.#at;
    const token = this.#take(STRING);
    if (token === "") {
      const end = this.#text.indexOf("\n", from);
      const line = { from, to: end < 0 ? this.#text.length : end };
      throw new Unreadable("This text has no closing quote, or something in it that JSON does not take.", line);
    }
    const uses = variableUses(token, from);
    let text = "";
    let at = from + 1;
    for (const { name, range } of uses) {
      text += this.#unescaped(at, range.from) + this.#look(name, range, (looked) => variableText(looked), "");
      at = range.to;
    }
    return text + this.#unescaped(at, this.#at - 1);
  }

  #unescaped(from: number, to: number): string {
    try {
      return JSON.parse(`"${this.#text.slice(from, to)}"`) as string;
    } catch {
      throw new Unreadable("This text has an escape that JSON does not know. A backslash itself is \\\\.", {
        from,
        to,
      });
    }
  }

  #variable(): unknown {
    const [use] = variableUses(this.#text.slice(this.#at, this.#at + MAX_USE), this.#at);
    if (use?.range.from !== this.#at) throw this.#wrong("A variable is written {{name}}.", 2);
    this.#at = use.range.to;
    return this.#look<unknown>(
      use.name,
      use.range,
      (looked) => (looked.kind === "value" ? looked.value : jsonOrText(looked.text)),
      null,
    );
  }

  #look<T>(
    name: string,
    range: Range,
    use: (looked: Extract<ReturnType<Lookup>, { kind: "text" | "value" }>) => T,
    whileOpen: T,
  ): T {
    const looked = this.#lookup(name);
    if (looked.kind === "problem") throw new Unreadable(looked.problem, range);
    if (looked.kind !== "open") return use(looked);
    this.isOpen = true;
    return whileOpen;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }

  #wrong(problem: string, length = 1): Unreadable {
    return new Unreadable(problem, { from: this.#at, to: Math.min(this.#at + length, this.#text.length) });
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // It is a text without quotes, as variables are written.
  }
}
