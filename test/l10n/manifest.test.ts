import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { keyOf, type ManifestTexts, readManifest } from "../../scripts/tasks/manifest.ts";
import { LANGUAGES } from "./languages.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { readonly contributes: unknown };
const english = textsOf("package.nls.json");

/** Properties of package.json that VS Code shows to people. */
const SEEN = new Set([
  ...["title", "shortTitle", "description", "markdownDescription", "displayName", "label", "contents", "altText"],
  ...["enumDescriptions", "markdownEnumDescriptions", "enumItemLabels", "patternErrorMessage", "errorMessage"],
  ...["deprecationMessage", "markdownDeprecationMessage", "userDescription", "aliases", "category"],
]);

/** Names of products and of languages that are the same everywhere. */
const PROPER = new Set(["ZMQ Tap"]);

function textsOf(file: string): ManifestTexts {
  return JSON.parse(readFileSync(file, "utf8")) as ManifestTexts;
}

type Shown = { readonly path: string; readonly text: string };

/** Every string that people read. What is written for language models stays English, as their answers are data. */
function shownTexts(value: unknown, path: readonly string[] = []): readonly Shown[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, part]) => shownTexts(part, [...path, name]));
  }
  if (typeof value !== "string" || value === "" || path.includes("inputSchema")) return [];
  const names = path.filter((part) => !/^\d+$/.test(part));
  const isName = names.at(-1) === "name" && names[0] === "views";
  const isSeen = SEEN.has(names.at(-1) ?? "") && names.at(-2) !== "properties" && !names.includes("body");
  return isName || isSeen ? [{ path: path.join("."), text: value }] : [];
}

const shown = shownTexts(manifest.contributes);

test("every text of package.json that people read has a key", () => {
  const literal = shown.filter(({ text }) => keyOf(text) === undefined && !PROPER.has(text));
  assert.deepEqual(
    literal.map(({ path, text }) => `${path}: ${text}`),
    [],
  );
});

test("package.nls.json has a text for every key of package.json, and no other", () => {
  const keys = new Set<string>();
  JSON.parse(readFileSync("package.json", "utf8"), (_, value: unknown) => {
    const key = typeof value === "string" ? keyOf(value) : undefined;
    if (key !== undefined) keys.add(key);
    return value;
  });
  assert.deepEqual([...keys].sort(), Object.keys(english).sort());
});

/** What a translation has to repeat as it is: code, settings, links and commands, in any order. */
function codeOf(text: string): readonly string[] {
  return [...text.matchAll(/`[^`]*`|\]\([^)]*\)|\*[^*]+\*|\$\{[^}]*\}|\{\d+\}|\n/g)].map(([code]) => code).sort();
}

for (const language of LANGUAGES) {
  const texts = textsOf(`package.nls.${language}.json`);

  test(`package.nls.${language}.json has the same keys`, () => {
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort());
  });

  test(`package.nls.${language}.json keeps code, links and commands as they are`, () => {
    for (const [key, text] of Object.entries(texts)) assert.deepEqual(codeOf(text), codeOf(english[key] ?? ""), key);
  });
}

test("readManifest puts the texts of a language in place of their keys", async () => {
  const texts = shownTexts(((await readManifest()) as typeof manifest).contributes);
  assert.equal(texts.length, shown.length);
  assert.deepEqual(
    texts.filter(({ text }) => keyOf(text) !== undefined),
    [],
  );
});
