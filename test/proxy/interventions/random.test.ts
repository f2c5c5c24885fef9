import assert from "node:assert/strict";
import { test } from "node:test";
import { pick, randomFrom } from "../../../src/proxy/interventions/random.ts";

const numbers = (...seeds: number[]): number[] => {
  const random = randomFrom(...seeds);
  return Array.from({ length: 1000 }, () => pick(random, 10));
};

test("randomFrom gives the same numbers for the same seeds, and others for others", () => {
  assert.deepEqual(numbers(1, 2), numbers(1, 2));
  assert.notDeepEqual(numbers(1, 2), numbers(2, 1));
  assert.notDeepEqual(numbers(1, 2), numbers(1, 3));
  assert.notDeepEqual(numbers(0), numbers(0, 0));
});

test("pick gives every number below its bound about as often as any other", () => {
  const counts = new Array<number>(10).fill(0);
  for (const number of numbers(7)) counts[number]! += 1;
  assert.ok(
    counts.every((count) => count > 60 && count < 140),
    String(counts),
  );
});
