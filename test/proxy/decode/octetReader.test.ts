import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetReader } from "../../../src/proxy/decode/octetReader.ts";

class Pairs extends OctetReader {
  pair(): readonly number[] | undefined {
    const octets = this.take(2);
    return octets === undefined ? undefined : [...octets];
  }

  refuse(): null {
    return this.fail("bad");
  }
}

test("OctetReader goes through octets until they end, and reads nothing behind its first fault", () => {
  const pairs = new Pairs(Uint8Array.of(1, 2, 3, 4, 5).subarray(1));
  assert.deepEqual([pairs.pair(), pairs.at, pairs.fault], [[2, 3], 2, undefined]);
  assert.deepEqual(pairs.pair(), [4, 5]);
  assert.deepEqual([pairs.pair(), pairs.at, pairs.fault], [undefined, 4, "cut"]);
  assert.equal(pairs.refuse(), null);
  assert.equal(pairs.fault, "cut");
});

test("OctetReader reads nothing more once it was told that the octets are none of its format", () => {
  const pairs = new Pairs(Uint8Array.of(1, 2));
  pairs.refuse();
  assert.deepEqual([pairs.pair(), pairs.fault], [undefined, "bad"]);
});
