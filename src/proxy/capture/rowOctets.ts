import { headerSize, declaredSize, COMMAND, MORE, type Framing as FramingNumber } from "../wire/frames.ts";
import type { Framing } from "./capturedLink.ts";
import type { SegmentStore } from "./segmentStore.ts";

const FRAMINGS: Readonly<Record<Framing, FramingNumber>> = { zmtp1: 1, zmtp2: 2, zmtp3: 3 };
const MAX_HEADER_BYTES = 10;
/** More than a chunk has octets. */
export const CHUNK_SPAN = 65_536;

/** A place within what is kept, as one number. */
export function octetPlace(chunk: number, offset: number): number {
  return chunk * CHUNK_SPAN + offset;
}

/** How a walk over a row's octets ended, or that it goes on. */
export const GOES_ON = 0;
export const WHOLE = 1;
/** What follows is not kept, or is no frame. */
export const BROKEN = 2;

/**
 * Finds the octets of a row as they were on the wire, frame headers included, in contiguous spans without copying. Command
 * frames between the frames of a message are rows of their own, and left out unless seek() is told of them. Use: seek(), then nextSpan() until
 * it is false, then look at `state`. It may be gone on with later, unless what follows was evicted meanwhile.
 */
export class RowOctets {
  /** The span that was found: `from` to `to` of `slab`, in `chunk`. Valid until the next append. */
  slab: Buffer = Buffer.alloc(0);
  from = 0;
  to = 0;
  chunk = -1;
  state: 0 | 1 | 2 = BROKEN;
  readonly #store: SegmentStore;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #framing: FramingNumber = 3;
  #isMessage = true;
  #begin = 0;
  #at = 0;
  #end = 0;
  #headerFilled = 0;
  #bodyLeft = 0;
  #within: ReadonlySet<number> | null = null;
  /** The frame that is walked over is a command between frames, and left out. */
  #isBetween = false;
  #isLast = false;

  constructor(store: SegmentStore) {
    this.#store = store;
  }

  /**
   * Begins at a frame header. False when it is not kept. `isMessage`: it goes on to a frame without MORE. `within` holds
   * octetPlace() of the commands between its frames that belong to what is looked for.
   */
  seek(
    chunk: number,
    offset: number,
    framing: Framing,
    isMessage: boolean,
    within: ReadonlySet<number> | null = null,
  ): boolean {
    this.#within = within;
    this.#headerFilled = 0;
    this.#bodyLeft = 0;
    this.#isBetween = false;
    this.#isLast = false;
    this.#framing = FRAMINGS[framing];
    this.#isMessage = isMessage;
    this.state = BROKEN;
    if (!this.#enter(chunk)) return false;
    this.#at += offset;
    this.state = GOES_ON;
    return true;
  }

  /** When the span's chunk came, since the clock's anchor. */
  get timeNs(): number {
    return this.#store.chunkTimeNs(this.chunk);
  }

  /** Finds the next span; false when there is none, and `state` says why. */
  nextSpan(): boolean {
    while (this.state === GOES_ON) {
      if (this.chunk < this.#store.firstChunk) {
        this.state = BROKEN;
      } else if (this.#at === this.#end) {
        const next = this.#store.nextChunk(this.chunk);
        if (next < 0 || !this.#enter(next)) this.state = BROKEN;
      } else {
        this.slab = this.#store.borrowSlab(this.chunk);
        this.from = this.#at;
        const isBetween = this.#isBetween;
        this.#walk();
        this.to = this.#at;
        if (!isBetween && this.to > this.from) return true;
      }
    }
    return false;
  }

  /** Walks to the end of the row or of the chunk, or to where a command between frames begins or ends. */
  #walk(): void {
    const end = this.#end;
    while (this.#at < end) {
      if (this.#bodyLeft === 0) {
        if (this.#headerFilled === 0 && this.#changesOver()) return;
        if (!this.#readHeader()) return;
      }
      const taken = Math.min(this.#bodyLeft, end - this.#at);
      this.#at += taken;
      this.#bodyLeft -= taken;
      if (this.#bodyLeft === 0 && this.#isLast) {
        this.state = WHOLE;
        return;
      }
    }
  }

  /** Looks at the first octet of a frame: whether it is the row's own or not, unlike the one before. */
  #changesOver(): boolean {
    const isCommand = this.#isMessage && this.#framing === 3 && (this.slab[this.#at]! & COMMAND) !== 0;
    const isBetween = isCommand && this.#within?.has(octetPlace(this.chunk, this.#at - this.#begin)) !== true;
    if (isBetween === this.#isBetween) return false;
    this.#isBetween = isBetween;
    return true;
  }

  /** False when the chunk ends before, or when there is no such frame. */
  #readHeader(): boolean {
    const header = this.#header;
    while (this.#at < this.#end) {
      header[this.#headerFilled++] = this.slab[this.#at++]!;
      const size = headerSize(this.#framing, header[0]!);
      if (this.#headerFilled < size) continue;
      this.#headerFilled = 0;
      const flags = this.#framing === 1 ? header[size - 1]! : header[0]!;
      const isCommand = this.#framing === 3 && (flags & COMMAND) !== 0;
      this.#isLast = !this.#isMessage || (!isCommand && (flags & MORE) === 0);
      this.#bodyLeft = declaredSize(this.#framing, header, 0);
      if (this.#bodyLeft >= 0) return true;
      this.state = BROKEN;
      return false;
    }
    return false;
  }

  #enter(chunk: number): boolean {
    if (chunk < this.#store.firstChunk || chunk > this.#store.lastChunk) return false;
    this.chunk = chunk;
    this.#begin = this.#store.chunkOffset(chunk);
    this.#at = this.#begin;
    this.#end = this.#at + this.#store.chunkLength(chunk);
    return true;
  }
}
