import type { TestContext } from "node:test";

/** `npm run faults` waits as long as people do; the same tests wait no longer than they must in CI. */
export const IS_LONG = process.env["ZMQ_TAP_FAULTS"] === "long";

/** How long a fault lasts. */
export const lasting = (shortMs: number, longMs: number): number => (IS_LONG ? longMs : shortMs);

/** What a fault came to, for the report of `npm run faults`; docs/faults.md says the same in the user's words. */
export type FaultTold = {
  readonly did: string;
  readonly saw: string;
  readonly survived: string;
};

/** Adds what was seen to the test's report. */
export function tellFault(t: TestContext, { did, saw, survived }: FaultTold): void {
  t.diagnostic(`done:     ${did}`);
  t.diagnostic(`seen:     ${saw}`);
  t.diagnostic(`survived: ${survived}`);
}
