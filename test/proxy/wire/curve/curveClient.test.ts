import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { CurveClient } from "../../../../src/proxy/wire/curve/curveClient.ts";
import { openNacl, pairOf, WatchedBoxes } from "../../../support/curve.ts";
import { knownCommands, knownSides, shakeHands } from "../../../support/curveHandshake.ts";
import { octets } from "../../../support/octets.ts";

const boxes = await loadBoxes();
const known = knownCommands(await openNacl());
const check = (answer: object | null): unknown => (answer !== null && "check" in answer ? answer.check : answer);

test("CurveClient says HELLO and INITIATE octet by octet as libsodium makes them, and reads WELCOME and READY", async () => {
  const { client } = await knownSides(known);
  assert.deepEqual(client.hello(), known.hello);
  assert.equal(client.welcome(known.welcome), null);
  assert.deepEqual(client.initiate(known.client, known.metadata.client), known.initiate);
  assert.deepEqual(client.ready(known.ready), { metadata: known.metadata.server });
  assert.equal(client.isHostOrder, false);
  assert.equal(client.seals.nonce, 2);
});

test("CurveClient refuses a server key of low order", () => {
  assert.equal(check(new CurveClient(boxes, new Uint8Array(32)).hello()), "server-key");
});

test("CurveClient names what is wrong with WELCOME: its place, its length, its box", () => {
  const { client, said } = shakeHands(boxes, "welcome");
  assert.equal(check(new CurveClient(boxes, pairOf(boxes, 6).publicKey).welcome(said.welcome)), "order");
  for (const size of [0, 8, 24, 167]) assert.equal(check(client.welcome(said.welcome.subarray(0, size))), "length");
  assert.equal(check(client.welcome(octets(`${Buffer.from(said.welcome).toString("latin1")}!`))), "length");
  for (let at = 8; at < said.welcome.length; at++) {
    const changed = said.welcome.slice();
    changed[at]! ^= 1;
    assert.equal(check(client.welcome(changed)), "welcome-box");
  }
  assert.equal(client.welcome(said.welcome), null);
  assert.equal(check(client.welcome(said.welcome)), "order");
});

test("CurveClient refuses a WELCOME that holds a key of low order", async () => {
  const lowServer = { ...known, draws: { ...known.draws } };
  const { client } = await knownSides(lowServer);
  client.hello();
  const nacl = await openNacl();
  const clientShort = nacl.publicKey(known.draws.client[0]!);
  const nonce = known.draws.server[2]!;
  const name = octets("WELCOME-");
  const box = nacl.box(
    new Uint8Array(32 + 96),
    new Uint8Array([...name, ...nonce]),
    clientShort,
    known.server.secretKey,
  );
  assert.equal(check(client.welcome(new Uint8Array([...octets("\x07WELCOME"), ...nonce, ...box]))), "welcome-box");
});

test("CurveClient names what is wrong with READY: its place, its length, its box", () => {
  const { client, said } = shakeHands(boxes, "ready");
  assert.equal(check(shakeHands(boxes, "welcome").client.ready(said.ready)), "order");
  for (const size of [0, 6, 14, 29]) assert.equal(check(client.ready(said.ready.subarray(0, size))), "length");
  for (let at = 6; at < said.ready.length; at++) {
    const changed = said.ready.slice();
    changed[at]! ^= 1;
    assert.equal(check(client.ready(changed)), "ready-box");
  }
  assert.deepEqual(client.ready(said.ready), { metadata: octets("metadata of the server") });
  assert.equal(check(client.ready(said.ready)), "order");
});

test("CurveClient says as much about itself as a handshake command may hold", () => {
  const { client, server, clientPair, said } = shakeHands(boxes, "welcome");
  client.welcome(said.welcome);
  const metadata = new Uint8Array(64 * 1024).fill(7);
  const initiated = server.initiate(client.initiate(clientPair, metadata));
  assert.ok("metadata" in initiated);
  assert.deepEqual(initiated.metadata, metadata);
});

for (const until of ["welcome", "initiate", "ready", "done"] as const) {
  test(`CurveClient and CurveServer wipe what is secret when the handshake came as far as ${until}`, () => {
    const watched = new WatchedBoxes(boxes.arena);
    const { client, server } = shakeHands(watched, until);
    assert.equal(watched.areWiped, false);
    client.dispose();
    server.dispose();
    assert.equal(watched.areWiped, true);
  });
}

test("CurveClient opens and seals with one key, which is the server's", () => {
  const { client, server } = shakeHands(boxes);
  const keys = [client.opens, client.seals, server.opens, server.seals].map(({ sharedKey }) => sharedKey);
  for (const key of keys) assert.deepEqual(key, keys[0]);
  const senders = [client.opens, client.seals, server.opens, server.seals].map(({ sender }) => sender);
  assert.deepEqual(senders, ["server", "client", "client", "server"]);
});
