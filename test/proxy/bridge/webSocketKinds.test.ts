import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf, textsOf } from "../../../src/proxy/bridge/webSocketKinds.ts";

test("textsOf reads frames as they are, and nothing where one is no UTF-8 or there are too many", () => {
  assert.deepEqual(textsOf([Buffer.from("\ufeffhellö"), new Uint8Array(0)]), ["\ufeffhellö", ""]);
  assert.equal(textsOf([Buffer.from("a"), Buffer.from([0xc3])]), undefined);
  assert.equal(textsOf(Array<Uint8Array>(1_001).fill(new Uint8Array(0))), undefined);
});

test("reasonOf takes the words of an error", () => {
  assert.equal(reasonOf(new Error("in use")), "in use");
  assert.equal(reasonOf("in use"), "in use");
});
