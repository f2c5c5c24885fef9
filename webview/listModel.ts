import { MAX_ROWS_PER_READ, type RowWindow, type FilterId } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, Row } from "../src/shared/model.ts";

const PAGE_ROWS = 64;
const MAX_PAGES = 24;

type Page = { readonly rows: (Row | undefined)[]; usedAt: number };

/** What to ask next: positions in the list, not keys. */
export type Wanted = { readonly filter: FilterId; readonly from: number; readonly count: number };

/**
 * The rows that the list knows, and where they are. Rows have a `key` that stays the same when older rows are evicted:
 * `n` without a search, else the position plus the hits evicted so far. The position in the list is `key - firstKey`.
 * Holds a bounded number of pages; nothing here touches the page or the channel.
 */
export class ListModel {
  #filter: FilterId = null;
  #firstKey = 1;
  #total = 0;
  /** The last key shown while the display is paused. */
  #pausedKey: number | null = null;
  /** The same for the list of all rows, while a search is shown. */
  #pausedN: number | null = null;
  readonly #pages = new Map<number, Page>();
  #clock = 0;

  get search(): FilterId {
    return this.#search;
  }

  get firstKey(): number {
    return this.#firstKey;
  }

  /** Rows to show, without those that a paused display hides. */
  get total(): number {
    return Math.max(0, this.#total - this.hidden);
  }

  /** Rows that came since the display was paused. */
  get hidden(): number {
    if (this.#pausedKey === null) return 0;
    return Math.min(this.#total, Math.max(0, this.#firstKey + this.#total - 1 - this.#pausedKey));
  }

  get lastKey(): number {
    return this.#firstKey + this.total - 1;
  }

  /** The last row of the list of all rows that is shown while paused. */
  get pausedN(): number | null {
    return this.#pausedN;
  }

  /**
   * Forgets all rows and shows another list: all rows, or the hits of a search. Hits of a search that was started while
   * the display is paused are all shown, since somebody asked for them just now.
   */
  reset(filter: FilterId, firstKey: number, total: number): void {
    this.#search = search;
    this.#firstKey = firstKey;
    this.#total = total;
    this.#pausedKey = search === null ? this.#pausedN : null;
    this.#pages.clear();
  }

  /** Takes new counters. Hits of a search are told by `setHits`, so a search only learns here that rows may be stale. */
  setStats(stats: CaptureStats): void {
    if (this.#search !== null) return;
    this.#firstKey = stats.firstN;
    this.#total = stats.kept;
    // A new engine counts from 1 again.
    if (this.#pausedKey !== null && this.#pausedKey > stats.lastN) this.pause(stats.lastN);
  }

  setHits(hits: number): void {
    if (this.#search !== null) this.#total = hits;
  }

  /** Shows nothing after `key` (by default the last row of now) until resumed. */
  pause(key: number = this.#firstKey + this.#total - 1): void {
    this.#pausedKey = key;
    if (this.#search === null) this.#pausedN = key;
  }

  resume(): void {
    this.#pausedKey = null;
    this.#pausedN = null;
  }

  row(key: number): Row | undefined {
    const page = this.#pages.get(Math.floor(key / PAGE_ROWS));
    if (page === undefined || key < this.#firstKey) return undefined;
    page.usedAt = ++this.#clock;
    return page.rows[key - Math.floor(key / PAGE_ROWS) * PAGE_ROWS];
  }

  /** The smallest read that brings what is missing of `count` rows from `firstKey` on, or `null` when all are there. */
  missing(firstKey: number, count: number): Wanted | null {
    const end = Math.min(firstKey + count, this.#firstKey + this.total);
    let from = Math.max(firstKey, this.#firstKey);
    while (from < end && this.row(from) !== undefined) from++;
    if (from >= end) return null;
    let last = end - 1;
    while (last > from && this.row(last) !== undefined) last--;
    return {
      search: this.#search,
      from: from - this.#firstKey,
      count: Math.min(MAX_ROWS_PER_READ, last - from + 1),
    };
  }

  /** Whether one of `count` rows from `firstKey` on may still change: a request that waits. */
  hasOpen(firstKey: number, count: number): boolean {
    for (let key = firstKey; key < firstKey + count; key++) if (this.row(key)?.exchange === "pending") return true;
    return false;
  }

  /** Takes an answer to a read of this search. Without a search, `firstN` says how positions and keys go together now. */
  take(filter: FilterId, window: RowWindow): void {
    if (search !== this.#search) return;
    if (search === null) this.#firstKey = Math.max(this.#firstKey, window.firstN);
    const base = search === null ? window.firstN : this.#firstKey;
    this.#total = Math.max(0, window.total - (search === null ? this.#firstKey - window.firstN : 0));
    window.rows.forEach((row, i) => {
      this.#put(base + window.from + i, row);
    });
    this.#trim();
  }

  /** Says that the row known as `key` is now at `position`, since hits before it were evicted. Keys stay as they are. */
  rebase(key: number, position: number): void {
    this.#firstKey = key - position;
  }

  /** Forgets rows read so far without moving. */
  forgetRows(): void {
    this.#pages.clear();
  }

  #put(key: number, row: Row): void {
    const index = Math.floor(key / PAGE_ROWS);
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = { rows: [], usedAt: ++this.#clock };
      this.#pages.set(index, page);
    }
    page.rows[key - index * PAGE_ROWS] = row;
  }

  #trim(): void {
    while (this.#pages.size > MAX_PAGES) {
      let oldest = -1;
      let oldestUse = Infinity;
      for (const [index, page] of this.#pages) {
        if (page.usedAt < oldestUse) {
          oldest = index;
          oldestUse = page.usedAt;
        }
      }
      this.#pages.delete(oldest);
    }
  }
}
