import assert from "node:assert/strict";
import { test } from "node:test";
import { readDialect } from "../../src/cli/dialectOption.ts";

test("readDialect takes a name and says which there are", () => {
  assert.equal(readDialect(undefined), null);
  assert.equal(readDialect("zerorpc"), "zerorpc");
  const bad = readDialect("soap");
  assert.ok(typeof bad === "object" && bad !== null);
  assert.match(bad.problem, /^--dialect takes one of raw, .*locust; "soap" is none\.$/);
});
