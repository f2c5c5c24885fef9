import type { Direction } from "../../shared/model.ts";
import { type Carried, NOTHING_CARRIED } from "./flowCount.ts";

/** A link as far as its traffic is summed up. */
export type CountedLink = {
  readonly isRekeyed: boolean;
  carried(direction: Direction): Carried;
  heldUpMs(direction: Direction): number;
};

/** What links have carried together, by direction. */
export class TrafficSum {
  /** Of links whose octets are passed on as they are. */
  readonly carried: [Carried, Carried] = [NOTHING_CARRIED, NOTHING_CARRIED];
  /** Of links whose security the tap ends, so that other octets go out than come in. */
  readonly rekeyed: [Carried, Carried] = [NOTHING_CARRIED, NOTHING_CARRIED];
  readonly heldUpMs: [number, number] = [0, 0];
  rekeyedLinks = 0;

  add(link: CountedLink): void {
    const sums = link.isRekeyed ? this.rekeyed : this.carried;
    if (link.isRekeyed) this.rekeyedLinks++;
    for (const direction of [0, 1] as const) {
      sums[direction] = plus(sums[direction], link.carried(direction));
      this.heldUpMs[direction] += link.heldUpMs(direction);
    }
  }

  /** Adds what others have summed up. */
  join(other: TrafficSum): void {
    for (const direction of [0, 1] as const) {
      this.carried[direction] = plus(this.carried[direction], other.carried[direction]);
      this.rekeyed[direction] = plus(this.rekeyed[direction], other.rekeyed[direction]);
      this.heldUpMs[direction] += other.heldUpMs[direction];
    }
    this.rekeyedLinks += other.rekeyedLinks;
  }
}

function plus(a: Carried, b: Carried): Carried {
  return {
    received: a.received + b.received,
    sent: a.sent + b.sent,
    queued: a.queued + b.queued,
    undelivered: a.undelivered + b.undelivered,
    added: a.added + b.added,
    removed: a.removed + b.removed,
  };
}
