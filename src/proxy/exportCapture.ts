import type { ExportFormat, Mark } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import { CSV_HEAD, csvLine } from "./csvLines.ts";
import { OutputFile } from "./files/writeOutput.ts";
import { PcapngWriter } from "./files/writePcapng.ts";
import { type Progress, type RowSource, type RowWriter, writeRows } from "./files/writeRows.ts";
import { TextWriter } from "./files/writeText.ts";
import { jsonLine } from "./jsonLines.ts";

export type Export = {
  readonly capture: Capture;
  readonly rows: RowSource;
  readonly format: ExportFormat;
  /** A file of this name is replaced, once all is written. */
  readonly path: string;
  /** What was put to a row by its user; null when nothing was. */
  readonly markOf?: ((n: number) => Mark | null) | undefined;
  /** Ends the export and removes what it wrote. */
  readonly signal?: AbortSignal | undefined;
  /** Told about ten times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
};

export type Exported = {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that were asked for and not kept, or only partly. */
  readonly leftOut: number;
};

/**
 * Writes rows of a capture to a file while the capture goes on. The file has its name when all of it is there. Rejects
 * with a UserError when it cannot be written, or with the signal's reason; then nothing is left of it.
 */
export async function exportCapture({
  capture,
  rows,
  format,
  path,
  markOf,
  signal,
  onProgress,
}: Export): Promise<Exported> {
  signal?.throwIfAborted();
  const output = await OutputFile.createPart(path);
  try {
    const writer = newWriter(capture, format, output, markOf ?? null);
    await writeRows(rows, writer, output, { signal, onProgress });
    if (writer instanceof PcapngWriter) writer.end();
    await output.finish();
    return { rows: writer.rows, bytes: output.bytes, leftOut: writer.leftOut };
  } catch (error) {
    await output.discard();
    throw error;
  }
}

function newWriter(
  capture: Capture,
  format: ExportFormat,
  output: OutputFile,
  markOf: ((n: number) => Mark | null) | null,
): RowWriter {
  switch (format) {
    case "pcapng":
      return new PcapngWriter(capture, output, markOf);
    case "jsonl":
      return new TextWriter(output, "", (n) => {
        const row = capture.row(n);
        return row === undefined ? null : jsonLine(capture, row, true, markOf?.(n) ?? null);
      });
    case "csv":
      return new TextWriter(output, CSV_HEAD, (n) => {
        const line = csvLine(capture, n, markOf?.(n) ?? null);
        return line === null ? null : [line];
      });
  }
}
