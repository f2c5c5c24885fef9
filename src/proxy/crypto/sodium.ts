import { randomFillSync } from "node:crypto";
import makeSodium, { type Sodium } from "libsodium-sumo";
import type { BoxMemory } from "../wire/curve/boxMemory.ts";
import { openSalsaKernel, SCRATCH_BYTES } from "./salsaKernel.ts";

/** What one block of Salsa20 makes: up to this libsodium is faster than a kernel that makes four at once. */
const BLOCK_BYTES = 64;

/**
 * libsodium as raw WebAssembly, called with offsets into its own memory: the wrappers around it cost as much again as a
 * small box does. This file is bundled on its own and loaded when the first tap with keys starts (crypto/boxes.ts).
 */
export async function openBoxMemory(): Promise<BoxMemory> {
  const { sodium, memory } = await loadSodium();
  if (sodium._sodium_init() < 0) throw new Error("libsodium could not be initialised.");
  const xorLong = memory === null ? null : await openSalsaKernel(memory);
  const allocate = (size: number): number => {
    const place = sodium._malloc(size);
    if (place === 0) throw new RangeError("libsodium has no memory left.");
    sodium.HEAPU8.fill(0, place, place + size);
    return place;
  };
  const scratch = allocate(SCRATCH_BYTES);
  return {
    get octets() {
      return sodium.HEAPU8;
    },
    allocate,
    release: (place, size) => {
      sodium.HEAPU8.fill(0, place, place + size);
      sodium._free(place);
    },
    randomFill: (place, size) => {
      randomFillSync(sodium.HEAPU8, place, size);
    },
    publicKey: (out, secret) => void sodium._crypto_scalarmult_base(out, secret),
    sharedKey: (out, publicKey, secret) => sodium._crypto_box_beforenm(out, publicKey, secret) === 0,
    subkey: (out, nonce16, key) => void sodium._crypto_core_hsalsa20(out, nonce16, key, 0),
    xor: (out, input, size, nonce8, block, key) => {
      if (xorLong !== null && size > BLOCK_BYTES) xorLong(out, input, size, nonce8, block, 0, key, scratch);
      else if (block === 0) sodium._crypto_stream_salsa20_xor(out, input, size, 0, nonce8, key);
      else sodium._crypto_stream_salsa20_xor_ic(out, input, size, 0, nonce8, block, 0, key);
    },
    authenticate: (out, input, size, key) => void sodium._crypto_onetimeauth(out, input, size, 0, key),
    authenticatorBytes: sodium._crypto_onetimeauth_statebytes(),
    beginAuthenticator: (state, key) => void sodium._crypto_onetimeauth_init(state, key),
    feedAuthenticator: (state, input, size) => void sodium._crypto_onetimeauth_update(state, input, size, 0),
    endAuthenticator: (state, out) => void sodium._crypto_onetimeauth_final(state, out),
  };
}

/**
 * libsodium, and the memory it works in if that can be had. The package keeps it to itself, and its hook for a caller's own
 * way of making the instance comes without the code; so the call that makes it is watched.
 */
async function loadSodium(): Promise<{ readonly sodium: Sodium; readonly memory: WebAssembly.Memory | null }> {
  type Instantiate = (
    bytes: Uint8Array<ArrayBuffer>,
    imports: Record<string, Record<string, unknown>>,
  ) => Promise<{ readonly instance: WebAssembly.Instance }>;
  const engine: { instantiate: Instantiate } = WebAssembly;
  const { instantiate } = engine;
  const memories: WebAssembly.Memory[] = [];
  engine.instantiate = async (...args) => {
    const made = await instantiate(...args);
    memories.push(...Object.values(made.instance.exports).filter((value) => value instanceof WebAssembly.Memory));
    return made;
  };
  try {
    // The ES module finds no random source of its own; it asks for one as soon as it is initialised.
    const sodium = await makeSodium({ getRandomValue: () => randomFillSync(new Uint32Array(1))[0]! });
    return { sodium, memory: memories.find(({ buffer }) => buffer === sodium.HEAPU8.buffer) ?? null };
  } finally {
    engine.instantiate = instantiate;
  }
}
