import type { Capture } from "../proxy/capture/capture.ts";
import { ExportFile } from "../proxy/exportCapture.ts";
import { OutputFile } from "../proxy/files/writeOutput.ts";
import { everyRow } from "../proxy/files/writeRows.ts";

/**
 * The file of --write: what is tapped, as a pcapng file that can be read at any time, also when this program is killed.
 * Traffic never waits for it: what was evicted before it could be written is counted. When the file cannot be written any
 * more, tapping goes on without it.
 */
export class TapFile {
  readonly #capture: Capture;
  readonly #path: string;
  readonly #file: ExportFile;
  /** The last row that was written or counted as left out. */
  #last = 0;
  #failure: unknown;

  private constructor(capture: Capture, path: string, file: ExportFile) {
    this.#capture = capture;
    this.#path = path;
    this.#file = file;
  }

  /** Rejects with a UserError when the file is there already, unless it may be overwritten, or cannot be made. */
  static async create(capture: Capture, path: string, overwrite: boolean): Promise<TapFile> {
    const output = await OutputFile.create(path, { overwrite });
    return new TapFile(capture, path, new ExportFile(capture, "pcapng", output, null));
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Writes what comes, as often as `growth` tells of more, until `signal` or the first failure. Never rejects. */
  async follow(growth: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#writeKept())) {
      if (this.#last === this.#capture.lastN) await growth();
    }
  }

  /** Writes the rest and closes; resolves with a sentence about the file. */
  async finish(): Promise<string> {
    await this.#writeKept();
    if (!this.hasFailed) await this.#try(() => this.#file.finish());
    const { rows, bytes, leftOut } = this.#file.written;
    const missing = leftOut === 0 ? "" : `; ${leftOut} rows were evicted before they could be written`;
    if (!this.hasFailed) return `${rows} rows, ${bytes} octets written to ${this.#path}${missing}`;
    await this.#file.discard();
    const why = this.#failure instanceof Error ? this.#failure.message : String(this.#failure);
    return `${why} What was written before is there.`;
  }

  /** False when the file cannot be written any more. */
  async #writeKept(): Promise<boolean> {
    const { lastN } = this.#capture;
    const rows = everyRow(this.#last + 1, lastN);
    this.#last = lastN;
    await this.#try(() => this.#file.write(rows));
    await this.#try(() => this.#file.flush());
    return !this.hasFailed;
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    if (this.hasFailed) return;
    try {
      await work();
    } catch (error) {
      this.#failure = error;
    }
  }
}
