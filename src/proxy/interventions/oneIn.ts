import { pick, type Random } from "./random.ts";

/** Says of one in `n` things in a row, at a random place among them, that it is the one. */
export class OneIn {
  readonly #n: number;
  readonly #random: Random;
  #left = 0;
  #chosen = 0;

  constructor(n: number, random: Random) {
    this.#n = n;
    this.#random = random;
  }

  /** Whether the next thing is the one. */
  next(): boolean {
    if (this.#left === 0) {
      this.#left = this.#n;
      this.#chosen = pick(this.#random, this.#n);
    }
    this.#left -= 1;
    return this.#left === this.#chosen;
  }
}
