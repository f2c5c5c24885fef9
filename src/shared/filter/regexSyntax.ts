import { complement, MAX_POINT, normalise, type PointRange, withBothCases } from "./codePoints.ts";

/**
 * A regular expression without what needs backtracking. Case, `.` and line modes are resolved: what is left are sets of
 * characters. Groups capture nothing, and lazy quantifiers are plain ones, since only "is there a match" is asked.
 */
export type RegexNode =
  | { readonly kind: "empty" }
  /**
   * One character out of `points`, or one octet out of `octets` (0x80 to 0xff). Where what is searched is not UTF-8, one
   * octet out of `strays` does as well: `.` and negated sets take whatever is not excluded.
   */
  | {
      readonly kind: "set";
      readonly points: readonly PointRange[];
      readonly octets: readonly PointRange[];
      readonly strays: readonly PointRange[];
    }
  | { readonly kind: "sequence" | "choice"; readonly of: readonly RegexNode[] }
  /** `max` is Infinity where there is no limit. */
  | { readonly kind: "repeat"; readonly of: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: "assert"; readonly what: Assertion };

export type Assertion = "start" | "end" | "line-start" | "line-end" | "word-edge" | "no-word-edge";

export type ParsedRegex =
  | { readonly ok: true; readonly regex: RegexNode }
  /** Offsets in the pattern. */
  | { readonly ok: false; readonly message: string; readonly from: number; readonly to: number };

const MAX_REPEAT = 1000;
const MAX_DEPTH = 100;
/** Bound of what a pattern comes to once its repetitions are written out. */
const MAX_WEIGHT = 10_000;
const ALL_STRAYS: readonly PointRange[] = [[0x80, 0xff]];
const DIGITS: readonly PointRange[] = [[0x30, 0x39]];
const WORDS: readonly PointRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const BLANKS: readonly PointRange[] = [
  [9, 13],
  [32, 32],
];
const CLASSES: Record<string, readonly PointRange[]> = { d: DIGITS, w: WORDS, s: BLANKS };
const CONTROLS: Record<string, number> = { n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0 };

type Members = { points: PointRange[]; octets: PointRange[]; strays: PointRange[] };
type Fault = { readonly message: string; readonly from: number; readonly to: number };

/**
 * Reads a pattern. `flags` are i, s and m; case is ignored unless the pattern begins with `(?-i)`. `\xHH` from 80 on is an
 * octet, everything else characters.
 */
export function parseRegex(pattern: string, flags: string): ParsedRegex {
  const reader = new RegexReader(pattern, flags);
  try {
    return { ok: true, regex: reader.read() };
  } catch (error) {
    if (reader.fault === undefined) throw error;
    return { ok: false, ...reader.fault };
  }
}

class RegexReader {
  fault: Fault | undefined;
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  #ignoresCase = true;
  #dotTakesAll: boolean;
  #isByLine: boolean;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#dotTakesAll = flags.includes("s");
    this.#isByLine = flags.includes("m");
  }

  read(): RegexNode {
    this.#flags();
    const node = this.#choice();
    if (this.#at < this.#pattern.length)
      this.#fail("This bracket closes nothing; write \\) for the character.", this.#at);
    if (weigh(node) > MAX_WEIGHT) this.#fail("This pattern is too large once its repetitions are written out.", 0);
    return node;
  }

  #flags(): void {
    const match = /^\(\?([ism]*)(?:-([ism]+))?\)/.exec(this.#pattern);
    if (match === null) return;
    const [whole, on = "", off = ""] = match;
    this.#at = whole.length;
    this.#ignoresCase = !off.includes("i");
    this.#dotTakesAll = (this.#dotTakesAll || on.includes("s")) && !off.includes("s");
    this.#isByLine = (this.#isByLine || on.includes("m")) && !off.includes("m");
  }

  #choice(): RegexNode {
    const of = [this.#sequence()];
    while (this.#eat("|")) of.push(this.#sequence());
    return of.length === 1 ? of[0]! : { kind: "choice", of };
  }

  #sequence(): RegexNode {
    const of: RegexNode[] = [];
    while (this.#at < this.#pattern.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const from = this.#at;
      of.push(this.#quantified(this.#atom(), from));
    }
    if (of.length === 0) return { kind: "empty" };
    return of.length === 1 ? of[0]! : { kind: "sequence", of };
  }

  #atom(): RegexNode {
    const from = this.#at;
    const character = this.#next();
    switch (character) {
      case "(":
        return this.#group(from);
      case "[":
        return this.#set(from);
      case "\\":
        return this.#escape(from);
      case ".": {
        const points: PointRange[] = this.#dotTakesAll ? [[0, MAX_POINT]] : complement([[10, 10]], MAX_POINT);
        return { kind: "set", points, octets: [], strays: ALL_STRAYS };
      }
      case "^":
        return { kind: "assert", what: this.#isByLine ? "line-start" : "start" };
      case "$":
        return { kind: "assert", what: this.#isByLine ? "line-end" : "end" };
      case "*":
      case "+":
      case "?":
        return this.#fail(`There is nothing before ${character} to repeat.`, from);
      default:
        return this.#literal(character.codePointAt(0)!);
    }
  }

  #group(from: number): RegexNode {
    if (this.#peek() === "?") this.#groupKind(from);
    if (++this.#depth > MAX_DEPTH) this.#fail(`Groups are nested deeper than ${MAX_DEPTH} levels.`, from);
    const node = this.#choice();
    this.#depth--;
    if (!this.#eat(")")) this.#fail("This group is not closed.", from, from + 1);
    return node;
  }

  #groupKind(from: number): void {
    const kind = /^\?(?::|P?<[A-Za-z_]\w*>)/.exec(this.#pattern.slice(this.#at, this.#at + 100));
    if (kind !== null) {
      this.#at += kind[0].length;
      return;
    }
    const rest = this.#pattern.slice(this.#at);
    const name = /^\?<[=!]/.test(rest) ? "Lookbehind" : /^\?[=!]/.test(rest) ? "Lookahead" : "This kind of group";
    this.#fail(`${name} is not supported: it cannot be matched in a bounded time.`, from, this.#at + 2);
  }

  #quantified(atom: RegexNode, from: number): RegexNode {
    let node = atom;
    let count = 0;
    for (let range = this.#quantifier(); range !== undefined; range = this.#quantifier()) {
      if (node.kind === "assert" || ++count > 1) this.#fail("There is nothing here to repeat.", range.from);
      const [min, max] = range.times;
      if (max < min) this.#fail("The numbers of this repetition are in the wrong order.", range.from);
      if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Infinity)) {
        this.#fail(`A repetition may have at most ${MAX_REPEAT} times.`, range.from);
      }
      node = { kind: "repeat", of: node, min, max };
      // Checked on the way, so that nested repetitions stay numbers that can be added up.
      if (weigh(node) > MAX_WEIGHT) this.#fail("This pattern is too large once its repetitions are written out.", from);
      this.#eat("?");
    }
    return node;
  }

  #quantifier(): { from: number; times: readonly [number, number] } | undefined {
    const from = this.#at;
    if (this.#eat("*")) return { from, times: [0, Infinity] };
    if (this.#eat("+")) return { from, times: [1, Infinity] };
    if (this.#eat("?")) return { from, times: [0, 1] };
    const match = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#pattern.slice(from, from + 24));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    if (match[2] === undefined) return { from, times: [min, min] };
    return { from, times: [min, match[3] === "" ? Infinity : Number(match[3])] };
  }

  #escape(from: number): RegexNode {
    const character = this.#peek();
    const edges: Record<string, Assertion> = { b: "word-edge", B: "no-word-edge", A: "start", z: "end" };
    const what = edges[character];
    if (what !== undefined) {
      this.#at++;
      return { kind: "assert", what };
    }
    const members: Members = { points: [], octets: [], strays: [] };
    this.#escapeInto(members, from);
    return this.#toSet(members, false);
  }

  /** One character, octet or class behind a backslash; the number when it is one character. */
  #escapeInto(members: Members, from: number): number | undefined {
    if (this.#at >= this.#pattern.length) this.#fail("Nothing follows this backslash.", from);
    const character = this.#next();
    const lower = character.toLowerCase();
    const named = Object.hasOwn(CLASSES, lower) ? CLASSES[lower] : undefined;
    if (named !== undefined) {
      if (character === lower) {
        members.points.push(...named);
      } else {
        members.points.push(...complement(named, MAX_POINT));
        members.strays.push(...ALL_STRAYS);
      }
      return undefined;
    }
    const point = this.#escapedPoint(character, from);
    if (character === "x" && point >= 0x80) members.octets.push([point, point]);
    else members.points.push([point, point]);
    return point;
  }

  #escapedPoint(character: string, from: number): number {
    if (Object.hasOwn(CONTROLS, character)) return CONTROLS[character]!;
    if (character === "x" || character === "u") return this.#numbered(character, from);
    if (/[1-9k]/.test(character)) {
      this.#fail("Backreferences are not supported: they cannot be matched in a bounded time.", from);
    }
    if (/[A-Za-z]/.test(character)) this.#fail(`\\${character} is not supported.`, from);
    return character.codePointAt(0)!;
  }

  #numbered(kind: "x" | "u", from: number): number {
    const form = kind === "x" ? /^[0-9a-fA-F]{2}/ : /^(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]{1,6}\})/;
    const match = form.exec(this.#pattern.slice(this.#at, this.#at + 8));
    const point = match === null ? NaN : Number.parseInt(match[0].replace("{", ""), 16);
    if (match === null || point > MAX_POINT || (point >= 0xd800 && point < 0xe000)) {
      return this.#fail(`Write ${kind === "x" ? "\\x with two" : "\\u with four"} hexadecimal digits.`, from);
    }
    this.#at += match[0].length;
    return point;
  }

  #set(from: number): RegexNode {
    const isNegated = this.#eat("^");
    const members: Members = { points: [], octets: [], strays: [] };
    while (!this.#eat("]")) {
      if (this.#at >= this.#pattern.length) this.#fail("This set of characters is not closed.", from, from + 1);
      const start = this.#at;
      const low = this.#member(members);
      const isRange = low !== undefined && this.#peek() === "-" && !this.#pattern.startsWith("-]", this.#at);
      if (!isRange) continue;
      this.#at++;
      const ends: Members = { points: [], octets: [], strays: [] };
      if (this.#at >= this.#pattern.length) this.#fail("This set of characters is not closed.", from, from + 1);
      const high = this.#member(ends);
      if (high === undefined || high < low) this.#fail("The ends of this range are in the wrong order.", start);
      else this.#range(members, low, high, ends.octets.length > 0);
    }
    return this.#toSet(members, isNegated);
  }

  #member(members: Members): number | undefined {
    const from = this.#at;
    const character = this.#next();
    if (character === "\\") {
      if (this.#peek() !== "b") return this.#escapeInto(members, from);
      this.#at++;
      members.points.push([8, 8]);
      return 8;
    }
    const point = character.codePointAt(0)!;
    members.points.push([point, point]);
    return point;
  }

  /** `\x` at its upper end makes a range one of octets, as far as it lies beyond ASCII. */
  #range(members: Members, low: number, high: number, isOctets: boolean): void {
    if (!isOctets) members.points.push([low, high]);
    else {
      if (low < 0x80) members.points.push([low, 0x7f]);
      members.octets.push([Math.max(low, 0x80), high]);
    }
  }

  #literal(point: number): RegexNode {
    return this.#toSet({ points: [[point, point]], octets: [], strays: [] }, false);
  }

  #toSet(members: Members, isNegated: boolean): RegexNode {
    const points = this.#ignoresCase ? withBothCases(members.points) : normalise(members.points);
    const octets = normalise(members.octets);
    if (!isNegated) return { kind: "set", points, octets, strays: normalise(members.strays) };
    const excluded = normalise([...octets, ...members.strays]);
    const strays = complement(excluded, 0xff).map(([from, to]): PointRange => [Math.max(from, 0x80), to]);
    return {
      kind: "set",
      points: complement(points, MAX_POINT),
      octets: [],
      strays: strays.filter(([from, to]) => from <= to),
    };
  }

  #peek(): string {
    return this.#pattern.charAt(this.#at);
  }

  #next(): string {
    const character = String.fromCodePoint(this.#pattern.codePointAt(this.#at)!);
    this.#at += character.length;
    return character;
  }

  #eat(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  /** Ends the reading; the exception itself never leaves parseRegex(). */
  #fail(message: string, from: number, to = Math.max(from + 1, this.#at)): never {
    this.fault = { message, from, to: Math.min(to, this.#pattern.length) };
    throw new Error(message);
  }
}

/** About how many steps of a machine a node comes to. */
function weigh(node: RegexNode): number {
  switch (node.kind) {
    case "empty":
    case "assert":
      return 1;
    case "set":
      return 1 + 4 * node.points.filter(([, to]) => to >= 0x80).length;
    case "sequence":
    case "choice":
      return node.of.reduce((sum, part) => sum + weigh(part), 1);
    case "repeat":
      return 1 + weigh(node.of) * Math.max(1, node.max === Infinity ? node.min + 1 : node.max);
  }
}
