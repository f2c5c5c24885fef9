import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { CurveServer } from "../../../../src/proxy/wire/curve/curveServer.ts";
import { longNonce } from "../../../../src/proxy/wire/curve/boxes.ts";
import { counting, eight, nonceOf, openNacl, pairOf, readPair, WatchedBoxes } from "../../../support/curve.ts";
import { knownCommands, knownSides, shakeHands } from "../../../support/curveHandshake.ts";
import { join, octets } from "../../../support/octets.ts";
import { loadVectors, piecesOf, type Vector } from "../../../support/vectors.ts";

const boxes = await loadBoxes();
const nacl = await openNacl();
const known = knownCommands(nacl);
const check = (answer: object | null): unknown => (answer !== null && "check" in answer ? answer.check : answer);

test("CurveServer says WELCOME and READY octet by octet as libsodium makes them, and reads HELLO and INITIATE", async () => {
  const { server } = await knownSides(known);
  assert.equal(server.hello(known.hello), null);
  assert.deepEqual(server.welcome(), known.welcome);
  assert.deepEqual(server.initiate(known.initiate), {
    client: known.client.publicKey,
    metadata: known.metadata.client,
    isVouchedElsewhere: false,
  });
  assert.deepEqual(server.ready(known.metadata.server), known.ready);
  assert.equal(server.isHostOrder, false);
  assert.equal(server.seals.nonce, 1);
});

test("CurveServer and CurveClient see a peer that counts as libzmq 4.0 does, and refuse it what goes backwards", async () => {
  const old = knownCommands(nacl, (counter) => eight(counter).toReversed());
  const { server, client } = await knownSides(old);
  assert.equal(server.hello(old.hello), null);
  server.welcome();
  assert.ok("client" in server.initiate(old.initiate));
  assert.equal(server.isHostOrder, true);
  client.hello();
  client.welcome(old.welcome);
  client.initiate(old.client, old.metadata.client);
  assert.ok("metadata" in client.ready(old.ready));
  assert.equal(client.isHostOrder, true);
  for (const [{ nonces }, last] of [
    [server.opens, 2],
    [client.opens, 1],
  ] as const) {
    assert.equal(nonces.accept(eight(last).toReversed(), 0), false);
    assert.equal(nonces.accept(eight(last + 1).toReversed(), 0), true);
  }
});

/** HELLO and WELCOME of a recorded link. */
function recorded(vector: Vector): { hello: Uint8Array; welcome: Uint8Array } {
  const sent = (side: 0 | 1): Uint8Array =>
    join(...piecesOf(vector).flatMap(({ direction, bytes }) => (direction === side ? [bytes] : [])));
  return { hello: sent(0).slice(66, 266), welcome: sent(1).slice(66, 234) };
}

for (const vector of loadVectors().filter(({ mechanism }) => mechanism === "CURVE")) {
  test(`CurveServer opens HELLO of ${vector.name}, and what its server answered can be opened`, () => {
    const pair = readPair(vector.keys!.server);
    const { hello, welcome } = recorded(vector);
    assert.equal(new CurveServer(boxes, pair).hello(hello), null);
    const key = boxes.sharedKey(hello.subarray(80, 112), pair.secretKey)!;
    const opened = boxes.open(welcome.subarray(24), longNonce("WELCOME-", welcome.subarray(8, 24)), key);
    assert.equal(opened?.length, 32 + 96);
    assert.equal(check(new CurveServer(boxes, pairOf(boxes, 9)).hello(hello)), "hello-box");
  });
}

test("CurveServer names what is wrong with HELLO: its length, its version, its key, its box", () => {
  const { serverPair, said } = shakeHands(boxes);
  const server = new CurveServer(boxes, serverPair);
  for (const size of [0, 6, 199]) assert.equal(check(server.hello(said.hello.subarray(0, size))), "length");
  assert.equal(check(server.hello(join(said.hello, octets("!")))), "length");
  for (let at = 6; at < 200; at++) {
    // Nobody looks at the padding.
    if (at >= 8 && at < 80) continue;
    const changed = said.hello.slice();
    changed[at]! ^= 1;
    assert.equal(check(server.hello(changed)), at < 8 ? "version" : "hello-box", String(at));
  }
  assert.equal(check(server.hello(said.hello.slice().fill(0, 80, 112))), "hello-box");
  assert.equal(server.hello(said.hello), null);
});

test("CurveServer takes each command once and in its place", () => {
  const { server, serverPair, said } = shakeHands(boxes, "initiate");
  assert.equal(check(new CurveServer(boxes, serverPair).initiate(said.initiate)), "order");
  assert.equal(check(server.hello(said.hello)), "order");
  assert.ok("client" in server.initiate(said.initiate));
  assert.equal(check(server.initiate(said.initiate)), "order");
});

test("CurveServer names what is wrong with INITIATE: its length, its cookie, its nonce, its box", () => {
  const { serverPair } = shakeHands(boxes);
  for (const [at, expected] of [
    [9, "cookie"],
    [104, "cookie"],
    // HELLO's nonce is 1.
    [112, "initiate-box"],
    [113, "initiate-box"],
    [128, "initiate-box"],
    [129, "initiate-box"],
    [-1, "initiate-box"],
  ] as const) {
    const { server, said } = shakeHands(boxes, "initiate");
    const changed = said.initiate.slice();
    changed[at < 0 ? changed.length + at : at]! ^= 4;
    assert.equal(check(server.initiate(changed)), expected, String(at));
  }
  for (const size of [0, 9, 113, 256]) {
    const { server, said } = shakeHands(boxes, "initiate");
    assert.equal(check(server.initiate(said.initiate.subarray(0, size))), "length");
  }
  const { server, said } = shakeHands(boxes, "initiate");
  const replayed = said.initiate.slice();
  replayed[112] = 1;
  assert.equal(check(server.initiate(replayed)), "nonce");
  const other = new CurveServer(boxes, serverPair);
  other.hello(said.hello);
  other.welcome();
  assert.equal(check(other.initiate(said.initiate)), "cookie");
});

/** INITIATE of a client that vouches with these keys. */
function initiateWith(change: {
  vouched?: Uint8Array;
  server?: Uint8Array;
  secret?: Uint8Array;
  client?: Uint8Array;
}): Uint8Array {
  const [clientShort, vouchNonce] = known.draws.client as [Uint8Array, Uint8Array];
  const [serverShort, cookie] = known.draws.server as [Uint8Array, Uint8Array];
  const to = nacl.publicKey(serverShort);
  const vouched = join(change.vouched ?? nacl.publicKey(clientShort), change.server ?? known.server.publicKey);
  const vouch = nacl.box(vouched, nonceOf("VOUCH---", vouchNonce), to, change.secret ?? known.client.secretKey);
  const text = join(change.client ?? known.client.publicKey, vouchNonce, vouch);
  const nonce = known.initiate.subarray(105, 113);
  const box = nacl.box(text, nonceOf("CurveZMQINITIATE", nonce), to, clientShort);
  return join(octets("\x08INITIATE"), cookie, nonce, box);
}

for (const [what, initiate, expected] of [
  ["that vouches for the server's key", initiateWith({}), false],
  ["that vouches for another server's key, as libzmq does not mind", initiateWith({ server: counting(1, 32) }), true],
  ["that vouches for another short key", initiateWith({ vouched: counting(1, 32) }), "vouch"],
  ["whose secret key is not its public key's", initiateWith({ secret: counting(1, 32) }), "vouch"],
  ["whose public key has low order", initiateWith({ client: new Uint8Array(32) }), "vouch"],
] as const) {
  test(`CurveServer judges a client ${what}`, async () => {
    const { server } = await knownSides(known);
    server.hello(known.hello);
    server.welcome();
    const initiated = server.initiate(initiate);
    assert.equal("check" in initiated ? initiated.check : initiated.isVouchedElsewhere, expected);
    server.dispose();
  });
}

test("CurveServer wipes what it shares with a client whose INITIATE was refused", () => {
  const watched = new WatchedBoxes(boxes.arena);
  const { client, server, said } = shakeHands(watched, "initiate");
  said.initiate[said.initiate.length - 1]! ^= 1;
  assert.equal(check(server.initiate(said.initiate)), "initiate-box");
  client.dispose();
  server.dispose();
  assert.equal(watched.areWiped, true);
});
