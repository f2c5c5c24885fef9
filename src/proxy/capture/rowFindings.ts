import type { RowFinding } from "../../shared/findings.ts";

/**
 * What was found about the rows of a capture. A capture knows nothing of rules; whoever does gives it one of these. What is
 * found about a row may come long after it, since a later row proves it.
 */
export type RowFindings = {
  /** Rows up to this one were looked at. */
  readonly judgedN: number;
  /** Grows with each row whose findings change. */
  readonly changes: number;
  /** What was found about row `n` so far; `null` for nothing. */
  of(n: number): RowFinding | null;
  /** Rows whose findings have changed since `changes` was so much; `null` when that was too long ago to tell. */
  changedSince(changes: number): readonly number[] | null;
  /** Resolves when the rows of now were looked at, or cannot be. */
  settled(): Promise<void>;
};

/** Of a capture in which nobody looks for anything. */
export const NO_ROW_FINDINGS: RowFindings = {
  judgedN: Infinity,
  changes: 0,
  of: () => null,
  changedSince: () => [],
  settled: () => Promise.resolve(),
};
