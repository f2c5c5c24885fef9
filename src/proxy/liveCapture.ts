import type { RecoverableCapture } from "../shared/model.ts";
import { Capture } from "./capture/capture.ts";
import {
  type ClaimedFolder,
  claimFolder,
  discardLost,
  type FoundSegments,
  writeMarks,
} from "./capture/captureFolder.ts";
import { Clock } from "./capture/clock.ts";
import { SegmentFiles } from "./capture/segmentFiles.ts";

/** How long an engine that ends waits for its disk. */
const CLOSE_MS = 8_000;

export type LiveCaptureOptions = {
  readonly maxBytes: number;
  /** 0 keeps everything in memory. */
  readonly maxDiskBytes: number;
  /** Folder for segment files; `null` for none. */
  readonly storage: string | null;
  /** What its user does to begin with the disk anew: `reload the window`, unless it is said otherwise. */
  readonly restart?: string;
  /** How long an engine that is ending is waited for; by default some seconds. */
  readonly endingMs?: number;
  /** For tests. */
  readonly segmentBytes?: number;
};

const RELOAD = "reload the window";

/** A capture with its disk: what an earlier engine has left is there again, and what memory cannot hold goes to files. */
export class LiveCapture {
  readonly capture: Capture;
  /** What a killed engine has left, until it is discarded. */
  recoverable: RecoverableCapture | null;
  /** After close(): a write that never came back would keep the process from ending by itself. */
  hangs = false;
  /** Told when the disk was written to, or takes no more. */
  onChange: (() => void) | undefined;
  readonly #storage: string | null;
  readonly #claimed: ClaimedFolder | null;
  readonly #files: SegmentFiles | null;
  #problem: string | null;

  private constructor(options: LiveCaptureOptions, claimed: ClaimedFolder | null, problem: string | null) {
    const { maxBytes, maxDiskBytes, segmentBytes } = options;
    this.#storage = options.storage;
    this.#claimed = claimed;
    this.#problem = problem;
    this.recoverable = claimed?.lost ?? null;
    this.capture = new Capture({
      maxBytes,
      clock: new Clock(claimed === null ? null : earlierClock(claimed.found)),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    if (claimed === null) {
      this.#files = null;
      return;
    }
    const { capture } = this;
    capture.store.adopt(claimed.found.segments, claimed.found.lastLink);
    const files = new SegmentFiles(capture.store, {
      folder: claimed.folder,
      maxBytes: maxDiskBytes,
      anchorNs: capture.clock.anchorNs,
      onProblem: (error) => {
        this.#problem = diskProblem(error, options.restart);
        this.onChange?.();
      },
      onChange: () => this.onChange?.(),
    });
    capture.store.shelf = files;
    // What was found may be more than is allowed now.
    files.setMaxBytes(maxDiskBytes);
    this.#files = files;
    capture.marks.fromJson(claimed.found.marks);
    capture.marks.keepOnly((n) => capture.isKept(n));
    capture.marks.onChange = () => files.enqueue(() => writeMarks(claimed.folder, capture.marks.toJson()));
  }

  static inMemory(maxBytes: number): LiveCapture {
    return new LiveCapture({ maxBytes, maxDiskBytes: 0, storage: null }, null, null);
  }

  /** Never rejects: without a usable folder the capture is in memory only, and `diskProblem` says why. */
  static async open(options: LiveCaptureOptions): Promise<LiveCapture> {
    if (options.storage === null || options.maxDiskBytes === 0) return new LiveCapture(options, null, null);
    try {
      return new LiveCapture(options, await claimFolder(options.storage, options.endingMs), null);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      return new LiveCapture(options, null, diskProblem(reason, options.restart));
    }
  }

  get disk(): { diskBytes: number; maxDiskBytes: number; diskProblem: string | null } {
    return {
      diskBytes: this.#files?.diskBytes ?? 0,
      maxDiskBytes: this.#files?.maxBytes ?? 0,
      diskProblem: this.#problem,
    };
  }

  /** What is in memory now goes with the process. */
  get isInMemoryOnly(): boolean {
    return this.#files === null || this.#problem !== null;
  }

  setLimits({ maxBytes, maxDiskBytes }: { maxBytes: number; maxDiskBytes: number }): void {
    this.capture.setMaxBytes(maxBytes);
    this.#files?.setMaxBytes(maxDiskBytes);
  }

  /** Deletes what a killed engine has left, as `recoverable` names it. */
  async discard(path: string): Promise<void> {
    if (this.#storage !== null) await discardLost(this.#storage, path);
    if (this.recoverable?.path === path) this.recoverable = null;
  }

  /** Writes what is in memory only, so that the next engine finds all of it. A disk that does not answer is not waited for. */
  async close(): Promise<void> {
    if (this.#files === null) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, CLOSE_MS, false)));
    const isWritten = await Promise.race([this.#files.close().then(() => true), late]);
    clearTimeout(timer);
    this.hangs = !isWritten;
    if (isWritten) await this.#claimed?.release().catch(() => undefined);
    else
      this.#problem = `What was captured last is not on disk, since the disk did not answer for ${CLOSE_MS / 1000} s.`;
  }
}

/** The clock that the found segments were written by, and where it stood. */
export function earlierClock({ anchorNs, lastNs }: FoundSegments): { anchorNs: bigint; lastNs: number } | null {
  return anchorNs === null ? null : { anchorNs, lastNs };
}

function diskProblem(error: Error, restart = RELOAD): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const known = DISK_PROBLEMS[code];
  const why = known === undefined ? error.message.replace(/(?<![.!?])$/, ".") : known(restart);
  return `The capture is in memory only from now on, since it could not be written to disk: ${why} Traffic is not affected.`;
}

const notAllowed = (restart: string): string =>
  `the folder may not be written to. Give its permission back and ${restart}.`;

const DISK_PROBLEMS: Readonly<Record<string, (restart: string) => string>> = {
  ENOSPC: (restart) => `the disk is full. Free some space and ${restart}.`,
  EDQUOT: (restart) => `the disk quota is used up. Free some space and ${restart}.`,
  EFBIG: () => "the file grew larger than is allowed here.",
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: (restart) => `the folder is read-only. Make it writable and ${restart}.`,
  ENOENT: (restart) => `the folder was deleted. To begin a new one, ${restart}.`,
  EMFILE: (restart) => `no more files can be opened here. Raise the limit (ulimit -n) and ${restart}.`,
  EIO: () => "the disk reports an error.",
};
