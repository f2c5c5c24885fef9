import { DIALECTS, type DialectInfo, type DialectName } from "../dialects.ts";
import { type CallFile, type CallInFile, type CallContext, variableNames, variableNow } from "./callFile.ts";
import { type Entry, type Range, SECTION_KINDS, type Section } from "./document.ts";
import { ROOTS, STATUSES, TESTS } from "./expectation.ts";
import { CALL_KEYS, SECTION_MEANINGS } from "./keys.ts";

/** Where the cursor is, and what `range` a completion replaces. */
export type Place = { readonly range: Range } & (
  | { readonly kind: "heading" }
  | { readonly kind: "environment" }
  | { readonly kind: "key"; readonly section: Section }
  | { readonly kind: "variable" }
  | { readonly kind: "value"; readonly key: string; readonly call: CallInFile | null; readonly before: string }
);

export type Completion = {
  readonly label: string;
  readonly kind: "section" | "key" | "word" | "name" | "method" | "variable" | "endpoint";
  /** What is written: a snippet where `isSnippet`. */
  readonly insert: string;
  readonly isSnippet: boolean;
  /** A few words beside the label. */
  readonly detail: string;
  /** A sentence or two. */
  readonly meaning: string;
};

/** What completion offers of the world outside the file. */
export type KnownNames = {
  readonly dialects: readonly DialectInfo[] | null;
  readonly taps: readonly { readonly name: string; readonly server: string }[];
  readonly methods: readonly string[];
  readonly keys: readonly { readonly name: string; readonly kind: "pair" | "public" | "plain" }[];
};

const MAX_COMPLETIONS = 500;

/** What stands at an offset of the text, as far as completion goes; `null` where it offers nothing. */
export function placeAt(file: CallFile, text: string, offset: number): Place | null {
  const lineFrom = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineFrom, offset);
  if (/^\s*#/.test(before)) return null;
  const open = before.lastIndexOf("{{");
  if (open >= 0 && /^\{\{\s*[\w$-]*$/.test(before.slice(open))) {
    const from = lineFrom + open + 2 + (/^\s*/.exec(before.slice(open + 2))?.[0].length ?? 0);
    return { kind: "variable", range: { from, to: offset } };
  }
  if (/^[A-Za-z]*$/.test(before)) return { kind: "heading", range: { from: lineFrom, to: offset } };
  const environment = /^environment\s+/.exec(before);
  if (environment !== null)
    return { kind: "environment", range: { from: lineFrom + environment[0].length, to: offset } };
  const section = file.document.sections.findLast(({ range }) => range.from <= lineFrom);
  if (section === undefined || !/^\s/.test(before)) return null;
  const entry = entriesOf(section).find(({ valueRange, keyRange }) => keyRange.to < offset && offset <= valueRange.to);
  const key = /^\s+([\w-]*)$/.exec(before);
  if (key !== null && entry === undefined) {
    return { kind: "key", section, range: { from: offset - key[1]!.length, to: offset } };
  }
  // Behind a colon with nothing but spaces the value does not reach to the cursor yet.
  const written = /^\s+([A-Za-z_][\w-]*)\s*:(.*)$/.exec(before);
  const name = entry?.key ?? written?.[1];
  if (name === undefined || (section.kind !== "call" && section.kind !== "defaults")) return null;
  const value = entry === undefined ? written![2]!.trimStart() : text.slice(entry.valueRange.from, offset);
  const word = /[\w.$-]*$/.exec(value)![0];
  const isWhole = !["expect", "fields", "args", "kwargs"].includes(name);
  const length = isWhole ? value.length : word.length;
  const call = file.calls.find(({ range }) => range.from === section.range.from) ?? null;
  return { kind: "value", key: name, call, before: value, range: { from: offset - length, to: offset } };
}

/** What can stand at a place, in order. */
export function completionsAt(
  place: Place,
  file: CallFile,
  context: CallContext,
  known: KnownNames,
): readonly Completion[] {
  return offered(place, file, context, known).slice(0, MAX_COMPLETIONS);
}

/** The dialect of a call, its own or that of `defaults`, as far as it is written without variables. */
export function dialectOf(file: CallFile, call: CallInFile | null): DialectName | null {
  const find = (entries: readonly Entry[]): string | undefined => entries.find(({ key }) => key === "dialect")?.value;
  const written = find(call?.entries ?? []) ?? find(file.defaults);
  return DIALECTS.find((name) => name === written) ?? null;
}

function offered(place: Place, file: CallFile, context: CallContext, known: KnownNames): readonly Completion[] {
  switch (place.kind) {
    case "heading":
      return SECTION_KINDS.filter((kind) => kind === "call" || kind === "environment" || !hasSection(file, kind)).map(
        sectionCompletion,
      );
    case "environment":
      return [...context.environments.keys()]
        .filter((name) => !file.environments.includes(name))
        .map((name) => plain(name, "name", "environment"));
    case "variable":
      return variableNames(file, context).map((name) => {
        const value = variableNow(file, context, name);
        return { ...plain(name, "variable", value ?? "saved from a reply"), insert: name };
      });
    case "key":
      return keyCompletions(place.section);
    case "value":
      return valueCompletions(place, file, known);
  }
}

function keyCompletions(section: Section): readonly Completion[] {
  if (section.kind !== "call" && section.kind !== "defaults") return [];
  const present = new Set(entriesOf(section).map(({ key }) => key));
  return CALL_KEYS.filter(
    ({ name, isShared, canRepeat }) => (isShared || section.kind === "call") && (canRepeat || !present.has(name)),
  ).map(({ name, meaning, example }) => ({
    label: name,
    kind: "key",
    insert: `${name}: `,
    isSnippet: false,
    detail: example,
    meaning,
  }));
}

function valueCompletions(
  { key, before, call }: Extract<Place, { kind: "value" }>,
  file: CallFile,
  known: KnownNames,
): readonly Completion[] {
  const words = CALL_KEYS.find(({ name }) => name === key)?.words ?? [];
  switch (key) {
    case "target": {
      const used = [...file.defaults, ...file.calls.flatMap(({ entries }) => entries)];
      const endpoints = used.filter(
        (entry) => entry.key === "target" && entry.value !== before && entry.value.includes("://"),
      );
      return [
        ...known.taps.map(({ name, server }) => plain(`tap ${name}`, "name", server)),
        ...unique(endpoints.map(({ value }) => value)).map((value) => plain(value, "endpoint", "used in this file")),
        plain("tcp://127.0.0.1:", "endpoint", "an endpoint"),
        plain("http://127.0.0.1:", "endpoint", "an HTTP server, for XML-RPC"),
      ];
    }
    case "dialect":
      return words.map((name) => {
        const info = known.dialects?.find((one) => one.name === name);
        return { ...plain(name, "word", info?.title ?? ""), meaning: info?.meaning ?? "" };
      });
    case "method": {
      const others = file.calls.filter((one) => one !== call).flatMap(({ entries }) => entries);
      const written = others.filter((entry) => entry.key === "method").map(({ value }) => value);
      return [
        ...known.methods.map((name) => plain(name, "method", "seen in the log")),
        ...unique(written)
          .filter((name) => !known.methods.includes(name))
          .map((name) => plain(name, "method", "in this file")),
      ];
    }
    case "serverKey":
      return known.keys.filter(({ kind }) => kind !== "plain").map(({ name }) => plain(name, "name", "CURVE key"));
    case "clientPair":
      return known.keys.filter(({ kind }) => kind === "pair").map(({ name }) => plain(name, "name", "CURVE key pair"));
    case "plain":
      return known.keys.filter(({ kind }) => kind === "plain").map(({ name }) => plain(name, "name", "PLAIN user"));
    case "expect":
      return expectationCompletions(before);
    case "frame":
      return before === "" || /^[hj]/.test(before)
        ? ["hex ", "json "].map((word) => plain(word, "word", "a frame"))
        : [];
    case "save":
      return before === ""
        ? [
            {
              ...plain("name = value.", "word", "a value of the reply"),
              insert: "${1:name} = value.${2:path}",
              isSnippet: true,
            },
          ]
        : [];
    case "fields": {
      const info = known.dialects?.find(({ name }) => name === dialectOf(file, call));
      if (!/[{,]\s*"?\w*$/.test(before)) return [];
      const quote = /"\w*$/.test(before) ? "" : '"';
      return (info?.fields ?? []).map(({ name, label, hint }) => ({
        ...plain(name, "key", label),
        insert: `${quote}${name}": `,
        meaning: hint,
      }));
    }
    default:
      return words.map((word) => plain(word, "word", ""));
  }
}

function expectationCompletions(before: string): readonly Completion[] {
  if (/^status\s+\w*$/.test(before)) return STATUSES.map((status) => plain(status, "word", "status"));
  if (/^[a-z]*$/.test(before)) {
    const roots = ROOTS.map((root) => ({ ...plain(root, "word", "of the reply"), meaning: ROOT_MEANINGS[root] }));
    return [
      {
        ...plain("status", "word", ""),
        insert: "status ",
        meaning: `What became of the call: ${STATUSES.join(", ")}.`,
      },
      ...roots,
    ];
  }
  if (/^[a-z]+\S*\s+[=!a-z]*$/.test(before))
    return TESTS.map((test) => ({ ...plain(test, "word", "test"), meaning: TEST_MEANINGS[test] }));
  return [];
}

export const ROOT_MEANINGS: Readonly<Record<(typeof ROOTS)[number], string>> = {
  value: "What the reply brings. Of frames without a dialect: a list of them, JSON or text where they are that.",
  problem: "What went wrong, in the words of the service.",
  code: "The error's code, as a text.",
  method: "What the reply names: a signal or topic.",
};

export const TEST_MEANINGS: Readonly<Record<(typeof TESTS)[number], string>> = {
  "==": "It is this value, JSON.",
  "!=": "It is not this value, or missing.",
  exists: "It is there.",
  missing: "It is not there.",
  matches: "Its text has a match of this regular expression, in which the case of letters does not count.",
};

function sectionCompletion(kind: (typeof SECTION_KINDS)[number]): Completion {
  const snippets = {
    variables: "variables\n  ${1:host}: ${2:127.0.0.1}",
    environment: "environment ${1:staging}\n  ${2:host}: ${3:10.0.0.5}",
    defaults: "defaults\n  target: ${1:tcp://127.0.0.1:5556}\n  dialect: ${2:json-rpc}",
    call: "call ${1:name}\n  method: ${2:method}\n  args: [${3}]\n  expect: status ok",
  };
  return {
    label: kind,
    kind: "section",
    insert: snippets[kind],
    isSnippet: true,
    detail: "section",
    meaning: SECTION_MEANINGS[kind],
  };
}

function plain(label: string, kind: Completion["kind"], detail: string): Completion {
  return { label, kind, insert: label, isSnippet: false, detail, meaning: "" };
}

function hasSection(file: CallFile, kind: string): boolean {
  return file.document.sections.some((section) => section.kind === kind);
}

function entriesOf(section: Section): readonly Entry[] {
  return section.items.flatMap((item) => (item.kind === "entry" ? [item.entry] : []));
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
