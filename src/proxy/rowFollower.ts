import type { Capture } from "./capture/capture.ts";
import { lowerBound, type Segment } from "./capture/segment.ts";
import { RowCursor } from "./rowCursor.ts";

/** Longest time that it may keep the relay waiting, and how long it then lets others run at least. */
const SLICE_MS = 2;
const PAUSE_MS = 6;
/** While more rows a millisecond come than this, relaying needs the processor, and it pauses for longer. */
const BUSY_ROWS_PER_MS = 50;
const BUSY_PAUSE_MS = 100;
/** How soon new rows are looked at once all others have been. */
const FOLLOW_MS = 30;
const ROWS_PER_LOOK = 16;
/** How far it may be behind; then it leaves rows out, since it must not take what the relay needs. */
const MAX_BEHIND = 1_000_000;
/** Turns in a row that it leaves to filters. */
const MAX_RESTS = 50;

export type RowFollowerOptions = {
  /** The row that is looked at first. */
  readonly from: number;
  /** Looks at the row that the cursor is at. */
  readonly onRow: (cursor: RowCursor) => void;
  /** The capture was cleared. */
  readonly onCleared?: () => void;
  /** Rows before `n` were not looked at: there were too many at once, or they went before their turn. */
  readonly onLeftOut?: (n: number) => void;
  /** Behind each slice. `isDone`: all rows of now were looked at. */
  readonly onSlice?: (isDone: boolean) => void;
  /** The last row that may be looked at yet; every one by default. */
  readonly limit?: () => number;
  /** A file's, which nobody waits for: no row is left out, and there are no pauses. */
  readonly isFile?: boolean;
};

/**
 * Looks at the rows of a capture behind the traffic, in order, in slices of 2 ms with pauses between. What is on disk only is
 * read a segment at a time, off the main thread. When it is far behind live traffic it leaves rows out.
 */
export class RowFollower {
  /** Every row counts, however far it is behind; until it has caught up. */
  keepsAll = false;
  readonly #capture: Capture;
  readonly #options: RowFollowerOptions;
  readonly #cursor: RowCursor;
  readonly #isFile: boolean;
  /** The row that is looked at next. */
  #next: number;
  #clears: number;
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The newest row when it looked last, and when that was. */
  #seen = { n: 0, ms: performance.now() };
  #isReading = false;
  #isDisposed = false;
  #rests = 0;
  /** Rows come faster than it may look at. */
  #isBusy = false;
  #waiting: { readonly upTo: number; readonly done: () => void }[] = [];

  constructor(capture: Capture, options: RowFollowerOptions) {
    this.#capture = capture;
    this.#options = options;
    this.#cursor = new RowCursor(capture);
    this.#isFile = options.isFile ?? false;
    this.#next = options.from;
    this.#clears = capture.store.clears;
    this.#follow(0);
  }

  /** The last row that was looked at, or never will be; Infinity when it was disposed. */
  get judgedN(): number {
    if (this.#isDisposed) return Infinity;
    this.#trim();
    return this.#next - 1;
  }

  /** Rows that were not looked at, since there were too many at once, or they went before their turn. */
  get skipped(): number {
    return this.#skipped;
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const { done } of this.#waiting) done();
    this.#waiting = [];
  }

  /** Looks at rows again, as far as they are in memory. */
  beginAnew(): void {
    this.#next = Math.min(this.#next, this.#firstInMemory());
    this.keepsAll = true;
    if (!this.#isReading) this.#follow(0);
  }

  /** Resolves when the rows of now were looked at, or cannot be. */
  settled(): Promise<void> {
    const upTo = this.#capture.lastN;
    if (this.#isDisposed || this.judgedN >= upTo) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ upTo, done });
      if (!this.#isReading) this.#follow(0);
    });
  }

  #follow(inMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isDisposed) return;
    this.#timer = setTimeout(() => this.#run(), inMs);
    if (this.#waiting.length === 0) this.#timer.unref();
  }

  #run(): void {
    if (this.#waiting.length === 0 && performance.now() < this.#capture.quietUntilMs && this.#rests++ < MAX_RESTS) {
      this.#follow(PAUSE_MS);
      return;
    }
    this.#rests = 0;
    this.#trim();
    this.#slice(performance.now() + SLICE_MS);
    const isDone = this.#next > this.#capture.lastN;
    if (isDone) this.keepsAll = false;
    this.#options.onSlice?.(isDone);
    if (this.#waiting.some(({ upTo }) => upTo < this.#next)) {
      const met = this.#waiting.filter(({ upTo }) => upTo < this.#next);
      this.#waiting = this.#waiting.filter(({ upTo }) => upTo >= this.#next);
      for (const { done } of met) done();
    }
    // Whoever waits for it is not to wait for its pauses as well.
    const isWanted = this.#waiting.length > 0 || this.#isFile;
    this.#isBusy = this.#areRowsMany();
    if (this.#isReading) return;
    const isIdle = this.#next > this.#lastN;
    if (isWanted) this.#follow(isDone ? FOLLOW_MS : isIdle ? PAUSE_MS : 0);
    else this.#follow(this.#isBusy ? BUSY_PAUSE_MS : isIdle ? FOLLOW_MS : PAUSE_MS);
  }

  /** The last row that may be looked at now. */
  get #lastN(): number {
    const { lastN } = this.#capture;
    return this.#options.limit === undefined ? lastN : Math.min(lastN, this.#options.limit());
  }

  /** Whether rows have come so fast since it was asked last. */
  #areRowsMany(): boolean {
    const nowMs = performance.now();
    const { lastN } = this.#capture;
    const areMany = lastN - this.#seen.n > (nowMs - this.#seen.ms) * BUSY_ROWS_PER_MS;
    this.#seen = { n: lastN, ms: nowMs };
    return areMany;
  }

  #slice(endMs: number): void {
    const { store } = this.#capture;
    const lastN = this.#lastN;
    while (this.#next <= lastN) {
      const segment = this.#segmentFrom(this.#next);
      if (segment === undefined || this.#next > lastN) return;
      if (segment.isGone) {
        this.#leaveOut(Math.min(segment.endRow, lastN + 1));
        continue;
      }
      if (!segment.hasIndex || segment.slab === null) {
        // Reading back what went to disk meanwhile would take from the relay what it needs now.
        if (this.#isBusy && this.#mayLeaveOut) {
          this.#leaveOut(Math.min(segment.endRow, lastN + 1));
          continue;
        }
        this.#read(segment);
        return;
      }
      if (segment.links !== null) store.use(segment);
      if (!this.#lookAt(segment, lastN, endMs)) return;
    }
  }

  /** The first row from which on all are in memory. */
  #firstInMemory(): number {
    const { segments } = this.#capture.store;
    let first = this.#capture.lastN + 1;
    for (let at = segments.length - 1; at >= 0; at--) {
      const { hasIndex, slab, firstRow, rowCount } = segments[at]!;
      if (!hasIndex || slab === null) break;
      if (rowCount > 0) first = firstRow;
    }
    return first;
  }

  /** Looks at rows of a segment until its end or `endMs`. False when the time is up. */
  #lookAt(segment: Segment, lastN: number, endMs: number): boolean {
    const cursor = this.#cursor;
    const { onRow } = this.#options;
    const end =
      segment.ns === null
        ? Math.min(segment.rowCount, lastN + 1 - segment.firstRow)
        : lowerBound(segment.ns, segment.rowCount, lastN + 1);
    let index = segment.ns === null ? this.#next - segment.firstRow : lowerBound(segment.ns, end, this.#next);
    let looked = 0;
    for (; index < end; index++) {
      cursor.moveTo(segment, index);
      onRow(cursor);
      this.#next = cursor.n + 1;
      if (++looked % ROWS_PER_LOOK === 0 && performance.now() >= endMs) return false;
    }
    this.#next = Math.min(segment.endRow, lastN + 1);
    return performance.now() < endMs;
  }

  #segmentFrom(n: number): Segment | undefined {
    const { store } = this.#capture;
    const found = store.segmentFrom(n);
    if (found === undefined) {
      this.#next = this.#capture.lastN + 1;
      return undefined;
    }
    if (found.firstRow > n) this.#next = found.firstRow;
    return found;
  }

  #read(segment: Segment): void {
    this.#isReading = true;
    void this.#capture.store.prepareSegment(segment, true).then((isRead) => {
      this.#isReading = false;
      // What the disk cannot give now stays as it is.
      if (!isRead) this.#leaveOut(segment.endRow);
      this.#follow(0);
    });
  }

  #trim(): void {
    const { firstN, lastN, store } = this.#capture;
    if (this.#clears !== store.clears) {
      this.#clears = store.clears;
      this.#next = Math.max(this.#next, firstN);
      this.#options.onCleared?.();
    }
    if (this.#next < firstN) this.#leaveOut(firstN);
    if (this.#mayLeaveOut && lastN - this.#next >= MAX_BEHIND) this.#leaveOut(lastN + 1);
  }

  get #mayLeaveOut(): boolean {
    return this.#waiting.length === 0 && !this.#isFile && !this.keepsAll;
  }

  #leaveOut(n: number): void {
    if (n <= this.#next) return;
    this.#skipped += n - this.#next;
    this.#next = n;
    this.#options.onLeftOut?.(n);
  }
}
