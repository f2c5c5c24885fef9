import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { readCommandName } from "../../../../src/proxy/wire/commands.ts";
import { curveClientLeg, curveServerLeg } from "../../../../src/proxy/wire/legs/curveLegs.ts";
import type { Leg, LegSignal } from "../../../../src/proxy/wire/legs/leg.ts";
import { pairOf, WatchedBoxes } from "../../../support/curve.ts";
import { hex, octets } from "../../../support/octets.ts";

const boxes = await loadBoxes();
const [clientPair, serverPair] = [pairOf(boxes, 21), pairOf(boxes, 22)];

/** A client's and a server's leg, each with what it has said. */
function open(ownBoxes = boxes, serverKey = serverPair.publicKey) {
  const said: Record<"client" | "server", Uint8Array[]> = { client: [], server: [] };
  const asked: unknown[] = [];
  const client = curveClientLeg(
    (body) => said.client.push(body),
    ownBoxes,
    serverKey,
    (key) => {
      asked.push(key);
      return clientPair;
    },
  );
  const server = curveServerLeg((body) => said.server.push(body), ownBoxes, serverPair);
  return { client, server, said, asked };
}

function tell(leg: Leg, body: Uint8Array): LegSignal {
  return leg.receive(readCommandName(body).name, body);
}

const check = (signal: LegSignal): unknown => (signal.kind === "problem" ? signal.check : signal.kind);

test("curveClientLeg and curveServerLeg go each step once both what the peer says and what it needs are there", () => {
  for (const isGivenFirst of [true, false]) {
    const { client, server, said, asked } = open();
    const giveClient = (): void => client.give(octets("of the client"), octets("somebody"));
    const giveServer = (): void => server.give(octets("of the server"), null);
    if (isGivenFirst) [giveClient, giveServer].forEach((give) => give());
    assert.deepEqual(server.begin(), { kind: "nothing" });
    assert.deepEqual(client.begin(), { kind: "nothing" });
    client.welcome();
    assert.deepEqual(tell(server, said.client[0]!), { kind: "asked" });
    assert.deepEqual(said.server, []);
    server.welcome();
    assert.deepEqual(tell(client, said.server[0]!), { kind: "welcomed" });
    if (!isGivenFirst) giveClient();
    giveClient();
    assert.equal(said.client.length, 2);
    assert.deepEqual(asked, [octets("somebody")]);
    assert.deepEqual(tell(server, said.client[1]!), {
      kind: "metadata",
      metadata: octets("of the client"),
      client: clientPair.publicKey,
    });
    // Whoever was not let in hears nothing.
    if (!isGivenFirst) giveServer();
    assert.deepEqual([said.server.length, server.isOpen], [1, false]);
    server.admit();
    server.admit();
    client.admit();
    assert.deepEqual([said.server.length, server.isOpen, client.isOpen], [2, true, false]);
    assert.deepEqual(tell(client, said.server[1]!), {
      kind: "metadata",
      metadata: octets("of the server"),
      client: null,
    });
    assert.equal(client.isOpen, true);
    assert.deepEqual(client.opens!.sharedKey, server.seals!.sharedKey);
    assert.deepEqual(client.seals!.sharedKey, server.opens!.sharedKey);
    assert.deepEqual(
      [client.mechanism, server.mechanism, client.isHostOrder, server.isHostOrder],
      ["CURVE", "CURVE", false, false],
    );
  }
});

test("curveClientLeg and curveServerLeg name what they cannot take", () => {
  const { client, server, said } = open();
  assert.equal(check(tell(server, octets("\x05READY"))), "order");
  assert.equal(check(tell(server, octets("\x05HELLO"))), "length");
  assert.equal(check(tell(server, octets("\x08INITIATE"))), "order");
  assert.equal(check(tell(client, octets("\x05READY"))), "order");
  assert.equal(check(tell(client, octets("\x07WELCOME"))), "order");
  assert.equal(check(tell(client, octets("\x04PING"))), "order");
  assert.equal(check(tell(client, octets("\x05HELLO"))), "both-clients");
  client.begin();
  assert.equal(check(tell(client, octets("\x07WELCOME"))), "length");
  tell(server, said.client[0]!);
  server.welcome();
  assert.equal(check(tell(server, octets("\x08INITIATE"))), "length");
});

test("curveClientLeg does not begin with a server key that is none", () => {
  const { client, said } = open(boxes, new Uint8Array(32));
  assert.equal(check(client.begin()), "server-key");
  assert.deepEqual(said.client, []);
});

test("curveClientLeg and curveServerLeg wipe what is secret, but not the pairs of their tap", () => {
  const watched = new WatchedBoxes(boxes.arena);
  const { client, server, said } = open(watched);
  client.begin();
  tell(server, said.client[0]!);
  server.welcome();
  client.dispose();
  server.dispose();
  assert.equal(watched.areWiped, true);
  assert.notDeepEqual(serverPair.secretKey, hex("00".repeat(32)));
});
