/** Most rows that may be selected. */
export const MAX_SELECTED = 10_000;

/** Which rows of a list are selected, by key, and from where Shift extends. At most 10,000. */
export class Selection {
  readonly #keys = new Set<number>();
  #anchor: number | null = null;

  get size(): number {
    return this.#keys.size;
  }

  /** In the order of the list. */
  get keys(): readonly number[] {
    return [...this.#keys].sort((a, b) => a - b);
  }

  has(key: number): boolean {
    return this.#keys.has(key);
  }

  /** Selects one row, or none. */
  only(key: number | null): void {
    this.#keys.clear();
    this.#anchor = key;
    if (key !== null) this.#keys.add(key);
  }

  /** Adds a row to the selection, or takes it out. Above the limit nothing is added. */
  toggle(key: number): void {
    this.#anchor = key;
    if (!this.#keys.delete(key) && this.#keys.size < MAX_SELECTED) this.#keys.add(key);
  }

  /** Selects all from where the selection began to `key`; where that is too much, those next to where it began. */
  extend(key: number): void {
    const anchor = this.#anchor ?? key;
    this.#keys.clear();
    const step = key < anchor ? -1 : 1;
    const count = Math.min(MAX_SELECTED, Math.abs(key - anchor) + 1);
    for (let i = 0; i < count; i++) this.#keys.add(anchor + i * step);
    this.#anchor = anchor;
  }

  /** Selects all rows of a list; where that is too much, the last ones. */
  all(firstKey: number, lastKey: number): void {
    this.#keys.clear();
    for (let key = Math.max(firstKey, lastKey - MAX_SELECTED + 1); key <= lastKey; key++) this.#keys.add(key);
    this.#anchor = lastKey < firstKey ? null : lastKey;
  }

  /** Rows before `firstKey` are gone. Whether one of them was selected. */
  dropBefore(firstKey: number): boolean {
    let isChanged = false;
    for (const key of this.#keys) if (key < firstKey) isChanged = this.#keys.delete(key) || isChanged;
    return isChanged;
  }
}
