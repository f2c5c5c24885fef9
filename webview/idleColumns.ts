import type { Row } from "../src/shared/model.ts";
import type { ColumnId } from "./columns.ts";

/**
 * Columns that say nothing about any row that was read: the tap where there is one, method where no dialect is known, status
 * and latency where nothing is asked. Once a row has something to say, its column stays.
 */
export class IdleColumns {
  #columns: ReadonlySet<ColumnId> = new Set();
  #tap: string | null = null;
  #hasTaps = false;
  #hasExchanges = false;
  #hasMethods = false;
  #hasStatuses = false;

  /** None before the first row. */
  get columns(): ReadonlySet<ColumnId> {
    return this.#columns;
  }

  /** Takes rows that were read. Whether other columns are idle now. */
  learn(rows: readonly Row[]): boolean {
    for (const { tapName, exchange, method, dialect, status } of rows) {
      this.#tap ??= tapName;
      this.#hasTaps ||= tapName !== this.#tap;
      this.#hasExchanges ||= exchange !== "none";
      this.#hasMethods ||= method !== "";
      // Without a dialect it says no more than the latency does.
      this.#hasStatuses ||= dialect !== null && status !== "none";
    }
    if (this.#tap === null) return false;
    const before = this.#columns.size;
    this.#columns = new Set<ColumnId>([
      ...(this.#hasTaps ? [] : (["tap"] as const)),
      ...(this.#hasExchanges ? [] : (["latency"] as const)),
      ...(this.#hasMethods ? [] : (["method"] as const)),
      ...(this.#hasStatuses ? [] : (["status"] as const)),
    ]);
    return this.#columns.size !== before;
  }

  reset(): void {
    this.#columns = new Set();
    this.#tap = null;
    this.#hasTaps = false;
    this.#hasExchanges = false;
    this.#hasMethods = false;
    this.#hasStatuses = false;
  }
}
