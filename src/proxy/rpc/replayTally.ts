import {
  MAX_DIFFERENCES,
  type ReplayCounts,
  type ReplayDifference,
  type ReplaySummary,
  type SkipReason,
} from "../../shared/replaySession.ts";

/** Octets of replies that are kept to be looked at. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** Counts what becomes of a session's messages. Bounded: the first differences are kept, with their replies while there is room. */
export class ReplayTally {
  sent = 0;
  answered = 0;
  same = 0;
  unanswered = 0;
  differed = 0;
  timedOut = 0;
  readonly differences: ReplayDifference[] = [];
  readonly #replies: (readonly Uint8Array[] | null)[] = [];
  readonly #skipped = new Map<SkipReason, { count: number; example: string }>();
  #keptBytes = 0;

  get counts(): ReplayCounts {
    const { sent, answered, same, differed, timedOut, unanswered } = this;
    let skipped = 0;
    for (const { count } of this.#skipped.values()) skipped += count;
    return { sent, answered, same, differed, timedOut, unanswered, skipped };
  }

  /** `example` says of the first such message what is in the way. */
  skip(reason: SkipReason, example = ""): void {
    const known = this.#skipped.get(reason);
    if (known === undefined) this.#skipped.set(reason, { count: 1, example });
    else known.count++;
  }

  /** The reply to row `request` is not the recorded one in row `reply`. Its frames belong to the tally from now on. */
  differs(request: number, reply: number, what: string, frames: readonly Uint8Array[]): void {
    this.differed++;
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    const isKept = this.#keptBytes + bytes <= MAX_KEPT_BYTES;
    if (this.#note({ request, reply, kind: "differs", what }, isKept ? frames : null) && isKept)
      this.#keptBytes += bytes;
  }

  missing(request: number, reply: number, what: string): void {
    this.timedOut++;
    this.#note({ request, reply, kind: "missing", what }, null);
  }

  /** The frames of what came in place of the recorded reply; `null` when nothing came, or there was no room. */
  replyOf(difference: number): readonly Uint8Array[] | null {
    return this.#replies[difference] ?? null;
  }

  summary(end: Pick<ReplaySummary, "ended" | "problem" | "elapsedMs">): ReplaySummary {
    const reasons = [...this.#skipped].map(([reason, { count, example }]) => ({ reason, count, example }));
    return { ...this.counts, ...end, reasons, differences: this.differences };
  }

  #note(difference: ReplayDifference, frames: readonly Uint8Array[] | null): boolean {
    if (this.differences.length >= MAX_DIFFERENCES) return false;
    this.differences.push(difference);
    this.#replies.push(frames);
    return true;
  }
}
