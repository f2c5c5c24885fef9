import assert from "node:assert/strict";
import { test } from "node:test";
import { type InterventionState, interventionsSentence, specProblem } from "../../src/shared/interventions.ts";

const state = (id: number, tapName: string): InterventionState => ({
  id,
  tap: tapName,
  tapName,
  kind: "drop",
  spec: "drop",
  acts: 0,
  problem: null,
});

test("interventionsSentence says how many there are, and on which taps", () => {
  assert.equal(interventionsSentence([]), "");
  assert.equal(interventionsSentence([state(1, "a")]), '1 intervention is changing traffic on "a"');
  assert.equal(
    interventionsSentence([state(1, "a"), state(2, "b"), state(3, "a")]),
    '3 interventions are changing traffic on "a", "b"',
  );
  const many = ["a", "b", "c", "d", "e"].map((name, at) => state(at, name));
  assert.match(interventionsSentence(many), /on "a", "b", "c" and 2 more$/);
});

test("specProblem names the spec and the place, and shortens what is long", () => {
  assert.equal(specProblem("drop 1/x", 5, "No."), '"drop 1/x" cannot be used, at character 6: No.');
  assert.match(specProblem(`drop if ${"x".repeat(100)}`, 8, "No."), /^"drop if x{69}…" cannot/);
});
