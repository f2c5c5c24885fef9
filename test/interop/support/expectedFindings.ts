import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { FindingId } from "../../../src/shared/findings.ts";
import type { CliTap } from "./cliTap.ts";
import type { TapKeys } from "./tapKeys.ts";

/**
 * Fails a test when its tap has found anything to be wrong, but for what the test puts into the set that this gives: what its
 * programs do on purpose. Called after everything else that ends with the test, since a failure ends that.
 */
export function expectFindings(t: TestContext, tap: CliTap, keys: TapKeys = {}): Set<FindingId> {
  const expected = new Set<FindingId>();
  // CURVE servers of tests let in anybody, and a pair that the tap has made for itself is the proof of it.
  const isToCurve = keys.serverPair !== undefined || keys.serverKey !== undefined;
  if (isToCurve && keys.clientPair === undefined) expected.add("curve-any-client");
  t.after(async () => {
    const { findings } = await tap.ended();
    const others = findings.filter(({ id }) => !expected.has(id));
    assert.deepEqual(
      others.map(({ severity, id, text }) => `${severity} ${id}: ${text}`),
      [],
    );
  });
  return expected;
}
