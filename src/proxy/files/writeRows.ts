import { setImmediate } from "node:timers/promises";
import type { OutputFile } from "./writeOutput.ts";

/** Longest time without a look at what else there is to do. */
const SLICE_MS = 4;
const ROWS_PER_LOOK = 16;
const PROGRESS_MS = 100;
/** Rows that a filter looks at before it lets others do something. */
const ROWS_LOOKED_AT = 1024;

/** Numbers of the rows to write, one by one. */
export type RowSource = {
  /** How many there will be, for the progress; null when that is not known. */
  readonly total: number | null;
  /** The next row's number, in ascending order; 0 when there are no more for now. It must not change the capture itself. */
  next(): number | Promise<number>;
};

export type Progress = {
  /** Rows gone through. */
  readonly rows: number;
  readonly total: number | null;
  /** Octets of the file so far. */
  readonly bytes: number;
};

/**
 * Turns rows into the octets of one file, so that whoever drives it can pause: a long row is written in steps, and nothing
 * of the capture is held behind settle().
 */
export type RowWriter = {
  /** Rows written. */
  readonly rows: number;
  /** Rows that could not be written, since they were not kept or only partly. */
  readonly leftOut: number;
  /** Begins row `n`; false when there is more of it, for step(). */
  put(n: number): boolean;
  /** Goes on with a row; false when there is still more. */
  step(): boolean;
  /** Called before every pause: what is borrowed may change in it. */
  settle(): void;
  /** Writes what stands behind the last row. */
  end(): void;
};

/** Every row of `from` to `to`. */
export function everyRow(from: number, to: number): RowSource {
  let n = from - 1;
  return { total: Math.max(0, to - from + 1), next: () => (n < to ? ++n : 0) };
}

/** Those rows of `from` to `to` that `fits` lets through, looked at a few thousand at a time. */
export function fittingRows(from: number, to: number, fits: (n: number) => boolean): RowSource {
  let n = from - 1;
  const next = (): number | Promise<number> => {
    for (let looked = 0; looked < ROWS_LOOKED_AT; looked++) {
      if (n >= to) return 0;
      if (fits(++n)) return n;
    }
    return setImmediate().then(next);
  };
  return { total: null, next };
}

/** Chosen rows, sorted and each once. */
export function theseRows(rows: Iterable<number>): RowSource {
  const sorted = [...new Set(rows)].sort((a, b) => a - b);
  let at = 0;
  return { total: sorted.length, next: () => sorted[at++] ?? 0 };
}

/**
 * Writes rows until there are no more for now, in slices of a few milliseconds. Rejects with what `signal` was aborted
 * with, or a UserError when the file cannot be written; the file is left to the caller.
 */
export async function writeRows(
  source: RowSource,
  writer: RowWriter,
  output: OutputFile,
  options: { signal?: AbortSignal | undefined; onProgress?: ((progress: Progress) => void) | undefined } = {},
): Promise<void> {
  const { signal, onProgress } = options;
  let rows = 0;
  let sliceEndsMs = performance.now() + SLICE_MS;
  let toldMs = performance.now();
  const pause = async (): Promise<void> => {
    writer.settle();
    if (output.isFull) await output.drain();
    else await setImmediate();
    signal?.throwIfAborted();
    const nowMs = performance.now();
    sliceEndsMs = nowMs + SLICE_MS;
    if (nowMs - toldMs < PROGRESS_MS) return;
    toldMs = nowMs;
    onProgress?.({ rows, total: source.total, bytes: output.bytes });
  };
  signal?.throwIfAborted();
  for (;;) {
    let n = source.next();
    if (typeof n !== "number") {
      writer.settle();
      n = await n;
      signal?.throwIfAborted();
    }
    if (n === 0) break;
    let isDone = writer.put(n);
    while (!isDone) {
      if (output.isFull || performance.now() >= sliceEndsMs) await pause();
      isDone = writer.step();
    }
    rows += 1;
    if (output.isFull || (rows % ROWS_PER_LOOK === 0 && performance.now() >= sliceEndsMs)) await pause();
  }
  writer.settle();
  onProgress?.({ rows, total: source.total, bytes: output.bytes });
}
