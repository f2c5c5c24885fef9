import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capture } from "./capture/capture.ts";
import { SegmentFiles, type SegmentFilesOptions } from "./capture/segmentFiles.ts";

/** What a capture from a file has beyond its memory, for as long as it is open. */
export type TemporaryShelf = {
  readonly files: SegmentFiles;
  /** Deletes it. The capture can no longer be read then. */
  readonly remove: () => Promise<void>;
};

/** Gives a capture room on disk without a limit, in a folder of its own. Rejects when there is no room for that folder. */
export async function shelveInTemporaryFolder(capture: Capture): Promise<TemporaryShelf> {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-"));
  const files = new SegmentFiles(capture.store, options(folder, capture));
  capture.store.shelf = files;
  const remove = async (): Promise<void> => {
    await files.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { files, remove };
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
