import assert from "node:assert/strict";
import { test } from "node:test";
import { LatencyBook } from "../../../src/proxy/pictures/latencyBook.ts";
import { latencyBucketOf } from "../../../src/shared/pictures.ts";

const toEpochMs = (ns: number): number => ns / 1e6;

test("LatencyBook has percentiles and a histogram of each method of a tap", () => {
  const book = new LatencyBook();
  for (let n = 1; n <= 100; n++) book.add("orders", "add", n, n > 90, 2 * n, 2 * n + 1, n * 1e6);
  book.add("orders", "", 5, false, 1000, 1001, 1e9);
  const { methods, otherMethods, slowest } = book.read(toEpochMs);
  assert.equal(otherMethods, 0);
  const [add, other] = methods;
  assert.deepEqual(
    [add!.tapName, add!.method, add!.replies, add!.errors, add!.minMs, add!.maxMs],
    ["orders", "add", 100, 10, 1, 100],
  );
  assert.ok(Math.abs(add!.p50Ms - 50) < 10 && Math.abs(add!.p95Ms - 95) < 10 && add!.p99Ms <= 100);
  assert.equal(
    add!.histogram.reduce((sum, count) => sum + count, 0),
    100,
  );
  assert.deepEqual([other!.method, other!.p50Ms, other!.histogram[latencyBucketOf(5)]], ["", 5, 1]);
  assert.equal(slowest.length, 50);
  assert.deepEqual(slowest[0], {
    request: 200,
    reply: 201,
    tapName: "orders",
    method: "add",
    latencyMs: 100,
    timeMs: 100,
  });
  assert.deepEqual(
    slowest.map(({ latencyMs }) => latencyMs),
    Array.from({ length: 50 }, (_, at) => 100 - at),
  );
});

test("LatencyBook tells 1,000 methods apart, and shows 200", () => {
  const book = new LatencyBook();
  for (let method = 0; method < 1100; method++) book.add("orders", `method ${method}`, 1, false, 1, 2, 0);
  book.add("orders", "method 7", 1, false, 1, 2, 0);
  const { methods, otherMethods } = book.read(toEpochMs);
  assert.deepEqual([methods.length, methods[0]!.method, otherMethods], [200, "method 7", 801]);
  book.clear();
  assert.deepEqual(book.read(toEpochMs), { methods: [], otherMethods: 0, slowest: [] });
});
