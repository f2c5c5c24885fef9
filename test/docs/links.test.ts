import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { anchorsOf, linkProblem, linksOf, PAGES, pathOf } from "./support/pages.ts";

type Manifest = {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly configuration: { readonly properties: object };
    readonly views: { readonly zmqTap: readonly { readonly id: string }[] };
  };
};

const manifestText = readFileSync("package.json", "utf8");
const texts = existsSync("package.nls.json") ? readFileSync("package.nls.json", "utf8") : "";
const manifest = JSON.parse(manifestText) as Manifest;
const commands = new Set(manifest.contributes.commands.map(({ command }) => command));
const sources = globSync(["src/**/*.ts", "webview/**/*.ts", "scripts/**/*.ts", "demo/**/*.ts"]);

/** VS Code's own commands that our views and the walkthrough lead to. */
const BUILT_IN = ["workbench.trust.manage", "workbench.action.openWalkthrough", "zmqTap.messages.focus"];

/** Texts of package.json, and those of its language file, in which links stand. */
const manifestTexts = strings([manifest, ...(texts === "" ? [] : [JSON.parse(texts) as unknown])]);

test("every link of every page leads somewhere, to a heading that is there", () => {
  const problems = PAGES.flatMap((page) => linksOf(page)).flatMap((link) => linkProblem(link) ?? []);
  assert.deepEqual(problems, []);
});

test("links are found in the pages, and one that leads nowhere is a problem", () => {
  assert.ok(PAGES.flatMap((page) => linksOf(page)).length > 50);
  const wrong = { page: "docs/filters.md", isPicture: false };
  assert.match(linkProblem({ ...wrong, target: "no-such-page.md" })!, /does not exist/);
  assert.match(linkProblem({ ...wrong, target: "#no-such-heading" })!, /no such heading/);
  assert.match(linkProblem({ ...wrong, target: "http://example.org" })!, /neither https/);
  assert.equal(linkProblem({ ...wrong, target: "../README.md#install" }), undefined);
});

test("every page of docs/ is in its index, and every picture on a page", () => {
  const indexed = linksOf("docs/README.md").map(({ page, target }) => pathOf(page, target));
  assert.deepEqual(
    PAGES.filter((page) => page.startsWith("docs/") && page.split("/").length === 2).filter(
      (page) => page !== "docs/README.md" && !indexed.includes(page),
    ),
    [],
  );
  const shown = PAGES.flatMap((page) => linksOf(page))
    .filter(({ isPicture }) => isPicture)
    .map(({ page, target }) => pathOf(page, target));
  const pictures = globSync("docs/**/*.{png,gif}").map((path) => path.replaceAll("\\", "/"));
  assert.deepEqual(
    pictures.filter((picture) => !shown.includes(picture)),
    [],
  );
});

test("pages that the VSIX has lead only to pages that it has; their pictures are too large for it", () => {
  // The last pattern that fits a file decides.
  const lines = readFileSync(".vscodeignore", "utf8").split("\n");
  const patterns = lines.filter((line) => /^[^#]/.test(line)).toReversed();
  const isShipped = (file: string): boolean => {
    const fits = (pattern: string): boolean => globSync(pattern.replace(/^!/, "")).includes(file);
    return patterns.find((pattern) => pattern !== "**" && fits(pattern))?.startsWith("!") ?? false;
  };
  const shipped = PAGES.filter((page) => page.startsWith("docs/") && isShipped(page));
  assert.ok(shipped.length > 10);
  const missing = shipped
    .flatMap((page) => linksOf(page))
    .filter(({ target, isPicture }) => !isPicture && !target.startsWith("https:"))
    .filter(({ page, target }) => !isShipped(pathOf(page, target)) || isRenamed(pathOf(page, target)))
    .map(({ page, target }) => `${page}: ${target}`);
  assert.deepEqual(missing, []);
});

test("commands that package.json links to exist, with arguments that can be read, and pages that are there", () => {
  let count = 0;
  for (const text of manifestTexts) {
    for (const [, command, query] of text.matchAll(/\]\(command:([\w.]+)(?:\?([^)\s]*))?\)/g)) {
      count++;
      assert.ok(commands.has(command!) || BUILT_IN.includes(command!), command);
      if (query === undefined) continue;
      const args = JSON.parse(decodeURIComponent(query)) as unknown;
      if (command !== "zmqTap.openDocs") continue;
      const { page } = args as { page: string };
      assert.ok(existsSync(`docs/${page}.md`), page);
    }
  }
  assert.ok(count > 10);
});

test("settings that package.json refers to exist", () => {
  const { properties } = manifest.contributes.configuration;
  const named = manifestTexts.flatMap((text) => [...text.matchAll(/#(zmqTap[\w.]+)#/g)].map(([, name]) => name!));
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((name) => !(name in properties)),
    [],
  );
});

test("pages that the code opens or names exist, with their headings", () => {
  const problems: string[] = [];
  let count = 0;
  for (const source of sources) {
    const text = readFileSync(source, "utf8");
    for (const [written, page, anchor] of text.matchAll(/\bdocs\/([\w-]+[.]md)(?:#([\w-]+))?/g)) {
      count++;
      const file = `docs/${page!}`;
      if (!existsSync(file) || (anchor !== undefined && !anchorsOf(file).has(anchor)))
        problems.push(`${source}: ${written}`);
    }
    for (const [written, page, anchor] of text.matchAll(/showDocs\("([\w-]+)"(?:, "([\w-]+)")?/g)) {
      count++;
      const file = `docs/${page!}.md`;
      if (!existsSync(file) || (anchor !== undefined && !anchorsOf(file).has(anchor)))
        problems.push(`${source}: ${written}`);
    }
  }
  assert.ok(count > 3);
  assert.deepEqual(problems, []);
});

/** vsce gives the README another name, and on most file systems that matters. */
function isRenamed(file: string): boolean {
  return ["README.md", "CHANGELOG.md", "LICENSE"].includes(file);
}

/** Every text in a value, however deep. */
function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}
