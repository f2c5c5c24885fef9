import assert from "node:assert/strict";
import { test } from "node:test";
import { fitText } from "../../webview/shapes.ts";

test("fitText leaves a text that fits, and cuts one that does not with an ellipsis in the last place", () => {
  assert.equal(fitText("orders", 6), "orders");
  assert.equal(fitText("orders", 5), "orde…");
  assert.equal(fitText("or ders", 4), "or…");
  assert.equal(fitText("orders", 1), "…");
  assert.equal(fitText("orders", 0.9), "");
  assert.equal(fitText("", 0), "");
});

test("fitText counts letters that take two places as two, and never cuts one in half", () => {
  assert.equal(fitText("日本語", 6), "日本語");
  assert.equal(fitText("日本語", 5), "日本…");
  assert.equal(fitText("a😀b", 3), "a…");
});

test("fitText does not look at more of a long text than it can show", () => {
  const long = "x".repeat(1_000_000);
  assert.equal(fitText(long, 10), `${"x".repeat(9)}…`);
});
