import type { ExportFormat, Mark } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import { CSV_HEAD, csvLine } from "./csvLines.ts";
import { OutputFile } from "./files/writeOutput.ts";
import { PcapngWriter } from "./files/writePcapng.ts";
import { type Progress, type RowSource, type RowWriter, writeRows } from "./files/writeRows.ts";
import { TextWriter } from "./files/writeText.ts";
import { jsonLine } from "./jsonLines.ts";

/** What was put to a row by its user; null when nothing was. */
type MarkOf = (n: number) => Mark | null;

type Watching = {
  /** Ends the export. */
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
 * Writes rows of a capture to a file while the capture goes on. The file has its name when all of it is there; one that had
 * it before is replaced then. Rejects with a UserError when it cannot be written, or with the signal's reason; then nothing
 * is left of it.
 */
export async function exportCapture({
  capture,
  rows,
  format,
  path,
  markOf,
  ...watching
}: {
  readonly capture: Capture;
  readonly rows: RowSource;
  readonly format: ExportFormat;
  readonly path: string;
  readonly markOf?: MarkOf | undefined;
} & Watching): Promise<Exported> {
  watching.signal?.throwIfAborted();
  const file = new ExportFile(capture, format, await OutputFile.createPart(path), markOf ?? null);
  try {
    await file.write(rows, watching);
    return await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** A file that rows are written to bit by bit, for exports of what still grows. */
export class ExportFile {
  readonly #output: OutputFile;
  readonly #writer: RowWriter;

  /** Takes over `output`, which is empty. */
  constructor(capture: Capture, format: ExportFormat, output: OutputFile, markOf: MarkOf | null) {
    this.#output = output;
    this.#writer = newWriter(capture, format, output, markOf);
  }

  get written(): Exported {
    return { rows: this.#writer.rows, bytes: this.#output.bytes, leftOut: this.#writer.leftOut };
  }

  /** Writes all that `rows` gives. Rejects as exportCapture() does, and must not be called again then. */
  write(rows: RowSource, watching: Watching = {}): Promise<void> {
    return writeRows(rows, this.#writer, this.#output, watching);
  }

  /** Resolves when all that was written is in the file. */
  flush(): Promise<void> {
    return this.#output.flush();
  }

  async finish(): Promise<Exported> {
    this.#writer.end();
    await this.#output.finish();
    return this.written;
  }

  /** Gives up, and removes the file unless it was created under its own name. */
  discard(): Promise<void> {
    return this.#output.discard();
  }
}

function newWriter(capture: Capture, format: ExportFormat, output: OutputFile, markOf: MarkOf | null): RowWriter {
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
