import assert from "node:assert/strict";
import { test } from "node:test";
import { AddedLatency } from "../../../src/proxy/relay/addedLatency.ts";
import { latencyBucketOf } from "../../../src/shared/pictures.ts";

function dueAmong(latency: AddedLatency, chunks: number): number {
  let due = 0;
  for (let chunk = 0; chunk < chunks; chunk++) if (latency.isDue()) due++;
  return due;
}

test("AddedLatency looks at the first 64 chunks of a second, then at one of 64", () => {
  let nowMs = 0;
  const latency = new AddedLatency(() => nowMs);
  assert.equal(dueAmong(latency, 64), 64);
  nowMs = 999;
  assert.equal(dueAmong(latency, 6400), 100);
  nowMs = 1000;
  assert.equal(dueAmong(latency, 64), 64);
});

test("AddedLatency counts what it is told by its bucket", () => {
  const latency = new AddedLatency();
  for (const ms of [0.01, 0.01, 2]) latency.add(ms);
  assert.equal(latency.samples, 3);
  assert.deepEqual([latency.histogram[latencyBucketOf(0.01)], latency.histogram[latencyBucketOf(2)]], [2, 1]);
});
