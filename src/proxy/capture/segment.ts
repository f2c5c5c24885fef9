import type { TapId } from "../../shared/model.ts";
import type { KnownLink, Tally } from "./capturedLink.ts";
import type { Slab } from "./conversation.ts";
import type { Page } from "./pages.ts";

/** Words of a row record. START and END are chunks, PARTNER a row, each by its low 32 bits; see capture.ts. */
export const ROW_WORDS = 8;
export const ROWS_PER_PAGE = 4096;
export const ROW_BYTES = ROW_WORDS * 4;
export const ROW_PAGE_BYTES = ROW_BYTES * ROWS_PER_PAGE;

export const ROW_START = 0;
export const ROW_END = 1;
export const ROW_PARTNER = 2;
export const ROW_SIZE = 3;
export const ROW_LINK = 4;
export const ROW_META = 5;
export const ROW_OFFSET_AND_FRAMES = 6;
export const ROW_LATENCY = 7;

/** Words of a chunk record: time (double), offset in the slab, length and flags, link, distance to the next chunk. */
export const CHUNK_WORDS = 8;
export const CHUNKS_PER_PAGE = 2048;
export const CHUNK_BYTES = CHUNK_WORDS * 4;
export const CHUNK_PAGE_BYTES = CHUNK_BYTES * CHUNKS_PER_PAGE;
export const CHUNK_OFFSET = 2;
export const CHUNK_LENGTH = 3;
export const CHUNK_LINK = 4;
export const CHUNK_NEXT = 5;
export const CHUNK_LENGTH_MASK = 0xffff;
/** In the length word: the direction, and that it holds an event instead of a link's octets. */
export const CHUNK_DIRECTION_SHIFT = 16;
export const CHUNK_IS_EVENT = 1 << 17;

/** Rows listed as spanning several chunks; with more of them a list is no quicker than looking at each. */
const MAX_SPANNING = 4096;

/** Where a segment stands on disk. */
export type SegmentFile = {
  readonly path: string;
  readonly bytes: number;
  /** Octets of pcapng blocks before the index. */
  readonly used: number;
  readonly rowsAt: number;
  readonly chunksAt: number;
  readonly linksAt: number;
  readonly linksBytes: number;
  readonly nsAt: number;
};

/** A change of a row record: its META word loses the bits of `clear` and gains those of `set`. */
export type RowPatch = {
  readonly clear: number;
  readonly set: number;
  /** LEAVE leaves it. */
  readonly partner: number;
  /** Nanoseconds, or the number of copies; NaN leaves it. */
  readonly latency: number;
};

/** No partner in a patch. */
export const LEAVE = -1;

/**
 * A part of the capture that stands alone: pcapng blocks, the rows and chunks of its index, and the links they belong to.
 * It is in memory, in a file, or in both; `isGone` when it is in neither and only its row numbers are left.
 */
export class Segment {
  readonly serial: number;
  readonly firstChunk: number;
  /** Of a segment of single rows: their numbers, ascending. */
  readonly ns: Float64Array | null;
  firstRow: number;
  rowCount = 0;
  chunkCount = 0;
  /** Octets of `slab` that are written. */
  used = 0;
  slab: Slab | null = null;
  rowPages: Page[] = [];
  chunkPages: Page[] = [];
  readonly interfaces = new Map<TapId, number>();
  /** Links that its rows and records name. */
  readonly linkIds = new Set<number>();
  lastLinkId = 0;
  /** Of a segment of single rows in memory. */
  copiedLinks: ReadonlyMap<number, KnownLink> | null = null;
  /** Of a segment that was read from its file. */
  links: ReadonlyMap<number, KnownLink> | null = null;
  isSealed = false;
  isGone = false;
  /** Why, as the end of a sentence. */
  goneReason = "the disk did not take them in time";
  /** Nothing of it goes to disk any more. */
  staysInMemory = false;
  file: SegmentFile | null = null;
  /** What became known of rows after they went to disk. */
  readonly rowPatches = new Map<number, RowPatch>();
  /** Chunks whose successor came after they went to disk, and that successor. */
  readonly changedChunks = new Map<number, number>();
  /** Counts what was written of these two. */
  patchesWritten = 0;
  /**
   * Indexes of rows that span several chunks of this segment; negated (~) those that begin in an earlier one, were told
   * late, or are commands between frames. `null` when there are too many to list, or when the segment was read from its file.
   */
  spanning: number[] | null = [];
  /** The newest chunk that a row ended in. */
  newestEnd: number;
  copies = 0;
  copyBytes = 0;
  heartbeats = 0;
  /** Messages and encrypted frames by tap, as they came; of none that an earlier run has left. */
  readonly tallies = new Map<TapId, Tally>();
  /** When it was used last, of one that was read from its file. */
  usedAt = 0;
  /** Nanoseconds since the anchor of its first chunk; kept when it is gone. */
  firstTimeNs = 0;

  constructor(serial: number, firstRow: number, firstChunk: number, ns: Float64Array | null = null) {
    this.serial = serial;
    this.firstRow = firstRow;
    this.firstChunk = firstChunk;
    this.newestEnd = firstChunk;
    this.ns = ns;
  }

  /** One more than its last row. */
  get endRow(): number {
    return this.ns === null ? this.firstRow + this.rowCount : (this.ns[this.rowCount - 1] ?? this.firstRow - 1) + 1;
  }

  get endChunk(): number {
    return this.firstChunk + this.chunkCount;
  }

  /** Octets in memory. */
  get memoryBytes(): number {
    return (
      (this.slab?.bytes.length ?? 0) +
      this.rowPages.length * ROW_PAGE_BYTES +
      this.chunkPages.length * CHUNK_PAGE_BYTES +
      (this.ns?.byteLength ?? 0)
    );
  }

  /** Whether its rows and chunks are in memory. */
  get hasIndex(): boolean {
    return (
      this.rowPages.length * ROWS_PER_PAGE >= this.rowCount &&
      this.chunkPages.length * CHUNKS_PER_PAGE >= this.chunkCount
    );
  }

  /** Lists the row at `index` as spanning unless it lies in one chunk and comes in its turn. */
  noteRow(index: number, start: number, end: number, isBetween: boolean): void {
    const isLate = end < this.newestEnd;
    if (!isLate) this.newestEnd = end;
    if (start === end && !isLate && !isBetween) return;
    const isPlain = !isLate && !isBetween && start >= this.firstChunk;
    if (this.spanning !== null && this.spanning.length < MAX_SPANNING) this.spanning.push(isPlain ? index : ~index);
    else this.spanning = null;
  }

  tallyOf(tap: TapId): Tally {
    let tally = this.tallies.get(tap);
    if (tally === undefined) {
      tally = { messages: 0 };
      this.tallies.set(tap, tally);
    }
    return tally;
  }

  /** Index of row `n` within the segment; -1 when it is none of its rows. */
  indexOfRow(n: number): number {
    if (this.ns === null) {
      const index = n - this.firstRow;
      return index >= 0 && index < this.rowCount ? index : -1;
    }
    const index = lowerBound(this.ns, this.rowCount, n);
    return index < this.rowCount && this.ns[index] === n ? index : -1;
  }

  /** Number of the row at `index`. */
  rowAt(index: number): number {
    return this.ns === null ? this.firstRow + index : this.ns[index]!;
  }

  /** Number of a tap's interface; of one that is new `description` is written first, for which there has to be room. */
  interfaceOf(tap: TapId, description: Uint8Array): number {
    let id = this.interfaces.get(tap);
    if (id === undefined) {
      id = this.interfaces.size;
      this.interfaces.set(tap, id);
      this.slab!.bytes.set(description, this.used);
      this.used += description.length;
    }
    return id;
  }
}

/** Two changes of a row as one. */
export function joinPatches(first: RowPatch | undefined, second: RowPatch): RowPatch {
  if (first === undefined) return second;
  return {
    clear: first.clear | second.clear,
    set: (first.set & ~second.clear) | second.set,
    partner: second.partner === LEAVE ? first.partner : second.partner,
    latency: Number.isNaN(second.latency) ? first.latency : second.latency,
  };
}

/** Changes the record that begins at word `at` of `page`; see RowPatch. */
export function changeRecord(
  page: Page,
  at: number,
  clear: number,
  set: number,
  partner: number,
  latency: number,
): void {
  const { words, floats } = page;
  words[at + ROW_META] = (words[at + ROW_META]! & ~clear) | set;
  if (partner !== LEAVE) words[at + ROW_PARTNER] = partner;
  if (!Number.isNaN(latency)) floats[at + ROW_LATENCY] = latency;
}

/** Says where chunk `previous` of a segment, whose index is in memory, goes on. */
export function setNext(segment: Segment, previous: number, chunk: number): void {
  const index = previous - segment.firstChunk;
  segment.chunkPages[index >>> 11]!.words[(index & 2047) * CHUNK_WORDS + CHUNK_NEXT] = chunk - previous;
}

/** First of these segments, oldest first, of which `isFromHere` holds; it holds of all behind that one too. */
export function firstSegment(
  segments: readonly Segment[],
  isFromHere: (segment: Segment) => boolean,
): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isFromHere(segments[middle]!)) high = middle;
    else low = middle + 1;
  }
  return segments[low];
}

/** First index whose value is not below `wanted`. */
export function lowerBound(values: ArrayLike<number>, count: number, wanted: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
