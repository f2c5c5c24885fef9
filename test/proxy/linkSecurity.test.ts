import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../src/proxy/crypto/boxes.ts";
import { LinkSecurity } from "../../src/proxy/linkSecurity.ts";
import { Admissions } from "../../src/proxy/relay/admissions.ts";
import { TapKeys } from "../../src/proxy/tapKeys.ts";
import { encodeGreeting } from "../../src/proxy/wire/writer.ts";
import { encodeZ85 } from "../../src/shared/keys/z85.ts";
import type { TapSecurity } from "../../src/shared/security.ts";
import { pairOf } from "../support/curve.ts";
import { Peer } from "../support/peers.ts";
import { RekeyRecorder } from "../support/rekeyedLink.ts";

const boxes = await loadBoxes();
const [clientPair, serverPair] = [pairOf(boxes, 1), pairOf(boxes, 2)];

/** The security of one link, and a CURVE client and a NULL server at its ends. */
function opened(security: Partial<TapSecurity> = {}, allow: string[] | null = null) {
  const keys = new TapKeys(boxes, {
    clientLeg: "CURVE",
    serverLeg: "NULL",
    serverPair: { publicKey: encodeZ85(serverPair.publicKey), secretKey: encodeZ85(serverPair.secretKey) },
    serverKey: null,
    clientPair: null,
    clientPairs: [],
    allow,
    plain: null,
    ...security,
  });
  const admissions = new Admissions(allow);
  const link = new LinkSecurity(keys, admissions, "wire", "tcp://127.0.0.1:50000");
  const before = [link.isRekeyed, link.isDone, link.mechanisms, link.ends, link.client, link.isHostOrder];
  const sink = new RekeyRecorder();
  sink.judge = (client) => link.judge(client);
  sink.progressed = () => link.progressed();
  sink.failed = (problem) => link.failed(problem);
  const rekeyer = link.open(sink);
  const client = new Peer({
    name: "client",
    kind: "CURVE client",
    boxes,
    pair: clientPair,
    serverKey: serverPair.publicKey,
  });
  const server = new Peer({ name: "server", kind: "NULL", boxes });
  const settle = (): void => {
    for (let round = 0; round < 6; round++) {
      for (const bytes of client.outbox.splice(0)) rekeyer.push(0, bytes);
      for (const bytes of server.outbox.splice(0)) rekeyer.push(1, bytes);
      for (const bytes of sink.sent.client.splice(0)) client.push(bytes);
      for (const bytes of sink.sent.server.splice(0)) server.push(bytes);
    }
  };
  return { keys, admissions, link, before, rekeyer, settle };
}

test("LinkSecurity knows nothing before its link, and all of it behind the handshake", () => {
  const { link, before, settle } = opened();
  assert.deepEqual(before, [false, false, { client: null, server: null }, null, null, false]);
  let changes = 0;
  link.onChange = () => (changes += 1);
  settle();
  assert.ok(changes > 0);
  assert.deepEqual([link.isRekeyed, link.isDone, link.problem, link.isHostOrder], [true, true, null, false]);
  assert.deepEqual(link.mechanisms, { client: "CURVE", server: "NULL" });
  assert.equal(link.client, encodeZ85(clientPair.publicKey));
  assert.deepEqual(link.ends!.client.peer.commands, ["HELLO", "INITIATE"]);
});

test("LinkSecurity is not re-keyed where there is nothing to re-key", () => {
  const { link, rekeyer } = opened({ clientLeg: null, serverLeg: null });
  rekeyer.push(0, encodeGreeting("NULL"));
  rekeyer.push(1, encodeGreeting("NULL"));
  assert.deepEqual([link.isRekeyed, link.isDone], [false, false]);
});

test("LinkSecurity asks its tap who may connect, by key and address, and tells why a link ends", () => {
  const { link, admissions, settle } = opened({}, []);
  let changes = 0;
  link.onChange = () => (changes += 1);
  settle();
  assert.deepEqual(admissions.waiting, [
    { client: encodeZ85(clientPair.publicKey), address: "tcp://127.0.0.1:50000", attempts: 1, isDenied: false },
  ]);
  assert.equal(link.problem?.check, "waiting");
  assert.deepEqual([link.isRekeyed, link.isDone], [true, false]);
  assert.ok(changes > 0);
});

test("LinkSecurity gives its keys back when its link has closed", () => {
  const { link, keys, rekeyer } = opened();
  const secretKey = keys.forLink("wire").serverPair!.secretKey;
  keys.released();
  keys.retire();
  rekeyer.dispose();
  assert.ok(secretKey.some((octet) => octet !== 0));
  link.closed();
  assert.ok(secretKey.every((octet) => octet === 0));
});
