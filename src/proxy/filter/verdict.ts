/** 1: passes, 0: does not, -1: cannot be told within the budget. */
export type Verdict = 1 | 0 | -1;
