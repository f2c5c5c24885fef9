import assert from "node:assert/strict";
import { test } from "node:test";
import { COARSE_BUCKETS, coarseBucketMs, percentileMs } from "../../../src/proxy/pictures/histogram.ts";
import { LATENCY_BUCKETS, latencyBucketMs, latencyBucketOf } from "../../../src/shared/pictures.ts";

test("percentileMs is close to the percentile of the values themselves", () => {
  const counts = new Uint32Array(LATENCY_BUCKETS);
  const coarse = new Uint32Array(COARSE_BUCKETS);
  for (let value = 1; value <= 1000; value++) {
    counts[latencyBucketOf(value)]!++;
    coarse[latencyBucketOf(value) >>> 1]!++;
  }
  for (const share of [0.5, 0.95, 0.99]) {
    const fine = percentileMs(counts, 1000, share);
    assert.ok(Math.abs(fine - 1000 * share) < 100 * share, `${share}: ${fine}`);
    const rough = percentileMs(coarse, 1000, share, coarseBucketMs);
    assert.ok(Math.abs(rough - 1000 * share) < 200 * share, `${share}: ${rough}`);
  }
});

test("percentileMs of one value is within its bucket, and of none 0", () => {
  const counts = new Uint32Array(LATENCY_BUCKETS);
  assert.equal(percentileMs(counts, 0, 0.5), 0);
  counts[40] = 1;
  for (const share of [0.01, 0.5, 1]) {
    const ms = percentileMs(counts, 1, share);
    assert.ok(ms >= latencyBucketMs(40) && ms <= latencyBucketMs(41));
  }
});
