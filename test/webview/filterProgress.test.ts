import assert from "node:assert/strict";
import { test } from "node:test";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import { filterProgress, noHits } from "../../webview/filterProgress.ts";

const running: FilterState = {
  filter: 1,
  text: "a",
  hits: 0,
  firstHit: 0,
  looked: 40_000,
  unknown: 0,
  notListed: 0,
  again: 0,
  done: false,
};

test("filterProgress says of a filter that still looks that it goes on, also with no hit", () => {
  assert.deepEqual(filterProgress(running, 98_310), {
    short: "0 of 98,310, searching…",
    doubts: "",
    full: "0 found in the 40,000 of 98,310 rows looked at so far.",
  });
  assert.equal(noHits(running, 98_310), "0 of 98,310, still searching…");
});

test("filterProgress says of a filter that is through how many rows it looked at", () => {
  const state = { ...running, text: "add", hits: 1204, looked: 98_310, done: true };
  assert.deepEqual(filterProgress(state, 98_400), {
    short: "1,204 of 98,310",
    doubts: "",
    full: "1,204 of 98,310 rows match “add”.",
  });
  assert.equal(noHits({ ...state, hits: 0 }, 98_400), "0 of 98,310 rows match “add”.");
});

test("filterProgress counts rows that could not be judged and says that they are shown", () => {
  const state = { ...running, hits: 5, looked: 10, done: true };
  const one = filterProgress({ ...state, unknown: 1 }, 10);
  assert.equal(one.doubts, "1 unknown");
  assert.equal(one.full, "5 of 10 rows match “a”. 1 row could not be judged in time and is shown.");
  assert.match(
    filterProgress({ ...state, unknown: 2 }, 10).full,
    /2 rows could not be judged in time and are shown\.$/,
  );
});

test("Rows that are too many to list are told", () => {
  const many = filterProgress({ ...running, hits: 4_000_000, unknown: 1, notListed: 12_345, done: true }, 10);
  assert.equal(many.doubts, "1 unknown, 12,345 more not listed");
  assert.match(many.full, /12,345 more match, which is too many to list: narrow the filter[.]$/);
});
