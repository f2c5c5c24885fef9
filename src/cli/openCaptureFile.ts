import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Capture } from "../proxy/capture/capture.ts";
import { CaptureWatch } from "../proxy/captureWatch.ts";
import { Dialogue } from "../proxy/dialogue.ts";
import { FanOut } from "../proxy/fanOut.ts";
import { noCapture } from "../proxy/faults.ts";
import { clockOfFile, FileCapture } from "../proxy/files/fileCapture.ts";
import { openSegments } from "../proxy/openSegments.ts";
import { TemporaryShelf } from "../proxy/temporaryShelf.ts";
import type { DialectName } from "../shared/dialects.ts";
import type { FindingId } from "../shared/findings.ts";
import type { DialectChoice, Mark } from "../shared/model.ts";
import type { Sequence } from "../shared/sequences.ts";

const MAX_BYTES = 256 * 1024 * 1024;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** A capture file while it is read: rows come into `capture`. */
export type OpenedFile = {
  readonly capture: Capture;
  readonly markOf: (n: number) => Mark | null;
  /** What is found in it; `null` where that was not asked for. */
  readonly watch: CaptureWatch | null;
  /**
   * Reads the file. `onRows` is told when more rows are there, and reading goes on when it is done with them, so that none
   * goes before it was looked at. Resolves with what is wrong with the file, in one sentence, or `null`.
   */
  readonly read: (onRows: () => Promise<void>) => Promise<string | null>;
  readonly close: () => Promise<void>;
};

export type OpenOptions = {
  /** Rows are told of only when all are there, since what becomes of a request is known later; else as they come. */
  readonly isWhole: boolean;
  /** What its messages are read as; `null` finds it out. */
  readonly dialect?: DialectName | null;
  /** Rules look at its rows, but for those that may only find these. */
  readonly findings?: { readonly disabled: readonly FindingId[]; readonly sequences?: readonly Sequence[] } | null;
};

/** Opens a capture file, or the folder of --dir. Rejects with a UserError when there is no such file. */
export type OpenFile = (path: string, options: OpenOptions) => Promise<OpenedFile>;

export const openCaptureFile: OpenFile = async (path, options) => {
  const { dialect = null } = options;
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const choices = dialect === null ? [] : [{ tapName: null, sockets: null, dialect }];
  return isFolder ? openFolder(path, choices, options) : openFile(path, choices, options);
};

async function openFolder(
  path: string,
  choices: readonly DialectChoice[],
  { findings }: OpenOptions,
): Promise<OpenedFile> {
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
  const watch = watchOf(capture, findings, () => true);
  const problem = unreadable === 0 ? null : `${unreadable} files in ${path} could not be read.`;
  return {
    capture,
    markOf: marksOf(capture),
    watch,
    read: async (onRows) => {
      await onRows();
      return problem;
    },
    close: () => {
      watch?.dispose();
      dialogue.dispose();
      return Promise.resolve();
    },
  };
}

async function openFile(
  path: string,
  choices: readonly DialectChoice[],
  { isWhole, findings }: OpenOptions,
): Promise<OpenedFile> {
  const clock = await clockOfFile(path);
  const capture = new Capture({ maxBytes: MAX_BYTES, clock });
  const shelf = isWhole ? await TemporaryShelf.make(capture) : null;
  const dialogue = new Dialogue(capture, { choices, isFile: true });
  let isEnded = false;
  const watch = watchOf(capture, findings, () => isEnded);
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
    watch,
    read: async (onRows) => {
      drained = shelf === null ? onRows : () => shelf.files.drained(MAX_WAITING_BYTES);
      const { problem } = await reader.read(path);
      isEnded = true;
      await onRows();
      if (problem !== null) return `${path}: ${problem.message} (at octet ${problem.offset})`;
      return shelf?.problem ?? null;
    },
    close: async () => {
      watch?.dispose();
      dialogue.dispose();
      await shelf?.remove();
    },
  };
}

function watchOf(capture: Capture, findings: OpenOptions["findings"], isEnded: () => boolean): CaptureWatch | null {
  if (findings == null) return null;
  const { disabled, sequences = [] } = findings;
  const from = capture.firstN;
  return new CaptureWatch(capture, { from, isFile: true, isEnded, disabled, sequences: () => sequences });
}

function marksOf(capture: Capture): (n: number) => Mark | null {
  return (n) => capture.marks.find(n);
}
