import assert from "node:assert/strict";
import { test } from "node:test";
import { DialectKeys } from "../../src/proxy/dialectKeys.ts";
import { octets } from "../support/dialects.ts";

test("DialectKeys knows the key of a tap by its name, the newest of those given", () => {
  const keys = new DialectKeys();
  assert.equal(keys.of("kernel shell"), null);
  keys.set("kernel shell", "old");
  keys.set("kernel shell", "größe");
  keys.set("kernel hb", "");
  assert.deepEqual(keys.of("kernel shell"), octets("größe"));
  assert.deepEqual(keys.of("kernel hb"), octets(""));
});

test("DialectKeys forgets the first of more than 500", () => {
  const keys = new DialectKeys();
  for (let at = 0; at <= 500; at++) keys.set(`tap ${at}`, "key");
  assert.equal(keys.of("tap 0"), null);
  assert.deepEqual(keys.of("tap 1"), octets("key"));
  assert.deepEqual(keys.of("tap 500"), octets("key"));
});
