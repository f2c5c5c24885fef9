import { fromText } from "../octets.ts";
import { type BoxArena, isSameMac, WINDOW_BYTES } from "./boxArena.ts";
import { KEY_BYTES, type KeyPair, MAC_BYTES, PAD_BYTES } from "./boxMemory.ts";

/** Largest text of a box that is opened or sealed whole: metadata of at most 64 KiB, and in INITIATE keys in front of it. */
const MAX_TEXT_BYTES = WINDOW_BYTES + 1024;

/**
 * NaCl boxes with keys and texts that are arrays of their own, for handshakes; messages go through BoxFlow. A secret box
 * is the same thing with a key that nobody shares.
 */
export class Boxes {
  readonly arena: BoxArena;

  constructor(arena: BoxArena) {
    this.arena = arena;
  }

  random(count: number): Uint8Array {
    const { memory, input } = this.arena;
    memory.randomFill(input, count);
    return memory.octets.slice(input, input + count);
  }

  keyPair(): KeyPair {
    const secretKey = this.random(KEY_BYTES);
    return { publicKey: this.publicKeyOf(secretKey), secretKey };
  }

  publicKeyOf(secretKey: Uint8Array): Uint8Array {
    const { memory, keys } = this.arena;
    memory.octets.set(secretKey, keys);
    memory.publicKey(keys + KEY_BYTES, keys);
    const publicKey = memory.octets.slice(keys + KEY_BYTES, keys + 2 * KEY_BYTES);
    memory.octets.fill(0, keys, keys + KEY_BYTES);
    return publicKey;
  }

  /** The key that both owners share; `null` for a public key that is none. The caller wipes it when it is done with. */
  sharedKey(publicKey: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
    const { memory, keys } = this.arena;
    memory.octets.set(publicKey, keys);
    memory.octets.set(secretKey, keys + KEY_BYTES);
    const isShared = memory.sharedKey(keys + 2 * KEY_BYTES, keys, keys + KEY_BYTES);
    const shared = isShared ? memory.octets.slice(keys + 2 * KEY_BYTES, keys + 3 * KEY_BYTES) : null;
    memory.octets.fill(0, keys, keys + 3 * KEY_BYTES);
    return shared;
  }

  /** MAC and ciphertext of a text that fits into a handshake command. */
  seal(text: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
    const { memory, input, text: out, nonce: nonceAt, mac } = this.arena;
    const { octets } = memory;
    const size = text.length;
    if (size > MAX_TEXT_BYTES) throw new RangeError("A text is too large for a handshake's box.");
    this.#setKey(nonce, key);
    octets.fill(0, input, input + PAD_BYTES);
    octets.set(text, input + PAD_BYTES);
    memory.xor(out, input, PAD_BYTES + size, nonceAt + 16, 0, this.#subkey);
    memory.authenticate(mac, out + PAD_BYTES, size, out);
    const box = new Uint8Array(MAC_BYTES + size);
    box.set(octets.subarray(mac, mac + MAC_BYTES));
    box.set(octets.subarray(out + PAD_BYTES, out + PAD_BYTES + size), MAC_BYTES);
    this.#wipe(size);
    return box;
  }

  /** The text of a box, or `null` when it was sealed with other keys, for another nonce, or was changed. */
  open(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | null {
    const { memory, input, text: out, nonce: nonceAt, mac } = this.arena;
    const { octets } = memory;
    const size = box.length - MAC_BYTES;
    if (size < 0 || size > MAX_TEXT_BYTES) return null;
    this.#setKey(nonce, key);
    octets.fill(0, input, input + PAD_BYTES);
    octets.set(box, input + PAD_BYTES - MAC_BYTES);
    octets.copyWithin(nonceAt + 24, input + PAD_BYTES - MAC_BYTES, input + PAD_BYTES);
    octets.fill(0, input, input + PAD_BYTES);
    memory.xor(out, input, PAD_BYTES + size, nonceAt + 16, 0, this.#subkey);
    memory.authenticate(mac, input + PAD_BYTES, size, out);
    const isGenuine = isSameMac(octets, mac, nonceAt + 24);
    const text = isGenuine ? octets.slice(out + PAD_BYTES, out + PAD_BYTES + size) : null;
    this.#wipe(size);
    return text;
  }

  get #subkey(): number {
    return this.arena.keys + KEY_BYTES;
  }

  #setKey(nonce: Uint8Array, key: Uint8Array): void {
    const { memory, nonce: nonceAt, keys } = this.arena;
    memory.octets.set(nonce, nonceAt);
    memory.octets.set(key, keys);
    memory.subkey(this.#subkey, nonceAt, keys);
  }

  #wipe(size: number): void {
    const { memory, input, text, keys } = this.arena;
    memory.octets.fill(0, input, input + PAD_BYTES + size);
    memory.octets.fill(0, text, text + PAD_BYTES + size);
    memory.octets.fill(0, keys, keys + 2 * KEY_BYTES);
  }
}

/** A nonce of 24 octets: a name of 16, then eight of the command's own. */
export function shortNonce(name: string, eight: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(24);
  nonce.set(fromText(name));
  nonce.set(eight, 16);
  return nonce;
}

/** A nonce of 24 octets: a name of 8, then sixteen random ones. */
export function longNonce(name: string, sixteen: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(24);
  nonce.set(fromText(name));
  nonce.set(sixteen, 8);
  return nonce;
}

/** A counter as eight octets, the most significant first. */
export function counterOctets(counter: number): Uint8Array {
  const octets = new Uint8Array(8);
  const view = new DataView(octets.buffer);
  view.setUint32(0, Math.floor(counter / 0x100000000));
  view.setUint32(4, counter % 0x100000000);
  return octets;
}
