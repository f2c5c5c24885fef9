import assert from "node:assert/strict";
import { test } from "node:test";
import { readPath, valueAt, writePath } from "../../../src/shared/zmqrpc/path.ts";

const paths: Readonly<Record<string, { root: string; steps: (string | number)[]; rest: string }>> = {
  value: { root: "value", steps: [], rest: "" },
  'value.items[0][-1]["odd \\"name"].a-b == 3': {
    root: "value",
    steps: ["items", 0, -1, 'odd "name', "a-b"],
    rest: " == 3",
  },
  "value[x]": { root: "value", steps: [], rest: "[x]" },
};
for (const [text, { root, steps, rest }] of Object.entries(paths)) {
  test(`readPath reads ${text}, and writePath writes it`, () => {
    assert.deepEqual(readPath(text), { path: { root, steps }, rest });
    assert.equal(writePath({ root, steps }), text.slice(0, text.length - rest.length));
  });
}

test("readPath finds none where there is none", () => {
  assert.equal(readPath("== 3"), null);
  assert.equal(readPath('value["\\x"]'), null);
  assert.equal(readPath(`value${"[0]".repeat(200)}`)?.path.steps.length, 100);
});

test("valueAt looks into own members and elements only", () => {
  const value = { list: [{ a: null }], text: "abc" };
  assert.equal(valueAt(value, ["list", 0, "a"]), null);
  assert.equal(valueAt(value, ["list", -1, "a"]), null);
  for (const steps of [["list", 1], ["list", "length"], ["text", 0], ["constructor"], [0], ["list", 0, "a", "b"]]) {
    assert.equal(valueAt(value, steps), undefined);
  }
});
