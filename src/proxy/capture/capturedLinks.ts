import type { CapturedLink, KnownLink } from "./capturedLink.ts";
import type { Segment } from "./segment.ts";

/** What a link costs besides its slabs: its object, addresses, packet templates. An estimate, counted as used. */
const LINK_BYTES = 2048;

/** The links that are open, and those that are closed as long as there are octets of theirs in memory. */
export class CapturedLinks {
  /** The largest link number that was ever used. */
  last = 0;
  readonly #links = new Map<number, CapturedLink>();
  #closed: CapturedLink[] = [];

  get usedBytes(): number {
    return this.#links.size * LINK_BYTES;
  }

  get all(): Iterable<CapturedLink> {
    return this.#links.values();
  }

  add(link: CapturedLink): void {
    this.#links.set(link.info.link, link);
    this.last = Math.max(this.last, link.info.link);
  }

  close(link: CapturedLink): void {
    this.#closed.push(link);
  }

  /** A link of `segment`: one that is kept here, else as the segment's file or its copied rows know it. */
  of(id: number, segment?: Segment): KnownLink | undefined {
    return this.#links.get(id) ?? segment?.links?.get(id) ?? segment?.copiedLinks?.get(id);
  }

  /** The octets of a segment, and of all before it, are no longer in memory. */
  forget(segment: Segment): void {
    if (this.#closed.length === 0) return;
    const isKept = (link: CapturedLink): boolean => link.lastIn > segment.serial;
    for (const link of this.#closed) if (!isKept(link)) this.#links.delete(link.info.link);
    this.#closed = this.#closed.filter(isKept);
  }
}
