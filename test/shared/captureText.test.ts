import assert from "node:assert/strict";
import { test } from "node:test";
import { afterDeathText, discardedText, recoverableText, rowsText } from "../../src/shared/captureText.ts";

const left = { path: "/s/capture", bytes: 12_000_000, endedMs: 0 };

test("rowsText writes numbers as English does", () => {
  assert.deepEqual([0, 1, 1234].map(rowsText), ["0 rows", "1 row", "1,234 rows"]);
});

test("recoverableText says how much there is, and from when", () => {
  assert.equal(recoverableText(left, "14:03"), "The last capture was not closed in order: 12.0 MB from 14:03.");
});

test("discardedText says what a reload took", () => {
  const why = "kept in memory only.";
  assert.equal(discardedText(1), `The window was reloaded: 1 row of the log was discarded, since it was ${why}`);
  assert.equal(discardedText(9), `The window was reloaded: 9 rows of the log were discarded, since they were ${why}`);
});

test("afterDeathText calls rows lost only when nothing of them was found", () => {
  assert.equal(afterDeathText(0, left), "Nothing was in the log.");
  assert.equal(afterDeathText(1, null), "1 row of the log was lost.");
  assert.equal(afterDeathText(7, null), "7 rows of the log were lost.");
  assert.equal(afterDeathText(7, undefined), "The next engine looks for what was written to disk of 7 rows.");
  assert.equal(
    afterDeathText(7, left),
    "The log begins anew; what was written to disk of 7 rows can be recovered (12.0 MB).",
  );
});
