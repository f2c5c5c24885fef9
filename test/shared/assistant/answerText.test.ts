import assert from "node:assert/strict";
import { test } from "node:test";
import { answerText, Exactly, MAX_ANSWER_CHARS } from "../../../src/shared/assistant/answerText.ts";

test("answerText writes a line for each part and entry, and leaves out what is empty", () => {
  const text = answerText({
    n: 1,
    nothing: null,
    missing: undefined,
    empty: "",
    list: [{ a: 1, b: null }, { c: { d: "" } }, null],
    none: [],
    object: { zero: 0, no: false, deep: [""] },
  });
  assert.equal(text, '{\n"n": 1,\n"list": [\n  {"a":1}\n],\n"object": {"zero":0,"no":false}\n}');
});

test("answerText keeps values of payloads as they are", () => {
  const value = { a: null, b: "", c: [] };
  assert.deepEqual(JSON.parse(answerText({ value: new Exactly(value) })), { value });
  assert.equal(answerText({ value: new Exactly(undefined) }), '{\n"value": null\n}');
});

test("answerText cuts what is too long, and says so", () => {
  const text = answerText({ value: "x".repeat(2 * MAX_ANSWER_CHARS) });
  assert.ok(text.length < MAX_ANSWER_CHARS + 200);
  assert.equal(text.slice(MAX_ANSWER_CHARS), "\n[truncated: the answer has 400015 characters. Ask for less.]");
});
