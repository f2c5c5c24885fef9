import { isUtf8 } from "node:buffer";
import type { RegexNode } from "../../shared/filter/regexSyntax.ts";
import { ASSERTIONS, buildProgram, FORK, MATCH, type RegexProgram, TAKE, takesStrays } from "./regexProgram.ts";
import type { Verdict } from "./verdict.ts";

export type RegexBudget = {
  /** Instructions looked at while states are built, in one search. */
  readonly steps: number;
  /** Octets of one search. */
  readonly octets: number;
};

const BUDGET: RegexBudget = { steps: 500_000, octets: 64 * 1024 * 1024 };
/** Cells of the table of states, 4 octets each; when it is full it is built anew. */
const MAX_CELLS = 262_144;

/** What lay before a place. */
const AT_START = 0;
const AFTER_LINE_END = 1;
const AFTER_WORD = 2;
const AFTER_OTHER = 3;
/** Octets, and what stands for the end. */
const END = 256;
/** Cells of the table: not built yet, matched, no match can follow. */
const UNKNOWN = -1;
const ACCEPT = -2;
const DEAD = -3;

type State = { readonly from: number; readonly before: number; readonly at: readonly number[] };

/**
 * Searches octets for a regular expression in a time that grows with their number only. Where they are UTF-8 it goes by
 * characters, elsewhere `.` and negated sets take single octets too. Where a pattern made for that would take more than
 * the budget, the answer is unknown.
 */
export class OctetRegex {
  readonly #regex: RegexNode;
  readonly #budget: RegexBudget;
  readonly #text: Machine;
  readonly #takesStrays: boolean;
  /** Built when first needed. */
  #octets: Machine | undefined;

  constructor(regex: RegexNode, budget: RegexBudget = BUDGET) {
    this.#regex = regex;
    this.#budget = budget;
    this.#text = new Machine(buildProgram(regex, true), budget);
    this.#takesStrays = takesStrays(regex);
  }

  /** Whether there is a match within `from` to `to`, which are beginning and end of what is searched; -1: unknown. */
  test(bytes: Uint8Array, from: number, to: number): Verdict {
    if (to - from > this.#budget.octets) return -1;
    if (!this.#takesStrays || isUtf8(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))) {
      return this.#text.test(bytes, from, to);
    }
    this.#octets ??= new Machine(buildProgram(this.#regex, false), this.#budget);
    return this.#octets.test(bytes, from, to);
  }
}

/** A deterministic machine of which states are built when first reached. */
class Machine {
  readonly #program: RegexProgram;
  readonly #budget: RegexBudget;
  /** Octets that no part of the program tells apart are one class. */
  readonly #classOf: Uint16Array;
  /** An octet of each class. */
  readonly #octetOf: readonly number[];
  readonly #width: number;
  #table: Int32Array;
  #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  /** Marks of the instructions that the current step has been at. */
  readonly #seen: Uint32Array;
  #mark = 0;
  /** Place of the state in which nothing of a match is there yet, -1 when the table has none of it. */
  #home = -1;
  /** Octets that lead from there to there. */
  readonly #idle = new Uint8Array(256);
  #stepsLeft = 0;

  constructor(program: RegexProgram, budget: RegexBudget) {
    this.#program = program;
    this.#budget = budget;
    const { classOf, octetOf } = octetClasses(this.#program);
    this.#classOf = classOf;
    this.#octetOf = octetOf;
    this.#width = octetOf.length;
    this.#table = new Int32Array(16 * this.#width);
    this.#seen = new Uint32Array(this.#program.op.length);
    if (!this.#program.isAnchored && !this.#program.looksAround) this.#findIdle();
  }

  test(bytes: Uint8Array, from: number, to: number): Verdict {
    this.#stepsLeft = this.#budget.steps;
    const classOf = this.#classOf;
    const idle = this.#idle;
    let state = this.#stateOf([this.#program.start], this.#program.looksAround ? AT_START : AFTER_OTHER);
    let table = this.#table;
    let home = this.#home;
    for (let at = from; at <= to; at++) {
      if (state === home) while (at < to && idle[bytes[at]!] === 1) at++;
      const group = at < to ? classOf[bytes[at]!]! : classOf[END]!;
      let next = table[state + group]!;
      if (next < 0) {
        if (next === UNKNOWN) {
          next = this.#build(state, group);
          table = this.#table;
          home = this.#home;
          if (this.#stepsLeft < 0) return -1;
        }
        if (next === ACCEPT) return 1;
        if (next === DEAD) return 0;
      }
      state = next;
    }
    return 0;
  }

  /** Runs of idle octets are passed in a loop of their own, since most patterns are far from most octets. */
  #findIdle(): void {
    this.#home = this.#stateOf([this.#program.start], AFTER_OTHER);
    for (let octet = 0; octet < END; octet++) {
      this.#idle[octet] = this.#build(this.#home, this.#classOf[octet]!) === this.#home ? 1 : 0;
    }
  }

  /** Where one more octet leads; fills its cell unless the table had to be begun anew. */
  #build(from: number, group: number): number {
    const { at, before } = this.#states[from / this.#width]!;
    const octet = this.#octetOf[group]!;
    const reached: number[] = [];
    this.#mark++;
    const isMatch = this.#follow(at, before, octet, reached);
    const { op, low, high, next, start, isAnchored, looksAround } = this.#program;
    let to = DEAD;
    if (isMatch) {
      to = ACCEPT;
    } else if (octet !== END) {
      const targets: number[] = isAnchored ? [] : [start];
      this.#mark++;
      for (const target of targets) this.#seen[target] = this.#mark;
      for (const pc of reached) {
        if (op[pc] !== TAKE || octet < low[pc]! || octet > high[pc]! || this.#seen[next[pc]!] === this.#mark) continue;
        this.#seen[next[pc]!] = this.#mark;
        targets.push(next[pc]!);
      }
      if (targets.length > 0) {
        const states = this.#states;
        to = this.#stateOf(targets, looksAround ? kindOf(octet) : AFTER_OTHER);
        if (states !== this.#states) return to;
      }
    }
    this.#table[from + group] = to;
    return to;
  }

  /** Collects what can be reached without an octet; true when that is the end of the pattern. */
  #follow(starts: readonly number[], before: number, octet: number, reached: number[]): boolean {
    const { op, low, next } = this.#program;
    const stack = [...starts];
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      if (this.#seen[pc] === this.#mark) continue;
      this.#seen[pc] = this.#mark;
      this.#stepsLeft--;
      if (op[pc] === MATCH) return true;
      if (op[pc] === TAKE) reached.push(pc);
      else if (op[pc] === FORK) stack.push(low[pc]!, next[pc]!);
      else if (holds(low[pc]!, before, octet)) stack.push(next[pc]!);
    }
    return false;
  }

  /** Place of a state in the table, which may be begun anew for it. */
  #stateOf(targets: readonly number[], before: number): number {
    const at = targets.toSorted((left, right) => left - right);
    this.#stepsLeft -= at.length;
    const key = `${before}:${at.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if ((this.#states.length + 1) * this.#width > MAX_CELLS && this.#states.length > 1) {
      this.#states = [];
      this.#numbers.clear();
      this.#home = -1;
    }
    const from = this.#states.length * this.#width;
    if (from + this.#width > this.#table.length) {
      const grown = new Int32Array(this.#table.length * 2);
      grown.set(this.#table);
      this.#table = grown;
    }
    this.#table.fill(UNKNOWN, from, from + this.#width);
    this.#states.push({ from, before, at });
    this.#numbers.set(key, from);
    return from;
  }
}

/** Whether an assertion holds between what lay before and the octet that comes. */
function holds(assertion: number, before: number, octet: number): boolean {
  switch (ASSERTIONS[assertion]!) {
    case "start":
      return before === AT_START;
    case "end":
      return octet === END;
    case "line-start":
      return before === AT_START || before === AFTER_LINE_END;
    case "line-end":
      return octet === END || octet === 10;
    case "word-edge":
      return (before === AFTER_WORD) !== isWord(octet);
    case "no-word-edge":
      return (before === AFTER_WORD) === isWord(octet);
  }
}

function kindOf(octet: number): number {
  if (octet === 10) return AFTER_LINE_END;
  return isWord(octet) ? AFTER_WORD : AFTER_OTHER;
}

function isWord(octet: number): boolean {
  return (
    (octet >= 0x30 && octet <= 0x39) ||
    (octet >= 0x41 && octet <= 0x5a) ||
    octet === 0x5f ||
    (octet >= 0x61 && octet <= 0x7a)
  );
}

function octetClasses({ op, low, high, looksAround }: RegexProgram): {
  classOf: Uint16Array;
  octetOf: readonly number[];
} {
  const begins = new Uint8Array(END + 2);
  begins[0] = 1;
  begins[END] = 1;
  for (const [pc, kind] of op.entries()) {
    if (kind !== TAKE) continue;
    begins[low[pc]!] = 1;
    begins[high[pc]! + 1] = 1;
  }
  if (looksAround) for (const edge of [10, 11, 0x30, 0x3a, 0x41, 0x5b, 0x5f, 0x60, 0x61, 0x7b]) begins[edge] = 1;
  const classOf = new Uint16Array(END + 1);
  const octetOf: number[] = [];
  for (let octet = 0; octet <= END; octet++) {
    if (begins[octet] === 1) octetOf.push(octet);
    classOf[octet] = octetOf.length - 1;
  }
  return { classOf, octetOf };
}
