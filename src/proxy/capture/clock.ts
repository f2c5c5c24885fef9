const MS_TO_NS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000n;
/** Later times do not fit into the 64 bits of a pcapng time. */
const LATEST_NS = 2n ** 63n;
/** A wall clock that differs by more than this from the start-up time carried forward was set in between. */
const CLOCK_STEP_MS = 5;

/** One monotonic clock, anchored to the wall clock once, so that a clock jump never reorders rows. */
export class Clock {
  /** Nanoseconds since 1970 at the anchor. */
  readonly anchorNs: bigint;
  readonly #originMs: number;

  /** Goes on with the anchor of an earlier run, whose last time was `lastNs`: later times are never before it. */
  constructor(earlier: { readonly anchorNs: bigint; readonly lastNs: number } | null = null) {
    this.#originMs = performance.now();
    const carriedMs = performance.timeOrigin + this.#originMs;
    const wallMs = Date.now();
    const isSteady = Math.abs(carriedMs - wallMs) <= CLOCK_STEP_MS;
    const nowNs = BigInt(Math.round((isSteady ? carriedMs : wallMs) * 1000)) * 1000n;
    this.anchorNs = earlier?.anchorNs ?? nowNs;
    if (earlier !== null) this.#originMs -= Math.max(Number(nowNs - earlier.anchorNs), earlier.lastNs) / MS_TO_NS;
  }

  /** Nanoseconds since the anchor, as a double: exact for 104 days. */
  nowNs(): number {
    return Math.round((performance.now() - this.#originMs) * MS_TO_NS);
  }

  /** Milliseconds since 1970 with microseconds as the fraction. */
  toEpochMs(ns: number): number {
    return Number(this.#epochNs(ns) / 1000n) / 1000;
  }

  /** Such as `2026-11-20T10:00:00.123456789Z`. */
  toIso(ns: number): string {
    const epochNs = this.#epochNs(ns);
    const seconds = epochNs / NS_PER_SECOND;
    const fraction = (epochNs % NS_PER_SECOND).toString().padStart(9, "0");
    return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
  }

  /** What a damaged file holds in place of a time counts as the anchor, or as the nearest that a date shows. */
  #epochNs(ns: number): bigint {
    const epochNs = this.anchorNs + BigInt(Number.isFinite(ns) ? Math.round(ns) : 0);
    return epochNs < 0n ? 0n : epochNs > LATEST_NS ? LATEST_NS : epochNs;
  }
}
