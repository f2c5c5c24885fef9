import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../../src/proxy/capture/clock.ts";

test("Clock is anchored to the wall clock and never goes back", () => {
  const clock = new Clock();
  let lastNs = clock.nowNs();
  for (let round = 0; round < 10_000; round++) {
    const nowNs = clock.nowNs();
    assert.equal(nowNs >= lastNs, true);
    lastNs = nowNs;
  }
  assert.equal(Math.abs(clock.toEpochMs(lastNs) - Date.now()) < 1000, true);
});

test("Clock writes nanoseconds as ISO 8601, and milliseconds with microseconds as the fraction", () => {
  const clock = new Clock();
  assert.equal(clock.toIso(0), isoOf(clock.anchorNs));
  assert.equal(clock.toIso(5_000_000_001), isoOf(clock.anchorNs + 5_000_000_001n));
  const microseconds = Number((clock.anchorNs + 1_234_567n) / 1000n);
  assert.equal(clock.toEpochMs(1_234_567), microseconds / 1000);
});

function isoOf(epochNs: bigint): string {
  const whole = new Date(Number(epochNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}.${(epochNs % 1_000_000_000n).toString().padStart(9, "0")}Z`;
}
