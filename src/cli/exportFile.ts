import { existsSync } from "node:fs";
import { ExportFile } from "../proxy/exportCapture.ts";
import { OutputFile } from "../proxy/files/writeOutput.ts";
import { fittingRows } from "../proxy/files/writeRows.ts";
import type { ExportOptions } from "./fileArguments.ts";
import { type FileTools, overFile } from "./fileRows.ts";
import { Output } from "./output.ts";

/** Writes the rows of a capture file to another one. Resolves with the exit code. */
export async function exportFile(
  { file, to, format, filter, force, dialect }: ExportOptions,
  tools: FileTools,
  stderr = new Output(2),
): Promise<number> {
  // Whatever else is wrong with the path is told when it is written to.
  if (!force && existsSync(to)) {
    await stderr.write(`${to} is there already. Choose another name, or write it anew with --force.\n`);
    return 1;
  }
  const begun: ExportFile[] = [];
  const code = await overFile(tools, { file, filter, dialect }, stderr, async ({ capture, markOf }) => {
    const target = new ExportFile(capture, format, await OutputFile.createPart(to), markOf);
    begun.push(target);
    return {
      take: async (from, until, fits) => {
        await target.write(fittingRows(from, until, fits));
        return true;
      },
      end: async () => {
        const { rows, bytes, leftOut } = await target.finish();
        begun.pop();
        const missing = leftOut === 0 ? "" : `; ${leftOut} were only partly there and are left out`;
        await stderr.write(`${rows} rows, ${bytes} octets written to ${to}${missing}\n`);
      },
    };
  });
  for (const unfinished of begun) await unfinished.discard();
  return code;
}
