import { KEY_BYTES, MAC_BYTES, PAD_BYTES, type BoxMemory } from "./boxMemory.ts";

/** Octets of a stream that are worked on at once; larger frames go through in pieces of it. A multiple of 64. */
export const WINDOW_BYTES = 64 * 1024;
/** A frame's header, and what MESSAGE puts in front of its ciphertext: name, nonce, MAC. */
const FRAME_EXTRA_BYTES = 9 + 32;

/**
 * Working places in the box library's memory. One serves all links, since each call leaves nothing of use behind; texts and
 * keys that lie in it are overwritten by the next call, and wiped when a link ends.
 */
export class BoxArena {
  readonly memory: BoxMemory;
  /** What came, and what is sealed in place. */
  readonly input: number;
  readonly inputBytes = 2 * WINDOW_BYTES + FRAME_EXTRA_BYTES;
  /** One opened box with its pad in front. */
  readonly text: number;
  readonly textBytes = 2 * WINDOW_BYTES + PAD_BYTES + FRAME_EXTRA_BYTES;
  /** The plain frames of a window, or the sealed ones of a window that came plain; written out before it is full. */
  readonly output: number;
  readonly outputBytes = 4 * WINDOW_BYTES;
  /** A nonce and a MAC as they came. */
  readonly nonce: number;
  /** A MAC as we compute it. */
  readonly mac: number;
  /** Three keys in a row. */
  readonly keys: number;
  /** The 32 octets in front of a MESSAGE's ciphertext as we send them. */
  readonly front: number;

  constructor(memory: BoxMemory) {
    this.memory = memory;
    this.input = memory.allocate(this.inputBytes);
    this.text = memory.allocate(this.textBytes);
    this.output = memory.allocate(this.outputBytes);
    this.nonce = memory.allocate(24 + MAC_BYTES);
    this.mac = memory.allocate(MAC_BYTES);
    this.keys = memory.allocate(3 * KEY_BYTES);
    this.front = memory.allocate(PAD_BYTES);
  }

  /** Overwrites all that the last calls left behind. */
  wipe(): void {
    const { octets } = this.memory;
    octets.fill(0, this.input, this.input + this.inputBytes);
    octets.fill(0, this.text, this.text + this.textBytes);
    octets.fill(0, this.output, this.output + this.outputBytes);
    octets.fill(0, this.keys, this.keys + 3 * KEY_BYTES);
  }
}

/** Whether 16 octets at two places are the same, in a time that does not depend on where they differ. */
export function isSameMac(octets: Uint8Array, a: number, b: number): boolean {
  let difference = 0;
  for (let i = 0; i < MAC_BYTES; i++) difference |= octets[a + i]! ^ octets[b + i]!;
  return difference === 0;
}

/** Whether two arrays hold the same octets, in a time that depends on their length only. */
export function isSameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
