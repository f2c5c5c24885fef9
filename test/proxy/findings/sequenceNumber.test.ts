import assert from "node:assert/strict";
import { test } from "node:test";
import { modulusOf, numberReader } from "../../../src/proxy/findings/sequenceNumber.ts";
import type { Sequence } from "../../../src/shared/sequences.ts";
import { hex, octets } from "../../support/octets.ts";

for (const [sequence, frame, expected] of [
  [{ type: "u8" }, hex("ff"), 255],
  [{ type: "u16le" }, hex("0201"), 0x102],
  [{ type: "u16be" }, hex("0201"), 0x201],
  [{ type: "u32le", offset: 1 }, hex("00 04030201"), 0x1020304],
  [{ type: "u32be" }, hex("ffffffff"), 0xffffffff],
  [{ type: "u64le" }, hex("0100000000000000"), 1],
  [{ type: "u64be" }, hex("0000000100000000"), 2 ** 32],
  // No number that a double holds.
  [{ type: "u64le" }, hex("ffffffffffffffff"), -1],
  [{ type: "u32le" }, hex("010203"), -1],
  [{ type: "u32be", offset: 1 }, hex("01020304"), -1],
  [{ type: "text" }, octets("seq 0042;"), 42],
  [{ type: "text", offset: 4 }, octets("id7 12"), 12],
  [{ type: "text" }, octets("none"), -1],
  [{ type: "text", offset: 99 }, octets("1"), -1],
  [{ type: "text" }, octets("1234567890123456"), -1],
  [{ type: "json", path: "header.seq" }, octets('{"header":{"a":1,"seq":7}}'), 7],
  [{ type: "json", path: "[1]" }, octets("[1,2]"), 2],
  [{ type: "json", path: "n", offset: 6 }, octets('topic {"n":3}'), 3],
  [{ type: "json", path: "n" }, octets('{"n":"3"}'), -1],
  [{ type: "json", path: "n" }, octets('{"n":-3}'), -1],
  [{ type: "json", path: "n" }, octets('{"n":1.5}'), -1],
  [{ type: "json", path: "n" }, octets("no json"), -1],
] as const satisfies readonly (readonly [Omit<Sequence, "frame">, Uint8Array, number])[]) {
  test(`numberReader reads ${JSON.stringify(sequence)} as ${expected}`, () => {
    assert.equal(numberReader({ frame: 0, ...sequence })(frame), expected);
  });
}

test("modulusOf knows what begins again", () => {
  assert.deepEqual((["u8", "u16be", "u32le", "u64le", "text", "json"] as const).map(modulusOf), [
    256,
    65_536,
    2 ** 32,
    0,
    0,
    0,
  ]);
});
