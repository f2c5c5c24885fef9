import assert from "node:assert/strict";
import { test } from "node:test";
import { TABS } from "../../webview/state.ts";
import { tabAfter } from "../../webview/tabs.ts";

test("tabAfter walks through all tabs, and round at both ends", () => {
  let at = TABS[0];
  const seen = TABS.map(() => {
    at = tabAfter(TABS, at, "ArrowRight") as typeof at;
    return at;
  });
  assert.deepEqual(seen, [...TABS.slice(1), TABS[0]]);
  assert.equal(tabAfter(TABS, "messages", "ArrowLeft"), "call");
  assert.equal(tabAfter(TABS, "links", "ArrowLeft"), "topics");
});

test("tabAfter goes to the first and the last of those that are shown", () => {
  const shown = TABS.filter((tab) => tab !== "call");
  assert.equal(tabAfter(shown, "topics", "Home"), "messages");
  assert.equal(tabAfter(shown, "messages", "End"), "links");
  assert.equal(tabAfter(shown, "links", "ArrowRight"), "messages");
});

test("tabAfter leaves other keys alone", () => {
  for (const key of ["Enter", " ", "ArrowDown", "a", "Tab"]) assert.equal(tabAfter(TABS, "topics", key), null);
});
