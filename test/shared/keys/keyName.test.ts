import assert from "node:assert/strict";
import { test } from "node:test";
import { freeName, keyNameProblem, toKeyName } from "../../../src/shared/keys/keyName.ts";
import { KNOWN } from "../../support/keys.ts";

test("keyNameProblem refuses no name, a long one, and a key", () => {
  assert.equal(keyNameProblem("backend"), undefined);
  assert.match(keyNameProblem("  ")!, /name/);
  assert.match(keyNameProblem("x".repeat(81))!, /80/);
  assert.match(keyNameProblem(KNOWN.secretKey)!, /a key itself/);
});

test("toKeyName makes one line of what it is given, or falls back", () => {
  assert.equal(toKeyName(" my\n\u0000key ", "imported"), "my key");
  assert.equal(toKeyName("x".repeat(100), "imported"), "x".repeat(80));
  assert.equal(toKeyName(KNOWN.secretKey, "imported"), "imported");
  assert.equal(toKeyName("\n", "imported"), "imported");
});

test("freeName numbers a name that is taken", () => {
  const taken = ["backend", "backend (2)"];
  assert.equal(
    freeName("frontend", (name) => taken.includes(name)),
    "frontend",
  );
  assert.equal(
    freeName("backend", (name) => taken.includes(name)),
    "backend (3)",
  );
});
