import { LATENCY_BUCKETS, latencyBucketOf } from "../../shared/pictures.ts";

/** Chunks that are looked at before it is one of some. */
const ALL_OF_FIRST = 64;
const ONE_OF = 64;
const SECOND_MS = 1000;

/**
 * How long a tap has its chunks in hand: from when the event loop gave one to the relay to when the system had taken it for
 * the receiver, with all that the relay does between (on re-keyed links that is opening and sealing). Looked at are the first
 * 64 chunks of each second, then one of 64. What it leaves out: the time that octets lie in the system's own buffers before
 * the loop comes to them, and chunks that the receiver does not take at once, which `waited` counts; how long those kept the
 * sender waiting is its link's heldUpMs.
 */
export class AddedLatency {
  /** Counts by bucket; see latencyBucketMs(). */
  readonly histogram = new Uint32Array(LATENCY_BUCKETS);
  samples = 0;
  /** Chunks that were looked at and had to wait for their receiver. */
  waited = 0;
  readonly #nowMs: () => number;
  #left = 1;
  #budget = ALL_OF_FIRST;
  #sinceMs = -Infinity;

  constructor(nowMs = (): number => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Counts a chunk; whether it is one to look at. */
  isDue(): boolean {
    if (--this.#left > 0) return false;
    const nowMs = this.#nowMs();
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs;
      this.#budget = ALL_OF_FIRST;
    }
    this.#left = this.#budget > 0 ? 1 : ONE_OF;
    this.#budget--;
    return true;
  }

  add(ms: number): void {
    this.samples++;
    this.histogram[latencyBucketOf(ms)]!++;
  }
}
