import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../src/proxy/crypto/boxes.ts";
import { curveClientLeg } from "../../../src/proxy/wire/legs/curveLegs.ts";
import { plainClientLeg } from "../../../src/proxy/wire/legs/plainLegs.ts";
import { ZmtpClient, type ClientEvent, type ClientSecurity } from "../../../src/proxy/wire/zmtpClient.ts";
import { encodeCommand, encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { cuts } from "../../support/cuts.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";
import { hex, join, octets } from "../../support/octets.ts";
import { Peer, USER } from "../../support/peers.ts";
import { random } from "../../support/random.ts";
import { loadVector, loadVectors, piecesOf } from "../../support/vectors.ts";

const boxes = await loadBoxes();

function sends(events: readonly ClientEvent[]): Uint8Array {
  return join(...events.flatMap((event) => (event.kind === "send" ? [event.bytes] : [])));
}
const others = (events: readonly ClientEvent[]): ClientEvent[] => events.filter(({ kind }) => kind !== "send");
const fromServer = (name: string): Uint8Array =>
  join(
    ...piecesOf(loadVector(name))
      .filter(({ direction }) => direction === 1)
      .map(({ bytes }) => bytes),
  );

/** A client that is ready for its messages. */
function connected(socket: SocketType, peer: SocketType): ZmtpClient {
  const client = new ZmtpClient({ socket });
  client.start();
  assert.deepEqual(others(client.push(join(encodeGreeting("NULL"), encodeReady(peer)))), [
    { kind: "ready", peerSocket: peer },
  ]);
  return client;
}

for (const [how, cut] of Object.entries(cuts)) {
  test(`ZmtpClient gets its answers from a recorded server, ${how}`, () => {
    for (const version of ["4.0.10", "4.1.8", "4.2.5", "4.3.4"]) {
      const client = new ZmtpClient({ socket: "REQ" });
      const start = client.start();
      const events = cut(fromServer(`req-rep-4.3.4-${version}-null`)).flatMap((part) => client.push(part));
      assert.deepEqual(others(events), [
        { kind: "ready", peerSocket: "REP" },
        { kind: "message", frames: [hex(""), octets("world")] },
        { kind: "message", frames: [hex(""), octets("4"), hex("")] },
      ]);
      assert.deepEqual(join(start, sends(events)), join(encodeGreeting("NULL"), encodeReady("REQ")));
    }
  });
}

test("ZmtpClient's own link is read by LinkReader as any other", () => {
  const link = new LinkRecorder();
  const client = new ZmtpClient({ socket: "DEALER", identity: octets("me") });
  link.push(0, client.start());
  for (const part of [
    encodeGreeting("NULL").subarray(0, 11),
    encodeGreeting("NULL").subarray(11),
    encodeReady("ROUTER"),
  ]) {
    link.push(1, part).push(0, sends(client.push(part)));
  }
  link.push(0, client.encode([octets("a"), hex("")]));
  const { state, client: peer, sockets } = link.of("handshake")[0]!.detail;
  assert.deepEqual([state, peer.identityHex, sockets], ["done", "6d65", { client: "DEALER", server: "ROUTER" }]);
  assert.deepEqual(link.of("message")[0]!.frames, ["61", ""]);
});

test("ZmtpClient answers PING with its context, also within a message", () => {
  const client = connected("DEALER", "ROUTER");
  const events = client.push(join(hex("0101 61"), encodeCommand("PING", hex("0014 aabb")), hex("0001 62")));
  assert.deepEqual(events, [
    { kind: "message", frames: [octets("a"), octets("b")] },
    { kind: "send", bytes: encodeCommand("PONG", hex("aabb")) },
  ]);
  assert.deepEqual(client.push(join(encodeCommand("PONG", hex("")), encodeCommand("OTHER", hex("")))), []);
});

test("ZmtpClient follows what the other side subscribes to, by command and by message", () => {
  const client = connected("PUB", "SUB");
  const matches = (topic: string): boolean => client.subscriptions.matches(octets(topic), false);
  assert.deepEqual(client.push(encodeCommand("SUBSCRIBE", octets("news"))), [{ kind: "subscribed" }]);
  client.push(encodeMessage([octets("\x01sport")]));
  assert.deepEqual([matches("news.de"), matches("sports"), matches("weather")], [true, true, false]);
  client.push(join(encodeCommand("CANCEL", octets("news")), encodeMessage([octets("\x00sport")])));
  assert.deepEqual([matches("news.de"), matches("sports")], [false, false]);
});

test("ZmtpClient does not take a subscription for a message", () => {
  assert.deepEqual(connected("PUB", "XSUB").push(encodeMessage([octets("\x01news")])), [{ kind: "subscribed" }]);
  assert.equal(connected("PUSH", "PULL").push(encodeMessage([octets("\x01news")])).length, 1);
  assert.equal(connected("PUB", "XSUB").push(encodeMessage([octets("user")])).length, 1);
});

const greeting = encodeGreeting("NULL");
const failures: [string, SocketType, Uint8Array, RegExp][] = [
  ["a PLAIN server", "REQ", encodeGreeting("PLAIN"), /user name and password \(PLAIN\)/],
  ["a CURVE server", "REQ", encodeGreeting("CURVE"), /asks for CURVE, and ZMQ Tap has no keys/],
  ["a server without a mechanism", "REQ", encodeGreeting("NULL").fill(0, 12), /unknown mechanism/],
  ["a ZMTP 1.0 server", "REQ", fromServer("req-rep-4.3.4-2.2.1-null"), /speaks ZMTP 1\.0/],
  ["a ZMTP 2.0 server", "REQ", fromServer("req-rep-4.3.4-3.2.5-null"), /speaks ZMTP 2\.0/],
  ["an SSH server", "REQ", octets("SSH-2.0-OpenSSH"), /is an SSH server/],
  ["noise", "REQ", octets("........"), /does not speak ZeroMQ's protocol/],
  [
    "a socket that does not fit",
    "REQ",
    join(greeting, encodeReady("PULL")),
    /A REQ cannot talk .* PULL: it needs REP or ROUTER/,
  ],
  ["an unknown socket type", "PUSH", join(greeting, encodeCommand("READY", hex(""))), /of an unknown type/],
  ["a type without partners", "STREAM", join(greeting, encodeReady("PULL")), /needs no ZMTP peer/],
  ["a refusal", "REQ", join(greeting, encodeCommand("ERROR", octets("\x03400"))), /refused the connection: 400\./],
  ["a refusal without a reason", "REQ", join(greeting, encodeCommand("ERROR", hex(""))), /gave no reason/],
  ["a message before READY", "REQ", join(greeting, encodeMessage([octets("x")])), /before the handshake was done/],
  ["an impossible length", "PULL", join(greeting, hex("06 ffffffffffffffff")), /impossible length/],
  ["a frame above 64 MiB", "PULL", join(greeting, encodeReady("PUSH"), hex("02 0000000004000001")), /above 64 MiB/],
  [
    "an ERROR later",
    "REQ",
    join(greeting, encodeReady("REP"), encodeCommand("ERROR", hex(""))),
    /ended the connection/,
  ],
];
for (const [what, socket, bytes, message] of failures) {
  for (const [how, cut] of Object.entries(cuts)) {
    test(`ZmtpClient fails with a sentence at ${what}, ${how}`, () => {
      const client = new ZmtpClient({ socket });
      client.start();
      const events = [...cut(bytes), octets("more")].flatMap((part) => client.push(part));
      const failed = events.filter((event) => event.kind === "failed");
      assert.equal(failed.length, 1);
      assert.match(failed[0]!.message, message);
      assert.match(failed[0]!.message, /\.$/);
      assert.equal(events.at(-1), failed[0]);
    });
  }
}

test("ZmtpClient ignores other commands before READY", () => {
  const client = new ZmtpClient({ socket: "REQ" });
  const events = client.push(join(greeting, encodeCommand("HELLO", hex("")), encodeReady("REP")));
  assert.deepEqual(others(events), [{ kind: "ready", peerSocket: "REP" }]);
});

test("ZmtpClient refuses a message whose many frames are above 64 MiB together", () => {
  const client = connected("PULL", "PUSH");
  const part = encodeMessage([new Uint8Array(16 * 1024 * 1024), hex("")]).subarray(0, -2);
  const events = Array.from({ length: 5 }, () => part).flatMap((bytes) => client.push(bytes));
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["failed"],
  );
});

test("ZmtpClient never throws on mutated servers", () => {
  const pick = random(11);
  const vectors = loadVectors();
  for (let round = 0; round < 3000; round++) {
    const client = new ZmtpClient({ socket: "REQ" });
    let failures = 0;
    for (const { direction, bytes } of piecesOf(vectors[pick(vectors.length)]!)) {
      if (direction === 0) continue;
      const changed = bytes.slice();
      for (let change = pick(3); change > 0; change--) changed[pick(changed.length)] = pick(256);
      failures += client.push(changed).filter(({ kind }) => kind === "failed").length;
    }
    assert.ok(failures <= 1);
  }
});

/** Both ends until neither has anything to say. */
function settle(client: ZmtpClient, peer: Peer): ClientEvent[] {
  const told: ClientEvent[] = [];
  peer.push(client.start());
  for (let bytes = peer.outbox.shift(); bytes !== undefined; bytes = peer.outbox.shift()) {
    for (const event of client.push(bytes)) {
      if (event.kind === "send") peer.push(event.bytes);
      else told.push(event);
    }
  }
  return told;
}

test("ZmtpClient shows a PLAIN server a user", () => {
  const peer = new Peer({ name: "server", kind: "PLAIN server", boxes });
  const client = new ZmtpClient({
    socket: "PAIR",
    security: { openLeg: (send) => plainClientLeg(send, USER), arena: null },
  });
  assert.deepEqual(settle(client, peer), [{ kind: "ready", peerSocket: "PAIR" }]);
  peer.push(client.encode([octets("a"), octets("b")]));
  assert.deepEqual(peer.frames, ["a+", "b"]);
});

const pair = boxes.keyPair();
const curve = (serverKey = pair.publicKey): ClientSecurity => ({
  openLeg: (send) => curveClientLeg(send, boxes, serverKey, () => boxes.keyPair()),
  arena: boxes.arena,
});

test("ZmtpClient speaks CURVE: what it sends is sealed, and what comes is opened", () => {
  const peer = new Peer({ name: "server", kind: "CURVE server", boxes, pair });
  const client = new ZmtpClient({ socket: "PAIR", security: curve() });
  assert.deepEqual(settle(client, peer), [{ kind: "ready", peerSocket: "PAIR" }]);
  const sent = client.encode([octets("secret"), octets("b")]);
  assert.equal(Buffer.from(sent).includes("secret"), false);
  peer.push(sent);
  const many = join(...Array.from({ length: 2000 }, (_, index) => encodeMessage([octets(`message ${index}`)])));
  const many2 = client.seal(join(many, many, many));
  peer.push(many2);
  assert.deepEqual(peer.frames.slice(0, 2), ["secret+", "b"]);
  assert.equal(peer.frames.length, 6002);
  peer.send(join(encodeMessage([octets("reply")]), encodeCommand("PING", hex("0014 aabb"))));
  const events = peer.outbox.splice(0).flatMap((bytes) => client.push(bytes));
  assert.deepEqual(events[0], { kind: "message", frames: [octets("reply")] });
  peer.push(sends(events));
  assert.equal(peer.frames.at(-1), "command \x04PONG\xaa\xbb");
  client.dispose();
  assert.deepEqual(client.push(encodeMessage([octets("late")])), []);
});

test("ZmtpClient fails with a sentence where a box of the server was changed", () => {
  const peer = new Peer({ name: "server", kind: "CURVE server", boxes, pair });
  const client = new ZmtpClient({ socket: "PAIR", security: curve() });
  settle(client, peer);
  peer.send(encodeMessage([octets("reply")]));
  const [sealed] = peer.outbox;
  sealed![sealed!.length - 1]! ^= 1;
  const [failed] = client.push(sealed!);
  assert.match(failed?.kind === "failed" ? failed.message : "", /MAC of a MESSAGE is wrong/);
});

test("ZmtpClient fails with a sentence at a key that is none, an odd command, and a server without its mechanism", () => {
  const failure = (security: ClientSecurity, bytes: Uint8Array): string => {
    const client = new ZmtpClient({ socket: "REQ", security });
    const failed = client.push(bytes).find((event) => event.kind === "failed");
    return failed?.kind === "failed" ? failed.message : "";
  };
  const greeting = encodeGreeting("CURVE");
  assert.match(failure(curve(new Uint8Array(32)), greeting), /public key given for the server is none/);
  assert.match(failure(curve(), join(greeting, encodeCommand("WELCOME", hex("")))), /WELCOME has/);
  assert.match(failure(curve(), encodeGreeting("NULL")), /speaks NULL, and the keys given for it are for CURVE/);
  assert.match(failure(curve(), encodeGreeting("NULL").fill(0, 12)), /speaks an unknown mechanism/);
});

test("ZmtpClient that ignores messages answers pings between them, however long they are", () => {
  const client = new ZmtpClient({ socket: "SUB", ignoresMessages: true });
  client.start();
  const ready = client.push(join(encodeGreeting("NULL"), encodeReady("PUB")));
  assert.deepEqual(others(ready), [{ kind: "ready", peerSocket: "PUB" }]);
  assert.equal(client.version, "3.1");
  const long = hex("02 00000001 00000000");
  assert.deepEqual(
    client.push(join(encodeMessage([octets("topic"), octets("body")]), encodeCommand("PING", hex("0014 aabb")))),
    [{ kind: "send", bytes: encodeCommand("PONG", hex("aabb")) }],
  );
  assert.deepEqual(client.push(join(long, new Uint8Array(100_000))), []);
});

test("ZmtpClient knows a server of ZMTP 3.0", () => {
  const client = new ZmtpClient({ socket: "SUB" });
  client.start();
  const greeting = encodeGreeting("NULL");
  greeting[11] = 0;
  client.push(join(greeting, encodeReady("XPUB")));
  assert.equal(client.version, "3.0");
});
