import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import makeSodium from "libsodium-sumo";
import type { BoxMemory } from "../../src/proxy/wire/curve/boxMemory.ts";

/** XORs a text with Salsa20's stream from a block on. */
export type Stream = (
  text: Uint8Array,
  from: { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly block: bigint },
) => Uint8Array;

/** libsodium's own Salsa20, in an instance that nothing else uses. */
export async function salsaStream(): Promise<Stream> {
  const sodium = await makeSodium({ getRandomValue: () => 1 });
  return (text, { key, nonce, block }) => {
    const keyAt = sodium._malloc(32 + 8 + text.length);
    const nonceAt = keyAt + 32;
    const textAt = nonceAt + 8;
    sodium.HEAPU8.set(key, keyAt);
    sodium.HEAPU8.set(nonce, nonceAt);
    sodium.HEAPU8.set(text, textAt);
    const [low, high] = [Number(block & 0xffffffffn), Number(block >> 32n)];
    sodium._crypto_stream_salsa20_xor_ic(textAt, textAt, text.length, 0, nonceAt, low, high, keyAt);
    const result = sodium.HEAPU8.slice(textAt, textAt + text.length);
    sodium._free(keyAt);
    return result;
  };
}

const SIZES = [0, 1, 63, 64, 65, 100, 255, 256, 257, 1_000, 1_065, 65_568];
const BLOCKS = [0, 1, 7, 1025];
const KEY = Uint8Array.from({ length: 32 }, (_, index) => 3 * index);
const NONCE = Uint8Array.from({ length: 8 }, (_, index) => 200 + index);

/** One digest of what `stream` makes of texts of many sizes from many blocks on. */
export function digestOf(stream: Stream): string {
  const hash = createHash("sha256");
  for (const size of SIZES) {
    const text = Uint8Array.from({ length: size }, (_, index) => 7 * index);
    for (const block of BLOCKS) hash.update(stream(text, { key: KEY, nonce: NONCE, block: BigInt(block) }));
  }
  return hash.digest("hex");
}

/** The stream of a box memory, of which it asserts that it is the same in place and apart. */
export function boxMemoryStream(memory: BoxMemory): Stream {
  const key = memory.allocate(32);
  const nonce = memory.allocate(8);
  const input = memory.allocate(70_000);
  const out = memory.allocate(70_000);
  return (text, from) => {
    memory.octets.set(from.key, key);
    memory.octets.set(from.nonce, nonce);
    memory.octets.set(text, input);
    memory.xor(out, input, text.length, nonce, Number(from.block), key);
    memory.xor(input, input, text.length, nonce, Number(from.block), key);
    const result = memory.octets.slice(out, out + text.length);
    assert.deepEqual(memory.octets.slice(input, input + text.length), result);
    return result;
  };
}
