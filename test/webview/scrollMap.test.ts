import assert from "node:assert/strict";
import { test } from "node:test";
import {
  areaPx,
  clampTopPx,
  fromScrollTop,
  isJump,
  leadRows,
  MAX_AREA_PX,
  maxTopPx,
  movedTopPx,
  revealTopPx,
  toScrollTop,
  visibleRows,
} from "../../webview/scrollMap.ts";

const small = { rowPx: 22, rows: 1000, viewPx: 600 };
const huge = { rowPx: 22, rows: 10_000_000, viewPx: 600 };
const maxScroll = MAX_AREA_PX - huge.viewPx;

test("A list below the limit scrolls one to one", () => {
  assert.equal(areaPx(small), 22_000);
  assert.equal(maxTopPx(small), 21_400);
  for (const topPx of [0, 1, 333.5, 21_400]) {
    assert.equal(toScrollTop(small, topPx), topPx);
    assert.equal(fromScrollTop(small, topPx), topPx);
  }
  assert.equal(movedTopPx(small, 100, 100, 5000), 5000);
});

test("A list of 10 million rows has a scroll area of 8 million px and reaches both ends", () => {
  assert.equal(areaPx(huge), MAX_AREA_PX);
  assert.equal(toScrollTop(huge, 0), 0);
  assert.equal(toScrollTop(huge, maxTopPx(huge)), maxScroll);
  assert.equal(fromScrollTop(huge, 0), 0);
  assert.equal(fromScrollTop(huge, maxScroll), maxTopPx(huge));
  assert.equal(visibleRows(huge, maxTopPx(huge)).first + visibleRows(huge, maxTopPx(huge)).count, huge.rows);
});

test("A scaled position survives the way to scrollTop and back to less than a row", () => {
  for (const row of [1, 100, 5_000_000, 9_999_000]) {
    const topPx = row * huge.rowPx;
    assert.ok(Math.abs(fromScrollTop(huge, toScrollTop(huge, topPx)) - topPx) < 1, `row ${row}`);
  }
});

test("A page click moves a scaled list by exact px, also right beside its ends", () => {
  for (const topPx of [600, 22 * 5_000_000, maxTopPx(huge) - 600]) {
    const before = toScrollTop(huge, topPx);
    const page = huge.viewPx * 0.875;
    assert.ok(before - page > 0 && before + page < maxScroll, "there is room for the click");
    assert.equal(movedTopPx(huge, topPx, before, before - page), topPx - page);
    assert.equal(movedTopPx(huge, topPx, before, before + page), topPx + page);
  }
});

test("A dragged thumb moves a scaled list in proportion", () => {
  const half = movedTopPx(huge, 0, 0, maxScroll / 2);
  assert.ok(Math.abs(half - maxTopPx(huge) / 2) < huge.viewPx);
  assert.equal(movedTopPx(huge, half, maxScroll / 2, 0), 0);
});

test("A position stays within the content", () => {
  assert.equal(clampTopPx(small, -5), 0);
  assert.equal(clampTopPx(small, 1e9), 21_400);
  assert.equal(maxTopPx({ rowPx: 22, rows: 3, viewPx: 600 }), 0);
});

test("visibleRows covers the view and never goes beyond the rows", () => {
  assert.deepEqual(visibleRows(small, 33), { first: 1, count: 29, offsetPx: -11 });
  assert.deepEqual(visibleRows({ ...small, rows: 0 }, 0), { first: 0, count: 0, offsetPx: 0 });
  assert.deepEqual(visibleRows({ ...small, rows: 5 }, 0), { first: 0, count: 5, offsetPx: 0 });
});

test("revealTopPx leaves a row in view where it is and goes to the nearest edge or the middle else", () => {
  assert.equal(revealTopPx(small, 100, 10, "nearest"), 100);
  assert.equal(revealTopPx(small, 1000, 10, "nearest"), 220);
  assert.equal(revealTopPx(small, 0, 100, "nearest"), 101 * 22 - 600);
  assert.equal(revealTopPx(small, 0, 100, "middle"), 2200 - 289);
  assert.equal(revealTopPx(small, 0, 999, "middle"), 21_400);
});

test("leadRows reads ahead where the list is scrolled to, no further than one read may bring, and not of jumps", () => {
  assert.deepEqual(leadRows(0), { before: 0, after: 0 });
  assert.deepEqual(leadRows(14), { before: 0, after: 168 });
  assert.deepEqual(leadRows(-3), { before: 36, after: 0 });
  assert.deepEqual(leadRows(-200), { before: 240, after: 0 });
  assert.deepEqual(leadRows(5000), { before: 0, after: 0 });
  assert.deepEqual([0, 240, -240, 241, -241].map(isJump), [false, false, false, true, true]);
});
