import assert from "node:assert/strict";
import { test } from "node:test";
import { PacketClock } from "../../../src/proxy/files/packetClock.ts";

test("PacketClock stands at the time that was set", () => {
  const clock = new PacketClock(1_764_000_000_000_000_000n);
  clock.set(1_500);
  assert.equal(clock.nowNs(), 1_500);
  assert.equal(clock.toIso(clock.nowNs()), "2025-11-24T16:00:00.000001500Z");
  clock.set(-1_000_000_000);
  assert.equal(clock.toIso(clock.nowNs()), "2025-11-24T15:59:59.000000000Z");
});

test("PacketClock keeps times within what dates can show", () => {
  for (const anchor of [-5n, 0n, 1_764_000_000_000_000_000n, 2n ** 70n]) {
    const clock = new PacketClock(anchor);
    for (const time of [-Infinity, -1e300, 0, 1e300, Infinity]) {
      clock.set(time);
      assert.match(clock.toIso(clock.nowNs()), /^(19|20|22)\d\d-/);
    }
  }
});
