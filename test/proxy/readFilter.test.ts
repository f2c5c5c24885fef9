import assert from "node:assert/strict";
import { test } from "node:test";
import { readFilter, testPattern } from "../../src/proxy/readFilter.ts";

test("readFilter lets all rows through for an empty text, compiles others, and refuses one with an error", () => {
  assert.equal(readFilter(" \n"), null);
  assert.equal(readFilter("body contains abc")!.needsBytes, true);
  assert.equal(readFilter("size > 3")!.needsBytes, false);
  assert.throws(() => readFilter("size >"), { code: "bad-filter" });
});

test("testPattern finds matches without regard to case, and refuses a pattern with an error", () => {
  assert.equal(testPattern("^DIV.*zero$", "Division by zero"), true);
  assert.equal(testPattern("(?-i)^DIV", "Division by zero"), false);
  assert.throws(() => testPattern("(", ""), { code: "bad-filter" });
});
