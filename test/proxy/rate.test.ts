import assert from "node:assert/strict";
import { test } from "node:test";
import { Rate } from "../../src/proxy/rate.ts";

test("Rate is an average over the last second, and falls to 0 behind the last event", () => {
  const rate = new Rate();
  assert.equal(rate.perSecond(0, 0), 0);
  const seen = Array.from({ length: 20 }, (_, tenth) => rate.perSecond((tenth + 1) * 10, (tenth + 1) * 100));
  assert.deepEqual(seen.slice(10), Array<number>(10).fill(100));
  assert.equal(rate.perSecond(200, 2_500), 50);
  assert.equal(rate.perSecond(200, 3_100), 0);
  // Behind a pause the second before counts, and no more.
  assert.equal(rate.perSecond(250, 60_000), 45);
});
