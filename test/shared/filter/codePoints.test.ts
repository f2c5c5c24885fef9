import assert from "node:assert/strict";
import { test } from "node:test";
import { complement, normalise, withBothCases } from "../../../src/shared/filter/codePoints.ts";

test("normalise sorts ranges and joins those that touch", () => {
  assert.deepEqual(normalise([[5, 6], [1, 2], [3, 4], [9, 9], [5, 5]]), [[1, 6], [9, 9]]); // prettier-ignore
  assert.deepEqual(normalise([]), []);
});

test("complement is the rest up to the end", () => {
  assert.deepEqual(complement([[0, 1], [4, 5]], 9), [[2, 3], [6, 9]]); // prettier-ignore
  assert.deepEqual(complement([[3, 9]], 9), [[0, 2]]);
  assert.deepEqual(complement([], 9), [[0, 9]]);
});

test("withBothCases adds the other case of letters, and leaves large sets alone", () => {
  const points = (text: string): [number, number][] =>
    Array.from(text, (letter) => [letter.codePointAt(0)!, letter.codePointAt(0)!]);
  assert.deepEqual(withBothCases(points("bZ1")), normalise(points("bBzZ1")));
  assert.deepEqual(withBothCases(points("éΣ")), normalise(points("éÉΣσ")));
  assert.deepEqual(withBothCases(points("ß")), points("ß"));
  assert.deepEqual(withBothCases([[0x80, 0x10ffff]]).at(-1), [0x80, 0x10ffff]);
});
