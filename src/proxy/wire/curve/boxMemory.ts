/**
 * Memory of the box library and its operations on places in it, given to the wire layer by src/proxy/crypto. Places are
 * offsets into `octets`; nothing is allocated by an operation, so that sealing costs no garbage.
 */
export type BoxMemory = {
  /** The whole memory. Another array after it has grown: never kept over a call to allocate(). */
  readonly octets: Uint8Array;
  /** A zeroed place of `size` octets; throws a RangeError when there is no memory left. */
  allocate(size: number): number;
  /** Zeroes the place and gives it back. */
  release(place: number, size: number): void;
  randomFill(place: number, size: number): void;
  /** X25519: the public key (32 octets) of the secret key at `secret`. */
  publicKey(out: number, secret: number): void;
  /** Shared key of a public and a secret key (crypto_box_beforenm, 32 octets); false for a public key of low order. */
  sharedKey(out: number, publicKey: number, secret: number): boolean;
  /** The subkey that XSalsa20 derives from a key and the first 16 octets of a nonce (32 octets). */
  subkey(out: number, nonce16: number, key: number): void;
  /** XORs `size` octets with Salsa20's stream from its 64-octet block `block` on. `out` may be `input`. */
  xor(out: number, input: number, size: number, nonce8: number, block: number, key: number): void;
  /** Poly1305 of `size` octets (16 octets). */
  authenticate(out: number, input: number, size: number, key: number): void;
  /** The same in pieces: the state needs `authenticatorBytes` octets. */
  readonly authenticatorBytes: number;
  beginAuthenticator(state: number, key: number): void;
  feedAuthenticator(state: number, input: number, size: number): void;
  endAuthenticator(state: number, out: number): void;
};

/** A key pair; each half has 32 octets. */
export type KeyPair = { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };

export const KEY_BYTES = 32;
export const MAC_BYTES = 16;
/** Keystream octets that Poly1305's key takes before the text begins (NaCl's crypto_box_ZEROBYTES). */
export const PAD_BYTES = 32;
