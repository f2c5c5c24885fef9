import type { Row } from "../src/shared/model.ts";
import type { ColumnId } from "./columns.ts";

/**
 * Columns that say nothing about any row that was read: the tap where there is one, latency where nothing is asked. Once
 * a row has something to say, its column stays.
 */
export class IdleColumns {
  #columns: ReadonlySet<ColumnId> = new Set();
  #tap: string | null = null;
  #hasTaps = false;
  #hasExchanges = false;

  /** None before the first row. */
  get columns(): ReadonlySet<ColumnId> {
    return this.#columns;
  }

  /** Takes rows that were read. Whether other columns are idle now. */
  learn(rows: readonly Row[]): boolean {
    for (const { tapName, exchange } of rows) {
      this.#tap ??= tapName;
      this.#hasTaps ||= tapName !== this.#tap;
      this.#hasExchanges ||= exchange !== "none";
    }
    if (this.#tap === null) return false;
    const before = this.#columns.size;
    this.#columns = new Set<ColumnId>([
      ...(this.#hasTaps ? [] : (["tap"] as const)),
      ...(this.#hasExchanges ? [] : (["latency"] as const)),
    ]);
    return this.#columns.size !== before;
  }

  reset(): void {
    this.#columns = new Set();
    this.#tap = null;
    this.#hasTaps = false;
    this.#hasExchanges = false;
  }
}
