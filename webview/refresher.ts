/** A picture is asked for at most this often. */
const EVERY_MS = 500;

/** After the capture grew last: what is read behind the traffic comes a little later, and rates fall. */
const SETTLING_MS = [1000, 3000, 10_000];

/**
 * Says when a picture is to be asked for: as soon as it is shown, then while the capture grows, and a few times after that.
 * Never while the last question is under way, and never while it is hidden.
 */
export class Refresher {
  /** Asks; must not reject. */
  readonly #ask: () => Promise<void>;
  #isShown = false;
  #isStale = true;
  #isAsking = false;
  #askedAt = -Infinity;
  /** How many of the settling questions were asked. */
  #settled = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #now: () => number;

  /** `now` is of a clock that nobody sets. */
  constructor(ask: () => Promise<void>, now: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Begins, or stops. What was missed meanwhile is asked for at once. */
  show(isShown: boolean): void {
    if (isShown === this.#isShown) return;
    this.#isShown = isShown;
    this.#plan();
  }

  /** There is more to draw than at the last question. */
  grew(): void {
    this.#settled = 0;
    // Ten of these come in a second, and the timer that runs will do.
    if (this.#isStale) return;
    this.#isStale = true;
    this.#plan();
  }

  /** The picture is of something else now, or was asked for by the user: the next question does not wait. */
  again(): void {
    this.#isStale = true;
    this.#askedAt = -Infinity;
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isShown || this.#isAsking) return;
    const waitMs = this.#waitMs();
    if (waitMs === undefined) return;
    if (waitMs <= 0) void this.#run();
    else this.#timer = setTimeout(() => void this.#run(), waitMs);
  }

  /** `undefined`: there is nothing to ask for any more. */
  #waitMs(): number | undefined {
    if (!this.#isStale) return SETTLING_MS[this.#settled];
    return this.#askedAt + EVERY_MS - this.#now();
  }

  async #run(): Promise<void> {
    if (!this.#isStale) this.#settled++;
    this.#isStale = false;
    this.#isAsking = true;
    this.#askedAt = this.#now();
    await this.#ask();
    this.#isAsking = false;
    this.#plan();
  }
}
