import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameCutter, readFrameHeader, readLength, walkFrames } from "../../../src/proxy/wire/frames.ts";
import { cuts } from "../../support/cuts.ts";
import { hex, join } from "../../support/octets.ts";

test("readLength reads up to 2^63-1 and nothing above", () => {
  assert.equal(readLength(hex("00000000 00000100"), 0), 256);
  assert.equal(readLength(hex("00000001 80000000"), 0), 0x180000000);
  assert.equal(readLength(hex("7fffffff ffffffff"), 0), 2 ** 63);
  assert.equal(readLength(hex("80000000 00000000"), 0), -1);
});

test("readFrameHeader reads headers of each framing", () => {
  const frame = { more: false, command: false };
  assert.deepEqual(readFrameHeader(hex("aa 01 05"), 1), { ...frame, headerBytes: 2, sizeBytes: 5, more: true });
  assert.deepEqual(readFrameHeader(hex("0505"), 0), { ...frame, headerBytes: 2, sizeBytes: 5, command: true });
  assert.deepEqual(readFrameHeader(hex("0405"), 0, 2), { ...frame, headerBytes: 2, sizeBytes: 5 });
  assert.deepEqual(readFrameHeader(hex("03 0000000000000100"), 0), {
    ...frame,
    headerBytes: 9,
    sizeBytes: 256,
    more: true,
  });
  assert.deepEqual(readFrameHeader(hex("0601"), 0, 1), { ...frame, headerBytes: 2, sizeBytes: 5, more: true });
  assert.deepEqual(readFrameHeader(hex("ff 0000000000000100 00"), 0, 1), { ...frame, headerBytes: 10, sizeBytes: 255 });
});

test("readFrameHeader gives null for what is cut or impossible", () => {
  for (const digits of ["", "00", "02 00000000000000", "02 8000000000000000"])
    assert.equal(readFrameHeader(hex(digits), 0), null);
  assert.equal(readFrameHeader(hex("0000"), 0, 1), null);
});

test("walkFrames finds frames and commands, the last one cut", () => {
  const spans = walkFrames(hex("0101 61 0401 62 0003 63"));
  assert.deepEqual(spans, [
    { offset: 2, sizeBytes: 1, keptBytes: 1, more: true, command: false },
    { offset: 5, sizeBytes: 1, keptBytes: 1, more: false, command: true },
    { offset: 8, sizeBytes: 3, keptBytes: 1, more: false, command: false },
  ]);
  assert.equal(walkFrames(hex("0000 0000 0000"), 3, 2).length, 2);
});

for (const [how, cut] of Object.entries(cuts)) {
  test(`FrameCutter cuts frames that belong to the caller, ${how}`, () => {
    const cutter = new FrameCutter(1000);
    const long = new Uint8Array(300).fill(0x7a);
    const stream = join(hex("0101 61 0501 62 02 000000000000012c"), long, hex("0000"));
    const frames = cut(stream).flatMap((chunk) => {
      const copy = chunk.slice();
      const done = cutter.push(copy);
      copy.fill(0);
      return done;
    });
    assert.deepEqual(frames, [
      { body: hex("61"), more: true, command: false },
      { body: hex("62"), more: false, command: true },
      { body: long, more: false, command: false },
      { body: hex(""), more: false, command: false },
    ]);
    assert.equal(cutter.refusedBytes, null);
  });
}

test("FrameCutter reads no further after a frame above its limit", () => {
  const cutter = new FrameCutter(2);
  assert.deepEqual(cutter.push(hex("0001 61 0003 616161")), [{ body: hex("61"), more: false, command: false }]);
  assert.equal(cutter.refusedBytes, 3);
  assert.deepEqual(cutter.push(hex("0000")), []);
  const impossible = new FrameCutter(2);
  impossible.push(hex("02 ffffffffffffffff"));
  assert.equal(impossible.refusedBytes, -1);
});
