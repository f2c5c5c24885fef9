import assert from "node:assert/strict";
import { test } from "node:test";
import { searchProgress } from "../../webview/searchText.ts";

test("searchProgress says of a running search that it goes on, also with no hit", () => {
  const said = searchProgress({ search: 1, text: "a", hits: 0, looked: 40_000, done: false }, 98_310);
  assert.deepEqual(said, {
    short: "0 of 98,310, still searching…",
    full: "0 found in the 40,000 of 98,310 rows searched so far.",
  });
});

test("searchProgress says of a finished search how many rows it looked at", () => {
  const said = searchProgress({ search: 1, text: "add", hits: 1204, looked: 98_310, done: true }, 98_400);
  assert.deepEqual(said, { short: "1,204 of 98,310", full: "1,204 of 98,310 rows contain “add”." });
});
