import type { Direction, TapId } from "../../shared/model.ts";
import { CapturedLink, type LinkInfo } from "./capturedLink.ts";
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
import { type Page, Pages } from "./pages.ts";

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

// A chunk record: time (double), offset in the slab, length and flags, link, distance to the next chunk, segment.
const CHUNK_WORDS = 8;
const CHUNKS_PER_PAGE = 2048;
const OFFSET = 2;
const LENGTH = 3;
const LINK = 4;
const NEXT = 5;
const SEGMENT = 6;
const LENGTH_MASK = 0xffff;

type Segment = {
  readonly serial: number;
  readonly slab: Slab;
  used: number;
  /** First row and chunk that belong to it. */
  readonly firstRow: number;
  readonly firstChunk: number;
  readonly interfaces: Map<TapId, number>;
};

type SlabStoreOptions = {
  clock: Clock;
  maxBytes: number;
  /** For tests; else from maxBytes. */
  segmentBytes?: number | undefined;
  /** Octets of the row index. */
  rowBytes: () => number;
  /** Rows below `firstRow` are gone. */
  onEvict: (firstRow: number) => void;
};

/**
 * The bytes half of the capture: slabs of pcapng blocks that each stand alone, an index of chunks, and the links they
 * belong to. Bounded; the oldest segment is evicted first, whole. append() makes no object.
 */
export class SlabStore {
  /** Number of the row that comes next; counted up by whoever keeps the rows. */
  nextRow = 1;
  readonly #options: SlabStoreOptions;
  readonly #clock: Clock;
  readonly #time: PacketTime;
  readonly #chunks = new Pages(CHUNK_WORDS, CHUNKS_PER_PAGE);
  readonly #links = new Map<number, CapturedLink>();
  #closed: CapturedLink[] = [];
  #segments: Segment[] = [];
  #current: Segment | undefined;
  #spare: Slab[] = [];
  #chunkPage: Page | undefined;
  #nextChunk = 0;
  #nextSerial = 0;
  #maxBytes: number;
  #segmentBytes = 0;
  #maxPiece = 0;
  #maxRows = 0;
  #maxRecordBytes = 0;

  constructor(options: SlabStoreOptions) {
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
    let slabBytes = 0;
    for (const segment of this.#segments) slabBytes += segment.slab.bytes.length;
    return slabBytes + this.#chunks.usedBytes + this.#links.size * LINK_BYTES + this.#options.rowBytes();
  }

  /** First row that is kept. */
  get firstRow(): number {
    return this.#segments[0]?.firstRow ?? this.nextRow;
  }

  /** First chunk whose octets are kept. */
  get firstChunk(): number {
    return this.#segments[0]?.firstChunk ?? this.#nextChunk;
  }

  /** Number of the newest chunk; -1 before the first. */
  get lastChunk(): number {
    return this.#nextChunk - 1;
  }

  setMaxBytes(maxBytes: number): void {
    this.#maxBytes = Math.max(MIN_CAPTURE_BYTES, maxBytes);
    this.#fitSegments();
    if (this.#current !== undefined && this.#current.slab.bytes.length !== this.#segmentBytes) this.#begin();
    this.makeRoom(0);
  }

  /** Evicts everything. Links that are open stay, and are recorded in the next segment. */
  clear(): void {
    while (this.#segments.length > 0) this.#evictOldest();
  }

  openLink(info: LinkInfo): CapturedLink {
    const link = new CapturedLink(info);
    const segment = this.#segmentWithRoom(OPEN_BYTES + this.#maxRecordBytes + CUSTOM_OVERHEAD + MAX_INTERFACE_BYTES);
    // Its record() is not asked here, since its owner is still being built; the SYN is in this segment, so all is.
    this.#writeRecord(link, { ...link.info });
    link.openedNs = this.#clock.nowNs();
    this.#time.set(link.openedNs);
    segment.used = link.conversation.writeOpen(segment.slab, segment.used, this.#time.high, this.#time.low);
    this.#links.set(info.link, link);
    return link;
  }

  closeLink(link: CapturedLink): void {
    if (link.record === null) return;
    const segment = this.#prepared(link, OPEN_BYTES);
    this.#time.set(this.#clock.nowNs());
    segment.used = link.conversation.writeClose(segment.slab, segment.used, this.#time.high, this.#time.low);
    link.lastIn = segment.serial;
    link.record = null;
    this.#closed.push(link);
  }

  link(id: number): CapturedLink | undefined {
    return this.#links.get(id);
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
    segment.used = writeCustomBlock(segment.slab.bytes, at, json, jsonBytes);
    return this.#addChunk(segment, link?.info.link ?? 0, at + CUSTOM_DATA_AT, jsonBytes, timeNs);
  }

  /** Nanoseconds since the clock's anchor. Of a chunk that is gone: the oldest kept one's, or now. */
  chunkTimeNs(chunk: number): number {
    const oldest = this.#segments[0];
    const known = Math.max(chunk, oldest?.firstChunk ?? this.#nextChunk);
    if (known >= this.#nextChunk) return this.#clock.nowNs();
    return this.#chunks.page(known)!.doubles[this.#chunks.at(known) >> 1]!;
  }

  /** Payload octets of a kept chunk. */
  chunkLength(chunk: number): number {
    return this.#chunks.page(chunk)!.words[this.#chunks.at(chunk) + LENGTH]! & LENGTH_MASK;
  }

  /** Where a kept chunk's octets begin in the bytes of borrowSlab(). */
  chunkOffset(chunk: number): number {
    return this.#chunks.page(chunk)!.words[this.#chunks.at(chunk) + OFFSET]!;
  }

  /** The slab of a kept chunk, valid until the next append. */
  borrowSlab(chunk: number): Buffer {
    const serial = this.#chunks.page(chunk)!.words[this.#chunks.at(chunk) + SEGMENT]!;
    return this.#segments[(serial - this.#segments[0]!.serial) >>> 0]!.slab.bytes;
  }

  /** The chunk that follows in the same link and direction; -1 when there is none. */
  nextChunk(chunk: number): number {
    const distance = this.#chunks.page(chunk)!.words[this.#chunks.at(chunk) + NEXT]!;
    return distance === 0 ? -1 : chunk + distance;
  }

  /** The used part of every slab, oldest first: a pcapng section each, valid until the next append. */
  borrowSections(): Uint8Array[] {
    return this.#segments.map((segment) => segment.slab.bytes.subarray(0, segment.used));
  }

  /** Evicts whole segments until `bytes` more fit; the current segment always stays. */
  makeRoom(bytes: number): void {
    while (this.#segments.length > 1 && this.usedBytes + bytes > this.#maxBytes) this.#evictOldest();
  }

  #fitSegments(): void {
    const fit = Math.min(MAX_SEGMENT_BYTES, Math.floor(this.#maxBytes / SEGMENTS_PER_CAPTURE)) & ~4095;
    this.#spare = [];
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
        segment.slab,
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
    const chunk = this.#addChunk(segment, link.info.link, at + link.conversation.payloadAt, length, nowNs);
    const previous = link.lastChunk[direction]!;
    if (previous >= this.#segments[0]!.firstChunk) {
      this.#chunks.page(previous)!.words[this.#chunks.at(previous) + NEXT] = chunk - previous;
    }
    link.lastChunk[direction] = chunk;
    link.octets[direction]! += length;
  }

  #addChunk(segment: Segment, link: number, offset: number, length: number, nowNs: number): number {
    const chunk = this.#nextChunk;
    let page = this.#chunkPage;
    const at = (chunk % CHUNKS_PER_PAGE) * CHUNK_WORDS;
    if (at === 0 || page === undefined) {
      this.makeRoom(this.#chunks.pageBytes);
      page = this.#chunks.page(chunk) ?? this.#chunks.open(chunk);
      this.#chunkPage = page;
    }
    this.#nextChunk = chunk + 1;
    const words = page.words;
    page.doubles[at >> 1] = nowNs;
    words[at + OFFSET] = offset;
    words[at + LENGTH] = length;
    words[at + LINK] = link;
    words[at + NEXT] = 0;
    words[at + SEGMENT] = segment.serial;
    return chunk;
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
      segment.used + bytes <= segment.slab.bytes.length &&
      this.nextRow - segment.firstRow <= this.#maxRows
    );
  }

  #segmentWithRoom(bytes: number): Segment {
    const segment = this.#current;
    if (segment === undefined || segment.used + bytes > segment.slab.bytes.length) return this.#begin();
    return this.nextRow - segment.firstRow > this.#maxRows ? this.#begin() : segment;
  }

  /** Begins a segment: section header, an interface per tap, and as many link records as a quarter of it holds. */
  #begin(): Segment {
    this.makeRoom(this.#segmentBytes);
    const slab = this.#takeSlab();
    const header = sectionHeader();
    slab.bytes.set(header, 0);
    const segment: Segment = {
      serial: this.#nextSerial++,
      slab,
      used: header.length,
      firstRow: this.nextRow,
      firstChunk: this.#nextChunk,
      interfaces: new Map(),
    };
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
    const room = CUSTOM_OVERHEAD + padded(jsonBytes) + description.length;
    if (segment.used + room > segment.slab.bytes.length) return void this.#begin();
    let interfaceId = segment.interfaces.get(link.info.tap);
    if (interfaceId === undefined) {
      interfaceId = segment.interfaces.size;
      segment.interfaces.set(link.info.tap, interfaceId);
      segment.slab.bytes.set(description, segment.used);
      segment.used += description.length;
    }
    segment.used = writeCustomBlock(segment.slab.bytes, segment.used, json, jsonBytes);
    link.conversation.useInterface(interfaceId);
    link.recordedIn = segment.serial;
    link.lastIn = segment.serial;
  }

  #takeSlab(): Slab {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    const bytes = Buffer.allocUnsafeSlow(this.#segmentBytes);
    return { bytes, words: new Uint32Array(bytes.buffer) };
  }

  #evictOldest(): void {
    const evicted = this.#segments.shift()!;
    if (evicted === this.#current) this.#current = undefined;
    if (evicted.slab.bytes.length === this.#segmentBytes) this.#spare = [evicted.slab];
    this.#chunks.dropBelow(this.firstChunk, 1);
    if (this.#segments.length === 0) this.#chunkPage = undefined;
    if (this.#closed.length > 0) {
      const isKept = (link: CapturedLink): boolean => link.lastIn > evicted.serial;
      for (const link of this.#closed) if (!isKept(link)) this.#links.delete(link.info.link);
      this.#closed = this.#closed.filter(isKept);
    }
    this.#options.onEvict(this.firstRow);
  }
}
