import type { FilterState } from "../src/shared/engineProtocol.ts";
import { MAX_ROWS_PER_READ } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, Row } from "../src/shared/model.ts";
import { ListModel } from "./listModel.ts";
import type { Asker } from "./viewChannel.ts";

/** Rows read around those in sight, so that short moves find them there, and pairs whose other half is near. */
const MARGIN_ROWS = 60;

export type FeedEvents = {
  /** Rows were read; counts may have changed with them. */
  read(rows: readonly Row[]): void;
  failed(error: unknown): void;
};

/** The rows that the log lists, for another picture of them: what is in sight is read, and again while it may change. */
export class RowFeed {
  readonly #model = new ListModel();
  readonly #events: FeedEvents;
  #asker: Asker | null = null;
  #inSight = { first: 0, count: 0 };
  /** As the filter's state has it. */
  #again = 0;
  #isReading = false;
  #isStale = false;
  /** How far the engine's clock is before this page's, which nobody sets; `null` before rows were read. */
  #aheadMs: number | null = null;
  readonly #now: () => number;

  constructor(events: FeedEvents, now: () => number = () => performance.now()) {
    this.#events = events;
    this.#now = now;
  }

  set asker(asker: Asker | null) {
    this.#asker = asker;
  }

  get total(): number {
    return this.#model.total;
  }

  get firstKey(): number {
    return this.#model.firstKey;
  }

  /** The list has every row, so that the key of a row is its number. */
  get isWhole(): boolean {
    return this.#model.filter === null;
  }

  /** What the engine's clock says now, which the times of rows are by; `null` before rows were read. */
  get nowMs(): number | null {
    return this.#aheadMs === null ? null : this.#aheadMs + this.#now();
  }

  row(key: number): Row | undefined {
    return this.#model.row(key);
  }

  /** Takes new counters. */
  grew(stats: CaptureStats): void {
    this.#model.setStats(stats);
    if (this.#model.hasOpen(this.#model.firstKey + this.#inSight.first, this.#inSight.count)) this.#isStale = true;
    this.#readMissing();
  }

  /** Lists what a filter lets through from now on, `null` all rows. Whether it is another one than before. */
  filtered(state: FilterState | null, stats: CaptureStats | null): boolean {
    const filter = state?.filter ?? null;
    const { again = 0 } = state ?? {};
    const isMoved = again !== this.#again;
    this.#again = again;
    if (filter === this.#model.filter) {
      if (state !== null) this.#model.setHits(state.firstHit, state.hits);
      // Hits have come among the others, or left them.
      if (isMoved) this.readAgain();
      return false;
    }
    this.#model.reset(
      filter,
      state === null ? (stats?.firstN ?? 1) : state.firstHit,
      state === null ? (stats?.kept ?? 0) : state.hits,
    );
    return true;
  }

  pause(isPaused: boolean): void {
    if (!isPaused) this.#model.resume();
    else if (this.#model.pausedN === null) this.#model.pause();
  }

  forget(): void {
    this.#model.reset(null, 1, 0);
  }

  /** Rows in sight may say something else now. */
  readAgain(): void {
    this.#model.forgetOthers(this.#model.firstKey + this.#inSight.first, this.#inSight.count);
    this.#isStale = true;
    this.#readMissing();
  }

  /** Says which positions are in sight, and reads what is missing of them. */
  look(first: number, count: number): void {
    const { first: before, count: many } = this.#inSight;
    if (before !== first || many !== count) this.#inSight = { first, count };
    this.#readMissing();
  }

  /** The key of row `n`; `null` where the list does not have it. */
  async keyOf(n: number): Promise<number | null> {
    const { filter } = this.#model;
    if (this.#asker === null) return null;
    const { position } = await this.#asker.ask("rows/find", { filter, n });
    const window = await this.#asker.ask("rows/read", { filter, from: position, count: 1 });
    if (window.rows[0]?.n !== n || this.#model.filter !== filter) return null;
    this.#model.take(filter, window);
    return window.firstN + window.from;
  }

  /** Up to `count` rows from a position on, for a file. */
  async rows(from: number, count: number): Promise<readonly Row[]> {
    const { filter } = this.#model;
    const rows: Row[] = [];
    while (rows.length < count && this.#asker !== null) {
      const wanted = Math.min(MAX_ROWS_PER_READ, count - rows.length);
      const window = await this.#asker.ask("rows/read", { filter, from: from + rows.length, count: wanted });
      rows.push(...window.rows);
      if (window.rows.length < wanted) break;
    }
    return rows;
  }

  #readMissing(): void {
    const asker = this.#asker;
    const { first, count } = this.#inSight;
    if (this.#isReading || asker === null || count === 0) return;
    const { filter, firstKey } = this.#model;
    const isMissing = this.#model.missing(firstKey + first, count) !== null;
    if (!isMissing && !this.#isStale) return;
    const wanted = isMissing
      ? this.#model.missing(firstKey + first - MARGIN_ROWS, count + 2 * MARGIN_ROWS)
      : { filter, from: first, count };
    this.#isStale = false;
    if (wanted === null || wanted.count === 0) return;
    this.#isReading = true;
    void this.#read(asker, wanted);
  }

  async #read(asker: Asker, wanted: { filter: number | null; from: number; count: number }): Promise<void> {
    const asked = this.#inSight;
    try {
      const window = await asker.ask("rows/read", wanted);
      this.#aheadMs = window.nowMs - this.#now();
      this.#model.take(wanted.filter, window);
      this.#events.read(window.rows);
    } catch (error) {
      this.#events.failed(error);
    } finally {
      this.#isReading = false;
    }
    // What did not come is asked for again with the next notice or move.
    if (this.#inSight !== asked || this.#isStale) this.#readMissing();
  }
}
