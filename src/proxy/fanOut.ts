import type { SocketPair } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import { sendsTopics } from "./envelope.ts";

/** Copies that come later than this are publications of their own. */
const WINDOW_NS = 1e9;
/** Octets at either end that are compared. */
const COMPARED_BYTES = 64;
/** Publications that are remembered; older ones are forgotten early. */
const MAX_ENTRIES = 16_384;
/** Subscribers of one publisher that are told apart; copies of further ones are not folded. */
const MAX_SLOTS = 256;
const SLOT_WORDS = MAX_SLOTS / 32;
const MAX_FRAMES = 16;

/**
 * Finds the copies of one publication among the links of a tap: same size, same ends, within a second, each on another
 * link. What a subscriber gets twice are two publications. Remembers a bounded number of them, and makes no object per
 * message; with fewer than two subscribers it does nothing.
 */
export class FanOut {
  readonly #capture: Capture;
  readonly #walker;
  readonly #slots: (number | undefined)[] = [];
  #subscribers = 0;
  /** Made when there is a second subscriber. */
  #table: Table | null = null;

  constructor(capture: Capture) {
    this.#capture = capture;
    this.#walker = capture.newWalker();
  }

  get subscribers(): number {
    return this.#subscribers;
  }

  /**
   * Whether a link with these sockets is one to a subscriber: only of a publisher that listens. One that connects has a link
   * of its own, and what others send that is the same are publications of theirs.
   */
  watches({ client, server }: SocketPair): boolean {
    return sendsTopics(server) && client !== null;
  }

  /** A link to a subscriber is open. */
  join(link: number): void {
    if (this.#slots.includes(link)) return;
    const free = this.#slots.indexOf(undefined);
    const slot = free < 0 ? this.#slots.length : free;
    this.#slots[slot] = link;
    this.#subscribers++;
    if (this.#subscribers > 1) this.#table ??= new Table();
    this.#table?.join(slot);
  }

  leave(link: number): void {
    const slot = this.#slots.indexOf(link);
    if (slot < 0) return;
    this.#slots[slot] = undefined;
    this.#subscribers--;
  }

  /** Row `n` went to the subscriber of `link`. */
  published(link: number, n: number, sizeBytes: number): void {
    const table = this.#table;
    if (this.#subscribers < 2 || table === null) return;
    const slot = this.#slots.indexOf(link);
    if (slot < 0 || slot >= MAX_SLOTS) return;
    const hash = this.#hash(n, sizeBytes);
    const nowNs = this.#capture.clock.nowNs();
    const first = table.firstWithout(slot, hash, sizeBytes, nowNs);
    if (first < 0) table.add(slot, hash, sizeBytes, n, nowNs);
    else this.#capture.copied(table.rows[first]!, n, table.addCopy(first, slot), this.#subscribers);
  }

  /** FNV-1a over the size and both ends of the first and the last frames. */
  #hash(n: number, sizeBytes: number): number {
    let hash = 0x811c9dc5 ^ (sizeBytes >>> 0);
    const walker = this.#walker;
    const frames = Math.min(this.#capture.seekRow(n, walker), MAX_FRAMES);
    for (let frame = 0; frame < frames; frame++) {
      do {
        if (!walker.nextHeader()) return hash >>> 0;
      } while (walker.isCommand);
      const size = walker.sizeBytes;
      hash = Math.imul(hash ^ size, 0x01000193);
      hash = this.#mix(hash, Math.min(size, COMPARED_BYTES));
      const middle = size - 2 * COMPARED_BYTES;
      if (middle > 0 && walker.skip(middle) < middle) return hash >>> 0;
      hash = this.#mix(hash, Math.min(Math.max(0, size - COMPARED_BYTES), COMPARED_BYTES));
    }
    return hash >>> 0;
  }

  #mix(hash: number, count: number): number {
    const walker = this.#walker;
    let mixed = hash;
    for (let left = count; left > 0 && walker.nextSpan(left); left -= walker.to - walker.from) {
      for (let at = walker.from; at < walker.to; at++) mixed = Math.imul(mixed ^ walker.slab[at]!, 0x01000193);
    }
    return mixed;
  }
}

/** Publications by their hash, the newest first. Entries are numbered for ever, from 1; the oldest is overwritten. */
class Table {
  readonly rows = new Float64Array(MAX_ENTRIES);
  readonly #hashes = new Uint32Array(MAX_ENTRIES);
  readonly #sizes = new Float64Array(MAX_ENTRIES);
  readonly #times = new Float64Array(MAX_ENTRIES);
  readonly #copies = new Uint32Array(MAX_ENTRIES);
  /** The next older entry of the same bucket. */
  readonly #older = new Float64Array(MAX_ENTRIES);
  /** A bit for each slot that got it. */
  readonly #had = new Uint32Array(MAX_ENTRIES * SLOT_WORDS);
  readonly #buckets = new Float64Array(MAX_ENTRIES);
  /** The last entry from before each slot's subscriber came, which can have got later ones only. */
  readonly #joined = new Float64Array(MAX_SLOTS);
  #entries = 0;

  /** The slot is another subscriber's from now on. */
  join(slot: number): void {
    this.#joined[slot] = this.#entries;
  }

  /** Place of the oldest such publication that this subscriber did not get yet; -1 when there is none. */
  firstWithout(slot: number, hash: number, sizeBytes: number, nowNs: number): number {
    let found = -1;
    let entry = this.#buckets[hash % MAX_ENTRIES]!;
    const oldest = Math.max(this.#joined[slot]!, this.#entries - MAX_ENTRIES);
    while (entry > oldest) {
      const at = entry % MAX_ENTRIES;
      if (nowNs - this.#times[at]! > WINDOW_NS) break;
      if (this.#hashes[at] === hash && this.#sizes[at] === sizeBytes) {
        if ((this.#had[at * SLOT_WORDS + (slot >>> 5)]! & (1 << (slot & 31))) !== 0) break;
        found = at;
      }
      entry = this.#older[at]!;
    }
    return found;
  }

  /** Counts one more that got it; returns how many did. */
  addCopy(at: number, slot: number): number {
    this.#had[at * SLOT_WORDS + (slot >>> 5)]! |= 1 << (slot & 31);
    this.#copies[at]!++;
    return this.#copies[at]!;
  }

  add(slot: number, hash: number, sizeBytes: number, n: number, nowNs: number): void {
    const entry = ++this.#entries;
    const at = entry % MAX_ENTRIES;
    const bucket = hash % MAX_ENTRIES;
    this.#hashes[at] = hash;
    this.#sizes[at] = sizeBytes;
    this.rows[at] = n;
    this.#times[at] = nowNs;
    this.#copies[at] = 1;
    this.#older[at] = this.#buckets[bucket]!;
    this.#had.fill(0, at * SLOT_WORDS, (at + 1) * SLOT_WORDS);
    this.#had[at * SLOT_WORDS + (slot >>> 5)] = 1 << (slot & 31);
    this.#buckets[bucket] = entry;
  }
}
