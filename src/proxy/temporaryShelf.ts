import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capture } from "./capture/capture.ts";
import { SegmentFiles, type SegmentFilesOptions } from "./capture/segmentFiles.ts";

/** What a capture from a file has beyond its memory, for as long as it is open. */
export class TemporaryShelf {
  readonly files: SegmentFiles;
  /** Why it takes no more, as a sentence; `null` when all is well. */
  problem: string | null = null;
  readonly #folder: string;

  private constructor(folder: string, capture: Capture) {
    this.#folder = folder;
    this.files = new SegmentFiles(capture.store, {
      ...options(folder, capture),
      onProblem: ({ message }) => {
        this.problem = `Only the newest rows of the file are kept, since ${folder} takes no more: ${message}`;
      },
    });
    capture.store.shelf = this.files;
  }

  /** Gives a capture room without a limit in a folder of its own. Rejects when that folder cannot be made. */
  static async make(capture: Capture): Promise<TemporaryShelf> {
    return new TemporaryShelf(await mkdtemp(join(tmpdir(), "zmq-tap-")), capture);
  }

  /** Deletes it. The capture can no longer be read then. */
  async remove(): Promise<void> {
    await this.files.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Lets a capture read segments that are somebody else's. */
export function readFrom(folder: string, capture: Capture): void {
  capture.store.shelf = new SegmentFiles(capture.store, { ...options(folder, capture), isReadOnly: true });
}

function options(folder: string, capture: Capture): SegmentFilesOptions {
  return {
    folder,
    maxBytes: Infinity,
    anchorNs: capture.clock.anchorNs,
    onProblem: () => undefined,
    onChange: () => undefined,
  };
}
