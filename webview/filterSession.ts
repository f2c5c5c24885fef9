import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { Asker } from "./viewChannel.ts";

/** What a view wants to see: an expression, and whether further copies of publications, and heartbeats, are left out. */
export type WantedFilter = { readonly text: string; readonly fold: boolean; readonly foldHeartbeats: boolean };

/**
 * The one filter of a view. A newer one replaces an older one as soon as the engine has begun it, so that a refused one
 * changes nothing. `onChange` gets the state of the current filter, `null` when there is none.
 */
export class FilterSession {
  readonly #asker: Asker;
  readonly #onChange: (state: FilterState | null) => void;
  readonly #onFailure: (error: unknown) => void;
  #state: FilterState | null = null;
  #wanted: WantedFilter | null = null;
  #hasFailed = false;
  #begun = Promise.resolve();
  #turn = 0;

  constructor(asker: Asker, onChange: (state: FilterState | null) => void, onFailure: (error: unknown) => void) {
    this.#asker = asker;
    this.#onChange = onChange;
    this.#onFailure = onFailure;
  }

  get state(): FilterState | null {
    return this.#state;
  }

  /** Shows what `wanted` lets through from now on, or everything. Resolves when it has begun; the same again only waits. */
  apply(wanted: WantedFilter | null): Promise<void> {
    if (this.#hasFailed || !isSame(wanted, this.#wanted)) this.#begun = this.#begin(wanted);
    return this.#begun;
  }

  /** The capture is new: what was found is gone, and the host has stopped the filter. */
  restart(wanted: WantedFilter | null): Promise<void> {
    this.#state = null;
    this.#begun = this.#begin(wanted);
    return this.#begun;
  }

  /** Begins the same once more, since rows are judged otherwise now. */
  again(): void {
    if (this.#wanted !== null) this.#begun = this.#begin(this.#wanted);
  }

  /** Takes what the engine tells of a filter. */
  take(state: FilterState): void {
    if (state.filter !== this.#state?.filter) return;
    this.#state = state;
    this.#onChange(state);
  }

  async #begin(wanted: WantedFilter | null): Promise<void> {
    const turn = ++this.#turn;
    const isAwaited = this.#wanted !== null;
    this.#wanted = wanted;
    this.#hasFailed = false;
    if (wanted === null) {
      // Whoever waits for the answer of the one before is told, too.
      this.#replace(null, isAwaited);
      return;
    }
    try {
      const state = await this.#asker.ask("filter/start", wanted);
      if (turn === this.#turn) this.#replace(state);
      else this.#stop(state.filter);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#hasFailed = true;
      this.#onFailure(error);
    }
  }

  #replace(state: FilterState | null, isAwaited = false): void {
    const old = this.#state;
    this.#state = state;
    if (old !== null) this.#stop(old.filter);
    if (old !== null || state !== null || isAwaited) this.#onChange(state);
  }

  #stop(filter: number): void {
    this.#asker.ask("filter/stop", { filter }).catch(this.#onFailure);
  }
}

function isSame(a: WantedFilter | null, b: WantedFilter | null): boolean {
  if (a === null || b === null) return a === b;
  return a.text === b.text && a.fold === b.fold && a.foldHeartbeats === b.foldHeartbeats;
}
