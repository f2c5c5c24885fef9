import type { DialectInfo } from "../dialects.ts";
import { suggest } from "../filter/suggest.ts";
import { type CallDocument, type Entry, type Range, readDocument, type Section, SECTION_KINDS } from "./document.ts";
import type { Environments } from "./environments.ts";
import { type CallPlace, type CallRead, type Problem, readCall, readDefaults } from "./readCall.ts";
import { type Looked, lookupIn, variableUses } from "./variables.ts";

export const MAX_CALLS = 1_000;
const MAX_PROBLEMS = 200;

/** A call of a file, as it is written. */
export type CallInFile = {
  readonly name: string;
  readonly nameRange: Range;
  readonly headingRange: Range;
  readonly range: Range;
  readonly entries: readonly Entry[];
  /** Names of the variables that it saves. */
  readonly saves: readonly string[];
};

/** A variable where it is given a value. `environment` is `null` for one that all environments have. */
type VariableInFile = {
  readonly name: string;
  readonly text: string;
  readonly range: Range;
  readonly environment: string | null;
};

export type CallFile = {
  readonly document: CallDocument;
  readonly calls: readonly CallInFile[];
  readonly defaults: readonly Entry[];
  readonly variables: readonly VariableInFile[];
  /** Names of those that the file itself has. */
  readonly environments: readonly string[];
  /** What is wrong with its structure, whatever the variables are. */
  readonly problems: readonly Problem[];
};

/** What calls are read with. */
export type CallContext = {
  /** Name of the environment that is chosen; `null` for none. */
  readonly environment: string | null;
  /** Of the file beside it. */
  readonly environments: Environments;
  /** Variables that count before all others. */
  readonly given: ReadonlyMap<string, string>;
  /** `null` while it is not known what dialects take. */
  readonly dialects: readonly DialectInfo[] | null;
};

/** What is known when a call is sent: values that replies brought, and the environment of the process. */
export type SendingScope = {
  readonly saved: ReadonlyMap<string, unknown>;
  readonly processVariable: (name: string) => string | undefined;
  /** Where calls go in place of their targets. */
  readonly to?: CallPlace | undefined;
};

/** Reads a call file. Never throws. */
export function readCallFile(text: string): CallFile {
  const document = readDocument(text);
  const problems: Problem[] = [];
  const add = (range: Range, message: string, suggestion: string | null = null): void => {
    problems.push({ range, message, suggestion });
  };
  const calls: CallInFile[] = [];
  const variables: VariableInFile[] = [];
  const defaults: Entry[] = [];
  const environments = new Set<string>();
  const seen = new Set<string>();
  if (document.isCut) add({ from: 0, to: 1 }, "The file is too long. Its end was not read.");
  for (const { range } of document.strays)
    add(range, "This stands in no section. Write a heading such as call above it.");
  for (const section of document.sections) {
    const { kind, name, nameRange, headingRange } = section;
    const entries = entriesOf(section, add);
    if (kind === null) {
      headingProblem(section, add);
      continue;
    }
    const isNamed = kind === "call" || kind === "environment";
    if (isNamed && name === "")
      add(
        headingRange,
        `The ${kind} needs a name. Write for example ${kind} ${kind === "call" ? "add two numbers" : "staging"}.`,
      );
    if (!isNamed && name !== "") add(nameRange, `Nothing stands behind "${kind}".`);
    const id = `${kind} ${name}`;
    if (seen.has(id) && (!isNamed || name !== "")) {
      add(
        headingRange,
        isNamed ? `There is a ${kind} "${name}" already. Give it another name.` : `"${kind}" stands twice.`,
      );
    }
    seen.add(id);
    if (kind === "defaults") defaults.push(...entries);
    else if (kind === "call") {
      calls.push({ name, nameRange, headingRange, range: section.range, entries, saves: savedNames(entries) });
    } else {
      const environment = kind === "environment" ? name : null;
      if (environment !== null) environments.add(environment);
      for (const { key, value, valueRange, keyRange } of entries) {
        const range = { from: keyRange.from, to: valueRange.to };
        variables.push({ name: key, text: value.trim(), range, environment });
      }
    }
  }
  if (calls.length > MAX_CALLS)
    add(calls[MAX_CALLS]!.headingRange, `A file has at most ${MAX_CALLS} calls. The rest is left out.`);
  return {
    document,
    calls: calls.slice(0, MAX_CALLS),
    defaults,
    variables,
    environments: [...environments],
    problems: problems.slice(0, MAX_PROBLEMS),
  };
}

/** All that is wrong in a file, in its order: what would keep its calls from being sent, as far as can be told before. */
export function problemsOf(file: CallFile, context: CallContext): readonly Problem[] {
  const found = new Map<string, Problem>();
  const add = (problem: Problem): void => {
    const key = `${problem.range.from} ${problem.message}`;
    if (found.size < MAX_PROBLEMS && !found.has(key)) found.set(key, problem);
  };
  file.problems.forEach(add);
  const lookup = lookupIn([...layersOf(file, context), laterSaved(file)], () => ({ kind: "open" }));
  for (const { range, text } of file.variables) {
    for (const use of variableUses(text, range.to - text.length)) {
      const looked = lookup(use.name);
      if (looked.kind === "problem") add({ range: use.range, message: looked.problem, suggestion: null });
    }
  }
  readDefaults(file.defaults, { lookup, dialects: context.dialects }).forEach(add);
  for (const call of file.calls) checkCall(file, call, context).problems.forEach(add);
  return [...found.values()].sort((one, other) => one.range.from - other.range.from);
}

/** A call as far as it can be read before anything was sent. */
export function checkCall(file: CallFile, call: CallInFile, context: CallContext): CallRead {
  const earlier = file.calls.slice(0, file.calls.indexOf(call));
  const open = new Map<string, Looked>(earlier.flatMap(({ saves }) => saves).map((name) => [name, { kind: "open" }]));
  const later = file.calls
    .slice(earlier.length)
    .flatMap(({ saves, name }) => saves.map((save) => [save, name] as const));
  const layers = [
    ...layersOf(file, context),
    open,
    notYet(later, (by) => `"${by}" saves it, and stands below. Move that call up.`),
  ];
  const lookup = lookupIn(layers, () => ({ kind: "open" }));
  return readCall(call.entries, file.defaults, call.headingRange, { lookup, dialects: context.dialects });
}

/** A call with all that is known now, to be sent. */
export function callToSend(file: CallFile, call: CallInFile, context: CallContext, scope: SendingScope): CallRead {
  const saved = new Map<string, Looked>([...scope.saved].map(([name, value]) => [name, { kind: "value", value }]));
  const savers = file.calls.flatMap(({ saves, name }) => saves.map((save) => [save, name] as const));
  const missing = notYet(savers, (by) => `"${by}" saves it. Send that call first.`);
  const [given, ...others] = layersOf(file, context);
  const lookup = lookupIn([given!, saved, ...others, missing], (name) => {
    const text = scope.processVariable(name);
    if (text !== undefined) return { kind: "text", text };
    return {
      kind: "problem",
      problem: `The environment variable ${name} is not set. Set it where VS Code or zmq-tap is started.`,
    };
  });
  return readCall(call.entries, file.defaults, call.headingRange, { lookup, dialects: context.dialects, to: scope.to });
}

/** Names of all environments that can be chosen, in order of the alphabet. */
export function environmentNames(file: CallFile, environments: Environments): readonly string[] {
  return [...new Set([...file.environments, ...environments.keys()])].sort((one, other) => one.localeCompare(other));
}

/** What a variable stands for now; `null` where it has no value. */
export function variableNow(file: CallFile, context: CallContext, name: string): string | null {
  const looked = lookupIn(layersOf(file, context), () => ({ kind: "open" }))(name);
  return looked.kind === "text" ? looked.text : null;
}

/** Variables that have a name in the file or in the environment that is chosen. */
export function variableNames(file: CallFile, context: CallContext): readonly string[] {
  const names = layersOf(file, context).flatMap((layer) => [...layer.keys()]);
  return [...new Set([...names, ...file.calls.flatMap(({ saves }) => saves)])];
}

/** Given ones, those of the environment beside the file, of that in the file, and of the file: the first counts. */
function layersOf(
  file: CallFile,
  { given, environment, environments }: CallContext,
): readonly ReadonlyMap<string, Looked>[] {
  const texts = (entries: Iterable<readonly [string, string]>): ReadonlyMap<string, Looked> =>
    new Map([...entries].map(([name, text]) => [name, { kind: "text", text }]));
  const own = (wanted: string | null): ReadonlyMap<string, Looked> =>
    texts(file.variables.filter((one) => one.environment === wanted).map(({ name, text }) => [name, text] as const));
  if (environment === null) return [texts(given), own(null)];
  return [texts(given), texts(environments.get(environment) ?? []), own(environment), own(null)];
}

function laterSaved(file: CallFile): ReadonlyMap<string, Looked> {
  return new Map(file.calls.flatMap(({ saves }) => saves).map((name) => [name, { kind: "open" }]));
}

function notYet(
  savers: readonly (readonly [string, string])[],
  why: (call: string) => string,
): ReadonlyMap<string, Looked> {
  return new Map(
    savers.map(([name, by]) => [
      name,
      { kind: "problem", problem: `The variable "${name}" has no value yet: ${why(by)}` },
    ]),
  );
}

function savedNames(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ key, value }) => (key === "save" ? (/^([\w-]+)\s*=/.exec(value)?.[1] ?? []) : []));
}

function entriesOf(section: Section, add: (range: Range, message: string) => void): readonly Entry[] {
  return section.items.flatMap((item) => {
    if (item.kind === "stray") add(item.range, "This is no line of a call file. Write a key, a colon and a value.");
    return item.kind === "entry" ? [item.entry] : [];
  });
}

function headingProblem(
  { name, headingRange }: Section,
  add: (range: Range, message: string, suggestion?: string | null) => void,
): void {
  const [word = ""] = name.split(/[\s:]/, 1);
  const range = { from: headingRange.from, to: headingRange.from + word.length };
  if (/^[A-Za-z_][\w-]*\s*:/.test(name)) {
    add(headingRange, "This line is part of no section. Indent it by two spaces.");
    return;
  }
  add(
    range,
    `"${word.slice(0, 40)}" begins no section. There are ${SECTION_KINDS.join(", ")}.`,
    suggest(word, SECTION_KINDS),
  );
}
