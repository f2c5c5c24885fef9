import assert from "node:assert/strict";
import { test } from "node:test";
import { HistoryWalk } from "../../webview/historyWalk.ts";

test("HistoryWalk goes to older texts and back to what was being typed", () => {
  const walk = new HistoryWalk();
  const history = ["b", "a"];
  assert.equal(walk.newer(), null);
  assert.equal(walk.older(history, "dra"), "b");
  assert.equal(walk.older(history, "b"), "a");
  assert.equal(walk.older(history, "a"), null);
  assert.equal(walk.isWalking, true);
  assert.equal(walk.newer(), "b");
  assert.equal(walk.newer(), "dra");
  assert.equal(walk.isWalking, false);
});

test("HistoryWalk passes over the text that is there, and begins anew when somebody types", () => {
  const walk = new HistoryWalk();
  assert.equal(walk.older(["b", "a"], "b"), "a");
  walk.stop();
  assert.equal(walk.older(["b", "a"], "x"), "b");
  assert.equal(walk.newer(), "x");
});
