import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FIELDS, NOT_YET, OPERATORS, SHORTS } from "../../../src/shared/filter/fields.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";

const DOCS = readFileSync("docs/filters.md", "utf8");

test("docs/filters.md has every field with its meaning, every short form and every operator", () => {
  for (const { name, meaning } of FIELDS) {
    assert.ok(new RegExp(`^\\| \`${name}(?:\\.…|\\[i\\])?\` `, "m").test(DOCS), name);
    assert.ok(DOCS.includes(meaning), meaning);
  }
  for (const { name, meaning } of SHORTS) {
    assert.ok(new RegExp(`^\\| \`~${name}[ \`].*\\| ${meaning.replace(/[.]/g, "[.]")}`, "m").test(DOCS), name);
  }
  for (const operator of OPERATORS) assert.ok(DOCS.includes(`| \`${operator}\` |`), operator);
  for (const { name } of NOT_YET) assert.ok(DOCS.includes(`\`${name}`), name);
});

test("every example of docs/filters.md is a filter", () => {
  const table = DOCS.slice(DOCS.indexOf("| You write"), DOCS.indexOf("Completion ("));
  const examples = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, text]) => text!.replaceAll("\\|", "|"));
  assert.equal(examples.length, 13);
  for (const text of examples) assert.equal(parseFilter(text).ok, true, text);
});
