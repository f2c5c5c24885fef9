import type { FilterState } from "../shared/engineProtocol.ts";
import type { Capture } from "./capture/capture.ts";
import { type Candidates, findCandidates } from "./capture/needleScan.ts";
import { Pages } from "./capture/pages.ts";
import { lowerBound, type Segment } from "./capture/segment.ts";
import type { CompiledFilter } from "./filter/compile.ts";
import { RowCursor } from "./rowCursor.ts";

/** Longest time that a filter may keep the relay waiting. */
const SLICE_MS = 3;
/** A filter under way has come back by then. */
const QUIET_MS = 20;
/** The clock is looked at after so many rows that are judged by the index, or by their octets. */
const INDEX_ROWS_PER_LOOK = 1024;
const BYTES_ROWS_PER_LOOK = 16;
/** Fewer rows are looked at one by one instead of in one search over their slab. */
const ROWS_TO_SCAN = 512;
/** How soon new rows are judged once all others have been. */
const FOLLOW_MS = 50;
/** Time between two reports while a filter is under way. */
const REPORT_MS = 100;
/** Hits that fill a view. The first one, and that many, are reported at once. */
const SHOWN_HITS = 100;
const HITS_PER_PAGE = 4096;
const DEFAULT_MAX_HITS = 4_000_000;

export type FilterRunOptions = {
  readonly filter: number;
  readonly text: string;
  /** `null` lets all rows through. */
  readonly compiled: CompiledFilter | null;
  /** Leaves out further copies of publications. */
  readonly fold: boolean;
  /** Leaves out heartbeats and their answers. */
  readonly foldHeartbeats?: boolean;
  /** Told now and then while it advances, and whenever it has caught up after new rows. */
  readonly onAdvance: (state: FilterState) => void;
  readonly maxHits?: number;
};

/**
 * The rows that a filter lets through. Judges in slices of a few milliseconds, goes on with new rows until disposed, and
 * forgets hits that left the capture. Hits have positions from 0, the oldest that is kept. Segments on disk are read off
 * the main thread, one ahead.
 */
export class FilterRun {
  readonly filter: number;
  readonly text: string;
  readonly #capture: Capture;
  readonly #options: FilterRunOptions;
  readonly #cursor: RowCursor;
  readonly #needle: Uint8Array | null;
  readonly #needsTalk: boolean;
  readonly #needsFindings: boolean;
  readonly #maxHits: number;
  readonly #hits = new Pages(2, HITS_PER_PAGE);
  /** The page of the hits that come next. */
  #newest: Float64Array = new Float64Array(0);
  /** Hits are numbered for ever; those before #firstHit are gone. */
  #firstHit = 0;
  #nextHit = 0;
  #notListed = 0;
  #unknown = 0;
  /** The row that is judged next. */
  #next: number;
  #looked = 0;
  #clears: number;
  #reportedMs = -Infinity;
  #reportedHits = 0;
  /** Rows that were judged, whose findings have changed since; and up to which change of findings that was seen. */
  #again: number[] = [];
  #changes: number;
  #judgedAgain = 0;
  #candidates: {
    readonly segment: Segment;
    readonly from: number;
    readonly to: number;
    readonly marks: Candidates;
  } | null = null;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #isDisposed = false;

  constructor(capture: Capture, options: FilterRunOptions) {
    this.filter = options.filter;
    this.text = options.text;
    this.#capture = capture;
    this.#options = options;
    this.#maxHits = options.maxHits ?? DEFAULT_MAX_HITS;
    this.#cursor = new RowCursor(capture);
    this.#needle = options.compiled?.needle ?? null;
    this.#needsTalk = options.foldHeartbeats === true || options.compiled?.needsTalk === true;
    this.#needsFindings = options.compiled?.needsFindings === true;
    this.#changes = capture.findings.changes;
    this.#next = capture.firstN;
    this.#clears = capture.store.clears;
    this.#immediate = setImmediate(() => this.#run());
  }

  get state(): FilterState {
    this.#trim();
    const { filter, text } = this;
    const done = this.#next > this.#lastN;
    const [hits, firstHit, again] = [this.#nextHit - this.#firstHit, this.#firstHit, this.#judgedAgain];
    const [looked, unknown, notListed] = [this.#looked, this.#unknown, this.#notListed];
    return { filter, text, hits, firstHit, looked, unknown, notListed, again, done };
  }

  /** Hits that are kept. */
  get total(): number {
    this.#trim();
    return this.#nextHit - this.#firstHit;
  }

  /** The number of the hit at position 0. */
  get firstHit(): number {
    this.#trim();
    return this.#firstHit;
  }

  /** Row of a hit; undefined where there is none. */
  at(position: number): number | undefined {
    return position >= 0 && position < this.total ? this.#hit(this.#firstHit + position) : undefined;
  }

  /** Position of row `n`, or of the first hit after it; `total` when there is none. */
  find(n: number): number {
    this.#trim();
    return this.#lowerBound(n) - this.#firstHit;
  }

  dispose(): void {
    this.#isDisposed = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
  }

  /** The last row that can be judged: what is read of dialects, paired by them, and found comes a little behind the traffic. */
  get #lastN(): number {
    const { lastN, talk, findings } = this.#capture;
    if (this.#needsFindings) return Math.min(lastN, findings.judgedN);
    return this.#needsTalk ? Math.min(lastN, talk.judgedN) : lastN;
  }

  #run(): void {
    this.#trim();
    const endMs = performance.now() + SLICE_MS;
    const before = this.#judgedAgain;
    const isNew = this.#needsFindings && this.#judgeAgain(endMs);
    const hadNothing = this.#next > this.#lastN && this.#reportedMs >= 0 && this.#judgedAgain === before;
    if (!isNew && !this.#isReading) this.#slice(endMs);
    const nowMs = performance.now();
    const isDone = this.#next > this.#lastN && this.#again.length === 0;
    // A filter that does not wait for what goes behind the traffic is not to share the processor with it.
    if (!this.#needsTalk && !this.#needsFindings) this.#capture.quietUntilMs = isDone ? 0 : nowMs + QUIET_MS;
    const hits = this.total;
    const isFirstShown =
      hits > 0 && (this.#reportedHits === 0 || (hits >= SHOWN_HITS && this.#reportedHits < SHOWN_HITS));
    if (!hadNothing && (isDone || isFirstShown || nowMs - this.#reportedMs >= REPORT_MS)) {
      this.#reportedMs = nowMs;
      this.#reportedHits = hits;
      this.#options.onAdvance(this.state);
    }
    if (this.#isDisposed || this.#isReading) return;
    if (isDone) this.#timer = setTimeout(() => this.#run(), FOLLOW_MS).unref();
    else this.#immediate = setImmediate(() => this.#run());
  }

  /**
   * Judges rows again whose findings have changed. True when there are more of them than time, or the disk has to be asked.
   * A row that passes now takes its place among the hits; one that does not any more leaves it.
   */
  #judgeAgain(endMs: number): boolean {
    const { findings, store } = this.#capture;
    const changed = findings.changedSince(this.#changes);
    this.#changes = findings.changes;
    if (changed === null) {
      this.#beginAnew(this.#capture.firstN);
      return false;
    }
    for (const n of changed) if (n < this.#next) this.#again.push(n);
    const needsSlab = this.#options.compiled?.needsBytes === true;
    for (let n = this.#again.at(-1); n !== undefined; n = this.#again.at(-1)) {
      if (performance.now() >= endMs) return true;
      const segment = store.findRow(n);
      if (segment !== undefined && !segment.isGone) {
        if (!segment.hasIndex || (needsSlab && segment.slab === null)) {
          this.#read(segment, needsSlab);
          return true;
        }
        const index = segment.indexOfRow(n);
        if (index >= 0) this.#judgeOneAgain(segment, index);
      }
      this.#again.pop();
    }
    return false;
  }

  #judgeOneAgain(segment: Segment, index: number): void {
    const { compiled, fold, foldHeartbeats = false } = this.#options;
    const cursor = this.#cursor;
    cursor.moveTo(segment, index);
    const isFolded = (fold && cursor.isCopy) || (foldHeartbeats && cursor.isHeartbeat);
    const passes = !isFolded && compiled?.matches(cursor) !== 0;
    const place = this.#lowerBound(cursor.n);
    const isHit = place < this.#nextHit && this.#hit(place) === cursor.n;
    if (passes === isHit) return;
    this.#judgedAgain++;
    if (passes) this.#insert(place, cursor.n);
    else this.#remove(place);
  }

  #insert(place: number, n: number): void {
    const last = this.#nextHit;
    this.#add(n);
    if (this.#nextHit === last) return;
    for (let index = last; index > place; index--) this.#set(index, this.#hit(index - 1));
    this.#set(place, n);
  }

  #remove(place: number): void {
    this.#nextHit--;
    for (let index = place; index < this.#nextHit; index++) this.#set(index, this.#hit(index + 1));
    this.#newest = this.#hits.page(this.#nextHit)!.doubles;
  }

  #beginAnew(firstN: number): void {
    this.#firstHit = this.#nextHit;
    this.#hits.dropBelow(this.#firstHit, 0);
    this.#notListed = 0;
    this.#unknown = 0;
    this.#again = [];
    this.#next = firstN;
  }

  #slice(endMs: number): void {
    const { store } = this.#capture;
    while (this.#next <= this.#lastN) {
      const segment = this.#segmentFrom(this.#next);
      if (segment === undefined) return;
      if (segment.isGone) {
        this.#cursor.moveToGap(segment);
        this.#judge();
        this.#next = segment.endRow;
        continue;
      }
      const needsSlab = this.#options.compiled?.needsBytes === true;
      if (!segment.hasIndex || (needsSlab && segment.slab === null)) {
        this.#read(segment, needsSlab);
        return;
      }
      // Rows that filters keep coming back to are not let go of meanwhile.
      if (segment.links !== null) store.use(segment);
      if (!this.#judgeRows(segment, endMs)) return;
    }
  }

  /** The segment that has row `n`, or the next one that has any; #next is moved there. */
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

  /** Judges rows of a segment until its end or `endMs`. False when the time is up. */
  #judgeRows(segment: Segment, endMs: number): boolean {
    const { compiled, fold, foldHeartbeats = false } = this.#options;
    const cursor = this.#cursor;
    const lastN = this.#lastN;
    const end = segment.ns === null ? Math.min(segment.rowCount, lastN + 1 - segment.firstRow) : segment.rowCount;
    let index = segment.ns === null ? this.#next - segment.firstRow : lowerBound(segment.ns, end, this.#next);
    const marks = this.#marks(segment, index, end);
    const perLook = compiled?.needsBytes === true ? BYTES_ROWS_PER_LOOK : INDEX_ROWS_PER_LOOK;
    const begin = index;
    let judged = 0;
    for (; index < end; index++) {
      if (marks !== null) {
        const next = marks.marks.indexOf(1, index - marks.from);
        if (next < 0) break;
        index = next + marks.from;
      }
      cursor.moveTo(segment, index);
      if (!(fold && cursor.isCopy) && !(foldHeartbeats && cursor.isHeartbeat)) this.#judge();
      if (++judged % perLook === 0 && performance.now() >= endMs) {
        this.#next = cursor.n + 1;
        this.#looked += index + 1 - begin;
        return false;
      }
    }
    this.#looked += end - begin;
    this.#next = Math.min(segment.endRow, lastN + 1);
    return performance.now() < endMs;
  }

  #marks(segment: Segment, from: number, to: number): { readonly marks: Candidates; readonly from: number } | null {
    if (this.#needle === null || this.#needle.length === 0 || segment.slab === null) return null;
    const known = this.#candidates;
    if (known?.segment === segment && known.from <= from && known.to >= to) return known;
    if (to - from < ROWS_TO_SCAN) return null;
    this.#candidates = { segment, from, to, marks: findCandidates(segment, this.#needle, from, to) };
    return this.#candidates;
  }

  #judge(): void {
    const verdict = this.#options.compiled?.matches(this.#cursor) ?? 1;
    if (verdict === 0) return;
    if (verdict < 0) this.#unknown++;
    this.#add(this.#cursor.n);
  }

  #read(segment: Segment, withSlab: boolean): void {
    this.#isReading = true;
    const { store } = this.#capture;
    const next = store.segments[store.segments.indexOf(segment) + 1];
    void store.prepareSegment(segment, withSlab).then((isRead) => {
      this.#isReading = false;
      if (this.#isDisposed) return;
      if (!isRead && !segment.isGone) {
        // The system is short of something for now.
        this.#timer = setTimeout(() => this.#run(), FOLLOW_MS).unref();
        return;
      }
      if (next !== undefined && next.file !== null) void store.prepareSegment(next, withSlab);
      this.#immediate = setImmediate(() => this.#run());
    });
  }

  #add(n: number): void {
    if (this.#nextHit - this.#firstHit >= this.#maxHits) {
      this.#trim();
      if (this.#nextHit - this.#firstHit >= this.#maxHits) {
        this.#notListed++;
        return;
      }
    }
    const place = this.#nextHit % HITS_PER_PAGE;
    // Where hits have left again, the page is there already.
    if (place === 0) this.#newest = (this.#hits.page(this.#nextHit) ?? this.#hits.open(this.#nextHit)).doubles;
    this.#newest[place] = n;
    this.#nextHit++;
  }

  #hit(index: number): number {
    return this.#hits.page(index)!.doubles[this.#hits.at(index) >> 1]!;
  }

  #set(index: number, n: number): void {
    this.#hits.page(index)!.doubles[this.#hits.at(index) >> 1] = n;
  }

  #lowerBound(n: number): number {
    let low = this.#firstHit;
    let high = this.#nextHit;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#hit(middle) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #trim(): void {
    const { firstN, store } = this.#capture;
    if (this.#clears !== store.clears) {
      // Rows that were kept as pinned are judged again.
      this.#clears = store.clears;
      this.#beginAnew(firstN);
    }
    if (this.#firstHit === this.#nextHit || this.#hit(this.#firstHit) >= firstN) return;
    this.#firstHit = this.#lowerBound(firstN);
    this.#hits.dropBelow(this.#firstHit, 0);
  }
}
