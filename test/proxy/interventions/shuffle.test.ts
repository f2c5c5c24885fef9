import assert from "node:assert/strict";
import { test } from "node:test";
import { randomFrom } from "../../../src/proxy/interventions/random.ts";
import { shuffled } from "../../../src/proxy/interventions/shuffle.ts";

test("shuffled gives the same things in another order, whatever chance says", () => {
  for (let seed = 0; seed < 200; seed++) {
    for (const things of [
      ["a", "b"],
      ["a", "b", "c"],
      ["a", "b", "c", "d", "e", "f", "g", "h"],
    ]) {
      const order = shuffled(things, randomFrom(seed));
      assert.notDeepEqual(order, things);
      assert.deepEqual([...order].sort(), things);
    }
  }
});

test("shuffled leaves one thing, or none, alone", () => {
  assert.deepEqual(shuffled(["a"], randomFrom(1)), ["a"]);
  assert.deepEqual(shuffled([], randomFrom(1)), []);
});
