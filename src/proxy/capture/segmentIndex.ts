import { makePage, type Page } from "./pages.ts";
import { CUSTOM_DATA_AT, customBlockHeader } from "./pcapng.ts";
import { CHUNK_BYTES, CHUNK_PAGE_BYTES, ROW_BYTES, ROW_PAGE_BYTES, Segment, type SegmentFile } from "./segment.ts";
import type { StoredLink } from "./storedLink.ts";

/**
 * The index of a segment as it stands at the end of its file: a pcapng custom block that other programs skip. Behind its
 * header (JSON) come the rows, the chunks and the links (JSON). Little-endian, as the slabs.
 */

const MAGIC = "ZMQTAPX1";
/** A header is some hundred octets. */
const MAX_HEADER_BYTES = 4096;

export type IndexHeader = {
  readonly serial: number;
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstChunk: number;
  readonly chunkCount: number;
  /** Nanoseconds since 1970 that the times of the chunks count from. */
  readonly anchorNs: string;
  /** Octets of pcapng blocks before the index. */
  readonly used: number;
  readonly linksBytes: number;
  /** Whether it has single rows, whose numbers follow the chunks. */
  readonly hasNs: boolean;
  readonly lastLink: number;
  readonly copies: number;
  readonly copyBytes: number;
  /** Missing in files of builds that knew of none. */
  readonly heartbeats?: number;
  readonly firstTimeNs: number;
};

/** What a segment's index is written as: views of its pages, so that writing copies nothing. */
export type IndexBlock = { readonly parts: readonly Uint8Array[]; readonly file: Omit<SegmentFile, "path"> };

/** The index block of a segment that is sealed. The parts are valid as long as the segment is in memory. */
export function indexBlock(
  segment: Segment,
  more: { readonly anchorNs: bigint; readonly lastLink: number; readonly links: readonly StoredLink[] },
): IndexBlock {
  const links = Buffer.from(JSON.stringify(more.links));
  const header: IndexHeader = {
    serial: segment.serial,
    firstRow: segment.firstRow,
    rowCount: segment.rowCount,
    firstChunk: segment.firstChunk,
    chunkCount: segment.chunkCount,
    anchorNs: String(more.anchorNs),
    used: segment.used,
    linksBytes: links.length,
    hasNs: segment.ns !== null,
    lastLink: more.lastLink,
    copies: segment.copies,
    copyBytes: segment.copyBytes,
    heartbeats: segment.heartbeats,
    firstTimeNs: segment.firstTimeNs,
  };
  const head = Buffer.from(JSON.stringify(header));
  const rows = pageParts(segment.rowPages, 0, segment.rowCount * ROW_BYTES, ROW_PAGE_BYTES);
  const chunks = pageParts(segment.chunkPages, 0, segment.chunkCount * CHUNK_BYTES, CHUNK_PAGE_BYTES);
  const ns = segment.ns === null ? [] : [octetsOf(segment.ns)];
  const start = Buffer.alloc(MAGIC.length + 4);
  start.write(MAGIC, "latin1");
  start.writeUInt32LE(head.length, MAGIC.length);
  const data = [start, head, ...rows, ...chunks, ...ns, links];
  const dataBytes = data.reduce((sum, part) => sum + part.length, 0);
  const { header: blockHeader, trailer } = customBlockHeader(dataBytes);
  const rowsAt = segment.used + CUSTOM_DATA_AT + start.length + head.length;
  return {
    parts: [blockHeader, ...data, trailer],
    file: placesOf(header, rowsAt, segment.used + blockHeader.length + dataBytes + trailer.length),
  };
}

/**
 * Reads an index's header. `tail` holds the last octets of a file of `fileBytes`, from `tailAt` on: at least the block's
 * header and its own, as indexStart() tells. Undefined when it is none.
 */
export function readIndexHeader(
  tail: Buffer,
  tailAt: number,
  fileBytes: number,
): { readonly header: IndexHeader; readonly file: Omit<SegmentFile, "path"> } | undefined {
  const at = CUSTOM_DATA_AT;
  if (tail.length < at + MAGIC.length + 4 || tail.toString("latin1", at, at + MAGIC.length) !== MAGIC) return undefined;
  const headerBytes = tail.readUInt32LE(at + MAGIC.length);
  const headerAt = at + MAGIC.length + 4;
  if (headerBytes > MAX_HEADER_BYTES || headerAt + headerBytes > tail.length) return undefined;
  let header: IndexHeader;
  try {
    header = JSON.parse(tail.toString("utf8", headerAt, headerAt + headerBytes)) as IndexHeader;
  } catch {
    return undefined;
  }
  if (!isSound(header)) return undefined;
  const file = placesOf(header, tailAt + headerAt + headerBytes, fileBytes);
  const end = file.linksAt + file.linksBytes;
  return header.used === tailAt && end <= fileBytes ? { header, file } : undefined;
}

/** Octets to read from an index's beginning to have all of its header. */
export const INDEX_HEAD_BYTES = CUSTOM_DATA_AT + MAGIC.length + 4 + MAX_HEADER_BYTES;

/** A segment that is in its file only. */
export function segmentOf(header: IndexHeader, file: SegmentFile, ns: Float64Array | null): Segment {
  const segment = new Segment(header.serial, header.firstRow, header.firstChunk, ns);
  segment.rowCount = header.rowCount;
  segment.chunkCount = header.chunkCount;
  segment.used = header.used;
  segment.isSealed = true;
  segment.spanning = null;
  segment.file = file;
  segment.copies = header.copies;
  segment.copyBytes = header.copyBytes;
  segment.heartbeats = header.heartbeats ?? 0;
  segment.firstTimeNs = header.firstTimeNs;
  return segment;
}

/** Empty pages for a segment's index, and where their octets stand in the file, in order from `rowsAt` on. */
export function emptyPages(segment: Segment): { rowPages: PageWithOctets[]; chunkPages: PageWithOctets[] } {
  return {
    rowPages: makePages(segment.rowCount * ROW_BYTES, ROW_PAGE_BYTES),
    chunkPages: makePages(segment.chunkCount * CHUNK_BYTES, CHUNK_PAGE_BYTES),
  };
}

export type PageWithOctets = { readonly page: ReturnType<typeof makePage>; readonly octets: Uint8Array };

/** Where the record of the row at `index` stands in the file. */
export function rowPlace(file: SegmentFile, index: number): number {
  return file.rowsAt + index * ROW_BYTES;
}

/** Where the record of the chunk at `index` stands in the file. */
export function chunkPlace(file: SegmentFile, index: number): number {
  return file.chunksAt + index * CHUNK_BYTES;
}

function makePages(bytes: number, pageBytes: number): PageWithOctets[] {
  const pages: PageWithOctets[] = [];
  for (let left = bytes; left > 0; left -= pageBytes) {
    const page = makePage(pageBytes);
    pages.push({ page, octets: octetsOf(page.words).subarray(0, Math.min(left, pageBytes)) });
  }
  return pages;
}

/** Octets `from` to `to` of pages that lie one behind the other, as views of them. */
export function pageParts(pages: readonly Page[], from: number, to: number, pageBytes: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = from; at < to;) {
    const page = Math.floor(at / pageBytes);
    const end = Math.min(to, (page + 1) * pageBytes);
    parts.push(octetsOf(pages[page]!.words).subarray(at - page * pageBytes, end - page * pageBytes));
    at = end;
  }
  return parts;
}

export function octetsOf(words: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function placesOf(header: IndexHeader, rowsAt: number, bytes: number): Omit<SegmentFile, "path"> {
  const chunksAt = rowsAt + header.rowCount * ROW_BYTES;
  const nsAt = chunksAt + header.chunkCount * CHUNK_BYTES;
  const linksAt = nsAt + (header.hasNs ? header.rowCount * 8 : 0);
  return { bytes, used: header.used, rowsAt, chunksAt, nsAt, linksAt, linksBytes: header.linksBytes };
}

function isSound(header: IndexHeader): boolean {
  const { serial, firstRow, rowCount, firstChunk, chunkCount, used, linksBytes, lastLink, anchorNs } = header;
  return (
    areCounts([serial, firstRow, rowCount, firstChunk, chunkCount, used, linksBytes, lastLink]) && isAnchor(anchorNs)
  );
}

export function areCounts(values: readonly number[]): boolean {
  return values.every((value) => Number.isSafeInteger(value) && value >= 0);
}

/** Whether nanoseconds since 1970 are digits, as they are written. */
export function isAnchor(text: unknown): boolean {
  return typeof text === "string" && /^\d{1,20}$/.test(text);
}
