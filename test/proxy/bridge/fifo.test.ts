import assert from "node:assert/strict";
import { test } from "node:test";
import { Fifo } from "../../../src/proxy/bridge/fifo.ts";
import { random } from "../../support/random.ts";

test("Fifo gives values in order, through any number of pushes and shifts", () => {
  const below = random(7);
  const fifo = new Fifo<number>();
  const expected: number[] = [];
  let next = 0;
  for (let step = 0; step < 20_000; step++) {
    // It grows first and is emptied then, several times.
    const grows = Math.floor(step / 2_500) % 2 === 0;
    if (below(10) < (grows ? 9 : 2)) {
      fifo.push(next);
      expected.push(next++);
    } else {
      assert.equal(fifo.shift(), expected.shift());
    }
    assert.deepEqual([fifo.length, fifo.head], [expected.length, expected[0]]);
  }
});
