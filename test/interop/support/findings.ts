import assert from "node:assert/strict";
import type { Finding, FindingId, FindingsState } from "../../../src/shared/findings.ts";
import type { TappedEngine } from "../../support/tappedEngine.ts";

/** What is found in an engine's capture, once all rows of now were looked at. */
export async function foundBy({ engine }: Pick<TappedEngine, "engine">): Promise<FindingsState> {
  const watch = await engine.watch;
  await watch.settled();
  return watch.state();
}

/**
 * Waits until all of these are found, then ends the engine, and fails when anything else is found by then. Gives the findings
 * in the order of `expected`.
 */
export async function onlyFindings(
  tapped: Pick<TappedEngine, "engine" | "until">,
  expected: readonly FindingId[],
): Promise<readonly Finding[]> {
  const watch = await tapped.engine.watch;
  const ids = (): FindingId[] => watch.state().findings.map(({ id }) => id);
  await tapped.until(() => expected.every((id) => ids().includes(id)));
  await tapped.engine.stop();
  const { findings } = watch.state();
  assert.deepEqual(
    findings.map(({ id, text }) => [id, text]).sort(),
    expected.map((id) => [id, findings.find((finding) => finding.id === id)?.text]).sort(),
  );
  return expected.map((id) => findings.find((finding) => finding.id === id)!);
}
