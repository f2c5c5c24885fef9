import type { FilterState } from "../../shared/engineProtocol.ts";
import type { Capture } from "./capture.ts";
import { Pages } from "./pages.ts";

/** Longest time that a search may keep the relay waiting. */
const SLICE_MS = 3;
/** The clock is looked at after so many rows, or octets. */
const ROWS_PER_LOOK = 64;
const BYTES_PER_LOOK = 262_144;
/** How soon new rows are looked at once all others have been. */
const FOLLOW_MS = 50;
/** Time between two reports while a search is under way. */
const REPORT_MS = 100;
/** What stepping to a frame costs, in octets looked at. */
const FRAME_COST_BYTES = 16;
const HITS_PER_PAGE = 4096;
const DEFAULT_MAX_HITS = 4_000_000;
const MANY_FRAMES = 0xffff;

export type SearchOptions = {
  readonly filter: number;
  readonly text: string;
  /** What an event row is searched for. */
  readonly eventText: (n: number) => string;
  /** Told now and then while it advances, and whenever it has caught up after new rows. */
  readonly onAdvance: (state: FilterState) => void;
  readonly maxHits?: number;
};

/**
 * Finds a substring in the octets of every frame (ASCII letters without regard to case) and in the words of events. Works
 * in slices of a few milliseconds, goes on with new rows until disposed, and forgets hits that left the capture. Hits have
 * positions from 0, the oldest that is kept. Payload is read where it lies; a match does not span frames.
 */
export class Search {
  readonly filter: number;
  readonly text: string;
  readonly #capture: Capture;
  readonly #options: SearchOptions;
  readonly #matcher: Matcher;
  readonly #hits = new Pages(2, HITS_PER_PAGE);
  /** Hits are numbered for ever; those before #firstHit are gone. */
  #firstHit = 0;
  #nextHit = 0;
  #notListed = 0;
  /** The row that is looked at next. */
  #next: number;
  #looked = 0;
  #reportedMs = -Infinity;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(capture: Capture, options: SearchOptions) {
    this.filter = options.filter;
    this.text = options.text;
    this.#capture = capture;
    this.#options = options;
    this.#matcher = new Matcher(capture, options.text);
    this.#next = capture.firstN;
    this.#immediate = setImmediate(() => this.#run());
  }

  get state(): FilterState {
    const { filter, text } = this;
    return { filter, text, hits: this.total, looked: this.#looked, unknown: 0, done: this.#next > this.#capture.lastN };
  }

  /** Hits that are kept. */
  get total(): number {
    this.#trim();
    return this.#nextHit - this.#firstHit;
  }

  /** Rows that matched after the list of hits was full. */
  get notListed(): number {
    return this.#notListed;
  }

  /** Row of a hit; undefined where there is none. */
  at(position: number): number | undefined {
    return position >= 0 && position < this.total ? this.#hit(this.#firstHit + position) : undefined;
  }

  /** Position of row `n`, or of the first hit after it; `total` when there is none. */
  find(n: number): number {
    this.#trim();
    let low = this.#firstHit;
    let high = this.#nextHit;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#hit(middle) < n) low = middle + 1;
      else high = middle;
    }
    return low - this.#firstHit;
  }

  dispose(): void {
    this.#isDisposed = true;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
  }

  #run(): void {
    const hadNothing = this.#next > this.#capture.lastN && this.#reportedMs >= 0;
    this.#slice(performance.now() + SLICE_MS);
    const nowMs = performance.now();
    const isDone = this.#next > this.#capture.lastN;
    if (!hadNothing && (isDone || nowMs - this.#reportedMs >= REPORT_MS)) {
      this.#reportedMs = nowMs;
      this.#options.onAdvance(this.state);
    }
    if (this.#isDisposed) return;
    if (isDone) this.#timer = setTimeout(() => this.#run(), FOLLOW_MS).unref();
    else this.#immediate = setImmediate(() => this.#run());
  }

  #slice(endMs: number): void {
    const capture = this.#capture;
    const matcher = this.#matcher;
    if (this.#next < capture.firstN) this.#next = capture.firstN;
    let rows = 0;
    while (this.#next <= capture.lastN) {
      const n = this.#next;
      const isEvent = !matcher.isInside(n) && capture.isEvent(n);
      const verdict = isEvent ? matcher.matchesText(this.#options.eventText(n)) : matcher.look(n, BYTES_PER_LOOK);
      if (verdict !== undefined) {
        if (verdict) this.#add(n);
        this.#next = n + 1;
        this.#looked++;
      }
      if ((isEvent || verdict === undefined || ++rows % ROWS_PER_LOOK === 0) && performance.now() >= endMs) return;
    }
  }

  #add(n: number): void {
    this.#trim();
    if (this.#nextHit - this.#firstHit >= (this.#options.maxHits ?? DEFAULT_MAX_HITS)) {
      this.#notListed++;
      return;
    }
    const page = this.#hits.page(this.#nextHit) ?? this.#hits.open(this.#nextHit);
    page.doubles[this.#hits.at(this.#nextHit) >> 1] = n;
    this.#nextHit++;
  }

  #hit(index: number): number {
    return this.#hits.page(index)!.doubles[this.#hits.at(index) >> 1]!;
  }

  #trim(): void {
    const { firstN } = this.#capture;
    if (this.#firstHit === this.#nextHit || this.#hit(this.#firstHit) >= firstN) return;
    let low = this.#firstHit;
    let high = this.#nextHit;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#hit(middle) < firstN) low = middle + 1;
      else high = middle;
    }
    this.#firstHit = low;
    this.#hits.dropBelow(low, 0);
  }
}

/** Knuth-Morris-Pratt over folded octets, so that a match may lie across chunks and a walk may pause anywhere. */
class Matcher {
  readonly #capture: Capture;
  readonly #walker;
  readonly #text: string;
  readonly #pattern: Uint8Array;
  readonly #fallback: Uint32Array;
  readonly #fold = new Uint8Array(256);
  /** The row that look() has begun and not decided yet; 0 for none. */
  #row = 0;
  #framesLeft = 0;
  #hasMany = false;
  #matched = 0;

  constructor(capture: Capture, text: string) {
    this.#capture = capture;
    this.#walker = capture.newWalker();
    this.#text = foldText(text);
    for (let octet = 0; octet < 256; octet++) this.#fold[octet] = octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet;
    this.#pattern = Buffer.from(this.#text, "utf8");
    this.#fallback = fallbacks(this.#pattern);
  }

  isInside(n: number): boolean {
    return this.#row === n;
  }

  matchesText(text: string): boolean {
    return foldText(text).includes(this.#text);
  }

  /** Looks at about `budget` octets of row `n`: whether it matches, or undefined when there is more to look at. */
  look(n: number, budget: number): boolean | undefined {
    if (this.#pattern.length === 0) return true;
    const walker = this.#walker;
    if (this.#row !== n) {
      this.#row = n;
      this.#framesLeft = this.#capture.seekRow(n, walker);
      this.#hasMany = this.#framesLeft === MANY_FRAMES;
      this.#matched = 0;
      if (this.#framesLeft === 0 || !this.#nextFrame()) return this.#decide(false);
    }
    let left = budget;
    for (;;) {
      while (walker.nextSpan(left)) {
        if (this.#scan(walker.slab, walker.from, walker.to)) return this.#decide(true);
        left -= walker.to - walker.from;
        if (left <= 0) return undefined;
      }
      this.#framesLeft = this.#hasMany ? Number(walker.hasMore) : this.#framesLeft - 1;
      if (this.#framesLeft === 0 || !this.#nextFrame()) return this.#decide(false);
      this.#matched = 0;
      left -= FRAME_COST_BYTES;
      if (left <= 0) return undefined;
    }
  }

  #decide(verdict: boolean): boolean {
    this.#row = 0;
    return verdict;
  }

  /** Encrypted rows are one frame whatever its flags say; between the frames of a message, commands are left out. */
  #nextFrame(): boolean {
    const walker = this.#walker;
    const isOnlyFrame = this.#framesLeft === 1 && !this.#hasMany && this.#capture.isEncrypted(this.#row);
    do {
      if (!walker.nextHeader()) return false;
    } while (walker.isCommand && !isOnlyFrame);
    return true;
  }

  #scan(bytes: Uint8Array, from: number, to: number): boolean {
    const pattern = this.#pattern;
    const fold = this.#fold;
    const fallback = this.#fallback;
    const first = pattern[0]!;
    const length = pattern.length;
    let matched = this.#matched;
    for (let at = from; at < to; at++) {
      const octet = fold[bytes[at]!]!;
      if (matched === 0) {
        if (octet !== first) continue;
      } else {
        while (matched > 0 && octet !== pattern[matched]!) matched = fallback[matched - 1]!;
        if (octet !== pattern[matched]!) continue;
      }
      if (++matched === length) return true;
    }
    this.#matched = matched;
    return false;
  }
}

/** ASCII letters only, as for payload. */
function foldText(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** For each prefix of the pattern, how much of it is matched still when the next octet does not fit. */
function fallbacks(pattern: Uint8Array): Uint32Array {
  const table = new Uint32Array(pattern.length);
  for (let at = 1, matched = 0; at < pattern.length; at++) {
    while (matched > 0 && pattern[at] !== pattern[matched]) matched = table[matched - 1]!;
    if (pattern[at] === pattern[matched]) matched++;
    table[at] = matched;
  }
  return table;
}
