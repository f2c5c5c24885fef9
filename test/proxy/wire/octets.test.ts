import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, fromText, toHex, toKey, toText } from "../../../src/proxy/wire/octets.ts";
import { hex } from "../../support/octets.ts";

test("toHex writes two digits per octet", () => assert.equal(toHex(hex("00 0f a0")), "000fa0"));

test("toText writes UTF-8 as text and anything else as hex", () => {
  assert.equal(toText(hex("c3a4 20 62")), "ä b");
  assert.equal(toText(hex("ff 00")), "0xff00");
  assert.equal(toText(hex("61 07")), "0x6107");
  assert.equal(toText(hex("")), "");
});

test("toKey tells every octet apart", () => {
  assert.equal(toKey(hex("00 61 ff 62"), 1, 3), "a\u00ff");
});

test("concat copies its parts one behind the other", () => {
  assert.deepEqual(concat([fromText("a"), hex(""), fromText("bc")]), fromText("abc"));
});
