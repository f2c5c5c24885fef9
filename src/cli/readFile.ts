import { jsonLine } from "../proxy/jsonLines.ts";
import { fittingRows } from "../proxy/files/writeRows.ts";
import { toRow } from "../proxy/rows.ts";
import type { ReadOptions } from "./fileArguments.ts";
import { type FileTools, overFile } from "./fileRows.ts";
import { Output } from "./output.ts";
import { CaptureCounts } from "./stats.ts";
import { textLine } from "./textLines.ts";

const BATCH_CHARACTERS = 65_536;

/** Prints the rows of a capture file, or what there is of them in all. Resolves with the exit code. */
export function readFile(
  options: ReadOptions,
  tools: FileTools,
  stdout = new Output(1),
  stderr = new Output(2),
): Promise<number> {
  return overFile(tools, options, stderr, ({ capture, markOf }) => {
    const counts = options.stats ? new CaptureCounts(capture) : null;
    const print = function* (n: number): Generator<string> {
      const raw = capture.row(n);
      if (raw === undefined) return;
      if (options.json) {
        yield* jsonLine(capture, raw, options.full, markOf(n));
        return;
      }
      const row = toRow(capture, n);
      if (row !== undefined) yield textLine(row, capture.clock.toIso(raw.timeNs));
    };
    const take = async (from: number, to: number, fits: (n: number) => boolean): Promise<boolean> => {
      const rows = fittingRows(from, to, fits);
      let batch = "";
      for (let n = await rows.next(); n !== 0; n = await rows.next()) {
        if (counts !== null) {
          counts.add(n);
          continue;
        }
        for (const piece of print(n)) {
          batch += piece;
          if (batch.length < BATCH_CHARACTERS) continue;
          if (!(await stdout.write(batch))) return false;
          batch = "";
        }
      }
      return batch === "" || (await stdout.write(batch));
    };
    const end = async (): Promise<void> => {
      if (counts === null) return;
      await stdout.write(options.json ? `${JSON.stringify(counts.toJson())}\n` : counts.toText());
    };
    return Promise.resolve({ take, end });
  });
}
