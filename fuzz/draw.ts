/**
 * Takes decisions out of an input's octets, one behind the other, so that what is generated changes a little where an octet
 * is changed, put in or left out. Where the octets end, every decision is the first one, and all lists end.
 */
export class Draw {
  readonly #input: Uint8Array;
  #at = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#input.length;
  }

  /** A whole number from 0 up to, not including, `limit`. A function of its own, as generators of tests take it. */
  readonly below = (limit: number): number => {
    if (limit <= 1) return 0;
    let value = this.#octet();
    for (let range = 256; range < limit && range < 2 ** 32; range *= 256) value = value * 256 + this.#octet();
    return value % limit;
  };

  flag(): boolean {
    return this.below(2) === 1;
  }

  /** One of `times` in the middle; never once the octets have ended. */
  rarely(times: number): boolean {
    return !this.isEmpty && this.below(times) === times - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** As many octets as there are, at most `count`. */
  octets(count: number): Uint8Array {
    const taken = this.#input.subarray(this.#at, this.#at + count);
    this.#at += taken.length;
    return taken;
  }

  /** Some octets, at most `max`. */
  some(max: number): Uint8Array {
    return this.octets(this.below(max + 1));
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.octets(this.#input.length);
  }

  /** Some of `make`'s things, at most `max`. */
  list<T>(max: number, make: (index: number) => T): T[] {
    const made: T[] = [];
    for (let left = this.below(max + 1); left > 0; left--) made.push(make(made.length));
    return made;
  }

  /** Cuts octets into pieces, some of them empty. */
  cut(octets: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let at = 0;
    while (at < octets.length && !this.isEmpty && pieces.length < 64) {
      const size = this.flag() ? this.below(4) : this.below(octets.length - at + 1);
      pieces.push(octets.subarray(at, at + size));
      at += size;
    }
    if (at < octets.length) pieces.push(octets.subarray(at));
    return pieces;
  }

  #octet(): number {
    return this.#input[this.#at++] ?? 0;
  }
}

/** Inputs for generators that draw: octets that look random, always the same. */
export function seedDraws(count: number, bytes = 200): Uint8Array[] {
  return Array.from({ length: count }, (_, seed) => {
    let state = Math.imul(seed + 1, 2_654_435_761);
    return Uint8Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
  });
}
