import assert from "node:assert/strict";
import { test } from "node:test";
import { OneIn } from "../../../src/proxy/interventions/oneIn.ts";
import { randomFrom } from "../../../src/proxy/interventions/random.ts";

test("OneIn chooses exactly one of every n in a row, at changing places", () => {
  const oneIn = new OneIn(10, randomFrom(3));
  const places = new Set<number>();
  for (let run = 0; run < 100; run++) {
    const chosen = Array.from({ length: 10 }, () => oneIn.next());
    assert.equal(chosen.filter((is) => is).length, 1);
    places.add(chosen.indexOf(true));
  }
  assert.equal(places.size, 10);
});

test("OneIn of one chooses everything", () => {
  const oneIn = new OneIn(1, randomFrom(3));
  assert.deepEqual([oneIn.next(), oneIn.next(), oneIn.next()], [true, true, true]);
});
