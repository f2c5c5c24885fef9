import assert from "node:assert/strict";
import { test } from "node:test";
import { openBoxMemory } from "../../../../src/proxy/crypto/sodium.ts";
import { BoxArena, isSameMac, isSameOctets } from "../../../../src/proxy/wire/curve/boxArena.ts";

test("BoxArena wipes every place that a text or a key can lie in", async () => {
  const memory = await openBoxMemory();
  const arena = new BoxArena(memory);
  const places: [number, number][] = [
    [arena.input, arena.inputBytes],
    [arena.text, arena.textBytes],
    [arena.output, arena.outputBytes],
    [arena.keys, 96],
  ];
  for (const [place, size] of places) memory.octets.fill(1, place, place + size);
  arena.wipe();
  for (const [place, size] of places) {
    assert.ok(memory.octets.subarray(place, place + size).every((octet) => octet === 0));
  }
});

test("isSameMac and isSameOctets see a difference in any bit", () => {
  const octets = new Uint8Array(32);
  assert.equal(isSameMac(octets, 0, 16), true);
  assert.equal(isSameOctets(octets.subarray(0, 16), octets.subarray(16)), true);
  for (let bit = 0; bit < 128; bit++) {
    octets.fill(0)[16 + (bit >> 3)] = 1 << (bit & 7);
    assert.equal(isSameMac(octets, 0, 16), false);
    assert.equal(isSameOctets(octets.subarray(0, 16), octets.subarray(16)), false);
  }
  assert.equal(isSameOctets(octets, octets.subarray(1)), false);
});
