import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capture } from "./capture/capture.ts";
import { SegmentFiles } from "./capture/segmentFiles.ts";

/** What a capture from a file has beyond its memory, for as long as it is open. */
export type TemporaryShelf = {
  readonly files: SegmentFiles;
  /** Deletes it. The capture can no longer be read then. */
  readonly remove: () => Promise<void>;
};

/** Gives a capture room on disk without a limit, in a folder of its own. Rejects when there is no room for that folder. */
export async function shelveInTemporaryFolder(capture: Capture): Promise<TemporaryShelf> {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-"));
  const files = shelveIn(folder, capture);
  const remove = async (): Promise<void> => {
    await files.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { files, remove };
}

/** The same in a folder that is there. */
export function shelveIn(folder: string, capture: Capture): SegmentFiles {
  const files = new SegmentFiles(capture.store, {
    folder,
    maxBytes: Infinity,
    anchorNs: capture.clock.anchorNs,
    onProblem: () => undefined,
    onChange: () => undefined,
  });
  capture.store.shelf = files;
  return files;
}
