import type { KnownLink } from "./capturedLink.ts";
import { Conversation, MAX_PACKET_PAYLOAD, newSlab, PACKET_OVERHEAD, PacketTime, type Slab } from "./conversation.ts";
import { makePage } from "./pages.ts";
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
  CHUNK_PAGE_BYTES,
  CHUNK_WORDS,
  ROW_END,
  ROW_OFFSET_AND_FRAMES,
  ROW_PAGE_BYTES,
  ROW_START,
  ROW_WORDS,
  Segment,
} from "./segment.ts";
import type { OriginCode } from "./rowRecord.ts";

/** A row to be copied: its record, and the octets of its frames with their headers, or an event's JSON. */
export type CopiedRow = {
  readonly n: number;
  readonly record: Uint32Array;
  readonly link: KnownLink | null;
  readonly direction: 0 | 1;
  readonly origin: OriginCode;
  readonly timeNs: number;
  readonly octets: Uint8Array;
  readonly isEvent: boolean;
};

const RECORD_BYTES = 1024;

/**
 * A segment that stands alone and has these rows only, ascending, each in chunks of its own from `firstChunk` on. All of it
 * is in memory; nothing refers to where the rows were.
 */
export function copyRows(
  rows: readonly CopiedRow[],
  place: { readonly serial: number; readonly firstChunk: number; readonly anchorNs: bigint },
): Segment {
  const ns = Float64Array.from(rows, ({ n }) => n);
  const segment = new Segment(place.serial, ns[0]!, place.firstChunk, ns);
  segment.slab = makeSlab(rows);
  segment.isSealed = true;
  segment.spanning = null;
  segment.firstTimeNs = rows[0]!.timeNs;
  const writer = new CopyWriter(segment, segment.slab, place.anchorNs);
  for (const row of rows) writer.write(row);
  return segment;
}

class CopyWriter {
  readonly #segment: Segment;
  readonly #slab: Slab;
  readonly #time: PacketTime;
  readonly #conversations = new Map<number, Conversation>();

  readonly #links = new Map<number, KnownLink>();

  constructor(segment: Segment, slab: Slab, anchorNs: bigint) {
    this.#segment = segment;
    segment.copiedLinks = this.#links;
    this.#slab = slab;
    this.#time = new PacketTime(anchorNs);
    const header = sectionHeader();
    slab.bytes.set(header, 0);
    segment.used = header.length;
  }

  write(row: CopiedRow): void {
    const segment = this.#segment;
    const first = segment.endChunk;
    if (row.isEvent || row.link === null) this.#writeEvent(row);
    else this.#writePackets(row, this.#conversation(row.link));
    const index = segment.rowCount;
    const page = segment.rowPages[index >>> 12] ?? makePage(ROW_PAGE_BYTES);
    segment.rowPages[index >>> 12] = page;
    const at = (index & 4095) * ROW_WORDS;
    page.words.set(row.record, at);
    // Of one whose octets are gone the beginning is still gone, and its chunk only tells its time.
    page.words[at + ROW_START] = row.octets.length === 0 ? segment.firstChunk - 1 : first;
    page.words[at + ROW_END] = segment.endChunk - 1;
    page.words[at + ROW_OFFSET_AND_FRAMES]! &= 0xffff0000;
    segment.rowCount = index + 1;
    if (row.link === null) return;
    segment.linkIds.add(row.link.info.link);
    this.#links.set(row.link.info.link, row.link);
  }

  #writeEvent({ octets, link, timeNs }: CopiedRow): void {
    const segment = this.#segment;
    const at = segment.used;
    segment.used = writeCustomBlock(this.#slab.bytes, at, Buffer.from(octets).toString("utf8"), octets.length);
    this.#addChunk(link, at + CUSTOM_DATA_AT, octets.length | CHUNK_IS_EVENT, timeNs, false);
  }

  #writePackets(row: CopiedRow, conversation: Conversation): void {
    const { octets, direction, origin, timeNs, link } = row;
    this.#time.set(timeNs);
    if (octets.length === 0) {
      this.#addChunk(link, this.#segment.used, direction << CHUNK_DIRECTION_SHIFT, timeNs, false);
    }
    for (let from = 0; from < octets.length; from += MAX_PACKET_PAYLOAD) {
      const to = Math.min(octets.length, from + MAX_PACKET_PAYLOAD);
      const at = this.#segment.used;
      const { high, low } = this.#time;
      this.#segment.used = conversation.writeData(this.#slab, at, direction, high, low, octets, from, to, origin);
      const length = (to - from) | (direction << CHUNK_DIRECTION_SHIFT);
      this.#addChunk(link, at + conversation.payloadAt, length, timeNs, to < octets.length);
    }
  }

  #addChunk(link: KnownLink | null, offset: number, lengthAndFlags: number, timeNs: number, goesOn: boolean): void {
    const segment = this.#segment;
    const index = segment.chunkCount;
    const page = segment.chunkPages[index >>> 11] ?? makePage(CHUNK_PAGE_BYTES);
    segment.chunkPages[index >>> 11] = page;
    const at = (index & 2047) * CHUNK_WORDS;
    page.doubles[at >> 1] = timeNs;
    page.words[at + CHUNK_OFFSET] = offset;
    page.words[at + CHUNK_LENGTH] = lengthAndFlags;
    page.words[at + CHUNK_LINK] = link?.info.link ?? 0;
    page.words[at + CHUNK_NEXT] = goesOn ? 1 : 0;
    segment.chunkCount = index + 1;
  }

  /** A conversation of the copied octets only, behind the link's record. */
  #conversation(link: KnownLink): Conversation {
    const { info, framing } = link;
    const known = this.#conversations.get(info.link);
    if (known !== undefined) return known;
    const conversation = new Conversation(info.client, info.server, info.link);
    this.#conversations.set(info.link, conversation);
    const segment = this.#segment;
    conversation.useInterface(segment.interfaceOf(info.tap, interfaceDescription(info.tapName)));
    const json = JSON.stringify({ zmqTap: "link", ...info, framing });
    const jsonBytes = Buffer.byteLength(json);
    if (jsonBytes <= RECORD_BYTES) segment.used = writeCustomBlock(this.#slab.bytes, segment.used, json, jsonBytes);
    return conversation;
  }
}

function makeSlab(rows: readonly CopiedRow[]): Slab {
  const links = new Set(rows.map(({ link }) => link?.info.link)).size;
  let bytes = 64 + links * (RECORD_BYTES + CUSTOM_OVERHEAD + 320);
  for (const { octets } of rows) {
    bytes +=
      padded(octets.length) + (Math.floor(octets.length / MAX_PACKET_PAYLOAD) + 1) * PACKET_OVERHEAD + CUSTOM_OVERHEAD;
  }
  return newSlab(bytes);
}
