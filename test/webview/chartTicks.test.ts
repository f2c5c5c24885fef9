import assert from "node:assert/strict";
import { test } from "node:test";
import { fewTicks } from "../../webview/chartTicks.ts";

test("fewTicks has zero and a round value on each side that has room", () => {
  assert.deepEqual(fewTicks(-170, 160, false), [-100, 0, 100]);
  assert.deepEqual(fewTicks(-54, 0, false), [-50, 0]);
  assert.deepEqual(fewTicks(0, 1, false), [0, 1]);
  assert.deepEqual(fewTicks(-3200, 12, false), [-2000, 0]);
  assert.deepEqual(fewTicks(-0.6, 0.6, false), [-0.5, 0, 0.5]);
});

test("fewTicks of a logarithmic scale are powers of ten, four at most", () => {
  assert.deepEqual(fewTicks(1, 100, true), [1, 10, 100]);
  assert.deepEqual(fewTicks(0.01, 10_000, true), [0.01, 1, 100, 10_000]);
});
