/** Marks are made at most this often. */
const MARK_MS = 50;
/** Rates are averages over this long, and a little more. */
const RATE_MS = 1_000;
const SLACK_MS = 100;

/** Events per second over the last second, from a counter that is looked at about every 100 ms while it moves. */
export class Rate {
  /** The first mark is the newest that is a second old; after a pause it may be much older, with the same count. */
  readonly #marks = [{ atMs: -Infinity, count: 0 }];

  perSecond(count: number, nowMs: number): number {
    if (nowMs - this.#marks.at(-1)!.atMs >= MARK_MS) this.#marks.push({ atMs: nowMs, count });
    while (this.#marks.length > 1 && this.#marks[1]!.atMs <= nowMs - RATE_MS) this.#marks.shift();
    const { atMs, count: before } = this.#marks[0]!;
    const spanMs = Math.min(Math.max(nowMs - atMs, RATE_MS), RATE_MS + SLACK_MS);
    return Math.round(((count - before) * 1000) / spanMs);
  }
}
