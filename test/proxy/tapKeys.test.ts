import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../src/proxy/crypto/boxes.ts";
import { TapKeys } from "../../src/proxy/tapKeys.ts";
import { encodeZ85 } from "../../src/shared/keys/z85.ts";
import type { CurvePair, TapSecurity } from "../../src/shared/security.ts";
import { UserError } from "../../src/shared/userError.ts";
import { pairOf } from "../support/curve.ts";
import { USER } from "../support/peers.ts";

const boxes = await loadBoxes();
const textOf = (octet: number): CurvePair => {
  const { publicKey, secretKey } = pairOf(boxes, octet);
  return { publicKey: encodeZ85(publicKey), secretKey: encodeZ85(secretKey) };
};
const NONE: TapSecurity = {
  clientLeg: null,
  serverLeg: null,
  serverPair: null,
  serverKey: null,
  clientPair: null,
  clientPairs: [],
  allow: null,
  plain: null,
};

test("TapKeys reads keys into octets, and takes the public half of the pair for the server's key", () => {
  const { serverPair, serverKey, pairFor, legs, plain } = new TapKeys(boxes, {
    ...NONE,
    serverLeg: "CURVE",
    serverPair: textOf(1),
    plain: USER,
  }).forLink("wire");
  assert.deepEqual([serverPair, serverKey, plain], [pairOf(boxes, 1), pairOf(boxes, 1).publicKey, USER]);
  assert.deepEqual([legs, pairFor(null)], [{ client: null, server: "CURVE" }, null]);
  const keys = new TapKeys(boxes, { ...NONE, serverPair: textOf(1), serverKey: textOf(2).publicKey });
  assert.deepEqual(keys.forLink("wire").serverKey, pairOf(boxes, 2).publicKey);
  assert.deepEqual(new TapKeys(boxes, NONE).forLink("wire").serverKey, null);
});

test("TapKeys names the pair for each client, and one for all others", () => {
  const clientPairs = [
    { client: textOf(3).publicKey, pair: textOf(4) },
    { client: textOf(5).publicKey, pair: textOf(6) },
  ];
  const { pairFor } = new TapKeys(boxes, { ...NONE, clientPair: textOf(7), clientPairs }).forLink("wire");
  assert.deepEqual(pairFor(pairOf(boxes, 3).publicKey), pairOf(boxes, 4));
  assert.deepEqual(pairFor(pairOf(boxes, 5).publicKey), pairOf(boxes, 6));
  assert.deepEqual([pairFor(pairOf(boxes, 6).publicKey), pairFor(null)], [pairOf(boxes, 7), pairOf(boxes, 7)]);
});

test("TapKeys lets links of our own come in plain", () => {
  const keys = new TapKeys(boxes, { ...NONE, clientLeg: "CURVE", serverPair: textOf(1) });
  assert.equal(keys.forLink("wire").legs.client, "CURVE");
  assert.equal(keys.forLink("replay").legs.client, "NULL");
});

for (const [what, security] of [
  ["a pair that does not belong together", { serverPair: { ...textOf(1), publicKey: textOf(2).publicKey } }],
  ["a public key that is too short", { serverKey: textOf(1).publicKey.slice(5) }],
  ["a secret key that is no Z85", { clientPair: { ...textOf(1), secretKey: "~".repeat(40) } }],
  ["a client's key that is none", { clientPairs: [{ client: "x", pair: textOf(1) }] }],
] as const) {
  test(`TapKeys refuses ${what} without repeating any of it`, () => {
    assert.throws(
      () => new TapKeys(boxes, { ...NONE, ...security }),
      (error) =>
        error instanceof UserError &&
        Object.values(security)
          .flatMap((value) => JSON.stringify(value).match(/[^"]{40}/g) ?? [])
          .every((key) => !error.message.includes(key)),
    );
  });
}

test("TapKeys wipes its secret keys once it is retired and its last link is gone", () => {
  const keys = new TapKeys(boxes, {
    ...NONE,
    serverPair: textOf(1),
    clientPair: textOf(2),
    clientPairs: [{ client: textOf(3).publicKey, pair: textOf(4) }],
  });
  const { serverPair, pairFor } = keys.forLink("wire");
  const secrets = [serverPair!, pairFor(null)!, pairFor(pairOf(boxes, 3).publicKey)!].map((pair) => pair.secretKey);
  const areWiped = (): boolean => secrets.every((secret) => secret.every((octet) => octet === 0));
  keys.forLink("call");
  keys.released();
  keys.retire();
  assert.equal(areWiped(), false);
  keys.released();
  assert.equal(areWiped(), true);
});
