import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { refusal, type ReleaseState, withReleased, withVersion } from "../../scripts/tasks/releaseTexts.ts";

const CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Taps\n- Something new.\n\n## 0.1.0 (2026-01-01)\n- All of it.\n";
const good: ReleaseState = { wanted: "0.2.0", current: "0.1.0", changelog: CHANGELOG, changes: "", tags: ["v0.1.0"] };

test("refusal finds nothing wrong with a later version, a clean tree and a changelog", () => {
  for (const wanted of ["0.1.1", "0.2.0", "0.10.0", "1.0.0"]) assert.equal(refusal({ ...good, wanted }), null);
  // The first release.
  assert.equal(refusal({ ...good, wanted: "0.1.0", tags: ["start"] }), null);
});

const refused: readonly (readonly [what: string, state: Partial<ReleaseState>, why: RegExp])[] = [
  ["what is no version", { wanted: "next" }, /^"next" is no version\. .* such as 0\.1\.1\.$/],
  ["a version with a v", { wanted: "v0.2.0" }, /is no version/],
  ["a version with leading zeros", { wanted: "0.02.0" }, /is no version/],
  ["a version that was released", { wanted: "0.2.0", tags: ["v0.1.0", "v0.2.0"] }, /there is a tag v0\.2\.0/],
  ["an earlier version", { wanted: "0.0.9" }, /is before 0\.1\.0/],
  ["the same version again", { wanted: "0.1.0", tags: ["v0.0.9"] }, /is the version of package\.json already/],
  ["a dirty tree", { changes: " M src/extension.ts" }, /not committed.*\n M src\/extension\.ts$/],
  ["no section", { changelog: "# Changelog\n\n## 0.1.0\n- x\n" }, /no section/],
  ["an empty section", { changelog: "# Changelog\n\n## Unreleased\n\n### Taps\n\n## 0.1.0\n- x\n" }, /says nothing/],
];

for (const [what, state, why] of refused) {
  test(`refusal refuses ${what}`, () => {
    assert.match(refusal({ ...good, ...state }) ?? "", why);
  });
}

test("withReleased gives the section its version and day, and begins a new one", () => {
  const { changelog, section } = withReleased(CHANGELOG, "0.2.0", "2026-02-03");
  assert.equal(
    changelog,
    "# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-02-03)\n\n### Taps\n- Something new.\n\n## 0.1.0 (2026-01-01)\n- All of it.\n",
  );
  assert.equal(section, "## 0.2.0 (2026-02-03)\n\n### Taps\n- Something new.");
});

test("withVersion changes the version of package.json and package-lock.json, and nothing else", () => {
  for (const file of ["package.json", "package-lock.json"]) {
    const text = readFileSync(file, "utf8");
    const { version } = JSON.parse(text) as { version: string };
    const changed = withVersion(text, "99.0.0");
    assert.equal(withVersion(changed, version), text);
    const differences = changed.split("\n").filter((line, at) => line !== text.split("\n")[at]);
    assert.deepEqual(
      differences.map((line) => line.trim()),
      Array<string>(file === "package.json" ? 1 : 2).fill('"version": "99.0.0",'),
    );
  }
});
