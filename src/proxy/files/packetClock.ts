import { Clock } from "../capture/clock.ts";

/** Later times do not fit into the 64 bits of a pcapng time. */
const LATEST_NS = 2n ** 63n;

/**
 * The clock of a capture that is filled from a file: it stands at the time of the packet that is being read. Anchored at
 * the file's first packet, so that times stay exact to the nanosecond for the 104 days around it.
 */
export class PacketClock extends Clock {
  override readonly anchorNs: bigint;
  readonly #earliestNs: number;
  readonly #latestNs: number;
  #nowNs = 0;

  constructor(anchorNs: bigint) {
    super();
    this.anchorNs = anchorNs < 0n ? 0n : anchorNs > LATEST_NS ? LATEST_NS : anchorNs;
    this.#earliestNs = -Number(this.anchorNs);
    this.#latestNs = Number(LATEST_NS - this.anchorNs);
  }

  override nowNs(): number {
    return this.#nowNs;
  }

  /** Nanoseconds since the anchor; what no date can show counts as the nearest that one can. */
  set(sinceAnchorNs: number): void {
    this.#nowNs = Math.min(Math.max(sinceAnchorNs, this.#earliestNs), this.#latestNs);
  }
}
