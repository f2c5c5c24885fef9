import type { TestContext } from "node:test";

const ASKED_SECONDS = Number(process.env["ZMQ_TAP_FAULTS_SECONDS"] ?? 0);

/** `npm run faults` waits as long as people do; the same tests wait no longer than they must in CI. */
export const IS_LONG = ASKED_SECONDS > 0;

/** How long a fault lasts: so long in CI, and as long as `npm run faults` was told. */
export const lasting = (shortMs: number): number => Math.max(shortMs, ASKED_SECONDS * 1000);

/** What a fault came to, for the report of `npm run faults`; docs/faults.md says the same in the user's words. */
type FaultTold = {
  /** Where the test's title does not say it. */
  readonly did?: string;
  readonly saw: string;
  readonly survived: string;
};

/** Adds what was seen to the test's report. */
export function tellFault(t: TestContext, { did, saw, survived }: FaultTold): void {
  if (did !== undefined) t.diagnostic(`done:     ${did}`);
  t.diagnostic(`seen:     ${saw}`);
  t.diagnostic(`survived: ${survived}`);
}
