import { setImmediate, setTimeout } from "node:timers/promises";
import type { ReplayTiming } from "../../shared/replaySession.ts";

/** What is due this soon is sent now, so that close neighbours cost no turn each. */
const EARLY_MS = 0.1;
/** A timer may be late by this; what is left then is waited for turn by turn. */
const TIMER_MS = 2;
const NS_PER_MS = 1_000_000;

/**
 * Says when the messages of a session are due. Every time is counted from the first message, never from the one before,
 * so that what a message is late by is not added to the next. Times are of performance.now().
 */
export class Pacer {
  readonly #timing: ReplayTiming;
  readonly #nowMs: () => number;
  #firstNs: number | null = null;
  #startMs: number | null = null;
  /** Of this loop, since its start. */
  #lastMs = 0;
  #sent = 0;

  constructor(timing: ReplayTiming, nowMs: () => number = () => performance.now()) {
    this.#timing = timing;
    this.#nowMs = nowMs;
  }

  /** When the next message, recorded at this time, is due; 0 for at once. Called once for each, in order. */
  due(timeNs: number): number {
    const timing = this.#timing;
    if (timing.kind === "wait" || timing.kind === "fast") return 0;
    this.#startMs ??= this.#nowMs();
    if (timing.kind === "gap") return this.#startMs + timing.ms * this.#sent++;
    this.#firstNs ??= timeNs;
    // Rows are in order of arrival, and equal in time within a chunk; a clock of a file may go back.
    this.#lastMs = Math.max(this.#lastMs, (timeNs - this.#firstNs) / NS_PER_MS / timing.speed);
    return this.#startMs + this.#lastMs;
  }

  /** Begins the next loop where this one ends. */
  again(): void {
    if (this.#startMs !== null) this.#startMs += this.#lastMs;
    this.#lastMs = 0;
    this.#firstNs = null;
  }
}

/** Resolves at `dueMs` of performance.now(), a little later by what one turn of the event loop takes. Rejects on abort. */
export async function waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const leftMs = dueMs - performance.now();
    if (leftMs <= EARLY_MS) return;
    if (leftMs > TIMER_MS) {
      await setTimeout(leftMs - TIMER_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    } else {
      await setImmediate();
    }
  }
}
