import { type FilterId, MAX_ROWS_PER_READ, type RowWindow } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, Row } from "../src/shared/model.ts";

const PAGE_ROWS = 64;
const MAX_PAGES = 24;

type Page = { readonly rows: (Row | undefined)[]; usedAt: number };

/** What to ask next: positions in the list, not keys. With `firstN` they are those of rows, whatever is evicted meanwhile. */
export type Wanted = {
  readonly filter: FilterId;
  readonly from: number;
  readonly count: number;
  readonly firstN?: number;
};

/**
 * The rows that the list knows, and where they are. Rows have a `key` that stays the same when older rows are evicted:
 * `n` without a filter, else the number of the hit. The position in the list is `key - firstKey`.
 * Holds a bounded number of pages; nothing here touches the page or the channel.
 */
export class ListModel {
  #filter: FilterId = null;
  #firstKey = 1;
  #total = 0;
  /** The last key shown while the display is paused. */
  #pausedKey: number | null = null;
  /** The last row that had come by then. */
  #pausedN: number | null = null;
  #lastN = 0;
  readonly #pages = new Map<number, Page>();
  #clock = 0;

  get filter(): FilterId {
    return this.#filter;
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

  /** The last row that had come when the display was paused. */
  get pausedN(): number | null {
    return this.#pausedN;
  }

  /**
   * Forgets all rows and shows another list: all rows, or the hits of a filter. Hits of a filter that was started while
   * the display is paused are all shown, since somebody asked for them just now, unless `pause` is called again.
   */
  reset(filter: FilterId, firstKey: number, total: number): void {
    this.#filter = filter;
    this.#firstKey = firstKey;
    this.#total = total;
    this.#pausedKey = filter === null ? this.#pausedN : null;
    this.#pages.clear();
  }

  /** Takes new counters. Hits of a filter are told by `setHits`. */
  setStats(stats: CaptureStats): void {
    this.#lastN = stats.lastN;
    if (this.#filter !== null) return;
    this.#firstKey = stats.firstN;
    this.#total = stats.kept;
    // A new engine counts from 1 again.
    if (this.#pausedKey !== null && this.#pausedKey > stats.lastN) this.pause(stats.lastN);
  }

  /** Takes how many hits a filter has from the number `firstHit` on. Those that are known to be gone do not come back. */
  setHits(firstHit: number, hits: number): void {
    if (this.#filter === null) return;
    this.#firstKey = Math.max(this.#firstKey, firstHit);
    this.#total = Math.max(0, firstHit + hits - this.#firstKey);
  }

  /** Shows nothing after `key` (by default the last row of now) until resumed. */
  pause(key: number = this.#firstKey + this.#total - 1): void {
    this.#pausedKey = key;
    if (this.#filter === null) this.#pausedN = key;
    else this.#pausedN ??= this.#lastN;
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
      filter: this.#filter,
      from: from - this.#firstKey,
      count: Math.min(MAX_ROWS_PER_READ, last - from + 1),
    };
  }

  /**
   * What is to be read before the list has `total` rows from `firstKey` on, since those that come into sight are not known
   * or may still change; `null` for nothing. `count` rows are in sight, from `topKey` on or with `null` the last ones.
   */
  unread(
    { firstKey, total }: { readonly firstKey: number; readonly total: number },
    { topKey, count }: { readonly topKey: number | null; readonly count: number },
  ): Wanted | null {
    // Of a list that stands still, the oldest rows come into sight when those go that were.
    if (topKey !== null && topKey >= firstKey) return null;
    const inSight = Math.min(total, count, MAX_ROWS_PER_READ);
    const end = topKey === null ? total : inSight;
    for (let from = end - inSight; from < end; from++) {
      const row = this.row(firstKey + from);
      if (row !== undefined && !isOpen(row)) continue;
      const wanted = { filter: this.#filter, from, count: end - from };
      return topKey === null ? { ...wanted, firstN: firstKey } : wanted;
    }
    return null;
  }

  /** Forgets all pages but those of `count` rows from `firstKey` on. */
  forgetOthers(firstKey: number, count: number): void {
    const [from, to] = [firstKey, firstKey + count].map((key) => Math.floor(key / PAGE_ROWS)) as [number, number];
    for (const page of this.#pages.keys()) if (page < from || page > to) this.#pages.delete(page);
  }

  /** Whether one of `count` rows from `firstKey` on may still change: a request that waits, or a call that is not paired yet. */
  hasOpen(firstKey: number, count: number): boolean {
    for (let key = firstKey; key < firstKey + count; key++) {
      const row = this.row(key);
      if (row !== undefined && isOpen(row)) return true;
    }
    return false;
  }

  /**
   * Takes an answer to a read of this filter; its `firstN` says how positions and keys go together now. The list has all
   * rows that there are now, or for `read` none behind those that it had and those that were read.
   */
  take(filter: FilterId, window: Omit<RowWindow, "nowMs">, upTo: "all" | "read" = "all"): void {
    if (filter !== this.#filter) return;
    const end = this.#firstKey + this.#total;
    const base = window.firstN;
    this.#firstKey = Math.max(this.#firstKey, base);
    const read = Math.max(window.from + window.rows.length, end - base);
    const total = upTo === "all" ? window.total : Math.min(window.total, read);
    this.#total = Math.max(0, total - (this.#firstKey - base));
    window.rows.forEach((row, i) => {
      this.#put(base + window.from + i, row);
    });
    this.#trim();
  }

  /** Where row `n` is, `null` when it is not known. */
  keyOf(n: number): number | null {
    for (const [index, { rows }] of this.#pages) {
      const at = rows.findIndex((row) => row?.n === n);
      if (at >= 0) return index * PAGE_ROWS + at;
    }
    return null;
  }

  forget(key: number): void {
    const index = Math.floor(key / PAGE_ROWS);
    const page = this.#pages.get(index);
    if (page !== undefined) page.rows[key - index * PAGE_ROWS] = undefined;
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

function isOpen({ exchange, status, saidKind, outcome }: Row): boolean {
  if (exchange === "pending" || status === "pending" || status === "acknowledged") return true;
  if (saidKind === "call" || saidKind === "reply" || saidKind === "error") return exchange === "none";
  return saidKind === "signal" && outcome === null;
}
