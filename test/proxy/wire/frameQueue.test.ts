import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameQueue } from "../../../src/proxy/wire/frameQueue.ts";
import { cuts } from "../../support/cuts.ts";
import { hex, join } from "../../support/octets.ts";

const MAX_BYTES = 300;

for (const [how, cut] of Object.entries(cuts)) {
  test(`FrameQueue takes frames out one by one and the rest as it is, ${how}`, () => {
    const queue = new FrameQueue(MAX_BYTES);
    const long = new Uint8Array(MAX_BYTES).fill(0x61);
    const frames: unknown[] = [];
    for (const piece of cut(join(hex("0401 aa 0000 02 000000000000012c"), long, hex("0402 bb")))) {
      queue.push(piece);
      for (let frame = queue.next(); frame !== null; frame = queue.next()) frames.push(frame);
    }
    assert.deepEqual(frames, [
      { body: hex("aa"), command: true },
      { body: hex(""), command: false },
      { body: long, command: false },
    ]);
    assert.equal(queue.bytes, 3);
    assert.deepEqual(queue.takeRest(), hex("0402 bb"));
    assert.equal(queue.bytes, 0);
    assert.equal(queue.next(), null);
  });
}

test("FrameQueue refuses a frame above its limit, or of an impossible length, by its header alone", () => {
  for (const header of ["02 000000000000012d", "02 7fffffffffffffff", "06 8000000000000000"]) {
    const queue = new FrameQueue(MAX_BYTES);
    queue.push(hex(header).subarray(0, -1));
    assert.equal(queue.next(), null);
    queue.push(hex(header).subarray(-1));
    assert.equal(queue.next(), "too-long");
    assert.equal(queue.next(), "too-long");
  }
});

test("FrameQueue keeps no view of what was pushed", () => {
  const queue = new FrameQueue(MAX_BYTES);
  const chunk = hex("0401 aa");
  queue.push(chunk);
  chunk.fill(0);
  assert.deepEqual(queue.next(), { body: hex("aa"), command: true });
});

test("FrameQueue takes a mebibyte of the smallest frames, octet by octet, without copying it again and again", () => {
  const queue = new FrameQueue(MAX_BYTES);
  const octet = hex("00");
  for (let i = 0; i < 1024 * 1024; i++) queue.push(octet);
  assert.equal(queue.bytes, 1024 * 1024);
  let frames = 0;
  while (queue.next() !== null) frames += 1;
  assert.equal(frames, 512 * 1024);
});
