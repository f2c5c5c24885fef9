import assert from "node:assert/strict";
import { test } from "node:test";
import { IS_BETWEEN, originBits, originOf, sizeBits, sizeOf } from "../../../src/proxy/capture/rowRecord.ts";
import { ORIGINS } from "../../../src/shared/model.ts";

test("a row's word keeps its origin and the high bits of its size apart from all else", () => {
  const words = new Uint32Array(1);
  for (const origin of ORIGINS.keys()) {
    for (const sizeBytes of [0, 5, 2 ** 32 - 1, 2 ** 32, 5 * 2 ** 32 + 7, 2 ** 47 - 1]) {
      words[0] = 0x67ff | originBits(origin) | sizeBits(sizeBytes);
      assert.equal(originOf(words[0]), origin);
      assert.equal(sizeOf(words[0], sizeBytes >>> 0), sizeBytes);
      words[0] |= IS_BETWEEN;
      assert.equal(originOf(words[0]), origin);
    }
  }
});

test("what was written before there was a fifth origin reads as it did", () => {
  for (const [meta, origin] of [
    [0b00000 << 11, "wire"],
    [0b01 << 11, "replay"],
    [0b10 << 11, "call"],
    [0b11 << 11, "bridge"],
  ] as const) {
    const word = (meta | (3 << 16)) >>> 0;
    assert.deepEqual([ORIGINS[originOf(word)], sizeOf(word, 1)], [origin, 3 * 2 ** 32 + 1]);
  }
});

test("A damaged origin counts as the wire", () => {
  for (let meta = 0; meta < 2 ** 13; meta++) assert.ok(originOf(meta) < ORIGINS.length);
  for (const high of [0x80000000, 0xffffffff]) assert.ok(originOf(high) < ORIGINS.length);
});
