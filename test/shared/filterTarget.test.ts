import assert from "node:assert/strict";
import { test } from "node:test";
import { targetValue } from "../../src/shared/filterTarget.ts";

test("targetValue gives a value the type that it had in its message", () => {
  assert.equal(targetValue({ value: "2", valueType: "string" }), "2");
  assert.equal(targetValue({ value: "2", valueType: "number" }), 2);
  assert.equal(targetValue({ value: "1e999", valueType: "number" }), "1e999");
  assert.equal(targetValue({ value: "true", valueType: "boolean" }), true);
  assert.equal(targetValue({ value: "false", valueType: "boolean" }), false);
  assert.equal(targetValue({ value: "null", valueType: "null" }), null);
});
