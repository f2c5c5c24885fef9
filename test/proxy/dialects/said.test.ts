import assert from "node:assert/strict";
import { test } from "node:test";
import { said } from "../../../src/proxy/dialects/said.ts";

test("What is left out is nothing, and problems are cut", () => {
  assert.deepEqual(said({ kind: "call", method: "a" }), {
    said: { kind: "call", method: "a", args: null, kwargs: null, problem: null, code: null, id: null, facts: [] },
  });
  assert.equal(said({ kind: "error", problem: "x".repeat(1000) }).said.problem?.length, 500);
});
