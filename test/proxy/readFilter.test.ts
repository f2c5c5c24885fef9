import assert from "node:assert/strict";
import { test } from "node:test";
import { readFilter } from "../../src/proxy/readFilter.ts";

test("readFilter lets all rows through for an empty text, compiles others, and refuses one with an error", () => {
  assert.equal(readFilter(" \n"), null);
  assert.equal(readFilter("body contains abc")!.needsBytes, true);
  assert.equal(readFilter("size > 3")!.needsBytes, false);
  assert.throws(() => readFilter("size >"), { code: "bad-filter" });
});
