import assert from "node:assert/strict";
import { test } from "node:test";
import { suggest } from "../../../src/shared/filter/suggest.ts";

const NAMES = ["topic", "text", "contains", "origin"];

test("suggest finds the name with a letter too few, too many, wrong or swapped", () => {
  for (const word of ["topc", "toppic", "topik", "tpoic", "TOPIC"]) assert.equal(suggest(word, NAMES), "topic", word);
});

test("suggest takes the nearest of several names", () => {
  assert.equal(suggest("tex", NAMES), "text");
});

test("suggest has nothing for words that are far from all names", () => {
  for (const word of ["xyz", "", "q", "t".repeat(1000)]) assert.equal(suggest(word, NAMES), null, word);
});
