import assert from "node:assert/strict";
import { test } from "node:test";
import { makePage } from "../../../src/proxy/capture/pages.ts";
import {
  changeRecord,
  joinPatches,
  LEAVE,
  lowerBound,
  ROW_LATENCY,
  ROW_META,
  ROW_PAGE_BYTES,
  ROW_PARTNER,
  ROW_WORDS,
  type RowPatch,
  Segment,
} from "../../../src/proxy/capture/segment.ts";
import { seeded } from "../../support/captures.ts";

test("lowerBound finds the first value that is not below the wanted one", () => {
  const values = [2, 4, 4, 9];
  const found = [1, 2, 3, 4, 5, 9, 10].map((wanted) => lowerBound(values, values.length, wanted));
  assert.deepEqual(found, [0, 0, 1, 1, 3, 3, 4]);
  assert.equal(lowerBound(values, 0, 1), 0);
});

test("Segment numbers its rows without holes, or by the list of single rows", () => {
  const plain = new Segment(0, 10, 0);
  assert.deepEqual([plain.endRow, plain.indexOfRow(10)], [10, -1]);
  plain.rowCount = 3;
  assert.deepEqual([plain.endRow, plain.rowAt(2)], [13, 12]);
  assert.deepEqual(
    [9, 10, 12, 13].map((n) => plain.indexOfRow(n)),
    [-1, 0, 2, -1],
  );
  const single = new Segment(1, 3, 0, Float64Array.of(3, 7, 900));
  single.rowCount = 3;
  assert.deepEqual([single.endRow, single.rowAt(1)], [901, 7]);
  assert.deepEqual(
    [2, 3, 4, 7, 900, 901].map((n) => single.indexOfRow(n)),
    [-1, 0, -1, 1, 2, -1],
  );
});

test("Segment knows whether its index is in memory", () => {
  const segment = new Segment(0, 1, 0);
  assert.equal(segment.hasIndex, true);
  segment.rowCount = 4097;
  segment.rowPages = [makePage(ROW_PAGE_BYTES)];
  assert.deepEqual([segment.hasIndex, segment.memoryBytes], [false, ROW_PAGE_BYTES]);
  segment.rowPages.push(makePage(ROW_PAGE_BYTES));
  assert.equal(segment.hasIndex, true);
  segment.chunkCount = 1;
  assert.deepEqual([segment.hasIndex, segment.endChunk], [false, 1]);
});

test("Two changes of a row as one give what one after the other gives", () => {
  const below = seeded(11);
  const anyPatch = (): RowPatch => ({
    clear: below(65_536),
    set: below(65_536),
    partner: below(2) === 0 ? LEAVE : below(1000),
    latency: below(2) === 0 ? NaN : below(1000),
  });
  const apply = (page: ReturnType<typeof makePage>, { clear, set, partner, latency }: RowPatch): void =>
    changeRecord(page, ROW_WORDS, clear, set, partner, latency);
  for (let turn = 0; turn < 500; turn++) {
    const [first, second] = [anyPatch(), anyPatch()];
    const pages = [makePage(ROW_WORDS * 8), makePage(ROW_WORDS * 8)];
    for (const page of pages) {
      page.words.fill(0);
      page.words[ROW_WORDS + ROW_META] = 0x12345678;
    }
    apply(pages[0]!, first);
    apply(pages[0]!, second);
    apply(pages[1]!, joinPatches(joinPatches(undefined, first), second));
    assert.deepEqual(pages[0]!.words, pages[1]!.words, `turn ${turn}`);
  }
  const page = makePage(ROW_WORDS * 4);
  page.words.fill(0);
  changeRecord(page, 0, 0, 5, LEAVE, 7);
  assert.deepEqual([page.words[ROW_META], page.words[ROW_PARTNER], page.floats[ROW_LATENCY]], [5, 0, 7]);
});
