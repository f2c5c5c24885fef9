import type { Framing } from "./capturedLink.ts";
import {
  CHUNK_LENGTH,
  CHUNK_LENGTH_MASK,
  CHUNK_OFFSET,
  CHUNK_WORDS,
  CHUNKS_PER_PAGE,
  type Segment,
} from "./segment.ts";
import type { SegmentStore } from "./segmentStore.ts";

const MORE = 1;
const LONG = 2;
const COMMAND = 4;
const ZMTP1_LONG = 0xff;
/** Stands for an octet that is not there. */
const MISSING = -1;

/**
 * Reads stored octets frame by frame, across chunks and segments, without copying. It may be left standing and gone on
 * with later: what was evicted in between ends the walk. Use: seek(), then nextHeader() and nextSpan() or skip().
 */
export class FrameWalker {
  /** Of the frame whose header was read last. */
  sizeBytes = 0;
  isCommand = false;
  hasMore = false;
  /** The body's contiguous octets that nextSpan() found: `from` to `to` of `slab`, valid until the next append. */
  slab: Uint8Array;
  from = 0;
  to = 0;
  readonly #store: SegmentStore;
  #framing: Framing = "zmtp3";
  #chunk = -1;
  #segment: Segment | undefined;
  #at = 0;
  #end = 0;
  /** Octets of the body that were not walked over yet. */
  #left = 0;

  constructor(store: SegmentStore) {
    this.#store = store;
    this.slab = new Uint8Array(0);
  }

  /** Places the walk before a frame header. False when that was evicted. */
  seek(chunk: number, offset: number, framing: Framing): boolean {
    this.#framing = framing;
    this.#left = 0;
    if (!this.#enter(chunk)) return false;
    this.#at += offset;
    return true;
  }

  /** Steps over what is left of a body and reads the next header. False when the octets end before that. */
  nextHeader(): boolean {
    if (this.#left > 0 && this.skip(this.#left) < 0) return false;
    if (!this.#isValid()) return false;
    const first = this.#octet();
    if (first === MISSING) return false;
    const isZmtp1 = this.#framing === "zmtp1";
    const isLong = isZmtp1 ? first === ZMTP1_LONG : (first & LONG) !== 0;
    let size = isZmtp1 && !isLong ? first : 0;
    if (isLong || !isZmtp1) {
      for (let left = isLong ? 8 : 1; left > 0; left--) {
        const octet = this.#octet();
        if (octet === MISSING) return false;
        size = size * 256 + octet;
      }
    }
    const flags = isZmtp1 ? this.#octet() : first;
    if (isZmtp1) size -= 1;
    if (flags === MISSING || size < 0) return false;
    this.sizeBytes = size;
    this.hasMore = (flags & MORE) !== 0;
    this.isCommand = this.#framing === "zmtp3" && (flags & COMMAND) !== 0;
    this.#left = size;
    return true;
  }

  /** Finds the next contiguous octets of the body, at most `limit`, and steps over them. False when there are none. */
  nextSpan(limit: number): boolean {
    if (this.#left === 0 || !this.#fill()) return false;
    const length = Math.min(limit, this.#left, this.#end - this.#at);
    this.from = this.#at;
    this.to = this.#at + length;
    this.#at = this.to;
    this.#left -= length;
    return true;
  }

  /** Steps over octets of the body; returns how many were really there, negative when some were not. */
  skip(count: number): number {
    let left = Math.min(count, this.#left);
    const wanted = left;
    while (left > 0) {
      if (!this.#fill()) {
        this.#left = 0;
        return left - wanted - 1;
      }
      const length = Math.min(left, this.#end - this.#at);
      this.#at += length;
      this.#left -= length;
      left -= length;
    }
    return wanted;
  }

  #octet(): number {
    if (this.#at === this.#end && !this.#fill()) return MISSING;
    return this.slab[this.#at++]!;
  }

  /** Makes sure that there is at least one octet at the place of the walk. */
  #fill(): boolean {
    if (!this.#isValid()) return false;
    while (this.#at === this.#end) {
      const next = this.#store.nextChunk(this.#chunk);
      if (next < 0 || !this.#enter(next)) return false;
    }
    return true;
  }

  /** Whether the slab is still what it was; one that left memory meanwhile is looked for again. */
  #isValid(): boolean {
    if (this.#segment === undefined || this.#segment.isGone) return false;
    if (this.#segment.slab?.bytes === this.slab) return true;
    const { bytes } = this.#segment.slab ?? {};
    this.slab = bytes ?? this.#store.slabOf(this.#segment) ?? NOTHING;
    return this.slab !== NOTHING;
  }

  #enter(chunk: number): boolean {
    const segment = this.#store.segmentOfChunk(chunk);
    const slab = segment === undefined ? undefined : this.#store.slabOf(segment);
    if (segment === undefined || slab === undefined) {
      this.#segment = undefined;
      return false;
    }
    const index = chunk - segment.firstChunk;
    const { words } = segment.chunkPages[index >>> 11]!;
    const at = (index & (CHUNKS_PER_PAGE - 1)) * CHUNK_WORDS;
    this.#segment = segment;
    this.#chunk = chunk;
    this.slab = slab;
    this.#at = words[at + CHUNK_OFFSET]!;
    this.#end = this.#at + (words[at + CHUNK_LENGTH]! & CHUNK_LENGTH_MASK);
    return true;
  }
}

const NOTHING = new Uint8Array(0);
