import { randomFillSync } from "node:crypto";
import makeSodium from "libsodium-sumo";
import type { BoxMemory } from "../wire/curve/boxMemory.ts";

/**
 * libsodium as raw WebAssembly, called with offsets into its own memory: the wrappers around it cost as much again as a
 * small box does. This file is bundled on its own and loaded when the first tap with keys starts (crypto/boxes.ts).
 */
export async function openBoxMemory(): Promise<BoxMemory> {
  // The ES module finds no random source of its own; it asks for one as soon as it is initialised.
  const sodium = await makeSodium({ getRandomValue: () => randomFillSync(new Uint32Array(1))[0]! });
  if (sodium._sodium_init() < 0) throw new Error("libsodium could not be initialised.");
  return {
    get octets() {
      return sodium.HEAPU8;
    },
    allocate: (size) => {
      const place = sodium._malloc(size);
      if (place === 0) throw new RangeError("libsodium has no memory left.");
      sodium.HEAPU8.fill(0, place, place + size);
      return place;
    },
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
      if (block === 0) sodium._crypto_stream_salsa20_xor(out, input, size, 0, nonce8, key);
      else sodium._crypto_stream_salsa20_xor_ic(out, input, size, 0, nonce8, block, 0, key);
    },
    authenticate: (out, input, size, key) => void sodium._crypto_onetimeauth(out, input, size, 0, key),
    authenticatorBytes: sodium._crypto_onetimeauth_statebytes(),
    beginAuthenticator: (state, key) => void sodium._crypto_onetimeauth_init(state, key),
    feedAuthenticator: (state, input, size) => void sodium._crypto_onetimeauth_update(state, input, size, 0),
    endAuthenticator: (state, out) => void sodium._crypto_onetimeauth_final(state, out),
  };
}
