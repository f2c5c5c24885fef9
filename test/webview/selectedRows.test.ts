import assert from "node:assert/strict";
import { test } from "node:test";
import { ListModel } from "../../webview/listModel.ts";
import { selectedRows } from "../../webview/selectedRows.ts";
import type { Asker } from "../../webview/viewChannel.ts";
import { makeRow, makeStats } from "./support/rows.ts";

/** A filter that lets every tenth row through, read in windows. Of its hits, those before `firstN` are gone. */
function makeFiltered(hits: number, firstN = 0) {
  const reads: number[] = [];
  const ask = (_name: string, asked: { from: number; count: number; firstN: number }): Promise<unknown> => {
    reads.push(asked.from);
    const first = Math.max(firstN, asked.firstN + asked.from);
    const end = Math.min(hits, asked.firstN + asked.from + asked.count);
    const rows = Array.from({ length: end - first }, (_, i) => makeRow((first + i) * 10));
    return Promise.resolve({ from: first - firstN, rows, total: hits - firstN, firstN });
  };
  const model = new ListModel();
  model.reset(4, 0, hits);
  return { model, reads, asker: { ask } as unknown as Asker };
}

test("selectedRows gives keys back as they are where all rows are shown", async () => {
  const { asker, reads } = makeFiltered(10);
  const model = new ListModel();
  model.setStats(makeStats(1, 10));
  assert.deepEqual(await selectedRows(model, asker, [3, 4]), [3, 4]);
  assert.deepEqual(reads, []);
});

test("selectedRows reads the numbers of hits that the list does not know, a window at a time", async () => {
  const { model, asker, reads } = makeFiltered(1200);
  model.take(4, { from: 0, rows: [makeRow(0), makeRow(10)], total: 1200, firstN: 0 });
  const keys = Array.from({ length: 1200 }, (_, i) => i);
  assert.deepEqual(
    await selectedRows(model, asker, keys),
    keys.map((key) => key * 10),
  );
  assert.deepEqual(reads, [2, 502, 1002]);
});

test("selectedRows leaves out rows that went meanwhile, and stops when another list is shown", async () => {
  const { model, asker } = makeFiltered(100, 22);
  model.setHits(20, 80);
  assert.deepEqual(await selectedRows(model, asker, [18, 21, 22]), [220]);
  const asked = selectedRows(model, asker, [25, 26, 40]);
  model.reset(5, 0, 10);
  assert.deepEqual(await asked, [250]);
});
