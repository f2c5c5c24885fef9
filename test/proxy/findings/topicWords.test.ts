import assert from "node:assert/strict";
import { test } from "node:test";
import { topicWords } from "../../../src/proxy/findings/topicWords.ts";
import { hex, octets } from "../../support/octets.ts";

test("topicWords shows what cannot be seen", () => {
  assert.equal(topicWords(octets("weather ")), '"weather "');
  assert.equal(topicWords(Buffer.from('a\0\t"é')), '"a\\0\\t\\"é"');
  assert.equal(topicWords(hex("ff00")), "0xff00");
  assert.equal(topicWords(hex("0102")), "0x0102");
  assert.equal(topicWords(hex("")), "everything");
  assert.equal(topicWords(octets("x".repeat(100))).length, 42);
});
