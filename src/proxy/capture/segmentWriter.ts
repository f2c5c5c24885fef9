import type { Direction } from "../../shared/model.ts";
import { CapturedLink, type LinkInfo } from "./capturedLink.ts";
import type { Clock } from "./clock.ts";
import { MAX_PACKET_PAYLOAD, OPEN_BYTES, PACKET_OVERHEAD, PacketTime } from "./conversation.ts";
import {
  CUSTOM_DATA_AT,
  CUSTOM_OVERHEAD,
  interfaceDescription,
  padded,
  sectionHeader,
  writeCustomBlock,
} from "./pcapng.ts";
import {
  CHUNK_DIRECTION_SHIFT,
  CHUNK_IS_EVENT,
  CHUNK_LENGTH,
  CHUNK_LINK,
  CHUNK_NEXT,
  CHUNK_OFFSET,
  CHUNK_WORDS,
  CHUNKS_PER_PAGE,
  type Segment,
  setNext,
} from "./segment.ts";
import type { SegmentStore } from "./segmentStore.ts";
import type { OriginCode } from "./rowRecord.ts";

const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 64 * 1024;
/** An interface block with the longest name that is kept. */
const MAX_INTERFACE_BYTES = 292;
/** A capture is at least this many segments, so that evicting one leaves most of it. */
const SEGMENTS_PER_CAPTURE = 16;

/**
 * Writes what links say into segments: packets, link records, events, and the index of chunks. Every segment stands alone.
 * append() makes no object.
 */
export class SegmentWriter {
  readonly #store: SegmentStore;
  readonly #clock: Clock;
  readonly #time: PacketTime;
  /** For tests; else from the store's bound. */
  readonly #wantedSegmentBytes: number | undefined;
  #segmentBytes = 0;
  #maxPiece = 0;
  #maxRows = 0;
  #maxRecordBytes = 0;

  constructor(store: SegmentStore, clock: Clock, segmentBytes?: number) {
    this.#store = store;
    this.#clock = clock;
    this.#time = new PacketTime(clock.anchorNs);
    this.#wantedSegmentBytes = segmentBytes;
    this.fitSegments();
  }

  /** The bound of the store is another one. */
  fitSegments(): void {
    const fit = Math.min(MAX_SEGMENT_BYTES, Math.floor(this.#store.maxBytes / SEGMENTS_PER_CAPTURE)) & ~4095;
    this.#segmentBytes = Math.max(MIN_SEGMENT_BYTES, this.#wantedSegmentBytes ?? fit) & ~3;
    // After a segment's records, which take about half of it at most, there is room for a whole packet.
    this.#maxPiece = Math.min(MAX_PACKET_PAYLOAD, 3 * (this.#segmentBytes >> 3) - PACKET_OVERHEAD);
    this.#maxRecordBytes = Math.min(65_536, this.#segmentBytes >> 3);
    this.#maxRows = this.#segmentBytes >> 4;
    const { current } = this.#store;
    if (current !== undefined && current.slab!.bytes.length !== this.#segmentBytes) this.#begin();
  }

  /** Writes the conversation's SYN packets. */
  openLink(info: LinkInfo): CapturedLink {
    const link = new CapturedLink(info);
    const segment = this.#segmentWithRoom(OPEN_BYTES + this.#maxRecordBytes + CUSTOM_OVERHEAD + MAX_INTERFACE_BYTES);
    // Its record() is not asked here, since its owner is still being built; the SYN is in this segment, so all is.
    this.#writeRecord(link, { ...link.info });
    link.openedNs = this.#clock.nowNs();
    this.#time.set(link.openedNs);
    segment.used = link.conversation.writeOpen(segment.slab!, segment.used, this.#time.high, this.#time.low);
    this.#store.links.add(link);
    return link;
  }

  /** Writes FIN both ways and lets go of the link's record. */
  closeLink(link: CapturedLink): void {
    if (link.record === null) return;
    const segment = this.#prepared(link, OPEN_BYTES);
    this.#time.set(this.#clock.nowNs());
    segment.used = link.conversation.writeClose(segment.slab!, segment.used, this.#time.high, this.#time.low);
    link.lastIn = segment.serial;
    link.record = null;
    this.#store.links.close(link);
  }

  /** Copies `bytes` into packets; returns the first one's chunk number, the others follow without gaps. */
  append(link: CapturedLink, direction: Direction, bytes: Uint8Array, origin: OriginCode): number {
    const nowNs = this.#clock.nowNs();
    const length = bytes.length;
    const first = this.#store.nextChunkNumber;
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
    return this.#store.current ?? this.#begin();
  }

  #appendPiece(
    link: CapturedLink,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    to: number,
    origin: OriginCode,
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
      setNext(segment, previous, chunk);
    } else if (previous >= 0) {
      this.#store.linkChunks(previous, chunk);
    }
    link.lastChunk[direction] = chunk;
    link.octets[direction]! += length;
  }

  #addChunk(segment: Segment, link: number, offset: number, lengthAndFlags: number, nowNs: number): number {
    const chunk = this.#store.nextChunkNumber;
    const index = segment.chunkCount;
    const page = segment.chunkPages[index >>> 11] ?? this.#store.openChunkPage(segment);
    const at = (index & (CHUNKS_PER_PAGE - 1)) * CHUNK_WORDS;
    this.#store.nextChunkNumber = chunk + 1;
    segment.chunkCount = index + 1;
    const words = page.words;
    page.doubles[at >> 1] = nowNs;
    words[at + CHUNK_OFFSET] = offset;
    words[at + CHUNK_LENGTH] = lengthAndFlags;
    words[at + CHUNK_LINK] = link;
    words[at + CHUNK_NEXT] = 0;
    if (index === 0) segment.firstTimeNs = nowNs;
    this.#store.shelf?.changed();
    return chunk;
  }

  /** The current segment with room for `bytes` and with the link's record in it. */
  #prepared(link: CapturedLink, bytes: number): Segment {
    let segment = this.#store.current;
    while (segment === undefined || !this.#isReady(segment, link, bytes)) {
      segment = this.#segmentWithRoom(bytes);
      if (link.recordedIn !== segment.serial) this.#writeRecord(link, fullRecord(link));
      segment = this.#store.current;
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
    const segment = this.#store.current;
    if (segment === undefined || segment.used + bytes > segment.slab!.bytes.length) return this.#begin();
    return segment.rowCount > this.#maxRows ? this.#begin() : segment;
  }

  /** Begins a segment: section header, an interface per tap, and as many link records as a quarter of it holds. */
  #begin(): Segment {
    const segment = this.#store.begin(this.#segmentBytes);
    const header = sectionHeader();
    segment.slab!.bytes.set(header, 0);
    segment.used = header.length;
    for (const link of this.#store.links.all) {
      if (segment.used > this.#segmentBytes >> 2) break; // the others get theirs with their first octets
      if (link.record !== null) this.#writeRecord(link, fullRecord(link));
    }
    return segment;
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
    const segment = this.#store.current!;
    const slab = segment.slab!;
    const room = CUSTOM_OVERHEAD + padded(jsonBytes) + description.length;
    if (segment.used + room > slab.bytes.length) return void this.#begin();
    const interfaceId = segment.interfaceOf(link.info.tap, description);
    segment.used = writeCustomBlock(slab.bytes, segment.used, json, jsonBytes);
    segment.linkIds.add(link.info.link);
    link.conversation.useInterface(interfaceId);
    link.recordedIn = segment.serial;
    link.lastIn = segment.serial;
  }
}

function fullRecord(link: CapturedLink): object {
  return {
    ...link.info,
    framing: link.framing,
    nextSequence: [link.conversation.nextSequence(0), link.conversation.nextSequence(1)],
    octetsBefore: [...link.octets],
    preamble: link.preamble.toHex(),
    ...link.record?.(),
  };
}
