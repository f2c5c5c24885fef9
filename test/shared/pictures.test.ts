import assert from "node:assert/strict";
import { test } from "node:test";
import { LATENCY_BUCKETS, latencyBucketMs, latencyBucketOf } from "../../src/shared/pictures.ts";

test("a latency is in the bucket whose bounds are around it", () => {
  assert.equal(latencyBucketMs(0), 0.001);
  assert.equal(latencyBucketMs(40), 1.024);
  for (const ms of [0.0011, 0.02, 0.5, 1, 3.3, 250, 60_000]) {
    const bucket = latencyBucketOf(ms);
    assert.ok(latencyBucketMs(bucket) <= ms && ms < latencyBucketMs(bucket + 1), `${ms} ms in ${bucket}`);
  }
});

test("what is too quick or too slow is in the first bucket or the last", () => {
  assert.equal(latencyBucketOf(0), 0);
  assert.equal(latencyBucketOf(1e-9), 0);
  assert.equal(latencyBucketOf(1e12), LATENCY_BUCKETS - 1);
});
