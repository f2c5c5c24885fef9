import type { PointRange } from "../../shared/filter/codePoints.ts";
import type { Assertion, RegexNode } from "../../shared/filter/regexSyntax.ts";

/** What an instruction does; `MATCH` ends the search. */
export const TAKE = 0;
export const FORK = 1;
const CHECK = 2;
export const MATCH = 3;

/** Numbers of `CHECK`. */
export const ASSERTIONS: readonly Assertion[] = ["start", "end", "line-start", "line-end", "word-edge", "no-word-edge"];

/** A regular expression as a machine over octets, in columns. */
export type RegexProgram = {
  readonly start: number;
  /** TAKE, FORK, CHECK or MATCH. */
  readonly op: readonly number[];
  /** TAKE: lowest octet. FORK: the other next instruction. CHECK: which assertion. */
  readonly low: readonly number[];
  /** TAKE: highest octet. */
  readonly high: readonly number[];
  readonly next: readonly number[];
  /** It can only match at the beginning. */
  readonly isAnchored: boolean;
  /** Its matches depend on what lies beside them. */
  readonly looksAround: boolean;
};

/**
 * Builds the machine (Thompson's construction, from the end to the beginning), for UTF-8 or for any octets. Its size was
 * bounded when it was parsed.
 */
export function buildProgram(regex: RegexNode, isUtf8: boolean): RegexProgram {
  const builder = new Builder(isUtf8);
  const start = builder.node(regex, builder.add(MATCH, 0, 0, 0));
  const { op, low, high, next } = builder;
  return { start, op, low, high, next, isAnchored: isAnchored(regex), looksAround: op.includes(CHECK) };
}

class Builder {
  readonly op: number[] = [];
  readonly low: number[] = [];
  readonly high: number[] = [];
  readonly next: number[] = [];
  readonly #isUtf8: boolean;

  constructor(isUtf8: boolean) {
    this.#isUtf8 = isUtf8;
  }

  add(op: number, low: number, high: number, next: number): number {
    this.op.push(op);
    this.low.push(low);
    this.high.push(high);
    this.next.push(next);
    return this.op.length - 1;
  }

  /** The first instruction of a node that goes on at `next`. */
  node(regex: RegexNode, next: number): number {
    switch (regex.kind) {
      case "empty":
        return next;
      case "assert":
        return this.add(CHECK, ASSERTIONS.indexOf(regex.what), 0, next);
      case "set":
        return this.#set(regex.points, this.#isUtf8 ? regex.octets : [...regex.octets, ...regex.strays], next);
      case "sequence":
        return regex.of.reduceRight((behind, part) => this.node(part, behind), next);
      case "choice":
        return this.#any(regex.of.map((part) => this.node(part, next)));
      case "repeat":
        return this.#repeat(regex, next);
    }
  }

  #repeat({ of, min, max }: RegexNode & { kind: "repeat" }, next: number): number {
    let start = next;
    if (max === Infinity) {
      start = this.add(FORK, next, 0, 0);
      this.next[start] = this.node(of, start);
    } else {
      for (let time = min; time < max; time++) start = this.add(FORK, next, 0, this.node(of, start));
    }
    for (let time = 0; time < min; time++) start = this.node(of, start);
    return start;
  }

  #any(starts: readonly number[]): number {
    // A set of nothing matches nothing: it takes an octet that there is not.
    if (starts.length === 0) return this.add(TAKE, 256, 256, 0);
    return starts.reduceRight((rest, start) => this.add(FORK, rest, 0, start));
  }

  #set(points: readonly PointRange[], octets: readonly PointRange[], next: number): number {
    const starts = octets.map(([low, high]) => this.add(TAKE, low, high, next));
    for (const [from, to] of points) {
      for (const sequence of utf8Sequences(from, to)) {
        starts.push(sequence.reduceRight((behind, [low, high]) => this.add(TAKE, low, high, behind), next));
      }
    }
    return this.#any(starts);
  }
}

const SURROGATES: PointRange = [0xd800, 0xdfff];
/** Where UTF-8 becomes one octet longer. */
const LENGTH_ENDS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** Sequences of octet ranges that are exactly the UTF-8 of a range of characters. */
export function utf8Sequences(from: number, to: number): PointRange[][] {
  const sequences: PointRange[][] = [];
  const rest: PointRange[] = [[from, to]];
  for (let range = rest.pop(); range !== undefined; range = rest.pop()) {
    const [low, high] = range;
    const cut = cutPoint(low, high);
    if (low > high) continue;
    if (low >= SURROGATES[0] && high <= SURROGATES[1]) continue;
    if (cut !== undefined) {
      rest.push([cut + 1, high], [low, cut]);
      continue;
    }
    const first = encode(low);
    const last = encode(high);
    sequences.push(first.map((octet, index) => [octet, last[index]!]));
  }
  return sequences;
}

/** Where a range must be cut so that each octet of its UTF-8 runs through a range of its own; undefined when it does. */
function cutPoint(low: number, high: number): number | undefined {
  const ends = [...LENGTH_ENDS, SURROGATES[0] - 1, SURROGATES[1]];
  const end = ends.find((candidate) => low <= candidate && candidate < high);
  if (end !== undefined) return end;
  if (high < 0x80) return undefined;
  for (const bits of [6, 12, 18]) {
    const mask = (1 << bits) - 1;
    if (low >> bits === high >> bits) continue;
    if ((low & mask) !== 0) return low | mask;
    if ((high & mask) !== mask) return (high & ~mask) - 1;
  }
  return undefined;
}

function encode(point: number): number[] {
  if (point < 0x80) return [point];
  if (point < 0x800) return [0xc0 | (point >> 6), 0x80 | (point & 63)];
  if (point < 0x10000) return [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)];
  return [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)];
}

/** Whether it matters if what is searched is UTF-8. */
export function takesStrays(regex: RegexNode): boolean {
  if (regex.kind === "set") return regex.strays.length > 0;
  if (regex.kind === "repeat") return takesStrays(regex.of);
  return (regex.kind === "sequence" || regex.kind === "choice") && regex.of.some(takesStrays);
}

function isAnchored(regex: RegexNode): boolean {
  switch (regex.kind) {
    case "assert":
      return regex.what === "start";
    case "sequence":
      return isAnchored(regex.of[0]!);
    case "choice":
      return regex.of.every(isAnchored);
    case "repeat":
      return regex.min > 0 && isAnchored(regex.of);
    case "empty":
    case "set":
      return false;
  }
}

/** The longest run of octets that every match has, empty when there is none. */
export function requiredOctets(regex: RegexNode): readonly number[] {
  let best: readonly number[] = [];
  let run: number[] = [];
  const end = (): void => {
    if (run.length > best.length) best = run;
    run = [];
  };
  const visit = (node: RegexNode): void => {
    if (node.kind === "sequence") {
      node.of.forEach(visit);
      return;
    }
    const only = onlyOctets(node);
    if (only !== undefined) {
      run.push(...only);
      return;
    }
    // An assertion takes no octets, so a run goes on across it.
    if (node.kind === "assert" || node.kind === "empty") return;
    end();
    if (node.kind !== "repeat" || node.min === 0) return;
    visit(node.of);
    end();
  };
  visit(regex);
  end();
  return best;
}

function onlyOctets(node: RegexNode): readonly number[] | undefined {
  if (node.kind !== "set" || node.points.length + node.octets.length + node.strays.length !== 1) return undefined;
  const [low, high] = (node.points[0] ?? node.octets[0] ?? node.strays[0])!;
  if (low !== high) return undefined;
  return node.points.length === 1 ? encode(low) : [low];
}
