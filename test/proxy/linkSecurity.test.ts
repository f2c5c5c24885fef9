import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../src/proxy/crypto/boxes.ts";
import { LinkSecurity } from "../../src/proxy/linkSecurity.ts";
import { Admissions } from "../../src/proxy/relay/admissions.ts";
import { TapKeys } from "../../src/proxy/tapKeys.ts";
import { encodeGreeting } from "../../src/proxy/wire/writer.ts";
import { encodeZ85 } from "../../src/shared/keys/z85.ts";
import type { Side } from "../../src/shared/model.ts";
import type { TapSecurity } from "../../src/shared/security.ts";
import { pairOf } from "../support/curve.ts";
import { Peer } from "../support/peers.ts";
import { RekeyRecorder } from "../support/rekeyedLink.ts";

const MAX_FRAME_BYTES = 65_536;
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
  const link = new LinkSecurity(keys.forLink("wire", MAX_FRAME_BYTES), keys, admissions, "tcp://127.0.0.1:50000");
  const before = [link.isRekeyed, link.state, link.client, link.isHostOrder];
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
  assert.deepEqual(before, [false, "waiting", null, false]);
  let changes = 0;
  link.onChange = () => (changes += 1);
  settle();
  assert.ok(changes > 0);
  assert.deepEqual([link.isRekeyed, link.isDecrypted, link.problem], [true, true, null]);
  const { state, mechanism, rekeyed, steps, verdict } = link.handshakeDetail();
  assert.deepEqual([state, mechanism, verdict?.id], ["done", "CURVE and NULL", "connected"]);
  const clientKey = encodeZ85(clientPair.publicKey);
  assert.deepEqual(rekeyed, { client: "CURVE", server: "NULL", clientKey, isHostOrder: false });
  const said = (leg: Side, from: Side | "tap"): string[] =>
    steps.filter((step) => step.leg === leg && step.from === from).map(({ what }) => what);
  assert.deepEqual(said("client", "client"), ["greeting 3.1 CURVE", "HELLO", "INITIATE"]);
  assert.deepEqual(said("client", "tap"), ["greeting 3.1 CURVE", "WELCOME", "READY"]);
  assert.deepEqual(said("server", "server"), ["greeting 3.1 NULL", "READY"]);
  assert.deepEqual(said("server", "tap"), ["greeting 3.1 NULL", "READY"]);
});

test("LinkSecurity is not re-keyed where there is nothing to re-key", () => {
  const { link, rekeyer } = opened({ clientLeg: null, serverLeg: null });
  rekeyer.push(0, encodeGreeting("NULL"));
  rekeyer.push(1, encodeGreeting("NULL"));
  assert.deepEqual([link.isRekeyed, link.isDecrypted], [false, false]);
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
  assert.deepEqual([link.isRekeyed, link.state, link.verdict?.id], [true, "failed", "client-waiting"]);
  assert.ok(changes > 0);
});

test("LinkSecurity gives its keys back when its link has closed", () => {
  const { link, keys, rekeyer } = opened();
  const secretKey = keys.forLink("wire", MAX_FRAME_BYTES).serverPair!.secretKey;
  keys.released();
  keys.retire();
  rekeyer.dispose();
  assert.ok(secretKey.some((octet) => octet !== 0));
  link.closed();
  assert.ok(secretKey.every((octet) => octet === 0));
});
