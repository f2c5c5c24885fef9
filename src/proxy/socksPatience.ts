/** How long a client is kept waiting that asks again where somebody was turned away. */
const PATIENCE_MS = 60_000;
/** For how long that is remembered: until those that waited are turned away and ask again, and some more. */
const REMEMBERED_MS = 2 * PATIENCE_MS;
/** Destinations that are remembered. */
const MAX_REMEMBERED = 500;

/**
 * Says who is told at once that there is no way to a destination, and who is kept waiting for it first. The first to ask is
 * told at once. ZeroMQ asks again within moments, and from then on waits: libzmq 4.3.4 and 4.3.5 abort their whole program
 * when a socket is closed between two attempts through SOCKS, but not while it waits for an answer.
 */
export class SocksPatience {
  readonly #turnedAwayMs = new Map<string, number>();
  readonly #now: () => number;

  /** `now` counts milliseconds and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long a client may wait that asks for a destination now; 0 for not at all. */
  of(destination: string): number {
    const sinceMs = this.#now() - (this.#turnedAwayMs.get(destination) ?? -Infinity);
    return sinceMs < REMEMBERED_MS ? PATIENCE_MS : 0;
  }

  turnedAway(destination: string): void {
    this.#turnedAwayMs.delete(destination);
    this.#turnedAwayMs.set(destination, this.#now());
    if (this.#turnedAwayMs.size > MAX_REMEMBERED) this.#turnedAwayMs.delete(this.#turnedAwayMs.keys().next().value!);
  }
}
