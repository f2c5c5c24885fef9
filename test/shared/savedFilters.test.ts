import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAX_FILTER_HISTORY,
  MAX_SAVED_FILTERS,
  mergeFilters,
  readFilterHistory,
  readSavedFilters,
  withApplied,
  withFilter,
} from "../../src/shared/savedFilters.ts";

const slow = { name: "slow", text: "latency > 50ms" };
const orders = { name: "orders", text: 'topic == "orders"' };
const many = (count: number): { name: string; text: string }[] =>
  Array.from({ length: count }, (_, i) => ({ name: `f${i}`, text: `n == ${i}` }));

test("mergeFilters hides a filter of the settings whose name the workspace has", () => {
  assert.deepEqual(mergeFilters([slow], [{ name: "slow", text: "latency > 1s" }, orders]), [
    slow,
    { ...orders, isFromSettings: true },
  ]);
});

test("withFilter adds, replaces in place, and forgets with an empty text", () => {
  assert.deepEqual(withFilter([slow], orders), [slow, orders]);
  const changed = { name: "slow", text: "latency > 1s" };
  assert.deepEqual(withFilter([slow, orders], changed), [changed, orders]);
  assert.deepEqual(withFilter([slow, orders], { name: "slow", text: "" }), [orders]);
  assert.deepEqual(withFilter([slow], { name: "nobody", text: "" }), [slow]);
});

test("withFilter lets the oldest go when there are too many", () => {
  const filters = withFilter(many(MAX_SAVED_FILTERS), slow);
  assert.equal(filters.length, MAX_SAVED_FILTERS);
  assert.deepEqual([filters[0]?.name, filters.at(-1)], ["f1", slow]);
});

test("withApplied keeps each expression once, newest first, and no empty one", () => {
  assert.deepEqual(withApplied(["a", "b"], "b"), ["b", "a"]);
  assert.deepEqual(withApplied(["a"], ""), ["a"]);
  const history = withApplied(
    Array.from({ length: MAX_FILTER_HISTORY }, (_, i) => String(i)),
    "new",
  );
  assert.equal(history.length, MAX_FILTER_HISTORY);
  assert.equal(history[0], "new");
});

test("readSavedFilters takes only what is a filter", () => {
  const stored = [slow, null, 7, { name: "" }, { name: "x" }, { name: "x", text: "" }, { name: 1, text: "a" }, orders];
  assert.deepEqual(readSavedFilters(stored), [slow, orders]);
  for (const value of [undefined, null, "a", {}]) assert.deepEqual(readSavedFilters(value), []);
  assert.equal(readSavedFilters(many(99)).length, MAX_SAVED_FILTERS);
});

test("readFilterHistory takes only texts", () => {
  assert.deepEqual(readFilterHistory(["a", 7, null, "b"]), ["a", "b"]);
  assert.deepEqual(readFilterHistory({ 0: "a" }), []);
  assert.equal(readFilterHistory(Array(99).fill("a")).length, MAX_FILTER_HISTORY);
});
