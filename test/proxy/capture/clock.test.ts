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

test("Clock shows times of damaged files as the anchor or the nearest that a date shows, and throws nothing", () => {
  const clock = new Clock({ anchorNs: 1_764_000_000_000_000_000n, lastNs: 0 });
  for (const ns of [Number.NaN, Infinity, -Infinity]) {
    assert.equal(clock.toIso(ns), clock.toIso(0));
    assert.equal(clock.toEpochMs(ns), 1_764_000_000_000);
  }
  assert.equal(clock.toIso(-1e300), "1970-01-01T00:00:00.000000000Z");
  assert.match(clock.toIso(1e300), /^2262-/);
});
