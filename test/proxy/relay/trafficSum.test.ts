import assert from "node:assert/strict";
import { test } from "node:test";
import { NOTHING_CARRIED } from "../../../src/proxy/relay/flowCount.ts";
import { type CountedLink, TrafficSum } from "../../../src/proxy/relay/trafficSum.ts";

function link(octets: number, isRekeyed = false): CountedLink {
  return {
    isRekeyed,
    carried: (direction) => ({ ...NOTHING_CARRIED, received: octets + direction, sent: octets }),
    heldUpMs: (direction) => direction + 1,
  };
}

test("TrafficSum adds links up, and keeps those apart whose security the tap ends", () => {
  const ended = new TrafficSum();
  ended.add(link(10));
  ended.add(link(100, true));
  const sum = new TrafficSum();
  sum.join(ended);
  sum.add(link(1));
  assert.deepEqual(
    sum.carried.map(({ received, sent }) => [received, sent]),
    [
      [11, 11],
      [13, 11],
    ],
  );
  assert.deepEqual(
    sum.rekeyed.map(({ received }) => received),
    [100, 101],
  );
  assert.deepEqual([sum.rekeyedLinks, sum.heldUpMs], [1, [3, 6]]);
  assert.deepEqual(ended.heldUpMs, [2, 4]);
});
