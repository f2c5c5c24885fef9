import type { Direction } from "../../shared/model.ts";
import { CapturedLink, type KnownLink, type LinkInfo } from "./capturedLink.ts";
import type { Clock } from "./clock.ts";
import { MAX_PACKET_PAYLOAD, PACKET_OVERHEAD, PacketTime, type Slab } from "./conversation.ts";
import {
  CUSTOM_DATA_AT,
  CUSTOM_OVERHEAD,
  interfaceDescription,
  padded,
  sectionHeader,
  writeCustomBlock,
} from "./pcapng.ts";
import { makePage, type Page } from "./pages.ts";
import {
  changeRecord,
  firstSegment,
  CHUNK_DIRECTION_SHIFT,
  CHUNK_IS_EVENT,
  CHUNK_LENGTH,
  CHUNK_LENGTH_MASK,
  CHUNK_LINK,
  CHUNK_NEXT,
  CHUNK_OFFSET,
  CHUNK_PAGE_BYTES,
  CHUNK_WORDS,
  CHUNKS_PER_PAGE,
  joinPatches,
  ROW_PAGE_BYTES,
  ROW_WORDS,
  ROWS_PER_PAGE,
  Segment,
} from "./segment.ts";

/** Below this a capture is of no use, and segments would be too small to evict one by one. */
export const MIN_CAPTURE_BYTES = 16 * 1024 * 1024;
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 64 * 1024;
/** An interface block with the longest name that is kept. */
const MAX_INTERFACE_BYTES = 292;
/** A capture is at least this many segments, so that evicting one leaves most of it. */
const SEGMENTS_PER_CAPTURE = 16;
/** What a link costs besides its slabs: its object, addresses, packet templates. An estimate, counted as used. */
const LINK_BYTES = 2048;
/** SYN with its comment, SYN-ACK; or FIN, FIN, ACK. */
const OPEN_BYTES = 3 * PACKET_OVERHEAD + 1028;
/** Share of the memory that segments read back from disk may take. */
const LOADED_SHARE = 4;
/** Segments read back from disk that stay in any case: what one message may span while it is read. */
const LOADED_AT_LEAST = 3;
/** Pages kept for reuse: what letting go of a segment of small messages frees. */
const SPARE_SHARE = 32;

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
  clock: Clock;
  maxBytes: number;
  /** For tests; else from maxBytes. */
  segmentBytes?: number | undefined;
  /** Something was evicted, or became unreadable. */
  onEvict: () => void;
  /** A segment is about to be on disk only. */
  onLeave?: (segment: Segment) => void;
};

/**
 * The segments of a capture, oldest first, the links they belong to, and where a row or chunk lies. Bounded: when memory is
 * full the oldest segment is let go of, which loses it unless the shelf has it. append() makes no object.
 */
export class SegmentStore {
  /** Number of the row that comes next; counted up by whoever keeps the rows. */
  nextRow = 1;
  /** Rows that can be read. */
  keptRows = 0;
  /** Rows that fell out of memory before the shelf had them, or that could not be read from it. */
  unwrittenRows = 0;
  /** How often it was cleared. */
  clears = 0;
  copies = 0;
  copyBytes = 0;
  shelf: SegmentShelf | null = null;
  readonly #options: SegmentStoreOptions;
  readonly #clock: Clock;
  readonly #time: PacketTime;
  readonly #links = new Map<number, CapturedLink>();
  #closed: CapturedLink[] = [];
  readonly #segments: Segment[] = [];
  #current: Segment | undefined;
  #rowSegment: Segment | undefined;
  #chunkSegment: Segment | undefined;
  #spareSlabs: Slab[] = [];
  #spareRowPages: Page[] = [];
  #spareChunkPages: Page[] = [];
  /** Segments of which more is known than is on disk. */
  #patched = new Set<Segment>();
  #loaded: Segment[] = [];
  #loadedBytes = 0;
  #memoryBytes = 0;
  #uses = 0;
  #isShelving = true;
  #nextChunk = 0;
  #nextSerial = 0;
  #maxBytes: number;
  #segmentBytes = 0;
  #maxPiece = 0;
  #maxRows = 0;
  #maxRecordBytes = 0;

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#time = new PacketTime(options.clock.anchorNs);
    this.#maxBytes = Math.max(MIN_CAPTURE_BYTES, options.maxBytes);
    this.#fitSegments();
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  get usedBytes(): number {
    return this.#memoryBytes + this.#loadedBytes + this.#links.size * LINK_BYTES;
  }

  /** First row that can be read. */
  get firstRow(): number {
    return this.#segments[0]?.firstRow ?? this.nextRow;
  }

  /** First chunk whose octets may be kept. */
  get firstChunk(): number {
    return this.#segments[0]?.firstChunk ?? this.#nextChunk;
  }

  /** Number of the newest chunk; -1 before the first. */
  get lastChunk(): number {
    return this.#nextChunk - 1;
  }

  /** Oldest first; not to be changed. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get current(): Segment | undefined {
    return this.#current;
  }

  /** The largest link number that was ever used. */
  lastLink = 0;

  setMaxBytes(maxBytes: number): void {
    this.#maxBytes = Math.max(MIN_CAPTURE_BYTES, maxBytes);
    this.#fitSegments();
    if (this.#current !== undefined && this.#current.slab!.bytes.length !== this.#segmentBytes) this.#begin();
    this.makeRoom(0);
  }

  /** Evicts everything. Links that are open stay, and are recorded in the next segment. */
  clear(): void {
    this.clears++;
    while (this.#segments.length > 0) this.evictOldest();
    this.unwrittenRows = 0;
  }

  openLink(info: LinkInfo): CapturedLink {
    const link = new CapturedLink(info);
    const segment = this.#segmentWithRoom(OPEN_BYTES + this.#maxRecordBytes + CUSTOM_OVERHEAD + MAX_INTERFACE_BYTES);
    // Its record() is not asked here, since its owner is still being built; the SYN is in this segment, so all is.
    this.#writeRecord(link, { ...link.info });
    link.openedNs = this.#clock.nowNs();
    this.#time.set(link.openedNs);
    segment.used = link.conversation.writeOpen(segment.slab!, segment.used, this.#time.high, this.#time.low);
    this.#links.set(info.link, link);
    this.lastLink = Math.max(this.lastLink, info.link);
    return link;
  }

  closeLink(link: CapturedLink): void {
    if (link.record === null) return;
    const segment = this.#prepared(link, OPEN_BYTES);
    this.#time.set(this.#clock.nowNs());
    segment.used = link.conversation.writeClose(segment.slab!, segment.used, this.#time.high, this.#time.low);
    link.lastIn = segment.serial;
    link.record = null;
    this.#closed.push(link);
  }

  /** A link that is open or has octets in memory; else as the segment's file knows it. */
  link(id: number, segment?: Segment): KnownLink | undefined {
    return this.#links.get(id) ?? segment?.links?.get(id) ?? segment?.copiedLinks?.get(id);
  }

  /** Copies `bytes` into packets; returns the first one's chunk number, the others follow without gaps. */
  append(link: CapturedLink, direction: Direction, bytes: Uint8Array, origin: 0 | 1 | 2): number {
    const nowNs = this.#clock.nowNs();
    const length = bytes.length;
    const first = this.#nextChunk;
    if (length <= this.#maxPiece) {
      this.#appendPiece(link, direction, bytes, 0, length, origin, nowNs);
      return first;
    }
    // A chunk of usual size is not split between two segments, so that few messages are.
    const whole = length + Math.ceil(length / this.#maxPiece) * PACKET_OVERHEAD;
    if (whole <= this.#segmentBytes >> 3) this.#prepared(link, whole);
    for (let from = 0; from < length; from += this.#maxPiece) {
      this.#appendPiece(link, direction, bytes, from, Math.min(length, from + this.#maxPiece), origin, nowNs);
    }
    return first;
  }

  /** Stores `json` as a custom block and a chunk of its own; returns the chunk's number. At most 16 KiB. */
  appendJson(link: CapturedLink | null, json: string, timeNs: number): number {
    const jsonBytes = Buffer.byteLength(json);
    const room = CUSTOM_OVERHEAD + padded(jsonBytes);
    const segment = link === null ? this.#segmentWithRoom(room) : this.#prepared(link, room);
    const at = segment.used;
    segment.used = writeCustomBlock(segment.slab!.bytes, at, json, jsonBytes);
    return this.#addChunk(segment, link?.info.link ?? 0, at + CUSTOM_DATA_AT, jsonBytes | CHUNK_IS_EVENT, timeNs);
  }

  /** The segment that the next row belongs to. */
  rowSegment(): Segment {
    return this.#current ?? this.#begin();
  }

  /** Adds a page to the rows of the current segment. */
  openRowPage(segment: Segment): Page {
    this.makeRoom(ROW_PAGE_BYTES);
    const page = this.#spareRowPages.pop() ?? makePage(ROW_PAGE_BYTES);
    segment.rowPages.push(page);
    this.#memoryBytes += ROW_PAGE_BYTES;
    return page;
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
    const current = this.#current;
    if (current !== undefined && n >= current.firstRow) return n < this.nextRow ? current : undefined;
    const found = firstSegment(this.#segments, ({ endRow }) => endRow > n);
    return found !== undefined && n >= found.firstRow ? found : undefined;
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
      if (segment.links !== null) segment.usedAt = ++this.#uses;
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
      this.copyBytes += segment.copyBytes;
      this.nextRow = segment.endRow;
      this.#nextChunk = segment.endChunk;
      this.#nextSerial = segment.serial + 1;
    }
    this.lastLink = Math.max(this.lastLink, lastLink);
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
    if (!this.#loaded.includes(segment)) this.#loaded.push(segment);
    segment.usedAt = ++this.#uses;
    this.#loadedBytes = this.#loaded.reduce((sum, each) => sum + each.memoryBytes, 0);
    this.#trimLoaded(segment);
  }

  /** Its file is gone or cannot be read: nothing of the segment is left. */
  lose(segment: Segment): void {
    if (segment.isGone) return;
    this.unwrittenRows += segment.rowCount;
    this.#drop(segment);
    this.#dropLeadingGone();
    this.#options.onEvict();
  }

  /** What `Segment.usedAt` of a segment that is used now is. */
  touch(): number {
    return ++this.#uses;
  }

  /** Segments of which more became known since this was asked last. */
  takePatched(): Iterable<Segment> {
    if (this.#patched.size === 0) return [];
    const patched = this.#patched;
    this.#patched = new Set();
    return patched;
  }

  /** Nothing more is appended to the current segment. */
  seal(): void {
    if (this.#current !== undefined) this.#current.isSealed = true;
    this.#current = undefined;
  }

  /** The disk takes no more: from now on the oldest segment in memory is evicted when there is no room. */
  stopShelving(): void {
    this.#isShelving = false;
  }

  /** Where a copy of single rows goes: behind all there is. */
  nextPlace(): { serial: number; firstChunk: number; anchorNs: bigint } {
    return { serial: this.#nextSerial, firstChunk: this.#nextChunk, anchorNs: this.#clock.anchorNs };
  }

  /** Takes a copy of single rows that was made for nextPlace(), as the only segment. */
  addCopy(segment: Segment): void {
    this.#nextSerial = segment.serial + 1;
    this.#nextChunk = segment.endChunk;
    this.shelf?.changed();
    this.#segments.push(segment);
    this.keptRows += segment.rowCount;
    this.#memoryBytes += segment.memoryBytes;
  }

  #fitSegments(): void {
    const fit = Math.min(MAX_SEGMENT_BYTES, Math.floor(this.#maxBytes / SEGMENTS_PER_CAPTURE)) & ~4095;
    this.#spareSlabs = [];
    this.#segmentBytes = Math.max(MIN_SEGMENT_BYTES, this.#options.segmentBytes ?? fit) & ~3;
    // After a segment's records, which take about half of it at most, there is room for a whole packet.
    this.#maxPiece = Math.min(MAX_PACKET_PAYLOAD, 3 * (this.#segmentBytes >> 3) - PACKET_OVERHEAD);
    this.#maxRecordBytes = Math.min(65_536, this.#segmentBytes >> 3);
    this.#maxRows = this.#segmentBytes >> 4;
  }

  #appendPiece(
    link: CapturedLink,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    to: number,
    origin: 0 | 1 | 2,
    nowNs: number,
  ): void {
    const length = to - from;
    const segment = this.#prepared(link, length + PACKET_OVERHEAD);
    const at = segment.used;
    const time = this.#time;
    time.set(nowNs);
    if (length > 0) {
      segment.used = link.conversation.writeData(
        segment.slab!,
        at,
        direction,
        time.high,
        time.low,
        bytes,
        from,
        to,
        origin,
      );
    }
    const chunk = this.#addChunk(
      segment,
      link.info.link,
      at + link.conversation.payloadAt,
      length | (direction << CHUNK_DIRECTION_SHIFT),
      nowNs,
    );
    const previous = link.lastChunk[direction]!;
    if (previous >= segment.firstChunk) {
      const index = previous - segment.firstChunk;
      segment.chunkPages[index >>> 11]!.words[(index & 2047) * CHUNK_WORDS + CHUNK_NEXT] = chunk - previous;
    } else if (previous >= 0) {
      this.#linkChunks(previous, chunk);
    }
    link.lastChunk[direction] = chunk;
    link.octets[direction]! += length;
  }

  /** Says in an earlier segment where a chunk goes on. Of one that is on disk only, its next reader finds out by itself. */
  #linkChunks(previous: number, chunk: number): void {
    const segment = this.#findChunk(previous);
    if (segment === undefined || segment.isGone) return;
    if (segment.chunkPages.length > 0) this.#setNext(segment, previous, chunk);
    if (this.shelf === null || (segment.file === null && !this.shelf.isWriting(segment))) return;
    segment.changedChunks.set(previous, chunk);
    this.#patched.add(segment);
    this.shelf.changed();
  }

  #setNext(segment: Segment, previous: number, chunk: number): void {
    const index = previous - segment.firstChunk;
    segment.chunkPages[index >>> 11]!.words[(index & 2047) * CHUNK_WORDS + CHUNK_NEXT] = chunk - previous;
  }

  #addChunk(segment: Segment, link: number, offset: number, lengthAndFlags: number, nowNs: number): number {
    const chunk = this.#nextChunk;
    const index = segment.chunkCount;
    const page = segment.chunkPages[index >>> 11] ?? this.#openChunkPage(segment);
    const at = (index & (CHUNKS_PER_PAGE - 1)) * CHUNK_WORDS;
    this.#nextChunk = chunk + 1;
    segment.chunkCount = index + 1;
    const words = page.words;
    page.doubles[at >> 1] = nowNs;
    words[at + CHUNK_OFFSET] = offset;
    words[at + CHUNK_LENGTH] = lengthAndFlags;
    words[at + CHUNK_LINK] = link;
    words[at + CHUNK_NEXT] = 0;
    if (index === 0) segment.firstTimeNs = nowNs;
    this.shelf?.changed();
    return chunk;
  }

  #openChunkPage(segment: Segment): Page {
    this.makeRoom(CHUNK_PAGE_BYTES);
    const page = this.#spareChunkPages.pop() ?? makePage(CHUNK_PAGE_BYTES);
    segment.chunkPages.push(page);
    this.#memoryBytes += CHUNK_PAGE_BYTES;
    return page;
  }

  /** The current segment with room for `bytes` and with the link's record in it. */
  #prepared(link: CapturedLink, bytes: number): Segment {
    let segment = this.#current;
    while (segment === undefined || !this.#isReady(segment, link, bytes)) {
      segment = this.#segmentWithRoom(bytes);
      if (link.recordedIn !== segment.serial) this.#writeRecord(link, this.#fullRecord(link));
      segment = this.#current;
    }
    return segment;
  }

  #isReady(segment: Segment, link: CapturedLink, bytes: number): boolean {
    return (
      link.recordedIn === segment.serial &&
      segment.used + bytes <= segment.slab!.bytes.length &&
      segment.rowCount <= this.#maxRows
    );
  }

  #segmentWithRoom(bytes: number): Segment {
    const segment = this.#current;
    if (segment === undefined || segment.used + bytes > segment.slab!.bytes.length) return this.#begin();
    return segment.rowCount > this.#maxRows ? this.#begin() : segment;
  }

  /** Begins a segment: section header, an interface per tap, and as many link records as a quarter of it holds. */
  #begin(): Segment {
    if (this.#current !== undefined) {
      this.#current.isSealed = true;
      this.shelf?.changed();
    }
    this.makeRoom(this.#segmentBytes);
    const slab = this.#takeSlab();
    const header = sectionHeader();
    slab.bytes.set(header, 0);
    const segment = new Segment(this.#nextSerial++, this.nextRow, this.#nextChunk);
    segment.slab = slab;
    segment.used = header.length;
    segment.firstTimeNs = this.#clock.nowNs();
    this.#memoryBytes += slab.bytes.length;
    this.#segments.push(segment);
    this.#current = segment;
    for (const link of this.#links.values()) {
      if (segment.used > this.#segmentBytes >> 2) break; // the others get theirs with their first octets
      if (link.record !== null) this.#writeRecord(link, this.#fullRecord(link));
    }
    return segment;
  }

  #fullRecord(link: CapturedLink): object {
    return {
      ...link.info,
      framing: link.framing,
      nextSequence: [link.conversation.nextSequence(0), link.conversation.nextSequence(1)],
      octetsBefore: [...link.octets],
      preamble: link.preamble.toHex(),
      ...link.record?.(),
    };
  }

  /** Writes a link's record, and its tap's interface where that is new, into the current segment or the next one. */
  #writeRecord(link: CapturedLink, record: object): void {
    let json = JSON.stringify({ zmqTap: "link", ...record });
    let jsonBytes = Buffer.byteLength(json);
    if (jsonBytes > this.#maxRecordBytes) {
      json = JSON.stringify({ zmqTap: "link", link: link.info.link, leftOut: "record", sizeBytes: jsonBytes });
      jsonBytes = Buffer.byteLength(json);
    }
    const description = interfaceDescription(link.info.tapName);
    const segment = this.#current!;
    const slab = segment.slab!;
    const room = CUSTOM_OVERHEAD + padded(jsonBytes) + description.length;
    if (segment.used + room > slab.bytes.length) return void this.#begin();
    let interfaceId = segment.interfaces.get(link.info.tap);
    if (interfaceId === undefined) {
      interfaceId = segment.interfaces.size;
      segment.interfaces.set(link.info.tap, interfaceId);
      slab.bytes.set(description, segment.used);
      segment.used += description.length;
    }
    segment.used = writeCustomBlock(slab.bytes, segment.used, json, jsonBytes);
    segment.linkIds.add(link.info.link);
    link.conversation.useInterface(interfaceId);
    link.recordedIn = segment.serial;
    link.lastIn = segment.serial;
  }

  #takeSlab(): Slab {
    const spare = this.#spareSlabs.pop();
    if (spare !== undefined) return spare;
    const bytes = Buffer.allocUnsafeSlow(this.#segmentBytes);
    return { bytes, words: new Uint32Array(bytes.buffer) };
  }

  #findChunk(chunk: number): Segment | undefined {
    const current = this.#current;
    if (current !== undefined && chunk >= current.firstChunk) return chunk < this.#nextChunk ? current : undefined;
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
      if (segment.links !== null) segment.usedAt = ++this.#uses;
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

  /** Where the system has run short of something, the file is as good as before. */
  #failedToRead(segment: Segment, error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (PASSING_ERRORS.has(code)) return;
    segment.goneReason = "their file can no longer be read";
    this.lose(segment);
  }

  #trimLoaded(keep: Segment): void {
    while (this.#loaded.length > LOADED_AT_LEAST && this.#loadedBytes > this.#maxBytes / LOADED_SHARE) {
      this.#unloadOldest(keep);
    }
  }

  #unloadOldest(keep: Segment | null): boolean {
    let oldest: Segment | undefined;
    for (const each of this.#loaded)
      if (each !== keep && (oldest === undefined || each.usedAt < oldest.usedAt)) oldest = each;
    if (oldest === undefined) return false;
    this.#unload(oldest);
    return true;
  }

  /** Of a segment that was read from its file: lets its octets be collected. */
  #unload(segment: Segment): void {
    this.#loaded = this.#loaded.filter((each) => each !== segment);
    segment.slab = null;
    segment.rowPages = [];
    segment.chunkPages = [];
    segment.links = null;
    this.#loadedBytes = this.#loaded.reduce((sum, each) => sum + each.memoryBytes, 0);
  }

  /** Frees memory by one step. False when there is nothing that could be let go of. */
  #letGo(): boolean {
    if (this.#loaded.length > LOADED_AT_LEAST && this.#unloadOldest(null)) return true;
    const oldest = this.#inMemory(null);
    if (oldest === undefined) return this.#loaded.length > 0 && this.#unloadOldest(null);
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
      if (isBehind && segment.slab !== null && segment.links === null && segment !== this.#current) return segment;
      isBehind ||= segment === after;
    }
    return undefined;
  }

  /** The file has it: memory lets go of it. */
  #leaveMemory(segment: Segment): void {
    this.#options.onLeave?.(segment);
    this.#freeMemory(segment);
    this.#forgetLinks(segment);
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
    this.copies -= segment.copies;
    this.copyBytes -= segment.copyBytes;
    if (segment === this.#current) this.#current = undefined;
    if (segment.links === null && segment.slab !== null) {
      this.#freeMemory(segment);
      this.#forgetLinks(segment);
    } else if (this.#loaded.includes(segment)) {
      this.#unload(segment);
    }
    this.shelf?.forget(segment);
    segment.file = null;
    segment.linkIds.clear();
    segment.rowPatches.clear();
    segment.changedChunks.clear();
    if (segment === this.#segments[0]) this.#segments.shift();
  }

  #dropLeadingGone(): void {
    while (this.#segments[0]?.isGone === true) this.#segments.shift();
  }

  #freeMemory(segment: Segment): void {
    const { slab } = segment;
    this.#memoryBytes -= segment.memoryBytes;
    const isBorrowed = this.shelf?.isWriting(segment) === true;
    if (!isBorrowed) {
      if (slab!.bytes.length === this.#segmentBytes) this.#spareSlabs = [slab!];
      const spare = Math.max(1, Math.floor(this.#maxBytes / SPARE_SHARE / ROW_PAGE_BYTES));
      this.#spareRowPages.push(...segment.rowPages.slice(0, spare - this.#spareRowPages.length));
      if (this.#spareChunkPages.length === 0) this.#spareChunkPages.push(...segment.chunkPages.slice(0, 1));
    }
    segment.slab = null;
    segment.rowPages = [];
    segment.chunkPages = [];
    segment.copiedLinks = null;
  }

  /** Closed links live as long as there are octets of theirs in memory. */
  #forgetLinks(segment: Segment): void {
    if (this.#closed.length === 0) return;
    const isKept = (link: CapturedLink): boolean => link.lastIn > segment.serial;
    for (const link of this.#closed) if (!isKept(link)) this.#links.delete(link.info.link);
    this.#closed = this.#closed.filter(isKept);
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
const PASSING_ERRORS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EAGAIN", "EINTR", "ENOMEM"]);
