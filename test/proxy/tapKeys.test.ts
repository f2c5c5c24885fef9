import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../src/proxy/crypto/boxes.ts";
import { pairsThatOpen, TapKeys } from "../../src/proxy/tapKeys.ts";
import { CurveClient } from "../../src/proxy/wire/curve/curveClient.ts";
import { encodeZ85 } from "../../src/shared/keys/z85.ts";
import type { CurvePair, TapSecurity } from "../../src/shared/security.ts";
import { UserError } from "../../src/shared/userError.ts";
import { pairOf } from "../support/curve.ts";
import { USER } from "../support/peers.ts";
import { NO_SECURITY } from "../support/security.ts";

const MAX_FRAME_BYTES = 65_536;
const boxes = await loadBoxes();
const textOf = (octet: number): CurvePair => {
  const { publicKey, secretKey } = pairOf(boxes, octet);
  return { publicKey: encodeZ85(publicKey), secretKey: encodeZ85(secretKey) };
};
test("TapKeys reads keys into octets, and takes the public half of the pair for the server's key", () => {
  const { serverPair, serverKey, pairFor, legs, plain } = new TapKeys(boxes, {
    ...NO_SECURITY,
    serverLeg: "CURVE",
    serverPair: textOf(1),
    plain: USER,
  }).forLink("wire", MAX_FRAME_BYTES);
  assert.deepEqual([serverPair, serverKey, plain], [pairOf(boxes, 1), pairOf(boxes, 1).publicKey, USER]);
  assert.deepEqual([legs, pairFor(null)], [{ client: null, server: "CURVE" }, null]);
  const keys = new TapKeys(boxes, { ...NO_SECURITY, serverPair: textOf(1), serverKey: textOf(2).publicKey });
  assert.deepEqual(keys.forLink("wire", MAX_FRAME_BYTES).serverKey, pairOf(boxes, 2).publicKey);
  assert.deepEqual(new TapKeys(boxes, NO_SECURITY).forLink("wire", MAX_FRAME_BYTES).serverKey, null);
});

test("TapKeys names the pair for each client, and one for all others", () => {
  const clientPairs = [
    { client: textOf(3).publicKey, pair: textOf(4) },
    { client: textOf(5).publicKey, pair: textOf(6) },
  ];
  const { pairFor } = new TapKeys(boxes, { ...NO_SECURITY, clientPair: textOf(7), clientPairs }).forLink(
    "wire",
    MAX_FRAME_BYTES,
  );
  assert.deepEqual(pairFor(pairOf(boxes, 3).publicKey), pairOf(boxes, 4));
  assert.deepEqual(pairFor(pairOf(boxes, 5).publicKey), pairOf(boxes, 6));
  assert.deepEqual([pairFor(pairOf(boxes, 6).publicKey), pairFor(null)], [pairOf(boxes, 7), pairOf(boxes, 7)]);
});

test("TapKeys shows a server of our own connections what it has: CURVE keys, else a user", () => {
  const mechanismOf = (security: Partial<TapSecurity>): string | null => {
    const shown = new TapKeys(boxes, { ...NO_SECURITY, ...security }).clientSecurity();
    const leg = shown?.openLeg(() => undefined);
    assert.equal(shown === null || (shown.arena === null) === (leg?.mechanism === "PLAIN"), true);
    return leg?.mechanism ?? null;
  };
  assert.deepEqual(
    [
      mechanismOf({}),
      mechanismOf({ plain: USER }),
      mechanismOf({ serverKey: textOf(1).publicKey, clientPair: textOf(2) }),
      mechanismOf({ serverKey: textOf(1).publicKey, plain: USER, serverLeg: "PLAIN" }),
    ],
    [null, "PLAIN", "CURVE", "PLAIN"],
  );
});

test("TapKeys lets links of our own come in plain", () => {
  const keys = new TapKeys(boxes, { ...NO_SECURITY, clientLeg: "CURVE", serverPair: textOf(1) });
  assert.equal(keys.forLink("wire", MAX_FRAME_BYTES).legs.client, "CURVE");
  assert.equal(keys.forLink("replay", MAX_FRAME_BYTES).legs.client, "NULL");
});

for (const [what, security] of [
  ["a pair that does not belong together", { serverPair: { ...textOf(1), publicKey: textOf(2).publicKey } }],
  ["a public key that is too short", { serverKey: textOf(1).publicKey.slice(5) }],
  ["a secret key that is no Z85", { clientPair: { ...textOf(1), secretKey: "~".repeat(40) } }],
  ["a client's key that is none", { clientPairs: [{ client: "x", pair: textOf(1) }] }],
] as const) {
  test(`TapKeys refuses ${what} without repeating any of it`, () => {
    assert.throws(
      () => new TapKeys(boxes, { ...NO_SECURITY, ...security }),
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
    ...NO_SECURITY,
    serverPair: textOf(1),
    clientPair: textOf(2),
    clientPairs: [{ client: textOf(3).publicKey, pair: textOf(4) }],
  });
  const { serverPair, pairFor } = keys.forLink("wire", MAX_FRAME_BYTES);
  const secrets = [serverPair!, pairFor(null)!, pairFor(pairOf(boxes, 3).publicKey)!].map((pair) => pair.secretKey);
  const areWiped = (): boolean => secrets.every((secret) => secret.every((octet) => octet === 0));
  keys.forLink("call", MAX_FRAME_BYTES);
  keys.released();
  keys.retire();
  assert.equal(areWiped(), false);
  keys.released();
  assert.equal(areWiped(), true);
});

test("TapKeys shows a probed server a CURVE pair where its key is known, else a PLAIN user", () => {
  const mechanism = (security: Partial<TapSecurity>): string | undefined =>
    new TapKeys(boxes, { ...NO_SECURITY, ...security }).credentials?.mechanism;
  assert.equal(mechanism({ serverKey: textOf(1).publicKey, clientPair: textOf(2) }), "CURVE");
  assert.equal(mechanism({ serverPair: textOf(1) }), "CURVE");
  assert.equal(mechanism({ serverPair: textOf(1), serverLeg: "PLAIN", plain: USER }), "PLAIN");
  assert.equal(mechanism({ plain: USER }), "PLAIN");
  assert.equal(mechanism({}), undefined);
});

test("pairsThatOpen finds the pair whose server a client was told of, and passes over what is no key", () => {
  const hello = new CurveClient(boxes, pairOf(boxes, 2).publicKey).hello();
  assert.ok(hello instanceof Uint8Array);
  const pairs = [textOf(1), textOf(2), { publicKey: "short", secretKey: "too" }, textOf(3)];
  assert.deepEqual(pairsThatOpen(hello, pairs, boxes), [textOf(2).publicKey]);
  assert.deepEqual(pairsThatOpen(new Uint8Array(200), pairs, boxes), []);
});
