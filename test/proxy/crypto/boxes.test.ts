import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../src/proxy/crypto/boxes.ts";
import { hex, octets } from "../../support/octets.ts";

const NONCE = octets("WELCOME-0123456789abcdef");

test("loads boxes that two key pairs can seal and open for each other", async () => {
  const boxes = await loadBoxes();
  const [alice, bob] = [boxes.keyPair(), boxes.keyPair()];
  const sealing = boxes.sharedKey(bob.publicKey, alice.secretKey)!;
  const opening = boxes.sharedKey(alice.publicKey, bob.secretKey)!;
  for (const size of [0, 1, 31, 32, 33, 300, 65_536]) {
    const text = boxes.random(size);
    const box = boxes.seal(text, NONCE, sealing);
    assert.equal(box.length, 16 + size);
    assert.deepEqual(boxes.open(box, NONCE, opening), text);
    box[box.length - 1]! ^= 1;
    assert.equal(boxes.open(box, NONCE, opening), null);
  }
});

test("makes the keys of RFC 7748's example, and none with a public key of low order", async () => {
  const boxes = await loadBoxes();
  const secret = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  const publicKey = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  assert.deepEqual(boxes.publicKeyOf(secret), publicKey);
  assert.equal(boxes.sharedKey(new Uint8Array(32), secret), null);
});

test("loadBoxes gives boxes with a memory of their own, whose pairs fit each other", async () => {
  const [one, other] = [await loadBoxes(), await loadBoxes()];
  assert.notEqual(one.arena.memory.octets.buffer, other.arena.memory.octets.buffer);
  const [a, b] = [one.keyPair(), other.keyPair()];
  assert.deepEqual(one.sharedKey(b.publicKey, a.secretKey), other.sharedKey(a.publicKey, b.secretKey));
});
