/** A timer that rings later than this was held up: the process, or its machine, stood still. */
const STOOD_STILL_MS = 1_000;

/**
 * Rings once after `ms`, unless it is cleared before. After a standstill (SIGSTOP, a machine that slept) timers ring before
 * anything that came meanwhile is read, so this one waits for `ms` anew: no peer is blamed for time in which nobody listened.
 */
export class PatientTimer {
  readonly #ms: number;
  readonly #ring: () => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout;

  constructor(ms: number, ring: () => void, now: () => number = () => performance.now()) {
    this.#ms = ms;
    this.#ring = ring;
    this.#now = now;
    this.#timer = this.#wait();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout {
    const dueMs = this.#now() + this.#ms;
    return setTimeout(() => {
      if (this.#now() - dueMs > STOOD_STILL_MS) this.#timer = this.#wait();
      else this.#ring();
    }, this.#ms);
  }
}
