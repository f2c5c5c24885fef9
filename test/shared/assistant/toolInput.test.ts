import assert from "node:assert/strict";
import { test } from "node:test";
import { readToolInput } from "../../../src/shared/assistant/toolInput.ts";
import { TOOLS } from "../../../src/shared/assistant/tools.ts";

const { inputSchema: search } = TOOLS.search_zmq_messages;
const { inputSchema: call } = TOOLS.call_zmq_service;

test("readToolInput gives what was given, and undefined for the rest", () => {
  const input = readToolInput(call, {
    tap: "a",
    method: "b",
    args: [1],
    kwargs: { c: 2 },
    timeoutMs: 5,
    dialect: undefined,
  });
  assert.deepEqual(
    [input.text("tap"), input.list("args"), input.object("kwargs"), input.number("timeoutMs"), input.text("dialect")],
    ["a", [1], { c: 2 }, 5, undefined],
  );
  assert.equal(readToolInput(search, undefined).text("filter"), undefined);
});

for (const [schema, given, said] of [
  [search, 5, /input is a JSON object/],
  [search, [], /input is a JSON object/],
  [search, { fliter: "x" }, /There is no "fliter"\. It takes filter, limit, before, after, capture\./],
  [search, { toString: "x" }, /There is no "toString"/],
  [TOOLS.list_zmq_taps.inputSchema, { x: 1 }, /This tool takes nothing/],
  [search, { filter: 5 }, /"filter" is a text\./],
  [search, { filter: "x".repeat(10_001) }, /"filter" has 10001 characters, and 10000 are the most\./],
  [search, { limit: 51 }, /"limit" is a whole number from 1 to 50\./],
  [search, { limit: 1.5 }, /"limit" is a whole number from 1 to 50\./],
  [search, { before: 0 }, /"before" is a whole number from 1 on\./],
  [TOOLS.list_zmq_findings.inputSchema, { severity: "bad" }, /"severity" is one of note, warning, error\./],
  [call, { tap: "a", method: "b", args: {} }, /"args" is a list\./],
  [call, { tap: "a", method: "b", args: Array(1001).fill(1) }, /"args" has 1001 entries, and 1000 are the most\./],
  [call, { tap: "a", method: "b", kwargs: [] }, /"kwargs" is an object\./],
  [call, { method: "b" }, /"tap" is missing: Name or id/],
] as const) {
  test(`readToolInput says what is wrong with ${JSON.stringify(given).slice(0, 60)}`, () => {
    assert.throws(() => readToolInput(schema, given), { name: "UserError", code: "bad-input", message: said });
  });
}
