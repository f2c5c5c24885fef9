import assert from "node:assert/strict";
import { test } from "node:test";
import { decimalNumber, wholeNumber } from "../../src/shared/numbers.ts";

test("wholeNumber groups digits", () => {
  assert.deepEqual([0, 999, 1234, 1_234_567].map(wholeNumber), ["0", "999", "1,234", "1,234,567"]);
});

test("decimalNumber has as many digits behind the point as it is told", () => {
  assert.deepEqual([decimalNumber(1.25, 1), decimalNumber(12, 1), decimalNumber(1234.5, 0)], ["1.3", "12.0", "1235"]);
});
