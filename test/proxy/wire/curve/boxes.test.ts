import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { counterOctets, longNonce, shortNonce } from "../../../../src/proxy/wire/curve/boxes.ts";
import { counting, eight, openNacl } from "../../../support/curve.ts";
import { hex, join, octets } from "../../../support/octets.ts";
import { random } from "../../../support/random.ts";

const boxes = await loadBoxes();
const nacl = await openNacl();

/** From "Cryptography in NaCl" by D. J. Bernstein, sections 4, 8 and 10. */
const PUBLISHED = {
  aliceSecret: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
  alicePublic: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
  bobPublic: hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
  shared: hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"),
  nonce: hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"),
  text: hex(`be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc
    e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31
    0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde
    048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864
    5e0705`),
  box: hex(`f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce
    48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972
    71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae
    90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3
    7973f622a43d14a6599b1f654cb45a74e355a5`),
};

test("Boxes seals and opens NaCl's published box", () => {
  const { aliceSecret, alicePublic, bobPublic, shared, nonce, text, box } = PUBLISHED;
  assert.deepEqual(boxes.publicKeyOf(aliceSecret), alicePublic);
  assert.deepEqual(boxes.sharedKey(bobPublic, aliceSecret), shared);
  assert.deepEqual(boxes.seal(text, nonce, shared), box);
  assert.deepEqual(boxes.open(box, nonce, shared), text);
});

test("Boxes makes libsodium's boxes at any size, its own pairs included", () => {
  const pick = random(1);
  const [ours, theirs] = [boxes.keyPair(), boxes.keyPair()];
  assert.notDeepEqual(ours, theirs);
  const key = boxes.sharedKey(theirs.publicKey, ours.secretKey)!;
  for (const size of [0, 1, 31, 32, 33, 63, 64, 65, 1000, 64 * 1024]) {
    const text = Uint8Array.from({ length: size }, () => pick(256));
    const nonce = Uint8Array.from({ length: 24 }, () => pick(256));
    const box = nacl.box(text, nonce, theirs.publicKey, ours.secretKey);
    assert.deepEqual(boxes.seal(text, nonce, key), box);
    assert.deepEqual(boxes.open(box, nonce, key), text);
  }
});

test("Boxes opens no box of which any bit was changed, none cut short, and none with another nonce or key", () => {
  const key = counting(1, 32);
  const nonce = counting(100, 24);
  const box = boxes.seal(octets("text"), nonce, key);
  for (let bit = 0; bit < 8 * box.length; bit++) {
    const changed = box.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(boxes.open(changed, nonce, key), null);
  }
  for (let size = 0; size < box.length; size++) assert.equal(boxes.open(box.subarray(0, size), nonce, key), null);
  assert.equal(boxes.open(box, counting(101, 24), key), null);
  assert.equal(boxes.open(box, nonce, counting(2, 32)), null);
});

test("Boxes neither seals nor opens a text that its memory has no room for", () => {
  const text = new Uint8Array(1024 * 1024);
  assert.throws(() => boxes.seal(text, counting(0, 24), counting(0, 32)), RangeError);
  assert.equal(boxes.open(text, counting(0, 24), counting(0, 32)), null);
});

test("Boxes has no key to share with a public key of low order", () => {
  const { secretKey } = boxes.keyPair();
  for (const first of [0, 1]) {
    assert.equal(
      boxes.sharedKey(
        Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? first : 0)),
        secretKey,
      ),
      null,
    );
  }
});

test("Boxes leaves neither keys nor texts in its memory", () => {
  const { memory, input, text, keys } = boxes.arena;
  const [key, plain] = [counting(200, 32), octets("a text that nobody may find")];
  const isLeft = (octets: Uint8Array, place: number, size: number): boolean =>
    Buffer.from(memory.octets.subarray(place, place + size)).includes(Buffer.from(octets));
  boxes.open(boxes.seal(plain, counting(0, 24), key), counting(0, 24), key);
  boxes.sharedKey(PUBLISHED.bobPublic, key);
  boxes.publicKeyOf(key);
  assert.equal(isLeft(key, keys, 96), false);
  assert.equal(isLeft(plain, input, 100) || isLeft(plain, text, 100), false);
});

test("nonces are a name and what makes them new", () => {
  assert.deepEqual(shortNonce("CurveZMQHELLO---", counting(1, 8)), join(octets("CurveZMQHELLO---"), counting(1, 8)));
  assert.deepEqual(longNonce("WELCOME-", counting(1, 16)), join(octets("WELCOME-"), counting(1, 16)));
  for (const counter of [0, 1, 0xffffffff, 0x100000000, Number.MAX_SAFE_INTEGER]) {
    assert.deepEqual(counterOctets(counter), eight(counter));
  }
});
