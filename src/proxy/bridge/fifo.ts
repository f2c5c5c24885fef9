/** Values in order. Taking the oldest costs the same however many there are. */
export class Fifo<T> {
  #values: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#values.length - this.#first;
  }

  /** The oldest, which stays. */
  get head(): T | undefined {
    return this.#values[this.#first];
  }

  push(value: T): void {
    this.#values.push(value);
  }

  /** Takes the oldest. */
  shift(): T | undefined {
    const value = this.#values[this.#first];
    if (this.length === 0) return undefined;
    this.#values[this.#first++] = undefined;
    if (this.#first === this.#values.length) {
      this.#values = [];
      this.#first = 0;
    } else if (this.#first > 1024 && this.#first * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#first);
      this.#first = 0;
    }
    return value;
  }
}
