import type { Segment } from "./segment.ts";

/** Share of the memory that segments read back from disk may take. */
const LOADED_SHARE = 4;
/** Segments read back from disk that stay in any case: what one message may span while it is read. */
export const LOADED_AT_LEAST = 3;

/** Segments that were read back from their files; those that nobody used for longest go first. */
export class LoadedSegments {
  bytes = 0;
  #segments: Segment[] = [];
  #uses = 0;

  get count(): number {
    return this.#segments.length;
  }

  has(segment: Segment): boolean {
    return this.#segments.includes(segment);
  }

  /** It was read just now, in whole or in part: others may have to go so that a share of `maxBytes` is enough. */
  add(segment: Segment, maxBytes: number): void {
    if (!this.has(segment)) this.#segments.push(segment);
    this.use(segment);
    this.#count();
    while (this.#segments.length > LOADED_AT_LEAST && this.bytes > maxBytes / LOADED_SHARE) this.removeOldest(segment);
  }

  use(segment: Segment): void {
    segment.usedAt = ++this.#uses;
  }

  /** False when there is none but `keep`. */
  removeOldest(keep: Segment | null): boolean {
    let oldest: Segment | undefined;
    for (const each of this.#segments) {
      if (each !== keep && (oldest === undefined || each.usedAt < oldest.usedAt)) oldest = each;
    }
    if (oldest === undefined) return false;
    this.remove(oldest);
    return true;
  }

  /** Lets its octets be collected; its file has them. */
  remove(segment: Segment): void {
    this.#segments = this.#segments.filter((each) => each !== segment);
    segment.slab = null;
    segment.rowPages = [];
    segment.chunkPages = [];
    segment.links = null;
    this.#count();
  }

  #count(): void {
    this.bytes = this.#segments.reduce((sum, each) => sum + each.memoryBytes, 0);
  }
}
