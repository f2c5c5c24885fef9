import assert from "node:assert/strict";
import { test } from "node:test";
import { walkFrames } from "../../../src/proxy/wire/frames.ts";
import {
  encodeCommand,
  encodeFrame,
  encodeFrameHeader,
  encodeGreeting,
  encodeMessage,
  encodeProperty,
  encodeReady,
  encodeSubscription,
} from "../../../src/proxy/wire/writer.ts";
import { hex, join, octets } from "../../support/octets.ts";
import { loadVector, piecesOf } from "../../support/vectors.ts";

/** All that one side of a recorded link sent. */
const sentBy = (name: string, direction: 0 | 1): Buffer =>
  Buffer.from(
    join(
      ...piecesOf(loadVector(name))
        .filter((piece) => piece.direction === direction)
        .map(({ bytes }) => bytes),
    ),
  );

test("encodeGreeting and encodeReady write what libzmq writes", () => {
  const recorded = sentBy("dealer-router-4.3.4-4.3.4-null", 0);
  const written = join(encodeGreeting("NULL"), encodeReady("DEALER", octets("worker-7")));
  // libzmq puts the length of its identity into the signature, which nobody reads any more.
  written[8] = recorded[8]!;
  assert.equal(recorded.subarray(0, written.length).toString("hex"), Buffer.from(written).toString("hex"));
  assert.ok(sentBy("push-pull-4.3.4-4.3.4-null", 0).includes(Buffer.from(encodeReady("PUSH"))));
});

test("encodeMessage writes each framing as recorded peers do", () => {
  const long = new Uint8Array(
    Buffer.from(
      loadVector("push-pull-4.3.4-4.3.4-null")
        .sent.client.flat()
        .find((frame) => frame!.length > 510)!,
      "hex",
    ),
  );
  const frames = [octets("two"), hex(""), long];
  for (const framing of [1, 2, 3] as const) {
    const written = encodeMessage(frames, framing);
    const read = walkFrames(written, framing);
    assert.deepEqual(
      read.map(({ offset, sizeBytes }) => written.subarray(offset, offset + sizeBytes)),
      frames,
    );
    assert.deepEqual(
      read.map(({ more }) => more),
      [true, true, false],
    );
  }
  assert.ok(sentBy("push-pull-4.3.4-2.2.1-null", 0).includes(Buffer.from(encodeMessage([long], 1).subarray(1))));
  assert.ok(sentBy("push-pull-4.3.4-3.2.5-null", 0).includes(Buffer.from(encodeMessage([long], 2).subarray(1))));
});

test("encodeMessage uses the short header up to its limit", () => {
  const header = (size: number, framing: 1 | 3): number => encodeMessage([new Uint8Array(size)], framing).length - size;
  assert.deepEqual([header(255, 3), header(256, 3), header(253, 1), header(254, 1)], [2, 9, 2, 10]);
});

test("encodeFrame writes the flags it is given, and LONG where the size needs it", () => {
  assert.deepEqual(encodeFrame(hex("aabb"), 0xf9), hex("f902 aabb"));
  assert.deepEqual(encodeFrame(new Uint8Array(256), 4).subarray(0, 9), hex("06 0000000000000100"));
});

test("encodeCommand writes the name behind its length", () => {
  assert.deepEqual(encodeCommand("PONG", hex("aabb")), hex("0407 04 504f4e47 aabb"));
});

test("encodeProperty writes name and value behind their lengths, and encodeFrameHeader what stands before a body", () => {
  assert.deepEqual(encodeProperty("X-A", octets("b")), hex("03 582d41 00000001 62"));
  assert.deepEqual(encodeFrameHeader(2, 0), hex("00 02"));
  assert.deepEqual(encodeFrameHeader(256, 1), hex("03 0000000000000100"));
});

test("encodeSubscription writes the encoding of each version, as recorded subscribers do", () => {
  const topic = octets("10001");
  for (const [version, name] of [
    ["1.0", "sub-pub-4.3.4-2.2.1-null"],
    ["2.0", "sub-pub-4.3.4-3.2.5-null"],
    ["3.0", "sub-pub-4.3.4-4.1.8-null"],
    ["3.1", "sub-pub-4.3.4-4.3.4-null"],
  ] as const) {
    const sent = sentBy(name, 0);
    assert.ok(sent.includes(Buffer.from(encodeSubscription(topic, true, version))), version);
    assert.ok(sent.includes(Buffer.from(encodeSubscription(topic, false, version))), version);
  }
});
