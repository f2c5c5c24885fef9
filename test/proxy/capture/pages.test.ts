import assert from "node:assert/strict";
import { test } from "node:test";
import { Pages } from "../../../src/proxy/capture/pages.ts";

function fill(pages: Pages, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    const page = pages.page(n) ?? pages.open(n);
    page.words[pages.at(n)] = n;
  }
}

test("Pages keeps records until they are dropped, page by page", () => {
  const pages = new Pages(2, 8);
  fill(pages, 3, 40);
  assert.equal(pages.usedBytes, 5 * pages.pageBytes);
  pages.dropBelow(17, 1);
  assert.equal(pages.usedBytes, 3 * pages.pageBytes);
  assert.equal(pages.page(15), undefined);
  for (let n = 17; n < 40; n++) assert.equal(pages.page(n)!.words[pages.at(n)], n);
  pages.dropBelow(5, 1);
  assert.equal(pages.usedBytes, 3 * pages.pageBytes);
});

test("Pages goes on after everything was dropped, and reuses what it had", () => {
  const pages = new Pages(1, 4);
  fill(pages, 0, 8);
  const reused = pages.page(0)!;
  pages.dropBelow(8, 1);
  assert.equal(pages.usedBytes, 0);
  assert.equal(pages.open(8), reused);
  assert.equal(pages.page(8), reused);
  pages.dropBelow(1000, 0);
  fill(pages, 1002, 1003);
  assert.equal(pages.page(1002)!.words[pages.at(1002)], 1002);
});

test("Pages shows one record as integers, floats and doubles", () => {
  const page = new Pages(2, 4).open(0);
  page.doubles[0] = 1.5;
  assert.deepEqual([page.words[0], page.words[1]], [0, 0x3ff80000]);
  page.floats[2] = 1;
  assert.equal(page.words[2], 0x3f800000);
});
