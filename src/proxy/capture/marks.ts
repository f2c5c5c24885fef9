import type { Mark } from "../../shared/model.ts";

/** Rows that may be marked at once. */
export const MAX_MARKS = 10_000;
/** Longest note, in characters. */
export const MAX_NOTE_CHARS = 10_000;

const NONE: Mark = { pinned: false, note: "" };

/** Pins and notes by row, kept beside the rows since written blocks are final. */
export class Marks {
  readonly #marks = new Map<number, Mark>();
  /** Told after every change. */
  onChange: (() => void) | undefined;

  get size(): number {
    return this.#marks.size;
  }

  get pinned(): number {
    let count = 0;
    for (const { pinned } of this.#marks.values()) count += Number(pinned);
    return count;
  }

  of(n: number): Mark {
    return this.#marks.get(n) ?? NONE;
  }

  /** What an export writes of row `n`: `null` when nothing was marked. */
  find(n: number): Mark | null {
    return this.#marks.get(n) ?? null;
  }

  /** Changes what is given. False when there are too many marks for one more. A note that is too long is cut. */
  set(n: number, change: { readonly pinned?: boolean; readonly note?: string }): boolean {
    const before = this.of(n);
    const mark = {
      pinned: change.pinned ?? before.pinned,
      note: (change.note ?? before.note).slice(0, MAX_NOTE_CHARS),
    };
    if (!mark.pinned && mark.note === "") this.#marks.delete(n);
    else if (this.#marks.has(n) || this.#marks.size < MAX_MARKS) this.#marks.set(n, mark);
    else return false;
    this.onChange?.();
    return true;
  }

  /** Rows that are pinned, ascending. */
  pinnedRows(): number[] {
    return [...this.#marks].flatMap(([n, { pinned }]) => (pinned ? [n] : [])).sort((a, b) => a - b);
  }

  /** Forgets the marks of rows that are not kept any more. */
  keepOnly(isKept: (n: number) => boolean): void {
    let hasChanged = false;
    for (const n of this.#marks.keys()) {
      if (isKept(n)) continue;
      this.#marks.delete(n);
      hasChanged = true;
    }
    if (hasChanged) this.onChange?.();
  }

  toJson(): readonly (Mark & { readonly n: number })[] {
    return [...this.#marks].map(([n, mark]) => ({ n, ...mark }));
  }

  /** Takes what toJson() gave; anything else is left out. */
  fromJson(value: unknown): void {
    if (!Array.isArray(value)) return;
    for (const entry of value as readonly unknown[]) {
      const { n, pinned, note } = (entry ?? {}) as Record<string, unknown>;
      if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 1) continue;
      this.set(n, { pinned: pinned === true, note: typeof note === "string" ? note : "" });
    }
  }
}
