import type { TapId } from "../../shared/model.ts";
import { type Clock } from "./clock.ts";
import { CapturedLinks } from "./capturedLinks.ts";
import { LOADED_AT_LEAST, LoadedSegments } from "./loadedSegments.ts";
import type { Page } from "./pages.ts";
import {
  changeRecord,
  CHUNK_LENGTH,
  CHUNK_LENGTH_MASK,
  CHUNK_NEXT,
  CHUNK_OFFSET,
  CHUNK_PAGE_BYTES,
  CHUNK_WORDS,
  firstSegment,
  joinPatches,
  ROW_PAGE_BYTES,
  ROW_WORDS,
  ROWS_PER_PAGE,
  Segment,
  setNext,
} from "./segment.ts";
import { SpareParts } from "./spareParts.ts";

/** Below this a capture is of no use, and segments would be too small to evict one by one. */
export const MIN_CAPTURE_BYTES = 16 * 1024 * 1024;

/** What keeps segments beyond memory. Every call returns at once; `written` comes back later. */
export type SegmentShelf = {
  /** There is something new in the segments that wait. */
  changed(): void;
  /** Reads what is missing of a segment whose file there is; throws when that cannot be read. */
  loadIndex(segment: Segment): void;
  loadSlab(segment: Segment): void;
  /** The same off the main thread. Rejects when it cannot be read. */
  prepare(segment: Segment, withSlab: boolean): Promise<void>;
  /** Whether its octets are being written just now. */
  isWriting(segment: Segment): boolean;
  /** The segment is wanted no more. */
  forget(segment: Segment): void;
};

type SegmentStoreOptions = {
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Something was evicted, or became unreadable. */
  readonly onEvict: () => void;
  /** A segment is about to be on disk only. */
  readonly onLeave?: (segment: Segment) => void;
};

/**
 * The segments of a capture, oldest first, and where a row or chunk lies. Bounded: when memory is full the oldest segment is
 * let go of, which loses it unless the shelf has it. SegmentWriter fills them.
 */
export class SegmentStore {
  /** Number of the row that comes next; counted up by whoever keeps the rows. */
  nextRow = 1;
  /** The first row that is not of an earlier run. */
  firstOwnRow = 1;
  /** Number of the chunk that comes next; counted up by whoever writes chunks. */
  nextChunkNumber = 0;
  /** Rows that can be read. */
  keptRows = 0;
  /** Rows that fell out of memory before the shelf had them, or that could not be read from it. */
  unwrittenRows = 0;
  /** How often it was cleared. */
  clears = 0;
  copies = 0;
  /** Kept rows that are heartbeats of a dialect, or their answers. */
  heartbeats = 0;
  copyBytes = 0;
  shelf: SegmentShelf | null = null;
  /** The segment that is being appended to. */
  current: Segment | undefined;
  readonly links = new CapturedLinks();
  readonly #options: SegmentStoreOptions;
  readonly #clock: Clock;
  readonly #segments: Segment[] = [];
  readonly #spare = new SpareParts();
  readonly #loaded = new LoadedSegments();
  /** Those that were looked at last. */
  #rowSegment: Segment | undefined;
  #chunkSegment: Segment | undefined;
  /** Segments of which more is known than is on disk. */
  #patched = new Set<Segment>();
  #memoryBytes = 0;
  #isShelving = true;
  #nextSerial = 0;
  #maxBytes: number;
  /** Messages by tap that are kept no more. */
  readonly #evicted = new Map<TapId, number>();

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#maxBytes = Math.max(MIN_CAPTURE_BYTES, options.maxBytes);
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Takes another bound; makeRoom() obeys it. */
  setMaxBytes(maxBytes: number): void {
    this.#maxBytes = Math.max(MIN_CAPTURE_BYTES, maxBytes);
  }

  get usedBytes(): number {
    return this.#memoryBytes + this.#loaded.bytes + this.links.usedBytes;
  }

  /** First row that can be read. */
  get firstRow(): number {
    return this.#segments[0]?.firstRow ?? this.nextRow;
  }

  /** First chunk whose octets may be kept. */
  get firstChunk(): number {
    return this.#segments[0]?.firstChunk ?? this.nextChunkNumber;
  }

  /** Number of the newest chunk; -1 before the first. */
  get lastChunk(): number {
    return this.nextChunkNumber - 1;
  }

  /** Oldest first; not to be changed. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Messages and encrypted frames of a tap that came since this capture was made, counted segment by segment. */
  messagesOf(tap: TapId): { readonly kept: number; readonly evicted: number } {
    let kept = 0;
    for (const { isGone, tallies } of this.#segments) if (!isGone) kept += tallies.get(tap)?.messages ?? 0;
    return { kept, evicted: this.#evicted.get(tap) ?? 0 };
  }

  /** Evicts everything. Links that are open stay. */
  clear(): void {
    this.clears++;
    while (this.#segments.length > 0) this.evictOldest();
    this.unwrittenRows = 0;
  }

  /** Begins a segment of this size, which is the current one from now on; the one before is sealed. */
  begin(slabBytes: number): Segment {
    this.seal();
    this.shelf?.changed();
    this.makeRoom(slabBytes);
    const segment = new Segment(this.#nextSerial++, this.nextRow, this.nextChunkNumber);
    segment.slab = this.#spare.takeSlab(slabBytes);
    segment.firstTimeNs = this.#clock.nowNs();
    this.#memoryBytes += slabBytes;
    this.#segments.push(segment);
    this.current = segment;
    return segment;
  }

  /** Nothing more is appended to the current segment. */
  seal(): void {
    if (this.current !== undefined) this.current.isSealed = true;
    this.current = undefined;
  }

  /** Adds a page to the rows of the current segment. */
  openRowPage(segment: Segment): Page {
    this.makeRoom(ROW_PAGE_BYTES);
    const page = this.#spare.takeRowPage();
    segment.rowPages.push(page);
    this.#memoryBytes += ROW_PAGE_BYTES;
    return page;
  }

  /** Adds a page to the chunks of the current segment. */
  openChunkPage(segment: Segment): Page {
    this.makeRoom(CHUNK_PAGE_BYTES);
    const page = this.#spare.takeChunkPage();
    segment.chunkPages.push(page);
    this.#memoryBytes += CHUNK_PAGE_BYTES;
    return page;
  }

  /** Says in an earlier segment where a chunk goes on. Of one that is on disk only, its next reader finds out by itself. */
  linkChunks(previous: number, chunk: number): void {
    const segment = this.#findChunk(previous);
    if (segment === undefined || segment.isGone) return;
    if (segment.chunkPages.length > 0) setNext(segment, previous, chunk);
    if (this.shelf === null || (segment.file === null && !this.shelf.isWriting(segment))) return;
    segment.changedChunks.set(previous, chunk);
    this.#patched.add(segment);
    this.shelf.changed();
  }

  /** The segment of row `n`, with its index in memory; undefined when the row is not kept. May read from disk. */
  segmentOfRow(n: number): Segment | undefined {
    let segment = this.#rowSegment;
    if (segment === undefined || n < segment.firstRow || n >= segment.endRow || segment.isGone) {
      segment = this.findRow(n);
      if (segment === undefined || segment.isGone) return undefined;
      this.#rowSegment = segment;
    }
    return this.#withIndex(segment) ? segment : undefined;
  }

  /** The segment that has row `n` or had it, wherever it lies. */
  findRow(n: number): Segment | undefined {
    const current = this.current;
    if (current !== undefined && n >= current.firstRow) return n < this.nextRow ? current : undefined;
    const found = firstSegment(this.#segments, ({ endRow }) => endRow > n);
    return found !== undefined && n >= found.firstRow ? found : undefined;
  }

  /** The same, or the next one that has any rows. */
  segmentFrom(n: number): Segment | undefined {
    return this.findRow(n) ?? this.segments.find(({ firstRow, rowCount }) => firstRow > n && rowCount > 0);
  }

  /** The segment of a chunk, with its index in memory; undefined when it is not kept. May read from disk. */
  segmentOfChunk(chunk: number): Segment | undefined {
    let segment = this.#chunkSegment;
    if (segment === undefined || chunk < segment.firstChunk || chunk >= segment.endChunk || segment.isGone) {
      segment = this.#findChunk(chunk);
      if (segment === undefined || segment.isGone) return undefined;
      this.#chunkSegment = segment;
    }
    return this.#withIndex(segment) ? segment : undefined;
  }

  /** Nanoseconds since the clock's anchor. Of a chunk that is gone: that of the next one that is kept, or now. */
  chunkTimeNs(chunk: number): number {
    const segment = this.segmentOfChunk(chunk);
    if (segment === undefined) return this.#nextTimeNs(chunk);
    const index = chunk - segment.firstChunk;
    return segment.chunkPages[index >>> 11]!.doubles[(index & 2047) * 4]!;
  }

  /** Payload octets of a kept chunk. */
  chunkLength(chunk: number): number {
    return this.#chunkWord(chunk, CHUNK_LENGTH) & CHUNK_LENGTH_MASK;
  }

  /** Where a kept chunk's octets begin in the bytes of borrowSlab(). */
  chunkOffset(chunk: number): number {
    return this.#chunkWord(chunk, CHUNK_OFFSET);
  }

  /** The slab of a kept chunk, valid until the next append; empty when it can no longer be read. May read from disk. */
  borrowSlab(chunk: number): Buffer {
    const segment = this.segmentOfChunk(chunk);
    return (segment === undefined ? undefined : this.slabOf(segment)) ?? NO_OCTETS;
  }

  /** The octets of a segment, as borrowSlab(). */
  slabOf(segment: Segment): Buffer | undefined {
    if (segment.slab !== null) {
      if (segment.links !== null) this.#loaded.use(segment);
      return segment.slab.bytes;
    }
    const isRead = this.#read(segment, (shelf) => {
      // Octets without an index would pass for a segment that never left memory.
      if (!segment.hasIndex) shelf.loadIndex(segment);
      shelf.loadSlab(segment);
    });
    return isRead ? segment.slab!.bytes : undefined;
  }

  /** The chunk that follows in the same link and direction; -1 when there is none. */
  nextChunk(chunk: number): number {
    const distance = this.#chunkWord(chunk, CHUNK_NEXT);
    return distance === 0 ? -1 : chunk + distance;
  }

  /** The used part of every slab in memory, oldest first: a pcapng section each, valid until the next append. */
  borrowSections(): Uint8Array[] {
    return this.#segments.flatMap((segment) =>
      segment.slab === null ? [] : [segment.slab.bytes.subarray(0, segment.used)],
    );
  }

  /** Lets go of segments in memory until `bytes` more fit; the current segment always stays. */
  makeRoom(bytes: number): void {
    while (this.usedBytes + bytes > this.#maxBytes) {
      if (!this.#letGo()) return;
    }
  }

  /** Evicts the oldest segment from memory and disk. */
  evictOldest(): void {
    this.#drop(this.#segments[0]!);
    this.#dropLeadingGone();
    this.#options.onEvict();
  }

  /** Takes what an earlier run has left, before anything else is captured. Segments in order of their serials. */
  adopt(segments: readonly Segment[], lastLink: number): void {
    for (const segment of segments) {
      const end = this.#segments.at(-1)?.endRow;
      // Behind single rows the others were cleared, which leaves no hole.
      const isHole = end !== undefined && segment.firstRow > end && this.#segments.at(-1)?.ns === null;
      if (isHole) this.#addGap(end, segment);
      this.#segments.push(segment);
      this.keptRows += segment.rowCount;
      this.copies += segment.copies;
      this.heartbeats += segment.heartbeats;
      this.copyBytes += segment.copyBytes;
      this.nextRow = segment.endRow;
      this.nextChunkNumber = segment.endChunk;
      this.#nextSerial = segment.serial + 1;
    }
    this.firstOwnRow = this.nextRow;
    this.links.last = Math.max(this.links.last, lastLink);
  }

  /** Changes what the index says of row `n`, wherever it lies, as RowPatch says. Rows that are gone are left out. */
  patchRow(n: number, clear: number, set: number, partner: number, latency: number): void {
    const segment = this.findRow(n);
    if (segment === undefined || segment.isGone) return;
    const index = segment.indexOfRow(n);
    if (index < 0) return;
    const page = segment.rowPages[index >>> 12];
    if (page !== undefined) {
      changeRecord(page, (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS, clear, set, partner, latency);
    }
    if (!segment.isSealed || this.shelf === null || !this.#isShelving) return;
    if (segment.file === null && !this.shelf.isWriting(segment)) return;
    segment.rowPatches.set(n, joinPatches(segment.rowPatches.get(n), { clear, set, partner, latency }));
    this.#patched.add(segment);
    this.shelf.changed();
  }

  /** Row `n` is a further copy of a publication. */
  countCopy(n: number, sizeBytes: number): void {
    const segment = this.findRow(n);
    if (segment === undefined || segment.isGone) return;
    segment.copies++;
    segment.copyBytes += sizeBytes;
    this.copies++;
    this.copyBytes += sizeBytes;
  }

  /** Row `n` is a heartbeat, or (-1) is none after all. */
  countHeartbeats(n: number, change: 1 | -1): void {
    const segment = this.findRow(n);
    // Of rows that outlived a clearing none is counted.
    if (segment === undefined || segment.isGone || segment.heartbeats + change < 0) return;
    segment.heartbeats += change;
    this.heartbeats += change;
  }

  /** Time of a chunk whose segment is in memory. */
  memoryTimeNs(chunk: number): number | undefined {
    const segment = this.#findChunk(chunk);
    const index = chunk - (segment?.firstChunk ?? 0);
    return segment?.chunkPages[index >>> 11]?.doubles[(index & 2047) * 4];
  }

  /** Reads what rows `from` to `to` (exclusive) need, off the main thread; what cannot be read is lost. */
  async prepareRows(from: number, to: number): Promise<void> {
    if (this.shelf === null) return;
    let loaded = 0;
    for (const segment of [...this.#segments]) {
      if (segment.firstRow >= to || segment.endRow <= from || segment.isGone) continue;
      if (segment.slab !== null && segment.hasIndex) continue;
      if (++loaded > LOADED_AT_LEAST) return;
      await this.prepareSegment(segment, true);
    }
  }

  /** Reads a segment's index, and its octets when `withSlab`, off the main thread. False when it is gone. */
  async prepareSegment(segment: Segment, withSlab: boolean): Promise<boolean> {
    const isThere = (): boolean => !segment.isGone && segment.hasIndex && (segment.slab !== null || !withSlab);
    if (segment.isGone) return false;
    if (!isThere()) {
      if (this.shelf === null || segment.file === null) return false;
      try {
        await this.shelf.prepare(segment, withSlab);
      } catch (error) {
        this.#failedToRead(segment, error);
        return false;
      }
    }
    // What was read meanwhile by somebody else, or has been lost.
    return isThere();
  }

  /** A segment was read from its file: memory has to make room for it. */
  noteLoaded(segment: Segment): void {
    this.#loaded.add(segment, this.#maxBytes);
  }

  /** Somebody goes on using a segment that was read from its file. */
  use(segment: Segment): void {
    this.#loaded.use(segment);
  }

  /** Its file is gone or cannot be read: nothing of the segment is left. */
  lose(segment: Segment): void {
    if (segment.isGone) return;
    this.unwrittenRows += segment.rowCount;
    this.#drop(segment);
    this.#dropLeadingGone();
    this.#options.onEvict();
  }

  /** Segments of which more became known since this was asked last. */
  takePatched(): Iterable<Segment> {
    if (this.#patched.size === 0) return [];
    const patched = this.#patched;
    this.#patched = new Set();
    return patched;
  }

  /** The disk takes no more: from now on the oldest segment in memory is evicted when there is no room. */
  stopShelving(): void {
    this.#isShelving = false;
  }

  /** Where a copy of single rows goes: behind all there is. */
  nextPlace(): { serial: number; firstChunk: number; anchorNs: bigint } {
    return { serial: this.#nextSerial, firstChunk: this.nextChunkNumber, anchorNs: this.#clock.anchorNs };
  }

  /** Takes a copy of single rows that was made for nextPlace(), as the only segment. */
  addCopy(segment: Segment): void {
    this.#nextSerial = segment.serial + 1;
    this.nextChunkNumber = segment.endChunk;
    this.shelf?.changed();
    this.#segments.push(segment);
    this.keptRows += segment.rowCount;
    this.#countEvicted(segment, -1);
    this.#memoryBytes += segment.memoryBytes;
  }

  #findChunk(chunk: number): Segment | undefined {
    const current = this.current;
    if (current !== undefined && chunk >= current.firstChunk) return chunk < this.nextChunkNumber ? current : undefined;
    const found = firstSegment(this.#segments, ({ endChunk }) => endChunk > chunk);
    return found !== undefined && chunk >= found.firstChunk ? found : undefined;
  }

  #chunkWord(chunk: number, word: number): number {
    const segment = this.segmentOfChunk(chunk);
    if (segment === undefined) return 0;
    const index = chunk - segment.firstChunk;
    return segment.chunkPages[index >>> 11]!.words[(index & 2047) * CHUNK_WORDS + word]!;
  }

  #nextTimeNs(chunk: number): number {
    const next = this.#segments.find(
      (segment) => !segment.isGone && segment.endChunk > chunk && segment.chunkCount > 0,
    );
    return next?.firstTimeNs ?? this.#clock.nowNs();
  }

  #withIndex(segment: Segment): boolean {
    if (segment.hasIndex) {
      if (segment.links !== null) this.#loaded.use(segment);
      return true;
    }
    return this.#read(segment, (shelf) => shelf.loadIndex(segment));
  }

  #read(segment: Segment, read: (shelf: SegmentShelf) => void): boolean {
    if (this.shelf === null || segment.file === null) return false;
    try {
      read(this.shelf);
    } catch (error) {
      this.#failedToRead(segment, error);
      return false;
    }
    this.noteLoaded(segment);
    return true;
  }

  #failedToRead(segment: Segment, error: unknown): void {
    if (hasRunShort(error)) return;
    segment.goneReason = "their file can no longer be read";
    this.lose(segment);
  }

  /** Frees memory by one step. False when there is nothing that could be let go of. */
  #letGo(): boolean {
    if (this.#loaded.count > LOADED_AT_LEAST && this.#loaded.removeOldest(null)) return true;
    const oldest = this.#inMemory(null);
    if (oldest === undefined) return this.#loaded.removeOldest(null);
    if (oldest.file !== null) {
      this.#leaveMemory(oldest);
      return true;
    }
    if (this.shelf === null || !this.#isShelving || oldest.staysInMemory) {
      // Without a disk all that is older is gone already, or on a disk that takes no more.
      this.#evict(oldest);
      return true;
    }
    const late = this.shelf.isWriting(oldest) ? this.#inMemory(oldest) : oldest;
    if (late === undefined) return false;
    this.unwrittenRows += late.rowCount;
    this.#evict(late);
    return true;
  }

  #evict(segment: Segment): void {
    if (segment === this.#segments[0]) this.evictOldest();
    else this.#makeGone(segment);
  }

  /** The oldest segment whose octets memory alone may have, behind `after`; not the current one. */
  #inMemory(after: Segment | null): Segment | undefined {
    let isBehind = after === null;
    for (const segment of this.#segments) {
      if (isBehind && segment.slab !== null && segment.links === null && segment !== this.current) return segment;
      isBehind ||= segment === after;
    }
    return undefined;
  }

  /** The file has it: memory lets go of it. */
  #leaveMemory(segment: Segment): void {
    this.#options.onLeave?.(segment);
    this.#freeMemory(segment);
    this.links.forget(segment);
  }

  /** Leaves a hole, which is one entry however long it grows. */
  #makeGone(segment: Segment): void {
    this.#drop(segment);
    const at = this.#segments.indexOf(segment);
    const before = this.#segments[at - 1];
    if (before?.isGone === true && before.endRow === segment.firstRow) {
      before.rowCount += segment.rowCount;
      before.chunkCount = segment.endChunk - before.firstChunk;
      this.#segments.splice(at, 1);
    }
    this.#options.onEvict();
  }

  /** Frees all that a segment has, and leaves its row numbers. */
  #drop(segment: Segment): void {
    if (segment.isGone) return;
    segment.isGone = true;
    if (segment === this.#rowSegment) this.#rowSegment = undefined;
    if (segment === this.#chunkSegment) this.#chunkSegment = undefined;
    this.keptRows -= segment.rowCount;
    this.#countEvicted(segment, 1);
    this.copies -= segment.copies;
    this.heartbeats -= segment.heartbeats;
    this.copyBytes -= segment.copyBytes;
    if (segment === this.current) this.current = undefined;
    if (segment.links === null && segment.slab !== null) {
      this.#freeMemory(segment);
      this.links.forget(segment);
    } else if (this.#loaded.has(segment)) {
      this.#loaded.remove(segment);
    }
    this.shelf?.forget(segment);
    segment.file = null;
    segment.linkIds.clear();
    segment.rowPatches.clear();
    segment.changedChunks.clear();
    if (segment === this.#segments[0]) this.#segments.shift();
  }

  #countEvicted({ tallies }: Segment, sign: 1 | -1): void {
    for (const [tap, { messages }] of tallies) this.#evicted.set(tap, (this.#evicted.get(tap) ?? 0) + sign * messages);
  }

  #dropLeadingGone(): void {
    while (this.#segments[0]?.isGone === true) this.#segments.shift();
  }

  /** What the shelf is writing just now is not given to anybody else. */
  #freeMemory(segment: Segment): void {
    this.#memoryBytes -= segment.memoryBytes;
    if (this.shelf?.isWriting(segment) !== true) this.#spare.giveBack(segment, this.#maxBytes);
    segment.slab = null;
    segment.rowPages = [];
    segment.chunkPages = [];
    segment.copiedLinks = null;
  }

  #addGap(firstRow: number, next: Segment): void {
    const gap = new Segment(next.serial - 1, firstRow, next.firstChunk);
    gap.goneReason = "an earlier run did not keep them";
    gap.rowCount = next.firstRow - firstRow;
    gap.isGone = true;
    gap.firstTimeNs = next.firstTimeNs;
    this.#segments.push(gap);
  }
}

const NO_OCTETS = Buffer.alloc(0);
const SHORTAGES: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "EINTR", "ENOMEM"]);

/** Whether the system had too little of something for now, such as file descriptors; the file is as good as before. */
export const hasRunShort = (error: unknown): boolean => SHORTAGES.has((error as NodeJS.ErrnoException).code ?? "");
