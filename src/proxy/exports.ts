import { basename } from "node:path";
import type { EngineRequests, ExportProgress } from "../shared/engineProtocol.ts";
import type { CaptureId, Mark } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { Captures } from "./captures.ts";
import { captureRows } from "./captureRows.ts";
import { exportFrames } from "./exportFrames.ts";

/** Writes captures to files, several at a time, each until it is done or cancelled. */
export class Exports {
  readonly #captures: Captures;
  readonly #onProgress: (progress: ExportProgress) => void;
  readonly #running = new Map<string, AbortController>();

  constructor(captures: Captures, onProgress: (progress: ExportProgress) => void) {
    this.#captures = captures;
    this.#onProgress = onProgress;
  }

  /** Rejects with a UserError when the file cannot be written, and with code `cancelled` after cancel(). */
  async run(ask: EngineRequests["capture/export"]["ask"]): Promise<{ rows: number; bytes: number }> {
    const { job, format, path } = ask;
    const { capture } = this.#captures.inspector(ask.capture);
    const aborting = new AbortController();
    this.#running.set(job, aborting);
    try {
      const { signal } = aborting;
      const rows = await captureRows(capture, ask.rows);
      const { exportCapture } = await import("./exportCapture.ts");
      const markOf = (n: number): Mark | null => capture.marks.find(n);
      const onProgress = ({ rows: written, bytes }: { rows: number; bytes: number }): void =>
        this.#onProgress({ job, rows: written, total: rows.total ?? capture.stats().kept, bytes });
      return await exportCapture({ capture, rows, format, path, markOf, signal, onProgress });
    } finally {
      this.#running.delete(job);
    }
  }

  /** Unknown ones have ended already; with `null` all. */
  cancel(job: string | null): void {
    const jobs = job === null ? [...this.#running.keys()] : [job];
    const reason = new UserError("cancelled", "The export was cancelled; nothing was written.");
    for (const one of jobs) this.#running.get(one)?.abort(reason);
  }

  /** Resolves with the names of the files. */
  async frames(id: CaptureId, n: number, folder: string): Promise<readonly string[]> {
    const { capture } = this.#captures.inspector(id);
    await capture.prepare(n);
    return (await exportFrames(capture, n, folder)).map((path) => basename(path));
  }
}
