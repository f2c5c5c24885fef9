import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_SELECTED, Selection } from "../../webview/selection.ts";

test("Selection holds one row, adds and takes out others, and tells them in order", () => {
  const selection = new Selection();
  selection.only(5);
  selection.toggle(2);
  selection.toggle(9);
  assert.deepEqual(selection.keys, [2, 5, 9]);
  selection.toggle(5);
  assert.equal(selection.has(5), false);
  selection.only(null);
  assert.equal(selection.size, 0);
});

test("Selection extends from where it began, in either direction", () => {
  const selection = new Selection();
  selection.extend(4);
  assert.deepEqual(selection.keys, [4]);
  selection.extend(7);
  assert.deepEqual(selection.keys, [4, 5, 6, 7]);
  selection.extend(2);
  assert.deepEqual(selection.keys, [2, 3, 4]);
});

test("Selection is bounded: all are the last rows, a range keeps those next to where it began", () => {
  const selection = new Selection();
  selection.all(1, 1_000_000);
  assert.deepEqual(
    [selection.size, selection.has(1_000_000), selection.has(1_000_000 - MAX_SELECTED)],
    [MAX_SELECTED, true, false],
  );
  selection.toggle(3);
  assert.equal(selection.has(3), false);
  selection.only(1);
  selection.extend(1_000_000);
  assert.deepEqual([selection.size, selection.has(1), selection.has(MAX_SELECTED + 1)], [MAX_SELECTED, true, false]);
  selection.all(1, 0);
  assert.equal(selection.size, 0);
});

test("Selection drops rows that were evicted and says whether there were any", () => {
  const selection = new Selection();
  selection.only(3);
  selection.extend(6);
  assert.equal(selection.dropBefore(3), false);
  assert.equal(selection.dropBefore(5), true);
  assert.deepEqual(selection.keys, [5, 6]);
});
