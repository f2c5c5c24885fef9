import type { Subject } from "./subject.ts";
import type { Verdict } from "./verdict.ts";

/** One test or join, ready to run. */
export type Plan = {
  readonly run: (subject: Subject) => Verdict;
  /** What comes first where an answer of one is enough; only the order counts. */
  readonly cost: number;
  /** False when the index of rows is enough. */
  readonly needsBytes: boolean;
  /** Octets in one frame of every row that passes; `null` when none are known. */
  readonly needle: Uint8Array | null;
};
