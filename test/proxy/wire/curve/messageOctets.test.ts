import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fromBoxFlags,
  MESSAGE_NAME,
  toBoxFlags,
  writeCounter,
  writeFrameHeader,
} from "../../../../src/proxy/wire/curve/messageOctets.ts";
import { readFrameHeader } from "../../../../src/proxy/wire/frames.ts";
import { eight } from "../../../support/curve.ts";
import { octets } from "../../../support/octets.ts";

test("toBoxFlags and fromBoxFlags translate MORE and COMMAND, of which a command has no MORE, and nothing else", () => {
  for (let flags = 0; flags < 256; flags++) {
    const isCommand = (flags & 4) !== 0;
    assert.equal(toBoxFlags(flags), isCommand ? 2 : flags & 1);
    const isCommandInBox = (flags & 2) !== 0;
    assert.equal(fromBoxFlags(flags), isCommandInBox ? 4 : flags & 1);
  }
});

test("writeFrameHeader writes what readFrameHeader reads, with the short form where it is enough", () => {
  for (const size of [0, 255, 256, 65_535, 65_536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 2 ** 45]) {
    const written = new Uint8Array(12);
    const length = writeFrameHeader(written, 1, 1, size);
    assert.equal(length, size <= 255 ? 2 : 9);
    assert.deepEqual(readFrameHeader(written, 1), { headerBytes: length, sizeBytes: size, more: true, command: false });
    assert.deepEqual([written[0], written[11]], [0, 0]);
  }
});

test("writeCounter writes the most significant octet first", () => {
  for (const counter of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000001, Number.MAX_SAFE_INTEGER]) {
    const written = new Uint8Array(8);
    writeCounter(written, 0, counter);
    assert.deepEqual(written, eight(counter));
  }
  assert.deepEqual(MESSAGE_NAME, octets("\x07MESSAGE"));
});
