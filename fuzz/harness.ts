import type { TestContext } from "node:test";

/**
 * What stands in for a test where helpers of tests are used outside one: they only say what is to be done at its end, and
 * what it is called.
 */
export class Harness {
  readonly #ends: (() => unknown)[] = [];

  get context(): TestContext {
    const own = { name: "fuzz", after: (end: () => unknown) => void this.#ends.push(end) };
    return own as unknown as TestContext;
  }

  /** Ends everything, the newest first. */
  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
