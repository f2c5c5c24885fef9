import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeZ85, encodeZ85 } from "../../../src/shared/keys/z85.ts";
import { random } from "../../support/random.ts";

const example = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);

test("encodeZ85 and decodeZ85 agree with the example of RFC 32", () => {
  assert.equal(encodeZ85(example), "HelloWorld");
  assert.deepEqual(decodeZ85("HelloWorld"), example);
});

test("encodeZ85 writes the first and the last of all groups", () => {
  assert.equal(encodeZ85(Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255)), "00000%nSc0");
  assert.equal(encodeZ85(new Uint8Array(0)), "");
});

test("encodeZ85 takes the octets of a view that begins in the middle of its buffer", () => {
  assert.equal(encodeZ85(Uint8Array.of(1, 2, ...example).subarray(2)), "HelloWorld");
});

test("encodeZ85 refuses octets that make no whole group", () => {
  assert.throws(() => encodeZ85(new Uint8Array(5)), RangeError);
});

for (const [what, text] of [
  ["of another length", "HelloWorl"],
  ["with a character of none of the 85", "Hell~World"],
  ["with a character above 16 bits", "Hell😀orld"],
  ["whose group is more than four octets can hold", "%nSc1#####"],
] as const) {
  test(`decodeZ85 says that a text ${what} is none`, () => assert.equal(decodeZ85(text), null));
}

test("decodeZ85 gives back whatever encodeZ85 wrote", () => {
  const pick = random(1);
  for (let round = 0; round < 500; round++) {
    const octets = Uint8Array.from({ length: 4 * pick(12) }, () => pick(256));
    assert.deepEqual(decodeZ85(encodeZ85(octets)), octets);
  }
});
