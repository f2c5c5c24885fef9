import assert from "node:assert/strict";
import { test } from "node:test";
import type { RowWindow } from "../../src/shared/engineProtocol.ts";
import { ListModel } from "../../webview/listModel.ts";
import { makeRow, makeStats } from "./support/rows.ts";

/** An answer to a read of the list of all rows `firstN` to `lastN`. */
function answer(firstN: number, lastN: number, from: number, count: number): Omit<RowWindow, "nowMs"> {
  const rows = Array.from({ length: count }, (_, i) => makeRow(firstN + from + i));
  return { from, rows, total: lastN - firstN + 1, firstN };
}

test("ListModel asks for what is missing and for nothing that it has", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1000));
  assert.deepEqual(model.missing(101, 40), { filter: null, from: 100, count: 40 });
  model.take(null, answer(1, 1000, 100, 40));
  assert.equal(model.missing(101, 40), null);
  assert.equal(model.row(101)?.n, 101);
  assert.equal(model.row(141), undefined);
  assert.deepEqual(model.missing(91, 60), { filter: null, from: 90, count: 60 });
  assert.deepEqual(model.missing(111, 40), { filter: null, from: 140, count: 10 });
});

test("ListModel never asks beyond the rows, nor for more than one read may bring", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 10_000_000));
  assert.deepEqual(model.missing(9_999_990, 100), { filter: null, from: 9_999_989, count: 11 });
  assert.deepEqual(model.missing(-50, 100), { filter: null, from: 0, count: 49 });
  assert.equal(model.missing(1, 5000)?.count, 500);
});

test("ListModel keeps the numbers of rows while older ones are evicted", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1000));
  model.take(null, answer(1, 1000, 500, 10));
  model.setStats(makeStats(401, 1400));
  assert.equal(model.row(501)?.n, 501);
  assert.equal(model.firstKey, 401);
  assert.equal(model.total, 1000);
  assert.deepEqual(model.missing(505, 10), { filter: null, from: 110, count: 4 });
});

test("ListModel puts an answer in its place when rows were evicted after the question", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1000));
  model.take(null, answer(301, 1300, 10, 5));
  assert.equal(model.row(311)?.n, 311);
  assert.equal(model.firstKey, 301);
  assert.equal(model.total, 1000);
  model.setStats(makeStats(400, 1300));
  model.take(null, answer(301, 1300, 150, 5));
  assert.equal(model.row(451)?.n, 451);
  assert.equal(model.firstKey, 400);
  assert.equal(model.lastKey, 1300);
});

test("ListModel holds a bounded number of rows", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1_000_000));
  for (let from = 0; from < 100_000; from += 500) model.take(null, answer(1, 1_000_000, from, 500));
  let held = 0;
  for (let n = 1; n <= 100_000; n++) if (model.row(n) !== undefined) held++;
  assert.ok(held <= 24 * 64, `${held} rows are held`);
  assert.equal(model.row(100_000)?.n, 100_000);
});

test("ListModel drops answers to a filter that is no longer shown", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1000));
  model.reset(7, 0, 20);
  model.take(null, answer(1, 1000, 0, 10));
  assert.equal(model.row(0), undefined);
  model.take(7, { from: 0, rows: [makeRow(33), makeRow(77)], total: 20, firstN: 0 });
  assert.equal(model.row(1)?.n, 77);
  model.setStats(makeStats(1, 2000));
  assert.equal(model.total, 20);
  model.setHits(0, 25);
  assert.equal(model.total, 25);
});

/** An answer to a read of hits `firstHit` to `lastHit` of a filter that lets every tenth row through. */
function hitsAnswer(firstHit: number, lastHit: number, from: number, count: number): Omit<RowWindow, "nowMs"> {
  const rows = Array.from({ length: count }, (_, i) => makeRow((firstHit + from + i) * 10));
  return { from, rows, total: lastHit - firstHit + 1, firstN: firstHit };
}

test("ListModel keeps hits where they are when older ones are evicted and new ones come", () => {
  const model = new ListModel();
  model.reset(7, 0, 100);
  model.take(7, hitsAnswer(0, 99, 60, 5));
  model.setHits(20, 90);
  assert.deepEqual([model.firstKey, model.total, model.lastKey], [20, 90, 109]);
  assert.equal(model.row(60)?.n, 600);
  assert.deepEqual(model.missing(60, 10), { filter: 7, from: 45, count: 5 });
});

test("ListModel takes hits that were read after an eviction that it was not told of", () => {
  const model = new ListModel();
  model.reset(7, 0, 100);
  model.take(7, hitsAnswer(0, 99, 60, 5));
  model.take(7, hitsAnswer(20, 109, 45, 5));
  assert.deepEqual([model.firstKey, model.lastKey], [20, 109]);
  assert.deepEqual([model.row(64)?.n, model.row(65)?.n], [640, 650]);
  // A notice that was on its way before brings back nothing.
  model.setHits(10, 99);
  assert.deepEqual([model.firstKey, model.lastKey, model.row(60)?.n], [20, 108, 600]);
  // All that were known are gone.
  model.setHits(500, 3);
  assert.deepEqual([model.firstKey, model.lastKey, model.row(64)], [500, 502, undefined]);
});

test("ListModel hides what comes after a pause, counts it, and shows it when resumed", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 100));
  model.pause();
  model.setStats(makeStats(51, 150));
  assert.deepEqual([model.total, model.hidden, model.lastKey], [50, 50, 100]);
  model.setStats(makeStats(121, 220));
  assert.deepEqual([model.total, model.hidden], [0, 100]);
  model.resume();
  assert.deepEqual([model.total, model.hidden], [100, 0]);
});

test("ListModel shows all hits of a filter that is started while paused, and the pause again after it", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 100));
  model.pause();
  model.reset(3, 0, 0);
  model.setHits(0, 12);
  assert.deepEqual([model.total, model.hidden], [12, 0]);
  model.reset(null, 1, 130);
  assert.deepEqual([model.total, model.hidden, model.pausedN], [100, 30, 100]);
});

test("ListModel starts the pause anew when a new engine counts from 1", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 100));
  model.pause();
  model.setStats(makeStats(1, 10));
  model.setStats(makeStats(1, 15));
  assert.deepEqual([model.total, model.hidden], [10, 5]);
});

test("ListModel knows whether a row in view may still change", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 3));
  model.take(null, {
    from: 0,
    rows: [makeRow(1), makeRow(2, { exchange: "pending" }), makeRow(3)],
    total: 3,
    firstN: 1,
  });
  assert.equal(model.hasOpen(1, 3), true);
  assert.equal(model.hasOpen(3, 1), false);
  model.reset(null, 1, 3);
  assert.equal(model.hasOpen(1, 3), false);
});

test("ListModel keeps the pause when the list is filtered after it and when the filter goes again", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 100));
  model.reset(3, 0, 40);
  model.pause();
  model.setStats(makeStats(1, 150));
  model.setHits(0, 60);
  assert.deepEqual([model.total, model.hidden, model.pausedN], [40, 20, 100]);
  model.reset(null, 1, 150);
  assert.deepEqual([model.total, model.hidden], [100, 50]);
});

test("ListModel finds a row that it knows by its number, and forgets it alone", () => {
  const model = new ListModel();
  model.reset(7, 0, 100);
  model.take(7, { from: 64, rows: [makeRow(300), makeRow(310), makeRow(320)], total: 100, firstN: 0 });
  assert.equal(model.keyOf(310), 65);
  assert.equal(model.keyOf(311), null);
  model.forget(65);
  model.forget(9000);
  assert.deepEqual([model.row(64)?.n, model.row(65)?.n, model.row(66)?.n], [300, undefined, 320]);
  assert.deepEqual(model.missing(64, 3), { filter: 7, from: 65, count: 1 });
});

test("ListModel says what of the last rows is to be read before the list grows", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1000));
  const unread = (firstKey: number, total: number, count = 30) =>
    model.unread({ firstKey, total }, { topKey: null, count });
  assert.deepEqual(unread(1, 1000), { filter: null, from: 970, count: 30, firstN: 1 });
  model.take(null, answer(1, 1000, 970, 30));
  assert.equal(unread(1, 1000), null);
  assert.deepEqual(unread(1, 1003), { filter: null, from: 1000, count: 3, firstN: 1 });
  // A hundred rows were evicted and fifty came.
  assert.deepEqual(unread(101, 950), { filter: null, from: 920, count: 30, firstN: 101 });
  assert.deepEqual(unread(101, 910), { filter: null, from: 900, count: 10, firstN: 101 });
  assert.deepEqual(unread(1, 10), { filter: null, from: 0, count: 10, firstN: 1 });
  assert.equal(unread(1, 0), null);
  assert.deepEqual(unread(1, 1_000_000, 5000), { filter: null, from: 1_000_000 - 500, count: 500, firstN: 1 });
});

test("ListModel says what a filtered list reads before hits in sight are evicted, and nothing while they stay", () => {
  const model = new ListModel();
  model.reset(7, 0, 1000);
  model.take(7, hitsAnswer(0, 999, 100, 40));
  const unread = (firstKey: number, total: number) => model.unread({ firstKey, total }, { topKey: 100, count: 30 });
  assert.equal(unread(100, 950), null);
  // The first ten in sight go, and the rows below them are known.
  assert.equal(unread(110, 950), null);
  assert.deepEqual(unread(120, 950), { filter: 7, from: 20, count: 10 });
  assert.deepEqual(unread(400, 950), { filter: 7, from: 0, count: 30 });
  assert.deepEqual(unread(400, 12), { filter: 7, from: 0, count: 12 });
});

test("ListModel reads a row again that may still change, when the list grows", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 4));
  const rows = [makeRow(1), makeRow(2), { ...makeRow(3), exchange: "pending" as const }, makeRow(4)];
  model.take(null, { from: 0, rows, total: 4, firstN: 1 });
  const wanted = { filter: null, from: 2, count: 2, firstN: 1 };
  assert.deepEqual(model.unread({ firstKey: 1, total: 4 }, { topKey: null, count: 4 }), wanted);
});

test("ListModel has a row in every place in sight, while a filtered list follows and loses its oldest hits", () => {
  const model = new ListModel();
  model.reset(7, 0, 50);
  model.take(7, hitsAnswer(0, 49, 20, 30));
  let last = 49;
  for (const [firstHit, came] of [
    [0, 3],
    [400, 900],
    [400, 0],
    [1000, 45],
    [1040, 60],
  ] as const) {
    last += came;
    const next = { firstKey: firstHit, total: last - firstHit + 1 };
    const wanted = model.unread(next, { topKey: null, count: 30 });
    // When it is read, three more have come, and two are gone.
    const read = wanted === null ? null : hitsAnswer(firstHit + 2, last + 3, wanted.from - 2, wanted.count);
    model.setHits(next.firstKey, next.total);
    if (read !== null) model.take(7, read, "read");
    assert.deepEqual(model.missing(model.lastKey - 29, 30), null, `from ${firstHit}`);
  }
});

test("ListModel shows nothing behind what was read, where that is asked for", () => {
  const model = new ListModel();
  model.setStats(makeStats(1, 1000));
  model.take(null, answer(1, 5000, 970, 30), "read");
  assert.equal(model.lastKey, 1000);
  model.take(null, answer(1, 5000, 970, 60), "read");
  assert.equal(model.lastKey, 1030);
  // Of 1030 rows, 500 were evicted since.
  model.take(null, answer(501, 5000, 500, 30), "read");
  assert.equal(model.firstKey, 501);
  assert.equal(model.lastKey, 1030);
  model.take(null, answer(501, 5000, 500, 30));
  assert.equal(model.lastKey, 5000);
});
