import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import { startFilter } from "../../src/shared/startFilter.ts";

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
  assert.ok(parseFilter(text).ok);
});
