import assert from "node:assert/strict";
import { test } from "node:test";
import { ZmtpClient, type ClientEvent } from "../../../src/proxy/wire/zmtpClient.ts";
import { encodeCommand, encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { cuts } from "../../support/cuts.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";
import { hex, join, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";
import { loadVector, loadVectors, piecesOf } from "../../support/vectors.ts";

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
    { kind: "send", bytes: encodeCommand("PONG", hex("aabb")) },
    { kind: "message", frames: [octets("a"), octets("b")] },
  ]);
  assert.deepEqual(client.push(join(encodeCommand("PONG", hex("")), encodeCommand("OTHER", hex("")))), []);
});

test("ZmtpClient does not take a subscription for a message", () => {
  assert.deepEqual(connected("PUB", "XSUB").push(encodeMessage([octets("\x01news")])), []);
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
