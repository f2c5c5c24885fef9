import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import { filterByThis, type MenuValue } from "../../src/shared/filterByThis.ts";

const cases: readonly (readonly [field: string, value: MenuValue, text: string])[] = [
  ["tap", 'the "tap"', String.raw`tap == "the \"tap\""`],
  ["n", "7", "n == 7"],
  ["size", "1024", "size == 1024"],
  ["dir", "c2s", "dir == c2s"],
  ["pending", "true", "pending == true"],
  ["pending", "false", "pending == false"],
  ["topic", "7", 'topic == "7"'],
  ["json.user", "7", 'json.user == "7"'],
  ["json.user", 7, "json.user == 7"],
  ["json.ok", false, "json.ok == false"],
  ['json["a b"][0]', null, 'json["a b"][0] == null'],
];
for (const [field, value, text] of cases) {
  test(`filterByThis writes ${text}, and its opposite`, () => {
    assert.equal(filterByThis(field, value, true), text);
    assert.equal(filterByThis(field, value, false), text.replace(" == ", " != "));
    assert.ok(parseFilter(text).ok, JSON.stringify(parseFilter(text)));
  });
}

test("filterByThis leaves it to the filter bar to say what is wrong with a value of another type", () => {
  assert.ok(!parseFilter(filterByThis("n", "seven", true)).ok);
  assert.ok(!parseFilter(filterByThis("pending", "perhaps", true)).ok);
  assert.ok(!parseFilter(filterByThis("", "a", true)).ok);
});
