import assert from "node:assert/strict";
import { test } from "node:test";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import type { Row } from "../../src/shared/model.ts";
import { RowFeed } from "../../webview/rowFeed.ts";
import type { Asker } from "../../webview/viewChannel.ts";
import { makeRow, makeStats } from "./support/rows.ts";

/** What the engine's clock said when the page began. */
const ENGINE_MS = Date.UTC(2026, 10, 20);

/** A log of rows 1 to `lastN`; `odd` is the filter 7, which lets every other row through. */
function begin(lastN: number, rowOf: (n: number) => Row = makeRow) {
  const asked: string[] = [];
  const clock = { ms: 1000 };
  const asker = {
    ask: (name: string, ask: { filter: number | null; from: number; count: number; n: number }) => {
      asked.push(`${name} ${ask.filter ?? "all"} ${name === "rows/find" ? ask.n : `${ask.from}+${ask.count}`}`);
      const numbers = Array.from({ length: lastN }, (_, i) => i + 1).filter((n) => ask.filter === null || n % 2 === 1);
      if (name === "rows/find") return Promise.resolve({ position: numbers.findIndex((n) => n >= ask.n) });
      const rows = numbers.slice(ask.from, ask.from + ask.count).map(rowOf);
      const firstN = ask.filter === null ? 1 : 0;
      return Promise.resolve({ from: ask.from, rows, total: numbers.length, firstN, nowMs: ENGINE_MS + clock.ms });
    },
  } as unknown as Asker;
  let reads = 0;
  const failures: unknown[] = [];
  const events = { read: () => reads++, failed: (error: unknown) => failures.push(error) };
  const feed = new RowFeed(events, () => clock.ms);
  feed.asker = asker;
  return { feed, asked, failures, clock, reads: () => reads };
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

const filter: FilterState = {
  filter: 7,
  text: "odd",
  hits: 50,
  firstHit: 0,
  looked: 100,
  unknown: 0,
  notListed: 0,
  again: 0,
  done: true,
};

test("RowFeed reads what is in sight with a margin, once", async () => {
  const { feed, asked } = begin(1000);
  feed.grew(makeStats(1, 1000));
  feed.look(500, 20);
  await settled();
  feed.look(500, 20);
  feed.look(510, 20);
  await settled();
  assert.deepEqual(asked, ["rows/read all 440+140"]);
  assert.equal(feed.row(feed.firstKey + 500)?.n, 501);
  assert.equal(feed.total, 1000);
  assert.ok(feed.isWhole);
});

test("RowFeed reads rows in sight again while one of them waits", async () => {
  const { feed, asked } = begin(100, (n) => makeRow(n, { exchange: "pending", partner: null }));
  feed.grew(makeStats(1, 100));
  feed.look(0, 10);
  await settled();
  feed.grew(makeStats(1, 100));
  await settled();
  assert.deepEqual(asked, ["rows/read all 0+70", "rows/read all 0+10"]);
});

test("RowFeed follows the filter of the log", async () => {
  const { feed, asked } = begin(100);
  const stats = makeStats(1, 100);
  feed.grew(stats);
  assert.equal(feed.filtered(filter, stats), true);
  assert.equal(feed.filtered({ ...filter, hits: 40 }, stats), false);
  assert.equal(feed.total, 40);
  feed.look(0, 10);
  await settled();
  assert.equal(feed.row(feed.firstKey + 1)?.n, 3);
  assert.equal(asked[0], "rows/read 7 0+40");
  assert.equal(feed.filtered(null, stats), true);
  assert.equal(feed.total, 100);
});

test("RowFeed reads rows in sight again when hits have come among the others", async () => {
  const { feed, asked } = begin(100);
  const stats = makeStats(1, 100);
  feed.filtered(filter, stats);
  feed.look(0, 10);
  await settled();
  feed.filtered({ ...filter, again: 1 }, stats);
  await settled();
  assert.deepEqual(asked, ["rows/read 7 0+50", "rows/read 7 0+10"]);
});

test("RowFeed stands still while the display is paused", () => {
  const { feed } = begin(200);
  feed.grew(makeStats(1, 100));
  feed.pause(true);
  feed.grew(makeStats(1, 200));
  assert.equal(feed.total, 100);
  feed.pause(false);
  assert.equal(feed.total, 200);
});

test("RowFeed keeps the keys of hits when old ones are let go of, and reads nothing again", async () => {
  const { feed, asked } = begin(100);
  feed.filtered(filter, makeStats(1, 100));
  feed.look(10, 5);
  await settled();
  asked.length = 0;
  feed.filtered({ ...filter, firstHit: 5, hits: 45 }, makeStats(11, 100));
  feed.look(5, 5);
  await settled();
  assert.deepEqual([feed.firstKey, feed.total, feed.row(10)?.n], [5, 45, 21]);
  assert.deepEqual(asked, []);
});

test("RowFeed knows where a row is, and where it is not", async () => {
  const { feed } = begin(100);
  feed.filtered(filter, makeStats(1, 100));
  assert.equal(await feed.keyOf(21), feed.firstKey + 10);
  assert.equal(feed.row(feed.firstKey + 10)?.n, 21);
  assert.equal(await feed.keyOf(22), null);
});

test("RowFeed tells the engine's time, which goes on between reads", async () => {
  const { feed, clock } = begin(10);
  assert.equal(feed.nowMs, null);
  feed.grew(makeStats(1, 10));
  feed.look(0, 10);
  await settled();
  assert.equal(feed.nowMs, ENGINE_MS + 1000);
  clock.ms += 90_000;
  assert.equal(feed.nowMs, ENGINE_MS + 91_000);
});

test("RowFeed reads rows for a file in parts", async () => {
  const { feed, asked } = begin(1300);
  const rows = await feed.rows(100, 1100);
  assert.equal(rows.length, 1100);
  assert.equal(rows[0]!.n, 101);
  assert.deepEqual(asked, ["rows/read all 100+500", "rows/read all 600+500", "rows/read all 1100+100"]);
  assert.equal((await feed.rows(1250, 500)).length, 50);
});

test("RowFeed tells of failures, and asks no more by itself where rows do not come", async () => {
  const { feed, failures } = begin(10);
  let asked = 0;
  feed.asker = {
    ask: () => {
      asked++;
      return Promise.reject(new Error("The engine has stopped."));
    },
  };
  feed.grew(makeStats(1, 10));
  feed.look(0, 10);
  await settled();
  assert.deepEqual([asked, failures.length], [1, 1]);
});

test("RowFeed forgets everything when the log is cleared", async () => {
  const { feed } = begin(10);
  feed.grew(makeStats(1, 10));
  feed.look(0, 10);
  await settled();
  feed.forget();
  assert.equal(feed.total, 0);
  assert.equal(feed.row(1), undefined);
});
