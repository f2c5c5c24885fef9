import type { SeenRow } from "./findings/rule.ts";

/**
 * Who looks at every row of a capture behind the traffic, in order: findings, and what pictures are drawn from. See
 * captureWatch.ts. Must not throw.
 */
export type RowReader = {
  row(row: SeenRow): void;
  /** At least once a second of rows' time while there is traffic, and when all rows were seen. */
  tick?(nowNs: number): void;
  /** Rows before `n` were left out, since there were too many at once. */
  skipped?(n: number): void;
  /** The capture was cleared. */
  cleared(): void;
};
