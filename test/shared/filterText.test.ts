import assert from "node:assert/strict";
import { test } from "node:test";
import { filterByThis, filterProblem, type MenuValue, startFilter } from "../../src/shared/filterText.ts";

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
    assert.equal(filterByThis("", field, value, true), text);
    assert.equal(filterByThis("", field, value, false), text.replace(" == ", " != "));
    assert.equal(filterProblem(text), null);
  });
}

test("filterByThis narrows the filter that is applied", () => {
  assert.equal(filterByThis("pending", "n", "7", true), "pending and n == 7");
  assert.equal(filterByThis("~q or ~s", "n", "7", false), "(~q or ~s) and n != 7");
});

test("filterByThis leaves it to the filter bar to say what is wrong with a value of another type", () => {
  for (const [field, value] of [
    ["n", "seven"],
    ["pending", "perhaps"],
    ["", "a"],
  ] as const)
    assert.notEqual(filterProblem(filterByThis("", field, value, true)), null);
});

test("filterProblem is a sentence about what cannot be read", () => {
  assert.equal(filterProblem("latency > 50ms"), null);
  assert.match(filterProblem("latenzy > 50ms") ?? "", /^.+\. Did you mean latency\?$/);
});

const orders = { name: "orders", filter: "~q or ~s" };
const quotes = { name: 'the "quotes"', filter: "latency > 50ms" };
const plain = { name: "plain" };

test("startFilter is empty when no tap has a filter", () => {
  assert.equal(startFilter([]), "");
  assert.equal(startFilter([plain]), "");
  assert.equal(startFilter([plain, { name: "b", filter: "" }]), "");
});

test("startFilter of one tap is the tap's own", () => {
  assert.equal(startFilter([orders]), orders.filter);
});

test("startFilter puts each tap's filter on the rows of that tap only", () => {
  assert.equal(startFilter([orders, plain]), 'tap != "orders" or (~q or ~s)');
  const text = startFilter([orders, plain, quotes]);
  assert.equal(text, String.raw`(tap != "orders" or (~q or ~s)) and (tap != "the \"quotes\"" or (latency > 50ms))`);
  assert.equal(filterProblem(text), null);
});
