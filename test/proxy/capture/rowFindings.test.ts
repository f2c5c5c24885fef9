import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_ROW_FINDINGS } from "../../../src/proxy/capture/rowFindings.ts";

test("A capture in which nobody looks for anything is judged as far as it goes, and nothing is found", async () => {
  assert.equal(NO_ROW_FINDINGS.judgedN, Infinity);
  await NO_ROW_FINDINGS.settled();
  assert.deepEqual([NO_ROW_FINDINGS.of(1), NO_ROW_FINDINGS.changes, NO_ROW_FINDINGS.changedSince(0)], [null, 0, []]);
});
