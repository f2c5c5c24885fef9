import assert from "node:assert/strict";
import { test } from "node:test";
import { readFixedReplies } from "../../../src/proxy/rpc/fixedReplies.ts";

test("readFixedReplies reads values, lists of values and errors by method", () => {
  const text =
    '{"a": {"value": {"b": null}}, "c": {"values": [1, "x"]}, "*": {"error": "no"}, "__proto__": {"value": 1}}';
  const replies = readFixedReplies(text);
  assert.ok(replies instanceof Map);
  assert.deepEqual(
    [...replies],
    [
      ["a", [{ kind: "value", value: { b: null } }]],
      [
        "c",
        [
          { kind: "value", value: 1 },
          { kind: "value", value: "x" },
        ],
      ],
      ["*", [{ kind: "error", problem: "no" }]],
      ["__proto__", [{ kind: "value", value: 1 }]],
    ],
  );
});

for (const [text, problem] of [
  ["{", /^is no JSON: .*Write/],
  ["[]", /^is no JSON object/],
  ["null", /^is no JSON object/],
  ['{"a": 4}', /for "a"/],
  ['{"a": {}}', /for "a"/],
  ['{"a": {"value": 1, "error": "x"}}', /for "a"/],
  ['{"a": {"error": 1}}', /for "a"/],
  ['{"a": {"values": []}}', /for "a"/],
  ['{"a": {"else": 1}}', /for "a"/],
  [JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [n, { value: n }]))), /more than 10000/],
] as const) {
  test(`readFixedReplies says what is wrong with ${text.slice(0, 40)}`, () => {
    const read = readFixedReplies(text);
    assert.match("problem" in read ? read.problem : "", problem);
  });
}
