import type { DialectInfo } from "../dialects.ts";
import { type CallContext, type CallFile, variableNow } from "./callFile.ts";
import { ROOT_MEANINGS, TEST_MEANINGS } from "./complete.ts";
import type { Range } from "./document.ts";
import { ROOTS, TESTS } from "./expectation.ts";
import { callKey, SECTION_MEANINGS } from "./keys.ts";
import { variableUses } from "./variables.ts";

/** What a place of a call file means, as Markdown; `code` stands above it. */
export type Explanation = { readonly range: Range; readonly code: string; readonly text: string };

/** What to show of the place at an offset; `null` where there is nothing to say. */
export function explain(file: CallFile, offset: number, context: CallContext): Explanation | null {
  const has = ({ from, to }: Range): boolean => from <= offset && offset <= to;
  const section = file.document.sections.find(({ range }) => has(range));
  if (section === undefined) return null;
  const { kind, headingRange } = section;
  if (kind !== null && has({ from: headingRange.from, to: headingRange.from + kind.length })) {
    return { range: headingRange, code: kind, text: SECTION_MEANINGS[kind] };
  }
  for (const item of section.items) {
    if (item.kind !== "entry") continue;
    const { key, keyRange, value, valueRange } = item.entry;
    const use = has(valueRange) ? variableUses(value, valueRange.from).find(({ range }) => has(range)) : undefined;
    if (use !== undefined) return { range: use.range, code: use.name, text: variableText(file, use.name, context) };
    const isOfCall = kind === "call" || kind === "defaults";
    if (isOfCall && has(keyRange)) {
      const found = callKey(key);
      return found === undefined ? null : { range: keyRange, code: `${key}: ${found.example}`, text: found.meaning };
    }
    if (!isOfCall || !has(valueRange)) continue;
    if (key === "dialect") return explainDialect(value, valueRange, context.dialects);
    if (key === "expect") return explainExpectation(value, valueRange, offset);
  }
  return null;
}

function explainDialect(value: string, range: Range, dialects: readonly DialectInfo[] | null): Explanation | null {
  const info = dialects?.find(({ name }) => name === value);
  if (info === undefined) return null;
  const fields = info.fields.map(({ name, hint }) => `- \`${name}\`: ${hint}`);
  const sent = info.canCall ? `Sent by a ${info.socket}.` : "It is only read, not sent.";
  return { range, code: info.title, text: [`${info.meaning}\n\n${sent}`, ...fields].join("\n") };
}

function explainExpectation(value: string, { from }: Range, offset: number): Explanation | null {
  for (const match of value.matchAll(/[a-z]+|[=!]=/g)) {
    const range = { from: from + match.index, to: from + match.index + match[0].length };
    if (offset < range.from || offset > range.to) continue;
    const root = match.index === 0 ? ROOTS.find((known) => known === match[0]) : undefined;
    if (root !== undefined) return { range, code: root, text: ROOT_MEANINGS[root] };
    const test = TESTS.find((known) => known === match[0]);
    return test === undefined ? null : { range, code: test, text: TEST_MEANINGS[test] };
  }
  return null;
}

function variableText(file: CallFile, name: string, context: CallContext): string {
  if (name.startsWith("$")) return "A variable of the process's environment. Its value is not shown.";
  const saver = file.calls.find(({ saves }) => saves.includes(name));
  if (saver !== undefined) return `Saved from the reply of "${saver.name}".`;
  const value = variableNow(file, context, name);
  const from = context.environment === null ? "" : ` in the environment "${context.environment}"`;
  return value === null ? `It has no value${from}.` : `\`${value.slice(0, 500).replaceAll("`", "'")}\`${from}`;
}
