import assert from "node:assert/strict";
import { test } from "node:test";
import { OverviewBook } from "../../../src/proxy/pictures/overviewBook.ts";
import { NO_OVERVIEW } from "../../../src/shared/pictures.ts";

const SECOND = 1e9;
const toEpochMs = (ns: number): number => 1_000_000 + ns / 1e6;

test("OverviewBook has messages, octets, errors and latencies of each tap over time", () => {
  const book = new OverviewBook();
  book.traffic("a", "orders", 10 * SECOND, 0, 3, 300);
  book.traffic("a", "orders", 10.5 * SECOND, 1, 2, 50);
  book.traffic("b", "prices", 12 * SECOND, 1, 9, 90);
  book.error("orders", 11 * SECOND);
  for (const ms of [10, 10, 10, 1000]) book.latency("orders", 12 * SECOND, ms);
  const { startMs, stepMs, buckets, taps, otherTaps } = book.read(toEpochMs, null, []);
  assert.deepEqual([startMs, stepMs, buckets, otherTaps], [toEpochMs(10 * SECOND), 1000, 3, 0]);
  assert.deepEqual(
    taps.map(({ tap, tapName }) => [tap, tapName]),
    [
      ["b", "prices"],
      ["a", "orders"],
    ],
  );
  const orders = taps[1]!;
  assert.deepEqual(orders.messages, [
    [3, 0, 0],
    [2, 0, 0],
  ]);
  assert.deepEqual(orders.bytes, [
    [300, 0, 0],
    [50, 0, 0],
  ]);
  assert.deepEqual(orders.errors, [0, 1, 0]);
  assert.deepEqual(taps[0]!.latency, { p50: [null, null, null], p95: [null, null, null], p99: [null, null, null] });
  const [p50, p99] = [orders.latency.p50[2]!, orders.latency.p99[2]!];
  assert.deepEqual(orders.latency.p50.slice(0, 2), [null, null]);
  assert.ok(p50 > 7 && p50 < 15 && p99 > 700 && p99 < 1500);
});

test("OverviewBook goes on to now where it is asked to, and is empty before anything came", () => {
  const book = new OverviewBook();
  assert.deepEqual(book.read(toEpochMs, 5 * SECOND, []), NO_OVERVIEW);
  book.traffic("a", "orders", SECOND, 0, 1, 1);
  const { buckets, taps } = book.read(toEpochMs, 4 * SECOND, []);
  assert.equal(buckets, 4);
  assert.deepEqual(taps[0]!.messages[0], [1, 0, 0, 0]);
});

test("OverviewBook shows the newest 500 marks in order of time, with those of others", () => {
  const book = new OverviewBook();
  for (let n = 1; n <= 600; n++) book.mark({ timeNs: n * SECOND, severity: "error", text: `problem ${n}`, n });
  book.traffic("a", "orders", SECOND, 0, 1, 1);
  const found = {
    timeMs: toEpochMs(300.5 * SECOND),
    severity: "note",
    finding: "slow-joiner",
    text: "late",
    n: 7,
  } as const;
  const { marks } = book.read(toEpochMs, null, [found]);
  assert.equal(marks.length, 500);
  assert.deepEqual(marks.at(-1), {
    timeMs: toEpochMs(600 * SECOND),
    severity: "error",
    finding: null,
    text: "problem 600",
    n: 600,
  });
  assert.deepEqual(
    marks.find(({ finding }) => finding !== null),
    found,
  );
  assert.deepEqual(
    marks.map(({ timeMs }) => timeMs),
    marks.map(({ timeMs }) => timeMs).sort((a, b) => a - b),
  );
});

test("OverviewBook tells 100 taps apart, shows 50 and counts the others", () => {
  const book = new OverviewBook();
  for (let tap = 0; tap < 130; tap++) book.traffic(`id ${tap}`, `tap ${tap}`, SECOND, 0, tap + 1, 0);
  book.error("tap 129", SECOND);
  book.latency("tap 129", SECOND, 1);
  const { taps, otherTaps } = book.read(toEpochMs, null, []);
  assert.deepEqual([taps.length, taps[0]!.tapName, otherTaps], [50, "tap 99", 80]);
});

test("OverviewBook learns later which tap a name is of, and forgets what it has when it is cleared", () => {
  const book = new OverviewBook();
  assert.equal(book.isNew("orders"), true);
  book.error("orders", SECOND);
  assert.equal(book.isNew("orders"), false);
  book.name("orders", "a");
  book.mark({ timeNs: SECOND, severity: "error", text: "", n: 1 });
  assert.equal(book.read(toEpochMs, null, []).taps[0]!.tap, "a");
  book.clear();
  assert.deepEqual(book.read(toEpochMs, null, []), NO_OVERVIEW);
  book.error("orders", 9 * SECOND);
  assert.deepEqual(book.read(toEpochMs, null, []).taps[0]!.errors, [1]);
});
