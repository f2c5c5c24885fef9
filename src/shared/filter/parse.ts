import {
  type Filter,
  type FilterError,
  type FunctionName,
  FUNCTIONS,
  type Operand,
  type ParsedFilter,
  type Range,
  type Slice,
  type Test,
  type Value,
} from "./ast.ts";
import {
  type Field,
  type FieldName,
  FIELDS,
  fieldNamed,
  type FieldType,
  NOT_YET,
  type Operator,
  operatorsOf,
  type Short,
  SHORTS,
  TYPE_WORDS,
} from "./fields.ts";
import { parseRegex, type RegexNode } from "./regexSyntax.ts";
import { type Place, Scanner } from "./scanner.ts";
import { suggest } from "./suggest.ts";
import { type RawValue, readValue, shorten } from "./values.ts";

/** Longest filter, in UTF-16 units. */
export const MAX_FILTER_CHARS = 10_000;
const MAX_DEPTH = 100;
const WORD_OPERATORS = ["in", "contains", "matches", "startswith"] as const;
/** What users of other tools write, and what it is here. */
const FOREIGN_OPERATORS: Record<string, Operator> = {
  eq: "==",
  equals: "==",
  is: "==",
  ne: "!=",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
  has: "contains",
  includes: "contains",
  like: "matches",
  begins: "startswith",
};
const MAX_INDEX = 2 ** 31;

/** What can stand at a place of a filter. */
export type Expectation =
  | { readonly kind: "test"; readonly from: number }
  | { readonly kind: "short"; readonly from: number }
  /** A name behind `prefix`, which ends in a dot. */
  | { readonly kind: "path"; readonly from: number; readonly prefix: string }
  | { readonly kind: "operator"; readonly from: number; readonly type: FieldType }
  | {
      readonly kind: "value";
      readonly from: number;
      readonly field: Field;
      /** The field as written, with its path. */
      readonly written: string;
      readonly type: FieldType;
    }
  | { readonly kind: "joint"; readonly from: number }
  | { readonly kind: "nothing"; readonly from: number };

/** Reads a filter. Never throws; a text of blanks is the filter that everything passes. */
export function parseFilter(text: string): ParsedFilter {
  return new Parser(text).parse();
}

/** What can stand at the end of the text. Goes on behind errors of meaning, so that a wrong name does not end it. */
export function expectedAtEnd(text: string): Expectation {
  const parser = new Parser(text);
  parser.parse();
  return parser.expected;
}

/** Ends a reading whose error is noted already; never leaves this module. */
class Stop extends Error {}

type Tested = { readonly operand: Operand; readonly field: Field; readonly type: FieldType; readonly place: Place };

class Parser {
  expected: Expectation = { kind: "test", from: 0 };
  readonly #scan: Scanner;
  #error: FilterError | undefined;
  #depth = 0;
  /** The text ends within a word, so nothing behind that word is expected. */
  #isExpectedFinal = false;

  constructor(text: string) {
    this.#scan = new Scanner(text);
  }

  parse(): ParsedFilter {
    const { text } = this.#scan;
    if (text.length > MAX_FILTER_CHARS) {
      this.#soft(`A filter has at most ${MAX_FILTER_CHARS} characters.`, { from: MAX_FILTER_CHARS, to: text.length });
      return this.#error!;
    }
    try {
      this.#expect({ kind: "test", from: this.#skip() });
      const ast: Filter = this.#scan.isAtEnd ? { kind: "all" } : this.#whole();
      return this.#error ?? { ok: true, ast };
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return this.#error!;
    }
  }

  #whole(): Filter {
    const ast = this.#or();
    if (this.#scan.isAtEnd) return ast;
    if (this.#scan.startsWith(")")) this.#fail("This bracket closes nothing.", this.#here(1));
    return this.#fail("A test or a word is expected here. Put text with such characters in quotes.", this.#here(1));
  }

  #or(): Filter {
    const of = [this.#and()];
    while (this.#eatJoint("||") || this.#eatJoint("|") || this.#eatWord("or")) of.push(this.#and());
    return of.length === 1 ? of[0]! : { kind: "or", of };
  }

  #and(): Filter {
    const of = [this.#not()];
    for (;;) {
      this.#expect({ kind: "joint", from: this.#skip() });
      const isJoined = this.#eatJoint("&&") || this.#eatJoint("&") || this.#eatWord("and");
      if (!isJoined && !this.#isTestNext()) break;
      of.push(this.#not());
    }
    return of.length === 1 ? of[0]! : { kind: "and", of };
  }

  /** A test may follow without a joint. */
  #isTestNext(): boolean {
    const scan = this.#scan;
    if (scan.isAtEnd || /[)|&<>={},]/.test(scan.text.charAt(scan.at))) return false;
    return scan.peekWord().toLowerCase() !== "or";
  }

  #not(): Filter {
    const from = this.#skip();
    this.#expect({ kind: "test", from });
    if (this.#scan.startsWith("!=")) this.#fail("A field is missing before this operator.", this.#here(2));
    if (this.#scan.eat("!") || this.#eatWord("not")) return this.#deeper(from, () => negate(this.#not()));
    return this.#primary(from);
  }

  #primary(from: number): Filter {
    const scan = this.#scan;
    if (scan.isAtEnd) this.#fail("A test is missing at the end.", { from, to: from });
    if (scan.eat("(")) {
      const inner = this.#deeper(from, () => this.#or());
      if (!scan.eat(")")) this.#fail("This bracket is not closed.", { from, to: from + 1 });
      return inner;
    }
    if (scan.startsWith("~")) return this.#short(from);
    const quoted = scan.quoted();
    if (quoted !== undefined) {
      this.#expect({ kind: "nothing", from });
      this.#checkQuoted(quoted);
      return this.#compared(quoted) ?? { kind: "search", text: quoted.text };
    }
    return this.#test(from) ?? this.#search(from);
  }

  #search(from: number): Filter {
    const word = this.#scan.peekWord();
    const place = { from, to: from + word.length };
    if (word === "") {
      this.#fail("A test is expected here. Put text with such characters in quotes.", this.#here(1));
    }
    if (/^(?:and|or)$/i.test(word)) this.#fail(`A test is missing before ${word}.`, place);
    this.#takeWord(word);
    return this.#compared(place) ?? { kind: "search", text: word };
  }

  /** A test behind text to search for: its field is none, which is an error. */
  #compared(place: Place): Filter | undefined {
    const scan = this.#scan;
    const back = scan.at;
    this.#skip();
    const isCompared =
      scan.match(/(?:[=!]=|[<>=])/y) !== "" ||
      scan.match(/(?:contains|matches|startswith)(?=\s)/y) !== "" ||
      scan.match(/in\s*\{/y) !== "";
    if (!isCompared) {
      scan.at = back;
      return undefined;
    }
    const written = scan.text.slice(place.from, place.to);
    const name = /^\w*/.exec(written)![0];
    const rest = written.slice(name.length);
    if (fieldNamed(name) !== undefined) {
      this.#soft(`${name} has no parts of that kind.`, place, name);
    } else {
      const names = [...FIELDS, ...NOT_YET].map((field) => field.name);
      const near = suggest(name, names);
      this.#soft(`There is no field ${quote(written)}.`, place, near === null ? null : near + rest);
    }
    // Read on with a field that takes every value.
    const field = fieldNamed("json")!;
    return this.#testOf({
      operand: { field: field.name, path: [], slices: [], func: null },
      field,
      type: field.type,
      place,
    });
  }

  // Short forms

  #short(from: number): Filter {
    const scan = this.#scan;
    scan.at++;
    this.#expect({ kind: "short", from });
    const name = scan.match(/[a-zA-Z]*/y);
    const place = { from, to: from + 1 + name.length };
    if (name === "") {
      this.#fail("A short form such as ~q is expected here. The operator for patterns is matches.", place, null);
    }
    this.#takeWord(name);
    const short = SHORTS.find((candidate) => candidate.name === name);
    if (short === undefined) {
      const near = suggest(
        name,
        SHORTS.map((candidate) => candidate.name),
      );
      return this.#fail(`There is no short form ~${name}.`, place, near && `~${near}`);
    }
    if (short.argument === null || short.field === null) return same(short);
    return this.#shortWithArgument(short, short.field, place);
  }

  #shortWithArgument(short: Short, name: FieldName, place: Place): Filter {
    const field = fieldNamed(name)!;
    const operand: Operand = { field: name, path: [], slices: [], func: null };
    const tested: Tested = { operand, field, type: field.type, place };
    this.#expectValue(tested);
    if (this.#scan.isAtEnd || this.#scan.startsWith(")")) {
      const what = short.argument === "regex" ? "a pattern" : "a name";
      this.#fail(`~${short.name} needs ${what} behind it.`, place);
    }
    const test: Test =
      short.argument === "regex"
        ? { op: "matches", regex: this.#regex() }
        : { op: "==", value: this.#value(tested, false) };
    const filter: Filter = { kind: "test", operand, test };
    return short.same === "" ? filter : { kind: "and", of: [same(short), filter] };
  }

  // Tests

  /** A test when a field begins here; else nothing is taken. */
  #test(from: number): Filter | undefined {
    const scan = this.#scan;
    const tested = this.#operand(from);
    if (tested === undefined) {
      scan.at = from;
      return undefined;
    }
    return this.#testOf(tested);
  }

  #testOf(tested: Tested): Filter {
    const { operand, type } = tested;
    const scan = this.#scan;
    this.#expect({ kind: "operator", from: this.#skip(), type });
    const operatorAt = scan.at;
    const operator = this.#operator();
    if (operator === undefined) {
      if (operand.func !== null && operand.func !== "any" && operand.func !== "all") {
        this.#soft(
          `${operand.func}(…) needs a comparison behind it, such as ${exampleOf(operand.func)}.`,
          tested.place,
        );
      }
      return { kind: "test", operand, test: { op: "exists" } };
    }
    this.#checkOperator(operator, tested, { from: operatorAt, to: scan.at });
    if (operator === "in") return { kind: "test", operand, test: { op: "in", ranges: this.#set(tested) } };
    this.#expectValue(tested);
    if (operator === "matches") return { kind: "test", operand, test: { op: "matches", regex: this.#regex() } };
    const value = this.#value(tested, operator === "contains" || operator === "startswith");
    if (operator === "!=") return negate({ kind: "test", operand, test: { op: "==", value } });
    return { kind: "test", operand, test: { op: operator, value } };
  }

  #operator(): Operator | undefined {
    const scan = this.#scan;
    const sign = scan.match(/(?:[=!<>]=|[<>=])/y);
    const place = { from: scan.at, to: scan.at + sign.length };
    scan.at += sign.length;
    if (sign === "=") {
      this.#soft("One = is no operator.", place, "==");
      if (scan.isAtEnd) this.#isExpectedFinal = true;
      return "==";
    }
    if (sign !== "") return sign as Operator;
    if (scan.match(/~(?![a-zA-Z])/y) !== "") {
      return this.#fail("~ is no operator.", this.#here(1), "matches");
    }
    const word = scan.peekWord();
    const operator = WORD_OPERATORS.find((candidate) => candidate === word);
    if (operator !== undefined) {
      this.#takeWord(word);
      return operator;
    }
    const near = this.#nearOperator(word);
    if (near === undefined) return undefined;
    this.#takeWord(word);
    this.#soft(`There is no operator ${quote(word)}.`, { from: scan.at - word.length, to: scan.at }, near);
    return near;
  }

  /** The operator that a word between a field and a value was meant to be. */
  #nearOperator(word: string): Operator | undefined {
    const scan = this.#scan;
    if (word === "" || fieldNamed(word) !== undefined || /^(?:and|or|not)$/i.test(word)) return undefined;
    const behind = scan.text.slice(scan.at + word.length);
    if (!/^\s+[^\s)&|]/.test(behind) || /^\s+(?:and|or)\s/i.test(behind)) return undefined;
    const lower = word.toLowerCase();
    if (Object.hasOwn(FOREIGN_OPERATORS, lower)) return FOREIGN_OPERATORS[lower];
    const near = suggest(word.replace("_", ""), ["contains", "matches", "startswith"]);
    return WORD_OPERATORS.find((candidate) => candidate === near);
  }

  #checkOperator(operator: Operator, { operand, field, type }: Tested, place: Place): void {
    const allowed = operatorsOf(type);
    if (allowed.includes(operator)) return;
    const name = operand.func === null ? field.name : `${operand.func}(…)`;
    const near = operator === "contains" || operator === "matches" ? "==" : null;
    this.#soft(`${name} is ${TYPE_WORDS[type]}, so ${operator} cannot test it; use ${allowed.join(" ")}.`, place, near);
  }

  #operand(from: number): Tested | undefined {
    const scan = this.#scan;
    const func = FUNCTIONS.find((name) => scan.startsWith(`${name}(`));
    if (func === undefined) return this.#plainOperand(from, null);
    scan.at += func.length + 1;
    const inner = this.#skip();
    this.#expect({ kind: "test", from: inner });
    const tested = this.#plainOperand(inner, func);
    if (tested === undefined) {
      const word = scan.match(/\w*/y);
      const near = suggest(
        word,
        FIELDS.map((field) => field.name),
      );
      return this.#fail(`${func}(…) needs a field.`, { from: inner, to: Math.max(inner + word.length, inner) }, near);
    }
    this.#skip();
    if (!scan.eat(")")) this.#fail(`The bracket of ${func}( is not closed.`, { from, to: from + func.length + 1 });
    return { ...tested, place: { from, to: scan.at } };
  }

  #plainOperand(from: number, func: FunctionName | null): Tested | undefined {
    const scan = this.#scan;
    const name = scan.match(/[a-zA-Z_]\w*/y);
    const field = fieldNamed(name);
    if (field === undefined) {
      this.#failIfNotYet(name, from);
      return undefined;
    }
    this.#takeWord(name);
    const path: (string | number)[] = [];
    const slices: Slice[] = [];
    if (!this.#path(field, path, slices, from)) return undefined;
    // A field's name at the beginning of a longer word, such as time-out.
    if (scan.match(/[^\s()&|<>={},!~]/y) !== "" || (scan.startsWith("!") && !scan.startsWith("!="))) return undefined;
    const operand: Operand = { field: field.name, path, slices, func };
    const place = { from, to: scan.at };
    return { operand, field, type: this.#typeOf(field, func, place), place };
  }

  #failIfNotYet(name: string, from: number): void {
    const scan = this.#scan;
    const notYet = NOT_YET.find((candidate) => candidate.name === name);
    if (notYet === undefined || !/^(?:$|[\s()&|<>={}!]|[.]\w|\[)/.test(scan.text.slice(from + name.length))) return;
    this.#fail(
      `${name} belongs to the language, but ZMQ Tap does not find this out yet. Put the word in quotes to search for it.`,
      { from, to: from + name.length },
    );
  }

  #typeOf(field: Field, func: FunctionName | null, place: Place): FieldType {
    if (func === null || func === "any" || func === "all") return field.type;
    if (func === "count") return "int";
    const hasText = field.type === "bytes" || field.type === "string" || field.type === "any";
    if (!hasText) this.#soft(`${func}(…) takes text or octets, and ${field.name} is ${TYPE_WORDS[field.type]}.`, place);
    if (func === "len") return "size";
    return field.type === "bytes" ? "bytes" : "string";
  }

  /** Everything behind a field's name; false when the dots and brackets are not those of a field. */
  #path(field: Field, path: (string | number)[], slices: Slice[], from: number): boolean {
    const scan = this.#scan;
    for (;;) {
      if (scan.startsWith(".")) {
        if (field.path !== "names") return false;
        scan.at++;
        this.#expect({ kind: "path", from: scan.at, prefix: scan.text.slice(from, scan.at) });
        const name = scan.match(/[\w$@\-\u0080-\uffff]+/y);
        if (name === "") this.#fail("A name is missing behind this dot.", { from: scan.at - 1, to: scan.at });
        this.#takeWord(name);
        path.push(name);
      } else if (scan.startsWith("[")) {
        if (field.path === "none" && field.type !== "bytes") return false;
        this.#bracket(field, path, slices);
      } else {
        return true;
      }
    }
  }

  #bracket(field: Field, path: (string | number)[], slices: Slice[]): void {
    const scan = this.#scan;
    const from = scan.at++;
    this.#expect({ kind: "nothing", from });
    this.#skip();
    const name = scan.quoted();
    if (name !== undefined) {
      this.#checkQuoted(name);
      if (field.path !== "names") this.#soft(`${field.name} has no named parts.`, name);
      path.push(name.text);
    } else {
      const slice = scan.match(/(?:-?\d+)?\s*:\s*(?:-?\d+)?/y);
      const index = slice === "" ? scan.match(/-?\d+/y) : "";
      const place = { from: scan.at, to: scan.at + slice.length + index.length };
      scan.at = place.to;
      if (slice !== "") this.#slice(field, slices, slice, place);
      else if (index !== "") this.#index(field, path, slices, index, place);
      else this.#fail("A number, a slice such as 0:4 or a name in quotes is expected here.", this.#here(1));
    }
    this.#skip();
    if (!scan.eat("]")) this.#fail("This bracket is not closed.", { from, to: from + 1 });
  }

  #slice(field: Field, slices: Slice[], written: string, place: Place): void {
    const [low = "", high = ""] = written.split(":").map((part) => part.trim());
    if (field.type !== "bytes") this.#soft("Only octets can be cut into slices.", place);
    slices.push({ from: low === "" ? null : toIndex(low), to: high === "" ? null : toIndex(high) });
  }

  #index(field: Field, path: (string | number)[], slices: Slice[], written: string, place: Place): void {
    const number = toIndex(written);
    if (field.type === "bytes" && (field.path === "none" || path.length > 0 || slices.length > 0)) {
      const next = number === -1 ? "" : String(number + 1);
      this.#soft("A single octet is a slice too.", place, `${number}:${next}`);
    }
    if (field.path === "names" && number < 0) this.#soft("Places in a decoded list count from 0.", place);
    path.push(number);
  }

  // Values

  #set(tested: Tested): Range[] {
    const scan = this.#scan;
    const from = this.#skip();
    if (!scan.eat("{")) {
      this.#expect({ kind: "nothing", from });
      this.#fail("A set is expected here, such as {a, b}.", this.#here(1));
    }
    const ranges: Range[] = [];
    do {
      this.#expectValue(tested);
      const low = this.#value(tested, false, true);
      this.#skip();
      const dots = scan.at;
      let high: Value | null = null;
      if (scan.eat("..")) {
        if (tested.type === "enum" || tested.type === "address") {
          this.#soft(`${tested.field.name} has no order, so there is no range of it.`, { from: dots, to: dots + 2 });
        }
        this.#expectValue(tested);
        high = this.#value(tested, false, true);
        this.#skip();
      }
      ranges.push({ low, high });
    } while (scan.eat(","));
    if (!scan.eat("}")) this.#fail("This set is not closed.", { from, to: from + 1 });
    return ranges;
  }

  #expectValue({ field, type, place }: Tested): void {
    const written = this.#scan.text.slice(place.from, place.to).replace(/^~.*/s, field.name);
    this.#expect({ kind: "value", from: this.#skip(), field, written, type });
  }

  /** A part of an address is no address: with `isPart` it is text. */
  #value(tested: Tested, isPart: boolean, isInSet = false): Value {
    const scan = this.#scan;
    const from = this.#skip();
    const quoted = scan.quoted();
    let raw: RawValue;
    if (quoted !== undefined) {
      this.#checkQuoted(quoted);
      raw = { isQuoted: true, text: quoted.text };
    } else {
      const word = isInSet ? scan.peekMember() : scan.peekValue();
      if (word === "") this.#fail("A value is missing here.", this.#here(1));
      this.#takeWord(word);
      raw = { isQuoted: false, text: word };
    }
    const place = { from, to: scan.at };
    const type = isPart && tested.type === "address" ? "string" : tested.type;
    const value = readValue(raw, type, tested.field.values);
    if (value.kind === "bad") {
      this.#soft(value.message, place, value.suggestion);
      return { kind: "null" };
    }
    if (isPart && value.kind !== "text" && value.kind !== "octets") return { kind: "text", text: raw.text };
    return value;
  }

  #regex(): RegexNode {
    const scan = this.#scan;
    const from = this.#skip();
    const literal = scan.regexLiteral();
    if (literal !== undefined) return this.#pattern(literal.body, literal.flags, from + 1);
    const quoted = scan.quoted();
    if (quoted !== undefined) {
      // Backslashes belong to the pattern here.
      this.#checkClosed(quoted);
      return this.#pattern(quoted.raw, "", from + 1);
    }
    const word = scan.peekPattern();
    if (word === "") this.#fail("A pattern is missing here.", this.#here(1));
    this.#takeWord(word);
    return this.#pattern(word, "", from);
  }

  #pattern(pattern: string, flags: string, at: number): RegexNode {
    const parsed = parseRegex(pattern, flags);
    if (parsed.ok) return parsed.regex;
    this.#soft(parsed.message, { from: at + parsed.from, to: at + Math.max(parsed.to, parsed.from + 1) });
    return { kind: "empty" };
  }

  #checkQuoted(quoted: Place & { readonly isClosed: boolean; readonly badEscape: Place | null }): void {
    this.#checkClosed(quoted);
    if (quoted.badEscape === null) return;
    this.#soft(
      'There is no such escape. Text has \\\\ \\" \\n \\r \\t \\0 and \\u00e9; octets are written 0x00ff, without quotes.',
      quoted.badEscape,
    );
  }

  #checkClosed({ from, isClosed }: Place & { readonly isClosed: boolean }): void {
    if (!isClosed) this.#fail("The quotes that begin here are not closed.", { from, to: from + 1 });
  }

  // Reading

  #skip(): number {
    this.#scan.skipBlanks();
    return this.#scan.at;
  }

  #here(length: number): Place {
    const { at, text } = this.#scan;
    return { from: at, to: Math.min(at + length, text.length) };
  }

  #eatJoint(sign: string): boolean {
    this.#skip();
    return this.#scan.eat(sign);
  }

  #eatWord(word: string): boolean {
    this.#skip();
    const found = this.#scan.peekWord();
    if (found.toLowerCase() !== word) return false;
    this.#takeWord(found);
    return true;
  }

  #takeWord(word: string): void {
    this.#scan.at += word.length;
    if (this.#scan.isAtEnd) this.#isExpectedFinal = true;
  }

  #expect(expected: Expectation): void {
    // What may come instead at the same place is offered together with it.
    const isSamePlace = expected.from === this.expected.from && /^(?:operator|joint)$/.test(this.expected.kind);
    if (!this.#isExpectedFinal && !isSamePlace) this.expected = expected;
  }

  #deeper(from: number, read: () => Filter): Filter {
    if (++this.#depth > MAX_DEPTH) {
      this.#fail(`This is nested deeper than ${MAX_DEPTH} levels.`, { from, to: from + 1 });
    }
    const filter = read();
    this.#depth--;
    return filter;
  }

  // Errors: the first one counts.

  /** An error of meaning: reading goes on, for what may be expected at the end. */
  #soft(message: string, { from, to }: Place, suggestion: string | null = null): void {
    this.#error ??= { ok: false, message, from, to, suggestion };
  }

  #fail(message: string, place: Place, suggestion: string | null = null): never {
    this.#soft(message, place, suggestion);
    throw new Stop();
  }
}

function negate(of: Filter): Filter {
  return { kind: "not", of };
}

/** What a short form stands for; its text is our own, so it is one. */
function same(short: Short): Filter {
  const parsed = parseFilter(short.same);
  return parsed.ok ? parsed.ast : { kind: "all" };
}

function exampleOf(func: FunctionName): string {
  if (func === "len") return "len(frame[0]) > 100";
  return func === "lower" ? 'lower(topic) == "md."' : "count(frame) > 2";
}

function toIndex(written: string): number {
  return Math.max(-MAX_INDEX, Math.min(MAX_INDEX, Number(written)));
}

function quote(text: string): string {
  return `"${shorten(text)}"`;
}
