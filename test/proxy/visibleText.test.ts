import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "../../src/proxy/visibleText.ts";

test("visibleText shows control characters and marks that would rearrange a line", () => {
  assert.equal(visibleText("a\0b\n\t\u007f\u0085\u202ec", 80), "a␀b␊␉␡\\u0085\\u202ec");
  assert.equal(visibleText("grüß 😀", 80), "grüß 😀");
});

test("visibleText cuts to its limit, never inside a character", () => {
  assert.equal(visibleText("x".repeat(81), 80), `${"x".repeat(79)}…`);
  assert.equal(visibleText("x".repeat(80), 80), "x".repeat(80));
  assert.equal(visibleText("a😀b😀", 3), "a…");
  assert.equal(visibleText("\u0085".repeat(40), 80).length, 80);
});
