import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Capture } from "../proxy/capture/capture.ts";
import { Dialogue } from "../proxy/dialogue.ts";
import { FanOut } from "../proxy/fanOut.ts";
import { noCapture } from "../proxy/faults.ts";
import { clockOfFile, FileCapture } from "../proxy/files/fileCapture.ts";
import { openSegments } from "../proxy/openSegments.ts";
import { TemporaryShelf } from "../proxy/temporaryShelf.ts";
import type { DialectName } from "../shared/dialects.ts";
import type { DialectChoice, Mark } from "../shared/model.ts";

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** A capture file while it is read: rows come into `capture`. */
export type OpenedFile = {
  readonly capture: Capture;
  readonly markOf: (n: number) => Mark | null;
  /**
   * Reads the file. `onRows` is told when more rows are there, and reading goes on when it is done with them, so that none
   * goes before it was looked at. Resolves with what is wrong with the file, in one sentence, or `null`.
   */
  readonly read: (onRows: () => Promise<void>) => Promise<string | null>;
  readonly close: () => Promise<void>;
};

/**
 * Opens a capture file, or the folder of --dir. With `isWhole` rows are told of only when all are there, since what becomes
 * of a request is known later; else as they come. `dialect` is what its messages are read as; `null` finds it out. Rejects with a UserError when there is no such file.
 */
export type OpenFile = (path: string, isWhole: boolean, dialect?: DialectName | null) => Promise<OpenedFile>;

export const openCaptureFile: OpenFile = async (path, isWhole, dialect = null) => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const choices = dialect === null ? [] : [{ tapName: null, sockets: null, dialect }];
  return isFolder ? openFolder(path, choices) : openFile(path, isWhole, choices);
};

async function openFolder(path: string, choices: readonly DialectChoice[]): Promise<OpenedFile> {
  const live = join(path, "live");
  const { capture, unreadable } = await openSegments(existsSync(live) ? live : path, { maxBytes: MAX_BYTES });
  if (capture.lastN === 0) {
    const within = (await readdir(path)).filter((name) => name.startsWith("capture-")).sort();
    const newest = within.at(-1);
    const advice = newest === undefined ? "" : ` Name one of those within, such as ${join(path, newest)}.`;
    throw noCapture(path, `there is no capture in this folder.${advice}`);
  }
  // Rows were judged when they were captured, unless they shall be read as something else.
  const dialogue = new Dialogue(capture, { choices, isFile: true, isAnew: choices.length > 0 });
  const problem = unreadable === 0 ? null : `${unreadable} files in ${path} could not be read.`;
  return {
    capture,
    markOf: marksOf(capture),
    read: async (onRows) => {
      await onRows();
      return problem;
    },
    close: () => {
      dialogue.dispose();
      return Promise.resolve();
    },
  };
}

async function openFile(path: string, isWhole: boolean, choices: readonly DialectChoice[]): Promise<OpenedFile> {
  const clock = await clockOfFile(path);
  const capture = new Capture({ maxBytes: MAX_BYTES, clock });
  const shelf = isWhole ? await TemporaryShelf.make(capture) : null;
  const dialogue = new Dialogue(capture, { choices, isFile: true });
  let drained: () => Promise<void> = () => Promise.resolve();
  const reader = new FileCapture({
    capture,
    clock,
    onMark: (n, mark) => capture.mark(n, mark),
    newCopyFinder: () => new FanOut(capture),
    drained: () => drained(),
  });
  return {
    capture,
    markOf: marksOf(capture),
    read: async (onRows) => {
      drained = shelf === null ? onRows : () => shelf.files.drained(MAX_WAITING_BYTES);
      const { problem } = await reader.read(path);
      await onRows();
      if (problem !== null) return `${path}: ${problem.message} (at octet ${problem.offset})`;
      return shelf?.problem ?? null;
    },
    close: async () => {
      dialogue.dispose();
      await shelf?.remove();
    },
  };
}

function marksOf(capture: Capture): (n: number) => Mark | null {
  return (n) => capture.marks.find(n);
}
