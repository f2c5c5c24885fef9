import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { WINDOW_BYTES } from "../../../../src/proxy/wire/curve/boxArena.ts";
import { sealFrames, SealingFlow } from "../../../../src/proxy/wire/curve/sealingFlow.ts";
import { encodeCommand, encodeFrame, encodeMessage } from "../../../../src/proxy/wire/writer.ts";
import { FlowRecorder, openNacl } from "../../../support/curve.ts";
import { opening, openFar, sealing, sealsWith } from "../../../support/curveFlows.ts";
import { knownCommands, knownSides } from "../../../support/curveHandshake.ts";
import { hex, isSame, join, octets } from "../../../support/octets.ts";
import { random } from "../../../support/random.ts";

const { arena } = await loadBoxes();

test("SealingFlow seals MESSAGE of either side as libsodium makes it, the first one behind READY or INITIATE", async () => {
  const known = knownCommands(await openNacl());
  const { client, server, clientBoxes } = await knownSides(known);
  client.hello();
  client.welcome(known.welcome);
  server.hello(known.hello);
  server.welcome();
  server.initiate(known.initiate);
  for (const [seals, make, first] of [
    [client.seals, known.fromClient, 3],
    [server.seals, known.fromServer, 2],
  ] as const) {
    const sink = new FlowRecorder();
    const flow = new SealingFlow(clientBoxes.arena, { seals, maxFrameBytes: 1000, sink });
    flow.push(join(encodeMessage([octets("one"), hex("")]), encodeCommand("PING", hex("0000"))));
    const texts = [octets("\x01one"), octets("\x00"), octets("\x02\x04PING\x00\x00")];
    assert.deepEqual(sink.sent, join(...texts.map((text, index) => encodeFrame(make(first + index, text), 0))));
    assert.equal(flow.nonce, first + 2);
  }
});

test("SealingFlow writes out what it sealed before its place is full: small frames grow to many times their size", () => {
  const { sink, flow } = sealing(arena);
  const empty = new Uint8Array(2 * 30_000);
  flow.push(empty);
  assert.equal(sink.sent.length, 30_000 * 35);
  assert.ok(isSame(sink.shown, empty));
  const opened = opening(arena);
  opened.flow.push(sink.sent);
  assert.ok(isSame(opened.sink.sent, empty));
});

for (const [what, faulty] of [
  ["of 2^31", hex("02 0000000080000000")],
  ["of 2^63", hex("06 8000000000000000")],
  ["of 2^64 - 1", hex("02 ffffffffffffffff")],
  ["just above the limit", hex("02 0000000000020001")],
] as const) {
  test(`SealingFlow refuses a length ${what}, and sends what came before it`, () => {
    const { sink, flow } = sealing(arena, 2 * WINDOW_BYTES);
    flow.push(join(encodeMessage([octets("before")]), faulty, encodeMessage([octets("behind")])));
    flow.push(encodeMessage([octets("behind")]));
    assert.deepEqual(
      sink.problems.map(({ check }) => check),
      ["length"],
    );
    assert.deepEqual(sink.shown, encodeMessage([octets("before")]));
  });
}

test("SealingFlow takes a frame of exactly the limit", () => {
  const { sink, flow } = sealing(arena, 2 * WINDOW_BYTES);
  flow.push(encodeMessage([new Uint8Array(2 * WINDOW_BYTES)]));
  assert.equal(sink.sent.length, 9 + 32 + 1 + 2 * WINDOW_BYTES);
});

test("sealFrames seals whole frames of any size and tells the last nonce", () => {
  const frames = join(encodeMessage([octets("a"), new Uint8Array(3 * WINDOW_BYTES)]), encodeMessage([octets("b")]));
  const { bytes, nonce } = sealFrames(arena, { ...sealsWith("far"), nonce: 7 }, frames);
  assert.equal(nonce, 10);
  assert.ok(isSame(openFar(arena, bytes).sent, frames));
});

test("SealingFlow never throws on random octets, and says one problem at most", () => {
  const pick = random(5);
  for (let round = 0; round < 500; round++) {
    const { sink, flow } = sealing(arena);
    const bytes = Uint8Array.from({ length: pick(3000) }, () => pick(256));
    for (let at = 0; at < bytes.length; at += 700) flow.push(bytes.subarray(at, at + 700));
    assert.ok(sink.problems.length <= 1);
    flow.dispose();
  }
});
