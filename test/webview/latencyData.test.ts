import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import { LATENCY_BUCKETS, latencyBucketMs, type MethodLatency } from "../../src/shared/pictures.ts";
import {
  allMethods,
  bucketOf,
  bucketsText,
  latencyFilter,
  latencyLines,
  latencyText,
  latencyTicks,
  methodFilter,
  usedBuckets,
} from "../../webview/latencyData.ts";

function method(name: string, counts: Readonly<Record<number, number>>, errors = 0): MethodLatency {
  const histogram = Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => counts[bucket] ?? 0);
  const replies = histogram.reduce((sum, count) => sum + count, 0);
  const none = { minMs: 1, p50Ms: 1, p95Ms: 1, p99Ms: 1, maxMs: 1 };
  return { tapName: "orders", method: name, replies, errors, histogram, ...none };
}

test("allMethods adds up histograms, and tells percentiles from their buckets", () => {
  const all = allMethods([method("add", { 40: 90, 41: 5 }), method("slow", { 60: 5 }, 2)]);
  assert.equal(all.replies, 100);
  assert.equal(all.errors, 2);
  assert.deepEqual([all.histogram[40], all.histogram[41], all.histogram[60]], [90, 5, 5]);
  const within = (ms: number | null, bucket: number): void => {
    assert.ok(ms !== null && ms > latencyBucketMs(bucket) && ms <= latencyBucketMs(bucket + 1), String(ms));
  };
  within(all.p50Ms, 40);
  within(all.p95Ms, 41);
  within(all.p99Ms, 60);
});

test("allMethods is the method itself where there is one, and knows nothing of none", () => {
  const only = method("add", { 40: 3 });
  assert.equal(allMethods([only]), only);
  assert.equal(allMethods([]).p50Ms, null);
});

test("bucketOf is where a bucket begins", () => {
  for (const bucket of [0, 1, 40, 119]) assert.ok(Math.abs(bucketOf(latencyBucketMs(bucket)) - bucket) < 1e-9);
  assert.equal(bucketOf(0), 0);
  assert.equal(bucketOf(1e12), LATENCY_BUCKETS);
});

test("usedBuckets leaves some room around what there is, within the scale", () => {
  assert.deepEqual(usedBuckets(method("a", { 40: 1 }).histogram), [32, 49]);
  assert.deepEqual(usedBuckets(method("a", { 20: 1, 60: 1 }).histogram), [18, 63]);
  assert.deepEqual(usedBuckets(method("a", { 0: 1, 119: 1 }).histogram), [0, 120]);
  assert.deepEqual(usedBuckets(method("a", {}).histogram), [0, 120]);
});

test("latencyTicks are round, and fewer where there is little room", () => {
  const texts = (from: number, to: number): string[] =>
    latencyTicks(bucketOf(from), bucketOf(to), 9).map(({ text }) => text);
  assert.deepEqual(texts(0.5, 25), ["500 µs", "1 ms", "2 ms", "5 ms", "10 ms", "20 ms"]);
  assert.deepEqual(texts(0.001, 1_000_000), [
    "1 µs",
    "10 µs",
    "100 µs",
    "1 ms",
    "10 ms",
    "100 ms",
    "1 s",
    "10 s",
    "100 s",
    "1000 s",
  ]);
});

test("Filters of methods and latencies are ones that the language takes", () => {
  const filters = {
    [methodFilter({ tapName: "orders", method: "add" })]: 'tap == "orders" and method == "add"',
    [methodFilter({ tapName: "orders", method: "" })]: 'tap == "orders" and exchange != none',
    [latencyFilter(null, 40, 48)]: "latency >= 1.024ms and latency < 4.096ms",
    [latencyFilter({ tapName: "a", method: "x" }, 4, 90)]:
      'tap == "a" and method == "x" and latency >= 2us and latency < 5.932s',
    [latencyFilter({ tapName: "a", method: "" }, 0, 8)]: 'tap == "a" and latency < 4us',
    [latencyFilter(null, 100, 120)]: "latency >= 33.55s",
    [latencyFilter(null, 0, 120)]: "latency",
  };
  for (const [written, expected] of Object.entries(filters)) {
    assert.equal(written, expected);
    assert.ok(parseFilter(written).ok, written);
  }
});

test("latencyLines tells what share is as fast or faster", () => {
  assert.deepEqual(latencyLines(method("a", { 40: 3, 44: 1 })), [
    { bucket: 40, count: 3, share: 0.75 },
    { bucket: 44, count: 1, share: 1 },
  ]);
  assert.deepEqual(latencyLines(method("a", {})), []);
});

test("Texts of latencies say where the scale ends", () => {
  assert.equal(bucketsText(40, 44), "1.0 ms to 2.0 ms");
  assert.equal(bucketsText(0, 4), "less than 2 µs");
  assert.equal(bucketsText(119, 120), "15 min 3 s or more");
  assert.equal(latencyText(null), "–");
  assert.equal(latencyText(1.9), "1.9 ms");
});
