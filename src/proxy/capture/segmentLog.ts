import { EXCHANGES } from "../../shared/model.ts";
import { makePage } from "./pages.ts";
import { EXCHANGE_BITS, EXCHANGE_SHIFT, GUESSED, HAS_PARTNER } from "./rowRecord.ts";
import { areCounts, isAnchor, pageParts } from "./segmentIndex.ts";
import {
  changeRecord,
  CHUNK_BYTES,
  CHUNK_DIRECTION_SHIFT,
  CHUNK_IS_EVENT,
  CHUNK_LENGTH,
  CHUNK_LENGTH_MASK,
  CHUNK_LINK,
  CHUNK_NEXT,
  CHUNK_OFFSET,
  CHUNK_PAGE_BYTES,
  CHUNK_WORDS,
  ROW_BYTES,
  ROW_END,
  ROW_META,
  ROW_PAGE_BYTES,
  ROW_PARTNER,
  ROW_WORDS,
  Segment,
  setNext,
} from "./segment.ts";
import { knownLink, type StoredLink } from "./storedLink.ts";

/**
 * The log beside a segment that is not sealed: what its index has grown by, record after record. It serves one who finds
 * the segment behind a process that was killed.
 */

const MAGIC = 0x474c5a31;
const FIXED_BYTES = 20;

type LogHeader = {
  readonly serial: number;
  readonly firstRow: number;
  readonly firstChunk: number;
  readonly anchorNs: string;
  readonly lastLink: number;
  /** `null` when they are as before. */
  readonly links: readonly StoredLink[] | null;
};

/** What `segment` has beyond the rows and chunks that are written. The parts are views of its pages. */
export function logRecord(
  segment: Segment,
  written: { readonly rows: number; readonly chunks: number },
  more: { readonly anchorNs: bigint; readonly lastLink: number; readonly links: readonly StoredLink[] | null },
): Uint8Array[] {
  const { serial, firstRow, firstChunk } = segment;
  const header: LogHeader = { serial, firstRow, firstChunk, ...more, anchorNs: String(more.anchorNs) };
  const head = Buffer.from(JSON.stringify(header));
  const rows = pageParts(segment.rowPages, written.rows * ROW_BYTES, segment.rowCount * ROW_BYTES, ROW_PAGE_BYTES);
  const chunks = pageParts(
    segment.chunkPages,
    written.chunks * CHUNK_BYTES,
    segment.chunkCount * CHUNK_BYTES,
    CHUNK_PAGE_BYTES,
  );
  const start = Buffer.alloc(FIXED_BYTES);
  start.writeUInt32LE(MAGIC, 0);
  start.writeUInt32LE(head.length, 4);
  start.writeUInt32LE(segment.rowCount - written.rows, 8);
  start.writeUInt32LE(segment.chunkCount - written.chunks, 12);
  return [start, head, ...rows, ...chunks];
}

export type Recovered = {
  readonly segment: Segment;
  readonly anchorNs: bigint;
  readonly lastLink: number;
  readonly links: readonly StoredLink[];
};

/**
 * The segment that a log tells of, with the chunks that are whole in `slab`, and the rows that end in them. Its octets end
 * behind the last whole block. Undefined when the log tells of none yet. Where chunks go on is found out anew. Throws when
 * it is no log.
 */
export function recoverSegment(log: Buffer, slab: Buffer): Recovered | undefined {
  if (log.length >= 4 && log.readUInt32LE(0) !== MAGIC) throw new SyntaxError("This is no log of a segment.");
  let header: LogHeader | undefined;
  let links: readonly StoredLink[] = [];
  const rows: Buffer[] = [];
  const chunks: Buffer[] = [];
  for (let at = 0; at + FIXED_BYTES <= log.length && log.readUInt32LE(at) === MAGIC;) {
    const headAt = at + FIXED_BYTES;
    const rowsAt = headAt + log.readUInt32LE(at + 4);
    const chunksAt = rowsAt + log.readUInt32LE(at + 8) * ROW_BYTES;
    const end = chunksAt + log.readUInt32LE(at + 12) * CHUNK_BYTES;
    if (end > log.length) break;
    const next = readHeader(log.toString("utf8", headAt, rowsAt));
    if (next === undefined) break;
    header = next;
    links = header.links ?? links;
    rows.push(log.subarray(rowsAt, chunksAt));
    chunks.push(log.subarray(chunksAt, end));
    at = end;
  }
  if (header === undefined) return undefined;
  const segment = new Segment(header.serial, header.firstRow, header.firstChunk);
  segment.isSealed = true;
  segment.spanning = null;
  segment.used = wholeBlocks(slab);
  segment.slab = { bytes: slab, words: new Uint32Array(0) };
  takeChunks(segment, Buffer.concat(chunks));
  takeRows(segment, Buffer.concat(rows));
  pairRows(segment);
  for (const { info } of links) segment.linkIds.add(info.link);
  segment.links = new Map(links.map((link) => [link.info.link, knownLink(link)]));
  return { segment, anchorNs: BigInt(header.anchorNs), lastLink: header.lastLink, links };
}

function readHeader(text: string): LogHeader | undefined {
  try {
    const header = JSON.parse(text) as LogHeader;
    const { serial, firstRow, firstChunk, lastLink, anchorNs, links } = header;
    const isSound = areCounts([serial, firstRow, firstChunk, lastLink]) && isAnchor(anchorNs);
    return isSound && (links === null || Array.isArray(links)) ? header : undefined;
  } catch {
    return undefined;
  }
}

/** Where the last whole pcapng block of `octets` ends. */
export function wholeBlocks(octets: Buffer): number {
  let at = 0;
  while (at + 12 <= octets.length) {
    const total = octets.readUInt32LE(at + 4);
    if (total < 12 || total % 4 !== 0 || at + total > octets.length) break;
    if (octets.readUInt32LE(at + total - 4) !== total) break;
    at += total;
  }
  return at;
}

function takeChunks(segment: Segment, octets: Buffer): void {
  const newest = new Map<number, number>();
  const count = octets.length / CHUNK_BYTES;
  for (let index = 0; index < count; index++) {
    const page = segment.chunkPages[index >>> 11] ?? makePage(CHUNK_PAGE_BYTES);
    segment.chunkPages[index >>> 11] = page;
    const at = (index & 2047) * CHUNK_WORDS;
    new Uint8Array(page.words.buffer).set(octets.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES), at * 4);
    const { words } = page;
    const lengthAndFlags = words[at + CHUNK_LENGTH]!;
    if (words[at + CHUNK_OFFSET]! + (lengthAndFlags & CHUNK_LENGTH_MASK) > segment.used) return;
    words[at + CHUNK_NEXT] = 0;
    segment.chunkCount = index + 1;
    if (index === 0) segment.firstTimeNs = page.doubles[0]!;
    if ((lengthAndFlags & CHUNK_IS_EVENT) !== 0) continue;
    const direction = (lengthAndFlags >>> CHUNK_DIRECTION_SHIFT) & 1;
    const key = words[at + CHUNK_LINK]! * 2 + direction;
    const chunk = segment.firstChunk + index;
    const before = newest.get(key);
    if (before !== undefined) setNext(segment, before, chunk);
    newest.set(key, chunk);
  }
}

/** Rows up to the first that ends in a chunk which is not there. */
function takeRows(segment: Segment, octets: Buffer): void {
  const count = octets.length / ROW_BYTES;
  const endLow = segment.endChunk >>> 0;
  for (let index = 0; index < count; index++) {
    const page = segment.rowPages[index >>> 12] ?? makePage(ROW_PAGE_BYTES);
    segment.rowPages[index >>> 12] = page;
    const at = (index & 4095) * ROW_WORDS;
    new Uint8Array(page.words.buffer).set(octets.subarray(index * ROW_BYTES, (index + 1) * ROW_BYTES), at * 4);
    // Within half the range: a chunk from the end on has not come.
    if (((endLow - page.words[at + ROW_END]! - 1) | 0) < 0) return;
    segment.rowCount = index + 1;
  }
}

/** What became of a request is known by its reply, which was written after it. */
function pairRows(segment: Segment): void {
  const reply = EXCHANGES.indexOf("reply") << EXCHANGE_SHIFT;
  const answered = EXCHANGES.indexOf("answered") << EXCHANGE_SHIFT;
  for (let index = 0; index < segment.rowCount; index++) {
    const { words } = segment.rowPages[index >>> 12]!;
    const at = (index & 4095) * ROW_WORDS;
    const meta = words[at + ROW_META]!;
    if ((meta & EXCHANGE_BITS) !== reply || (meta & HAS_PARTNER) === 0) continue;
    const n = segment.firstRow + index;
    const request = index - ((n - words[at + ROW_PARTNER]!) >>> 0);
    if (request < 0) continue;
    const flags = answered | HAS_PARTNER | (meta & GUESSED);
    changeRecord(segment.rowPages[request >>> 12]!, (request & 4095) * ROW_WORDS, EXCHANGE_BITS, flags, n, NaN);
  }
}
