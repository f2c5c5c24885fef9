const FIRST_BYTES = 4096;
const NOTHING = new Uint8Array(0);

/** Octets of a body one behind the other, in memory that doubles as needed: pieces of one octet cost no more than large ones. */
export class Gathered {
  bytes = 0;
  readonly #maxBytes: number;
  #buffer = NOTHING;

  /** It never holds more than `maxBytes`. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Copies as much of `part` from `from` on as there is room for; returns how much that was. */
  add(part: Uint8Array, from = 0): number {
    const taken = Math.min(part.length - from, this.#maxBytes - this.bytes);
    const needed = this.bytes + taken;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(needed, 2 * this.#buffer.length, FIRST_BYTES)));
      grown.set(this.#buffer.subarray(0, this.bytes));
      this.#buffer = grown;
    }
    this.#buffer.set(part.subarray(from, from + taken), this.bytes);
    this.bytes = needed;
    return taken;
  }

  /** Hands over all of it, and is empty. */
  take(): Uint8Array {
    const whole = this.#buffer.subarray(0, this.bytes);
    this.#buffer = NOTHING;
    this.bytes = 0;
    return whole;
  }
}
