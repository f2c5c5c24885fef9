import assert from "node:assert/strict";
import { test } from "node:test";
import { SEVERITIES } from "../../../src/shared/findings.ts";
import { fieldNamed, FIELDS, NOT_YET, operatorsOf, SHORTS } from "../../../src/shared/filter/fields.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";

test("every field can be tested for being there, and has a sentence", () => {
  for (const { name, meaning } of FIELDS) {
    assert.ok(parseFilter(name).ok, name);
    assert.match(meaning, /^[A-Z].*\.$/, name);
    assert.equal(fieldNamed(name)?.name, name);
  }
});

test("every value of an enum can be compared with", () => {
  for (const { name, type, values } of FIELDS) {
    if (type !== "enum" && type !== "level") continue;
    assert.ok(values.length > 1, name);
    for (const value of values) assert.ok(parseFilter(`${name} == ${value.name}`).ok, value.name);
  }
});

test("every short form can be written, and says what it stands for", () => {
  for (const { name, argument, field, same } of SHORTS) {
    assert.ok(parseFilter(argument === null ? `~${name}` : `~${name} x`).ok, name);
    assert.ok(parseFilter(same).ok, same);
    assert.equal(field === null, argument === null, name);
  }
});

test("no name is there twice", () => {
  const names = [...FIELDS, ...NOT_YET].map((field) => field.name);
  assert.equal(new Set(names).size, names.length);
  const shorts = SHORTS.map((short) => short.name);
  assert.equal(new Set(shorts).size, shorts.length);
  assert.equal(fieldNamed("constructor"), undefined);
});

test("the words of sev are the severities of findings, in their order", () => {
  assert.deepEqual(
    fieldNamed("sev")?.values.map(({ name }) => name),
    SEVERITIES,
  );
});

test("every type can be compared for being equal", () => {
  for (const { type } of FIELDS) assert.ok(operatorsOf(type).includes("=="));
});
