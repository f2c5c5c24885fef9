import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsText } from "../../src/cli/fields.ts";
import { FIELDS, NOT_YET, SHORTS } from "../../src/shared/filter/fields.ts";

test("fieldsText has a line for every field and short form, and names what is missing yet", () => {
  const lines = fieldsText().split("\n");
  for (const { name, meaning } of FIELDS) {
    const line = lines.find((one) => new RegExp(`^  ${name}[ .[]`).test(one));
    assert.ok(line?.includes(meaning), name);
  }
  for (const { name, meaning } of SHORTS) {
    const line = lines.find((one) => one.startsWith(`  ~${name} `));
    assert.ok(line?.includes(meaning), name);
  }
  const later = lines.find((line) => line.startsWith("Not yet:"));
  for (const { name } of NOT_YET) assert.ok(later?.includes(name), name);
});

test("fieldsText has columns of one width and no blanks at line ends", () => {
  const lines = fieldsText().split("\n");
  assert.ok(lines.every((line) => line === line.trimEnd()));
  const places = lines
    .filter((line) => /^ {2}(?:dir|conn|addr) /.test(line))
    .map((line) => /(?:enum|int|address)/.exec(line)?.index);
  assert.equal(new Set(places).size, 1);
});
