import { errorSentence } from "./filter/errorText.ts";
import { parseFilter } from "./filter/parse.ts";
import {
  DEFAULT_HOLD_MS,
  type Intervention,
  INTERVENTION_KINDS,
  type InterventionKind,
  MAX_HOLD_MS,
  type Scope,
} from "./interventions.ts";

/** Longest delay, and how far it may vary. */
const MAX_DELAY_MS = 3_600_000;
const MAX_ONE_IN = 1_000_000;
const MAX_WINDOW = 100;
const DEFAULT_WITHIN_MS = 1_000;
const MAX_WITHIN_MS = 60_000;
const MAX_PER_SECOND = 1e9;
const MAX_SPEC_CHARS = 11_000;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1e3, kib: 1024, mb: 1e6, mib: 1024 * 1024 };

/** What can be written, for whoever wrote something else. */
const EXAMPLES: Readonly<Record<InterventionKind, string>> = {
  hold: "hold 30s",
  delay: "delay 200ms ±50ms",
  drop: "drop 1/10",
  duplicate: "duplicate 1/5",
  reorder: "reorder 3 within 500ms",
  throttle: "throttle 10KiB/s or throttle 5 messages/s",
  cut: "cut, or cut reset",
  refuse: "refuse",
  freeze: "freeze client or freeze server",
};

/** `at`: the place of the first character that is wrong, counted from 0. `problem` is one or more sentences. */
export type ParsedIntervention =
  | { readonly ok: true; readonly intervention: Intervention }
  | { readonly ok: false; readonly at: number; readonly problem: string };

type Word = { readonly text: string; readonly at: number };

class SpecProblem extends Error {
  readonly at: number;

  constructor(at: number, problem: string) {
    super(problem);
    this.at = at;
  }
}

/**
 * Reads a spec: a kind with what belongs to it, then `c2s` or `s2c`, `commands`, and `if` with a filter, each as wanted:
 * `delay 200ms ±50ms s2c if topic == "a"`. Never throws.
 */
export function parseIntervention(spec: string): ParsedIntervention {
  try {
    return { ok: true, intervention: read(spec) };
  } catch (error) {
    if (error instanceof SpecProblem) return { ok: false, at: error.at, problem: error.message };
    throw error;
  }
}

function read(spec: string): Intervention {
  if (spec.length > MAX_SPEC_CHARS) throw new SpecProblem(MAX_SPEC_CHARS, "It is too long.");
  const { words, filter, ifAt } = split(spec);
  const first = words.next();
  if (first === null)
    throw new SpecProblem(0, `What to do is missing. Begin with one of ${INTERVENTION_KINDS.join(", ")}.`);
  const kind = INTERVENTION_KINDS.find((known) => known === first.text);
  if (kind === undefined)
    throw new SpecProblem(
      first.at,
      `It begins with one of ${INTERVENTION_KINDS.join(", ")}, not with "${first.text}".`,
    );
  if (kind === "refuse" || kind === "freeze") {
    const intervention = kind === "refuse" ? ({ kind } as const) : ({ kind, side: readSide(words) } as const);
    words.end(kind);
    if (ifAt !== null) throw new SpecProblem(ifAt, `${kind} is about connections, so it takes no filter.`);
    return intervention;
  }
  const parameters = readParameters(kind, words);
  const scope = readScope(kind, words, filter);
  if (parameters.kind !== "cut") return { ...parameters, ...scope };
  const isNow = scope.direction === null && !scope.isCommands && ifAt === null;
  return { ...parameters, isNow, ...scope };
}

type Parameters<I> = I extends Scope ? Omit<I, keyof Scope | "isNow"> : never;

function readParameters(kind: Exclude<InterventionKind, "refuse" | "freeze">, words: Words): Parameters<Intervention> {
  switch (kind) {
    case "hold":
      return { kind, forMs: words.duration(MAX_HOLD_MS) ?? DEFAULT_HOLD_MS };
    case "delay": {
      const delayMs = words.duration(MAX_DELAY_MS);
      if (delayMs === null) throw words.wrong(kind);
      return { kind, delayMs, jitterMs: words.jitter(delayMs) };
    }
    case "drop":
    case "duplicate":
      return { kind, oneIn: words.oneIn(kind) };
    case "reorder": {
      const window = words.count(2, MAX_WINDOW);
      if (window === null) throw words.wrong(kind);
      if (words.take("within") === null) return { kind, window, withinMs: DEFAULT_WITHIN_MS };
      const withinMs = words.duration(MAX_WITHIN_MS);
      if (withinMs === null) throw words.wrong(kind);
      return { kind, window, withinMs };
    }
    case "throttle":
      return { kind, ...words.rate(kind) };
    case "cut":
      return { kind, isReset: words.take("reset") !== null };
  }
}

function readSide(words: Words): "client" | "server" {
  if (words.take("client") !== null) return "client";
  if (words.take("server") !== null) return "server";
  throw words.wrong("freeze");
}

function readScope(kind: InterventionKind, words: Words, filter: Word | null): Scope {
  let direction: Scope["direction"] = null;
  let isCommands = false;
  for (;;) {
    if (direction === null && words.take("c2s") !== null) direction = 0;
    else if (direction === null && words.take("s2c") !== null) direction = 1;
    else if (!isCommands && words.take("commands") !== null) isCommands = true;
    else break;
  }
  words.end(kind);
  if (filter === null) return { direction, isCommands, filter: "" };
  const parsed = parseFilter(filter.text);
  if (!parsed.ok) throw new SpecProblem(filter.at + parsed.from, errorSentence(parsed));
  return { direction, isCommands, filter: filter.text };
}

/** The words before `if`, and what stands behind it. */
function split(spec: string): { words: Words; filter: Word | null; ifAt: number | null } {
  const found = /(?:^|\s)if(?=\s|$)/.exec(spec);
  const ifAt = found === null ? null : found.index + found[0].length - 2;
  const head = ifAt === null ? spec : spec.slice(0, ifAt);
  const words = [...head.matchAll(/\S+/g)].map((match) => ({ text: match[0].toLowerCase(), at: match.index }));
  if (ifAt === null) return { words: new Words(words, spec.length), filter: null, ifAt };
  const rest = spec.slice(ifAt + 2);
  const text = rest.trim();
  if (text === "") throw new SpecProblem(ifAt, 'A filter is missing behind "if", such as topic == "a".');
  return { words: new Words(words, ifAt), filter: { text, at: ifAt + 2 + rest.indexOf(text) }, ifAt };
}

/** The words of a spec, read from left to right. What fits is taken; what does not stays. */
class Words {
  readonly #words: readonly Word[];
  readonly #endAt: number;
  #next = 0;

  constructor(words: readonly Word[], endAt: number) {
    this.#words = words;
    this.#endAt = endAt;
  }

  next(): Word | null {
    return this.#words[this.#next++] ?? null;
  }

  take(text: string): Word | null {
    return this.#peek()?.text === text ? this.next() : null;
  }

  /** In milliseconds, above 0; `null` where the next word is none. */
  duration(maxMs: number): number | null {
    const word = this.#peek();
    const ms = word === undefined ? null : readDuration(word.text);
    if (word === undefined || ms === null) return null;
    if (ms <= 0 || ms > maxMs) throw new SpecProblem(word.at, `It takes more than 0 and at most ${maxMs / 1000} s.`);
    this.#next += 1;
    return ms;
  }

  /** Behind `±` or `+-`, with a space or without; 0 where there is none. */
  jitter(mostMs: number): number {
    const word = this.#peek();
    const sign = word === undefined ? null : /^(?:±|\+-|\+\/-)/.exec(word.text);
    if (word === undefined || sign === null) return 0;
    const text = word.text.slice(sign[0].length);
    const given = text === "" ? this.#words[this.#next + 1] : { text, at: word.at + sign[0].length };
    const ms = given === undefined ? null : readDuration(given.text);
    if (ms === null) throw new SpecProblem(word.at, "How far the delay varies is a duration, such as ±50ms.");
    if (ms > mostMs) throw new SpecProblem(word.at, "The delay cannot vary by more than itself.");
    this.#next += text === "" ? 2 : 1;
    return ms;
  }

  /** `1/n`; 1 where the next word begins with no number: all of them. */
  oneIn(kind: "drop" | "duplicate"): number {
    const word = this.#peek();
    if (word === undefined || !/^\d/.test(word.text)) return 1;
    const match = /^1\/(\d{1,9})$/.exec(word.text);
    const oneIn = Number(match?.[1] ?? 0);
    if (oneIn < 1 || oneIn > MAX_ONE_IN) throw this.wrong(kind);
    this.#next += 1;
    return oneIn;
  }

  count(least: number, most: number): number | null {
    const word = this.#peek();
    if (word === undefined || !/^\d{1,9}$/.test(word.text)) return null;
    const count = Number(word.text);
    if (count < least || count > most) throw new SpecProblem(word.at, `It takes a number from ${least} to ${most}.`);
    this.#next += 1;
    return count;
  }

  rate(kind: "throttle"): { perSecond: number; unit: "octets" | "messages" } {
    const word = this.#peek();
    const size = /^(\d{1,12}(?:\.\d{1,6})?)([km]?i?b)\/s$/.exec(word?.text ?? "");
    const factor = size === null ? undefined : UNITS_BYTES[size[2]!];
    if (size !== null && factor !== undefined) return this.#rateOf(Number(size[1]) * factor, "octets", 1);
    const joined = /^(\d{1,9}(?:\.\d{1,6})?)(?:messages?|msgs?)\/s$/.exec(word?.text ?? "");
    if (joined !== null) return this.#rateOf(Number(joined[1]), "messages", 1);
    const unit = this.#words[this.#next + 1]?.text ?? "";
    if (/^\d{1,9}(?:\.\d{1,6})?$/.test(word?.text ?? "") && /^(?:messages?|msgs?)\/s$/.test(unit))
      return this.#rateOf(Number(word!.text), "messages", 2);
    throw this.wrong(kind);
  }

  /** The problem of a word, or of one that is missing, where a parameter should stand. */
  wrong(kind: InterventionKind): SpecProblem {
    const word = this.#peek();
    const what = word === undefined ? "Something is missing" : `"${word.text}" does not fit`;
    return new SpecProblem(word?.at ?? this.#endAt, `${what}. Write for example ${EXAMPLES[kind]}.`);
  }

  end(kind: InterventionKind): void {
    const word = this.#peek();
    if (word === undefined) return;
    const scope =
      kind === "refuse" || kind === "freeze" ? "nothing more" : "c2s or s2c, commands, and if with a filter";
    throw new SpecProblem(word.at, `"${word.text}" does not fit. Behind ${EXAMPLES[kind]} can stand ${scope}.`);
  }

  #rateOf(
    perSecond: number,
    unit: "octets" | "messages",
    words: number,
  ): { perSecond: number; unit: "octets" | "messages" } {
    if (perSecond <= 0 || perSecond > MAX_PER_SECOND)
      throw new SpecProblem(this.#peek()!.at, "A rate is above 0 and at most 1 GB or 1,000,000,000 messages a second.");
    this.#next += words;
    return { perSecond, unit };
  }

  #peek(): Word | undefined {
    return this.#words[this.#next];
  }
}

function readDuration(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text);
  return match === null ? null : Number(match[1]) * UNITS_MS[match[2]!]!;
}
