import assert from "node:assert/strict";
import { test } from "node:test";
import { curveKeyPair } from "zeromq";
import { isCurveKey } from "../../../src/shared/keys/curveKey.ts";
import { KNOWN, math } from "../../support/keys.ts";

test("derivePublic finds the public half of the pair in libzmq's documentation", () => {
  assert.equal(math.derivePublic(KNOWN.secretKey), KNOWN.publicKey);
});

test("derivePublic agrees with libzmq", () => {
  for (let round = 0; round < 20; round++) {
    const { publicKey, secretKey } = curveKeyPair();
    assert.equal(math.derivePublic(secretKey), publicKey);
  }
});

test("derivePublic refuses what is no key, and does not repeat it", () => {
  assert.throws(() => math.derivePublic("HelloWorld"), /^RangeError: No CURVE key was given/);
});

test("generatePair makes another pair each time, whose halves belong together", () => {
  const pairs = [math.generatePair(), math.generatePair()];
  for (const { publicKey, secretKey } of pairs) {
    assert.ok(isCurveKey(publicKey) && isCurveKey(secretKey));
    assert.equal(math.derivePublic(secretKey), publicKey);
  }
  assert.notEqual(pairs[0]?.secretKey, pairs[1]?.secretKey);
});
