import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCaptureFile } from "../../../src/cli/openCaptureFile.ts";
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

/** The same, live and in a file of the same rows. For what needs no more time than its rows take. */
export async function onlyFound(
  tapped: Pick<TappedEngine, "engine" | "until">,
  expected: readonly FindingId[],
): Promise<readonly Finding[]> {
  const findings = await onlyFindings(tapped, expected);
  const inFile = await foundInFile(tapped);
  assert.deepEqual(
    inFile.map(({ id, severity }) => [id, severity]).sort(),
    findings.map(({ id, severity }) => [id, severity]).sort(),
  );
  return findings;
}

/** What is found in a file of all that an engine's capture has in memory. */
async function foundInFile({ engine }: Pick<TappedEngine, "engine">): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-findings-"));
  try {
    const path = join(folder, "capture.pcapng");
    await writeFile(path, Buffer.concat(engine.capture.borrowSections()));
    const opened = await openCaptureFile(path, { isWhole: false, findings: { disabled: [] } });
    const watch = opened.watch!;
    assert.equal(await opened.read(() => watch.settled()), null);
    const { findings } = watch.state();
    await opened.close();
    return findings;
  } finally {
    await rm(folder, { recursive: true });
  }
}
