import { loadBoxes } from "../proxy/crypto/boxes.ts";
import { sendSession } from "../proxy/sendSession.ts";
import { TapKeys } from "../proxy/tapKeys.ts";
import { isAsRecorded, replayText, type ReplaySummary } from "../shared/replaySession.ts";
import { UserError } from "../shared/userError.ts";
import { kernelKey } from "./jupyterKernel.ts";
import { type KeyOptions, readSecurity } from "./keyOptions.ts";
import type { OpenedFile, OpenFile } from "./openCaptureFile.ts";
import { Output } from "./output.ts";
import type { ReplayFileOptions } from "./replayArguments.ts";

/** Differences that are told in words. */
const SHOWN_DIFFERENCES = 10;

/** Exit codes of a replay beside those of the other commands. */
const NOT_AS_RECORDED = 3;

/**
 * Sends the messages of a capture file again. A signal ends it with the summary so far, a second one at once. Resolves with
 * the exit code: 0 when all was answered as recorded or there was nothing to compare, 3 when some replies differ or did not
 * come, or requests could not be made, 2 for a bad filter, 1 when it failed or was cancelled.
 */
export async function replayFile(given: ReplayFileOptions, open: OpenFile): Promise<number> {
  const stderr = new Output(2);
  const cancelling = new AbortController();
  const onSignal = (): void => cancelling.abort(new UserError("cancelled", "The replay was cancelled."));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  let opened: OpenedFile | null = null;
  let keys: TapKeys | null = null;
  try {
    keys = await readKeys(given.keys);
    const dialectKey = given.jupyter === null ? null : kernelKey(given.jupyter);
    const findings = given.filter === null ? null : { disabled: [] };
    opened = await open(given.file, { isWhole: true, findings });
    const problem = await opened.read(() => Promise.resolve());
    if (problem !== null) await stderr.write(`${problem}\n`);
    const { filter, options } = given;
    const { summary } = await sendSession(
      {
        capture: opened.capture,
        rows: filter === null ? { kind: "all" } : { kind: "filtered", text: filter },
        options,
        signal: cancelling.signal,
        onProgress: () => undefined,
        keyOf: () => dialectKey,
        onListening: (endpoint) => void stderr.write(`listening on ${endpoint}\n`),
      },
      keys,
      null,
    );
    await stderr.write(`${words(summary)}\n`);
    if (given.json) await new Output(1).write(`${JSON.stringify(summary)}\n`);
    if (problem !== null || summary.ended !== "done") return 1;
    return isAsRecorded(summary) ? 0 : NOT_AS_RECORDED;
  } catch (error) {
    await stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UserError && error.code === "bad-filter" ? 2 : 1;
  } finally {
    keys?.retire();
    await opened?.close();
  }
}

async function readKeys(options: KeyOptions | null): Promise<TapKeys | null> {
  return options === null ? null : new TapKeys(await loadBoxes(), readSecurity(options, process.env));
}

function words(summary: ReplaySummary): string {
  const { differences, reasons } = summary;
  const examples = reasons.flatMap(({ example }) => (example === "" ? [] : [example]));
  const shown = differences
    .slice(0, SHOWN_DIFFERENCES)
    .map(({ request, reply, what }) => `  request ${request}, recorded reply ${reply}: ${what}`);
  const more = summary.differed + summary.timedOut - shown.length;
  return [replayText(summary), ...examples, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
}
