import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import type { Overview, TapTraffic, TimeMark } from "../../src/shared/pictures.ts";
import {
  bucketStarts,
  groupMarks,
  hasLatency,
  perSecond,
  rangeText,
  shortCount,
  shownRange,
  tapTotals,
  timeFilter,
  trafficLines,
  wholeBuckets,
} from "../../webview/overviewData.ts";

const START = new Date(2026, 0, 31, 12, 0, 0).getTime();

const orders: TapTraffic = {
  tap: "t1",
  tapName: "orders",
  messages: [
    [3, 0, 4],
    [3, 0, 1],
  ],
  bytes: [
    [30, 0, 40],
    [3000, 0, 100],
  ],
  errors: [0, 0, 2],
  latency: { p50: [1, null, 2], p95: [1.5, null, 9], p99: [1.5, null, 9] },
};

const overview: Overview = {
  startMs: START,
  stepMs: 2000,
  buckets: 3,
  taps: [orders],
  otherTaps: 0,
  marks: [],
};

test("shownRange shows a file as it is, and two minutes of a live capture that has just begun", () => {
  assert.deepEqual(shownRange(overview, true), { fromMs: START, toMs: START + 6000 });
  assert.deepEqual(shownRange(overview, false), { fromMs: START + 6000 - 120_000, toMs: START + 6000 });
  const long = { ...overview, buckets: 600 };
  assert.deepEqual(shownRange(long, false), { fromMs: START, toMs: START + 1_200_000 });
});

test("Buckets begin one step after the other, and counts become rates", () => {
  assert.deepEqual(bucketStarts(overview), [START, START + 2000, START + 4000]);
  assert.deepEqual(perSecond([3, 0, 4], 2000), [1.5, 0, 2]);
});

test("wholeBuckets takes in every bucket that is touched, and one at least", () => {
  const range = (from: number, to: number): [number, number] => {
    const { fromMs, toMs } = wholeBuckets(overview, { fromMs: START + from, toMs: START + to });
    return [fromMs - START, toMs - START];
  };
  assert.deepEqual(range(500, 2100), [0, 4000]);
  assert.deepEqual(range(2000, 4000), [2000, 4000]);
  assert.deepEqual(range(3000, 3000), [2000, 4000]);
});

test("timeFilter writes local times that the filter language takes", () => {
  const range = { fromMs: START, toMs: START + 2500 };
  const text = "time >= 2026-01-31T12:00:00 and time < 2026-01-31T12:00:02.500";
  assert.equal(timeFilter(range, null), text);
  assert.equal(timeFilter(range, 'or"ders'), `tap == "or\\"ders" and ${text}`);
  const parsed = parseFilter(timeFilter(range, "orders"));
  assert.ok(parsed.ok);
  const written = JSON.stringify(parsed.ast);
  for (const timeMs of [range.fromMs, range.toMs]) assert.ok(written.includes(String(timeMs)), written);
});

test("tapTotals adds up all buckets, and hasLatency wants one reply", () => {
  assert.deepEqual(tapTotals(orders), { messages: [7, 4], bytes: [70, 3100], errors: 2 });
  assert.equal(hasLatency(orders), true);
  assert.equal(hasLatency({ ...orders, latency: { p50: [null], p95: [null], p99: [null] } }), false);
});

test("trafficLines lists buckets with anything in them, the newest first", () => {
  const lines = trafficLines(overview, orders);
  assert.deepEqual(
    lines.map(({ range }) => range.fromMs - START),
    [4000, 0],
  );
  assert.deepEqual(lines[0], {
    range: { fromMs: START + 4000, toMs: START + 6000 },
    messages: [4, 1],
    bytes: [40, 100],
    errors: 2,
    p50: 2,
    p95: 9,
    p99: 9,
  });
});

const mark = (second: number, severity: TimeMark["severity"]): TimeMark => ({
  timeMs: START + second * 1000,
  severity,
  finding: null,
  text: `at ${second}`,
  n: second,
});

test("groupMarks joins what stands close together, and is as bad as the worst", () => {
  const marks = [mark(6, "note"), mark(5, "error"), mark(0, "warning"), mark(9, "note"), mark(20, "error")];
  const groups = groupMarks(marks, { fromMs: START, toMs: START + 10_000 }, 5);
  assert.deepEqual(
    groups.map(({ at, severity, marks: own }) => [at, severity, own.map(({ n }) => n)]),
    [
      [0.1, "warning", [0]],
      [0.5, "error", [5]],
      [0.7, "note", [6]],
      [0.9, "note", [9]],
    ],
  );
  const one = groupMarks(marks, { fromMs: START, toMs: START + 20_000 }, 1);
  assert.deepEqual(
    one.map(({ severity, marks: own }) => [severity, own.length]),
    [["error", 5]],
  );
});

test("rangeText is as exact as the buckets are wide", () => {
  assert.equal(rangeText({ fromMs: START, toMs: START + 2000 }, 2000), "12:00:00 to 12:00:02");
  assert.equal(rangeText({ fromMs: START, toMs: START + 250 }, 250), "12:00:00.000 to 12:00:00.250");
});

test("shortCount keeps three digits at most", () => {
  const values = [0, 0.25, 7, 9.96, 950, 1000, 1234, 15_000, 999_600, 2_500_000, 3e9];
  assert.deepEqual(values.map(shortCount), ["0", "0.3", "7", "10", "950", "1k", "1.2k", "15k", "1M", "2.5M", "3G"]);
});
