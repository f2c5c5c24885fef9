import assert from "node:assert/strict";
import { test } from "node:test";
import { fewTicks, powerTicks, timeTick, timeTicks } from "../../webview/chartTicks.ts";

const START = new Date(2026, 0, 31, 12, 0, 0).getTime();

test("timeTick is as exact as the marks are apart", () => {
  assert.equal(timeTick(START + 1234, 100), "12:00:01.234");
  assert.equal(timeTick(START + 1234, 1000), "12:00:01");
  assert.equal(timeTick(START, 60_000), "12:00");
  assert.equal(timeTick(START, 86_400_000), "2026-01-31");
});

test("timeTicks are round local times, wherever the stretch begins", () => {
  const texts = (fromMs: number, toMs: number, count: number): string[] =>
    timeTicks(START + fromMs, START + toMs, count).map(({ text }) => text);
  assert.deepEqual(texts(400.5, 12_400.5, 6), ["12:00:02", "12:00:04", "12:00:06", "12:00:08", "12:00:10", "12:00:12"]);
  assert.deepEqual(texts(-60_000, 60_000, 4), ["11:59:00", "11:59:30", "12:00:00", "12:00:30", "12:01:00"]);
  assert.deepEqual(texts(-43_200_000, 86_400_000, 2), ["2026-01-31", "2026-02-01"]);
  assert.deepEqual(texts(0, 40, 5), ["12:00:00.000", "12:00:00.010", "12:00:00.020", "12:00:00.030", "12:00:00.040"]);
});

test("timeTicks of a great many years are few", () => {
  assert.ok(timeTicks(0, 1e13, 5).length <= 6);
});

test("fewTicks has zero and a round value on each side that has room", () => {
  assert.deepEqual(fewTicks(-170, 160), [-100, 0, 100]);
  assert.deepEqual(fewTicks(-54, 0), [-50, 0]);
  assert.deepEqual(fewTicks(0, 1), [0, 1]);
  assert.deepEqual(fewTicks(-3200, 12), [-2000, 0]);
  assert.deepEqual(fewTicks(-0.6, 0.6), [-0.5, 0, 0.5]);
});

test("powerTicks are four at most", () => {
  assert.deepEqual(powerTicks(0, 2), [0, 1, 2]);
  assert.deepEqual(powerTicks(-2, 4), [-2, 0, 2, 4]);
});
