import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FINDINGS } from "../../src/shared/findingKinds.ts";

const docs = readFileSync("docs/findings.md", "utf8");

/** Headings of sections that are about one finding. */
const sections = [...docs.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, id]) => id!);

test("every finding has its section in docs/findings.md", () => {
  assert.deepEqual(
    Object.keys(FINDINGS).filter((id) => !sections.includes(id)),
    [],
  );
});

test("no section of docs/findings.md is about a finding that there is not, or stands there twice", () => {
  assert.deepEqual(
    sections.filter((id) => !(id in FINDINGS)),
    [],
  );
  assert.equal(new Set(sections).size, sections.length);
});

test("sections of docs/findings.md stand in the order of the table of findings", () => {
  const order = Object.keys(FINDINGS);
  assert.deepEqual(
    sections,
    sections.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)),
  );
});
