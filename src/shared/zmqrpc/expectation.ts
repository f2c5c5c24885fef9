import { parseRegex } from "../filter/regexSyntax.ts";
import type { Range } from "./document.ts";
import { readJson } from "./json.ts";
import { type Path, readPath, valueAt, writePath, writeStep } from "./path.ts";
import { expandText, type Lookup } from "./variables.ts";

/** What a reply is looked into: `value.items[0]`. */
export const ROOTS = ["value", "problem", "code", "method"] as const;
type Root = (typeof ROOTS)[number];
export const STATUSES = ["ok", "error", "timeout", "sent"] as const;
export type Status = (typeof STATUSES)[number];
/** Tests of a path, as they stand behind it. */
export const TESTS = ["==", "!=", "exists", "missing", "matches"] as const;

/** What a call expects of what becomes of it. `text` is the expectation with its variables filled in. */
export type Expectation = { readonly text: string } & (
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "equals" | "differs"; readonly path: Path; readonly value: unknown }
  | { readonly kind: "exists" | "missing"; readonly path: Path }
  | { readonly kind: "matches"; readonly path: Path; readonly pattern: string }
);

export type ExpectationRead =
  | { readonly kind: "expectation"; readonly expectation: Expectation }
  | { readonly kind: "open" }
  | { readonly kind: "problem"; readonly problem: string; readonly range: Range; readonly names?: readonly string[] };

/** Parts of a reply that expectations look into; `undefined` for what it has not. */
export type Reply = Readonly<Record<Root, unknown>>;

const EXAMPLES = "Write for example: status ok, value.sum == 3, value.id exists, or problem matches ^division.";
/** Deeper values are taken for different. */
const MAX_DEPTH = 100;
const MAX_DIFFERENCES = 5;
const MAX_SHOWN = 200;

/** Reads what stands behind `expect:`. Never throws. */
export function readExpectation(text: string, lookup: Lookup): ExpectationRead {
  const first = /^\S+/.exec(text)?.[0] ?? "";
  if (first === "status") return readStatus(text);
  const read = readPath(text);
  if (read === null) return problem(`This is no expectation. ${EXAMPLES}`, 0, text.length);
  const { path } = read;
  if (!ROOTS.some((root) => root === path.root)) {
    const names = ["status", ...ROOTS];
    return { ...problem(`A reply has no "${path.root}". ${EXAMPLES}`, 0, path.root.length), names };
  }
  const at = text.length - read.rest.length;
  const test = /^\s*(==|!=|[A-Za-z]+)(?=\s|$|["{[\d-])/.exec(read.rest);
  const word = test?.[1] ?? "";
  const from = at + (read.rest.length - read.rest.trimStart().length);
  const rest = read.rest.slice(test?.[0].length ?? 0);
  switch (word) {
    case "==":
    case "!=":
      return readEquality(text, path, word, { rest, at: text.length - rest.length, lookup });
    case "exists":
    case "missing":
      if (rest.trim() !== "")
        return problem(`Nothing stands behind "${word}".`, text.length - rest.length, text.length);
      return { kind: "expectation", expectation: { kind: word, path, text: `${writePath(path)} ${word}` } };
    case "matches":
      return readPattern(path, rest, text.length - rest.length, lookup);
    default: {
      const what = read.rest.trim() === "" ? "A test is missing" : "This is no test of a value";
      const to = test === null ? text.length : at + test[0].length;
      return { ...problem(`${what}: ==, !=, exists, missing or matches.`, Math.min(from, to), to), names: TESTS };
    }
  }
}

function readStatus(text: string): ExpectationRead {
  const word = text.slice("status".length).trim();
  const status = STATUSES.find((known) => known === word);
  if (status !== undefined)
    return { kind: "expectation", expectation: { kind: "status", status, text: `status ${status}` } };
  return {
    ...problem(`A status is one of ${STATUSES.join(", ")}.`, Math.max(0, text.length - word.length), text.length),
    names: STATUSES,
  };
}

function readEquality(
  text: string,
  path: Path,
  word: "==" | "!=",
  { rest, at, lookup }: { readonly rest: string; readonly at: number; readonly lookup: Lookup },
): ExpectationRead {
  const read = readJson(rest, lookup);
  if (read.kind === "open") return read;
  if (read.kind === "problem") {
    return problem(read.problem, at + read.range.from, Math.max(at + read.range.to, Math.min(at, text.length)));
  }
  const kind = word === "==" ? "equals" : "differs";
  const shown = `${writePath(path)} ${word} ${showValue(read.value)}`;
  return { kind: "expectation", expectation: { kind, path, value: read.value, text: shown } };
}

function readPattern(path: Path, rest: string, at: number, lookup: Lookup): ExpectationRead {
  const from = at + (rest.length - rest.trimStart().length);
  const written = rest.trim();
  if (written === "") return problem("A regular expression is missing behind matches.", at, at + rest.length);
  const expanded = expandText(written, lookup);
  if (expanded.kind === "open") return expanded;
  if (expanded.kind === "problem") {
    return problem(expanded.problem, from + expanded.range.from, from + expanded.range.to);
  }
  const pattern = expanded.text;
  const parsed = parseRegex(pattern, "");
  if (!parsed.ok) return problem(parsed.message, from, from + written.length);
  const text = `${writePath(path)} matches ${pattern}`;
  return { kind: "expectation", expectation: { kind: "matches", path, pattern, text } };
}

function problem(sentence: string, from: number, to: number): Extract<ExpectationRead, { kind: "problem" }> {
  return { kind: "problem", problem: sentence, range: { from, to } };
}

/** Whether a text has a match of a regular expression; `null` where that cannot be told within limits. */
export type Matcher = (pattern: string, text: string) => Promise<boolean | null>;

/** What became of an expectation: `null` when all is as expected, else lines that say what differs. */
export async function differencesOf(
  expectation: Exclude<Expectation, { kind: "status" }>,
  reply: Reply,
  matches: Matcher,
): Promise<readonly string[] | null> {
  const { path } = expectation;
  const found = valueAt(reply[path.root as Root], path.steps);
  const at = writePath(path);
  switch (expectation.kind) {
    case "equals": {
      const lines = differences(at, expectation.value, found);
      return lines.length === 0 ? null : lines;
    }
    case "differs":
      return differences(at, expectation.value, found).length > 0 ? null : [`${at} is ${showValue(found)}`];
    case "exists":
      return found === undefined ? [`${at} is missing`] : null;
    case "missing":
      return found === undefined ? null : [`${at} is ${showValue(found)}`];
    case "matches": {
      if (found === undefined) return [`${at} is missing`];
      const told = await matches(expectation.pattern, typeof found === "string" ? found : JSON.stringify(found));
      if (told === true) return null;
      return [told === null ? `${at} is too long to be searched` : `${at} is ${showValue(found)}`];
    }
  }
}

/** Where two values differ, a line for each place, the first few. */
export function differences(at: string, expected: unknown, found: unknown): readonly string[] {
  const lines: string[] = [];
  compare(at, expected, found, 0, lines);
  if (lines.length <= MAX_DIFFERENCES) return lines;
  return [...lines.slice(0, MAX_DIFFERENCES), "and more"];
}

function compare(at: string, expected: unknown, found: unknown, depth: number, lines: string[]): void {
  if (lines.length > MAX_DIFFERENCES || Object.is(expected, found)) return;
  if (depth > MAX_DEPTH) {
    lines.push(`${at} is nested too deep to be compared`);
  } else if (found === undefined) {
    lines.push(`${at} is missing, expected ${showValue(expected)}`);
  } else if (Array.isArray(expected) && Array.isArray(found)) {
    const longer = Math.max(expected.length, found.length);
    for (let index = 0; index < longer && lines.length <= MAX_DIFFERENCES; index++) {
      compareMember(at + writeStep(index), expected, found, index, depth, lines);
    }
  } else if (isObject(expected) && isObject(found)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      compareMember(at + writeStep(name), expected, found, name, depth, lines);
    }
  } else if (expected !== found) {
    lines.push(`${at} is ${showValue(found)}, expected ${showValue(expected)}`);
  }
}

function compareMember(
  at: string,
  expected: object,
  found: object,
  step: string | number,
  depth: number,
  lines: string[],
): void {
  if (!Object.hasOwn(expected, step))
    lines.push(`${at} is ${showValue(valueAt(found, [step]))}, which was not expected`);
  else compare(at, valueAt(expected, [step]), valueAt(found, [step]), depth + 1, lines);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as JSON in one line, cut where it is long. */
export function showValue(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
