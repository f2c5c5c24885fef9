import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CUSTOM_DATA_AT,
  CUSTOM_OVERHEAD,
  cutUtf8,
  interfaceDescription,
  padded,
  sectionHeader,
  writeCustomBlock,
} from "../../../src/proxy/capture/pcapng.ts";

test("sectionHeader is a section of unknown length", () => {
  assert.equal(sectionHeader().toString("hex"), "0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000");
});

test("interfaceDescription names the tap, raw packets and nanoseconds", () => {
  assert.equal(
    interfaceDescription("tap").toString("hex"),
    "01000000280000006500000000000000" + "0200030074617000" + "0900010009000000" + "00000000" + "28000000",
  );
  const long = interfaceDescription("ä".repeat(1000));
  assert.equal(long.length % 4, 0);
  assert.equal(long.length <= 292, true);
  assert.equal(long.readUInt32LE(4), long.readUInt32LE(long.length - 4));
});

test("writeCustomBlock pads JSON with spaces", () => {
  const slab = Buffer.alloc(64, 0xee);
  const end = writeCustomBlock(slab, 4, '{"a":1}', 7);
  assert.equal(end, 4 + CUSTOM_OVERHEAD + 8);
  assert.equal(slab.toString("utf8", 4 + CUSTOM_DATA_AT, end - 4), '{"a":1} ');
  assert.deepEqual([slab.readUInt32LE(4), slab.readUInt32LE(8), slab.readUInt32LE(12)], [0xbad, 24, 32_473]);
  assert.equal(slab.readUInt32LE(end - 4), 24);
  assert.equal(slab[end], 0xee);
});

test("cutUtf8 ends between characters", () => {
  assert.equal(cutUtf8("aä", 2).toString(), "a");
  assert.equal(cutUtf8("aä", 3).toString(), "aä");
  assert.equal(cutUtf8("☃", 2).toString(), "");
});

test("padded rounds up to four", () => {
  assert.deepEqual([0, 1, 4, 5].map(padded), [0, 4, 4, 8]);
});
