import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_BUCKETS, Timeline } from "../../../src/proxy/pictures/timeline.ts";
import { seeded } from "../../support/captures.ts";

const SECOND = 1e9;

test("Timeline has buckets of a second from the first time on", () => {
  const timeline = new Timeline();
  const series = timeline.series();
  assert.deepEqual([timeline.startNs, timeline.buckets], [null, 0]);
  for (const ns of [5.5 * SECOND, 5.9 * SECOND, 8 * SECOND]) series.add(timeline.bucketOf(ns), 1);
  assert.deepEqual([timeline.startNs, timeline.stepNs, timeline.buckets], [5 * SECOND, SECOND, 4]);
  assert.deepEqual(series.read(timeline.buckets), [2, 0, 0, 1]);
});

test("Timeline joins buckets in pairs when they are used up, those of wide series place by place", () => {
  const timeline = new Timeline();
  const narrow = timeline.series();
  const wide = timeline.series(3);
  for (let second = 0; second <= MAX_BUCKETS; second++) {
    narrow.add(timeline.bucketOf(second * SECOND), 1);
    wide.add(timeline.bucketOf(second * SECOND), 1, second % 3);
  }
  assert.deepEqual([timeline.stepNs, timeline.buckets], [2 * SECOND, 301]);
  assert.deepEqual(narrow.read(timeline.buckets), [...new Array<number>(300).fill(2), 1]);
  assert.deepEqual([...wide.values.subarray(0, 6)], [1, 1, 0, 1, 0, 1]);
});

test("Timeline counts what was before its first time there", () => {
  const timeline = new Timeline();
  timeline.bucketOf(100 * SECOND);
  assert.equal(timeline.bucketOf(3 * SECOND), 0);
});

test("Timeline begins anew when it is cleared", () => {
  const timeline = new Timeline();
  const series = timeline.series();
  series.add(timeline.bucketOf(1e15), 7);
  series.add(timeline.bucketOf(9e15), 7);
  timeline.clear();
  assert.deepEqual([timeline.startNs, timeline.stepNs, timeline.buckets], [null, SECOND, 0]);
  series.add(timeline.bucketOf(SECOND), 2);
  assert.deepEqual(series.read(timeline.buckets), [2]);
});

test("whatever times come in whatever order, nothing that was counted is lost", () => {
  const random = seeded(7);
  for (let round = 0; round < 50; round++) {
    const timeline = new Timeline();
    const [messages, buckets] = [timeline.series(), timeline.series(60)];
    const spanNs = 10 ** (1 + random(9)) * SECOND;
    const count = 1 + random(2000);
    for (let n = 0; n < count; n++) {
      const bucket = timeline.bucketOf((random(1_000_000) / 1_000_000) * spanNs);
      messages.add(bucket, 1);
      buckets.add(bucket, 1, random(60));
    }
    const sum = (values: Iterable<number>): number => [...values].reduce((all, value) => all + value, 0);
    assert.equal(sum(messages.read(timeline.buckets)), count);
    assert.equal(sum(buckets.values), count);
    assert.ok(timeline.buckets <= MAX_BUCKETS);
  }
});
