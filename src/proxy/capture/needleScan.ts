import { IS_BETWEEN } from "./rowRecord.ts";
import {
  CHUNK_LENGTH,
  CHUNK_LENGTH_MASK,
  CHUNK_NEXT,
  CHUNK_OFFSET,
  CHUNK_WORDS,
  ROW_END,
  ROW_META,
  ROW_OFFSET_AND_FRAMES,
  ROW_START,
  ROW_WORDS,
  type Segment,
} from "./segment.ts";

/** Buffer.indexOf() looks for fewer octets than this by their first one, which is several times faster where that is rare. */
const MAX_PIECE = 6;
/** What a slab is made of is estimated from so many runs of so many octets. */
const SAMPLES = 8;
const SAMPLE_BYTES = 256;
/** An octet that is more frequent than this in the samples is no better to look for than the whole needle. */
const RARE = (SAMPLES * SAMPLE_BYTES) / 64;

/** Rows `from` to `to` of a segment; 1 where the needle may be in it. */
export type Candidates = Uint8Array;

/**
 * Finds the rows of a segment, whose index and octets are in memory, that may have `needle` in a frame: those in whose only
 * chunk it is found by one search over the whole slab, and all that lie in more than one chunk. `from` and `to` are indexes.
 */
export function findCandidates(segment: Segment, needle: Uint8Array, from: number, to: number): Candidates {
  const marks = new Uint8Array(to - from);
  const scan = new Scan(segment, marks, from, to);
  const spanning = scan.markSpanning();
  const octets = segment.slab!.bytes.subarray(0, segment.used);
  const lead = rarestPlace(octets, needle);
  const piece = lead < 0 ? needle : needle.subarray(lead, lead + MAX_PIECE);
  const before = Math.max(0, lead);
  let at = octets.indexOf(piece, before);
  while (at >= 0) {
    const start = at - before;
    const next = piece === needle || isAt(octets, start, needle) ? scan.hit(start) : start + 1;
    at = octets.indexOf(piece, next + before);
  }
  // Of rows that span chunks, the needle may lie in one of them, or where two of them meet.
  if (
    spanning.length > 0 &&
    (scan.hasStray || meetingOctets(segment, spanning, needle.length)?.includes(Buffer.from(needle)) !== false)
  ) {
    for (const index of spanning) marks[index - from] = 1;
  }
  return marks;
}

/**
 * The octets on both sides of where the chunks of these rows meet, one after the other: what a needle there lies in. `null`
 * when a needle may lie in more than two chunks, or they cannot be followed.
 */
function meetingOctets(segment: Segment, rows: readonly number[], needleBytes: number): Buffer | null {
  const octets = segment.slab!.bytes;
  const { rowPages, chunkPages, firstChunk } = segment;
  const reach = needleBytes - 1;
  let meeting = Buffer.allocUnsafe(rows.length * 2 * reach);
  let filled = 0;
  for (const index of rows) {
    const { words } = rowPages[index >>> 12]!;
    const at = (index & 4095) * ROW_WORDS;
    const end = (words[at + ROW_END]! - firstChunk) >>> 0;
    for (let chunk = (words[at + ROW_START]! - firstChunk) >>> 0; chunk !== end;) {
      const record = chunkPages[chunk >>> 11]!.words;
      const place = (chunk & 2047) * CHUNK_WORDS;
      const offset = record[place + CHUNK_OFFSET]!;
      const length = record[place + CHUNK_LENGTH]! & CHUNK_LENGTH_MASK;
      const next = chunk + record[place + CHUNK_NEXT]!;
      // A chain that leaves the segment, or is not there, is looked at row by row.
      if (next === chunk || next >= segment.chunkCount) return null;
      const nextWords = chunkPages[next >>> 11]!.words;
      const nextPlace = (next & 2047) * CHUNK_WORDS;
      const nextOffset = nextWords[nextPlace + CHUNK_OFFSET]!;
      const nextLength = nextWords[nextPlace + CHUNK_LENGTH]! & CHUNK_LENGTH_MASK;
      // Short chunks: a needle may lie in more than two of them.
      if (nextLength < reach && next !== end) return null;
      if (filled + 2 * reach > meeting.length) meeting = Buffer.concat([meeting, Buffer.allocUnsafe(meeting.length)]);
      for (let from = offset + Math.max(0, length - reach); from < offset + length;)
        meeting[filled++] = octets[from++]!;
      for (let from = nextOffset; from < nextOffset + Math.min(reach, nextLength);) meeting[filled++] = octets[from++]!;
      chunk = next;
    }
  }
  return meeting.subarray(0, filled);
}

/** Where in `needle` the octet is that is rarest among `octets`; -1 when the needle is short or none is rare. */
function rarestPlace(octets: Uint8Array, needle: Uint8Array): number {
  if (needle.length <= MAX_PIECE) return -1;
  const counts = new Uint16Array(256);
  const step = Math.max(SAMPLE_BYTES, Math.floor(octets.length / SAMPLES));
  for (let from = 0; from < octets.length; from += step) {
    const to = Math.min(from + SAMPLE_BYTES, octets.length);
    for (let at = from; at < to; at++) counts[octets[at]!]!++;
  }
  let rarest = 0;
  for (let place = 1; place < needle.length; place++) {
    if (counts[needle[place]!]! < counts[needle[rarest]!]!) rarest = place;
  }
  return counts[needle[rarest]!]! <= RARE ? rarest : -1;
}

function isAt(octets: Uint8Array, from: number, needle: Uint8Array): boolean {
  for (let place = 0; place < needle.length; place++) if (octets[from + place] !== needle[place]) return false;
  return true;
}

class Scan {
  readonly #segment: Segment;
  readonly #marks: Uint8Array;
  readonly #from: number;
  readonly #to: number;
  /** The needle was found in octets that may belong to a row which ends in another chunk. */
  hasStray = false;
  #chunk = 0;
  #row: number;

  constructor(segment: Segment, marks: Uint8Array, from: number, to: number) {
    this.#segment = segment;
    this.#marks = marks;
    this.#from = from;
    this.#to = to;
    this.#row = from;
  }

  /** Marks rows that may have the needle wherever it is found; returns those that span chunks of this segment only. */
  markSpanning(): number[] {
    const { rowPages, firstChunk, spanning } = this.#segment;
    if (spanning !== null) {
      const within = (index: number): boolean => index >= this.#from && index < this.#to;
      for (const index of spanning) if (index < 0 && within(~index)) this.#marks[~index - this.#from] = 1;
      return spanning.filter((index) => index >= 0 && within(index));
    }
    let newest = firstChunk | 0;
    for (let index = this.#from; index < this.#to;) {
      const { words } = rowPages[index >>> 12]!;
      const pageEnd = Math.min(this.#to, (index | 4095) + 1);
      for (let at = (index & 4095) * ROW_WORDS; index < pageEnd; index++, at += ROW_WORDS) {
        const end = words[at + ROW_END]! | 0;
        // The octets of some first rows lie in the segment before. What was told late is not in order.
        const isLate = ((end - newest) | 0) < 0;
        if (isLate || (words[at + ROW_START]! | 0) !== end || (words[at + ROW_META]! & IS_BETWEEN) !== 0) {
          this.#marks[index - this.#from] = 1;
        }
        if (!isLate) newest = end;
      }
    }
    return [];
  }

  /** Marks the row at this place of the slab; returns where the search goes on. */
  hit(at: number): number {
    const { chunkPages, chunkCount } = this.#segment;
    while (this.#chunk < chunkCount && this.#chunkEnd(this.#chunk) <= at) this.#chunk++;
    if (this.#chunk === chunkCount) return this.#segment.used;
    const offset = at - chunkPages[this.#chunk >>> 11]!.words[(this.#chunk & 2047) * CHUNK_WORDS + CHUNK_OFFSET]!;
    // In the header before a chunk.
    if (offset < 0) return at + 1;
    const row = this.#rowAt(offset);
    // Behind the last row that ends in a chunk, one may begin that goes on in the next.
    this.hasStray ||= row < 0 || this.#isLastIn(row);
    if (row < 0) return at + 1;
    this.#marks[row - this.#from] = 1;
    return this.#nextRowPlace(row, at);
  }

  #chunkEnd(chunk: number): number {
    const { words } = this.#segment.chunkPages[chunk >>> 11]!;
    const at = (chunk & 2047) * CHUNK_WORDS;
    return words[at + CHUNK_OFFSET]! + (words[at + CHUNK_LENGTH]! & CHUNK_LENGTH_MASK);
  }

  /** The last row that ends in the chunk and begins in it at `offset` or before; -1 for none. */
  #rowAt(offset: number): number {
    const wanted = (this.#segment.firstChunk + this.#chunk) >>> 0;
    while (this.#row < this.#to && ((this.#word(this.#row, ROW_END) - wanted) | 0) < 0) this.#row++;
    let found = -1;
    for (let index = this.#row; index < this.#to; index++) {
      const distance = (this.#word(index, ROW_END) - wanted) | 0;
      if (distance > 0) break;
      if (distance < 0 || this.#isBetween(index)) continue;
      const begins = this.#word(index, ROW_START) === wanted ? this.#word(index, ROW_OFFSET_AND_FRAMES) & 0xffff : -1;
      if (begins > offset) break;
      found = index;
      this.#row = index;
    }
    return found;
  }

  /** Behind a row that is marked there is no need to look again until the next row begins. */
  #nextRowPlace(row: number, at: number): number {
    const next = row + 1;
    if (next >= this.#to || this.#word(next, ROW_START) !== this.#word(row, ROW_END)) return at + 1;
    if (this.#isBetween(next)) return at + 1;
    const offset = this.#word(next, ROW_OFFSET_AND_FRAMES) & 0xffff;
    const { words } = this.#segment.chunkPages[this.#chunk >>> 11]!;
    return Math.max(at + 1, words[(this.#chunk & 2047) * CHUNK_WORDS + CHUNK_OFFSET]! + offset);
  }

  /** Whether no other message or frame ends in the chunk in which this one does. */
  #isLastIn(row: number): boolean {
    const { rowCount } = this.#segment;
    let next = row + 1;
    while (next < rowCount && this.#isBetween(next)) next++;
    return next >= rowCount || this.#word(next, ROW_END) !== this.#word(row, ROW_END);
  }

  /** A command within the octets of a message whose row comes later. */
  #isBetween(index: number): boolean {
    return (this.#word(index, ROW_META) & IS_BETWEEN) !== 0;
  }

  #word(index: number, word: number): number {
    return this.#segment.rowPages[index >>> 12]!.words[(index & 4095) * ROW_WORDS + word]!;
  }
}
