import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../src/proxy/crypto/boxes.ts";

test("loadBoxes gives boxes with a memory of their own, whose pairs fit each other", async () => {
  const [one, other] = [await loadBoxes(), await loadBoxes()];
  assert.notEqual(one.arena.memory.octets.buffer, other.arena.memory.octets.buffer);
  const [a, b] = [one.keyPair(), other.keyPair()];
  assert.deepEqual(one.sharedKey(b.publicKey, a.secretKey), other.sharedKey(a.publicKey, b.secretKey));
});
