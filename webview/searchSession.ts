import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { Asker } from "./viewChannel.ts";

/**
 * The one search of a view. A newer text replaces an older one, whose answer is then of no interest: it is stopped as
 * soon as it has an id. `onChange` gets the state of the current search, `null` when there is none.
 */
export class SearchSession {
  readonly #asker: Asker;
  readonly #onChange: (state: FilterState | null) => void;
  readonly #onFailure: (error: unknown) => void;
  #state: FilterState | null = null;
  #text = "";
  #turn = 0;

  constructor(asker: Asker, onChange: (state: FilterState | null) => void, onFailure: (error: unknown) => void) {
    this.#asker = asker;
    this.#onChange = onChange;
    this.#onFailure = onFailure;
  }

  get state(): FilterState | null {
    return this.#state;
  }

  get text(): string {
    return this.#text;
  }

  /** Searches for `text` from now on; with an empty one there is no search. The same text again does nothing. */
  async search(text: string): Promise<void> {
    if (text === this.#text) return;
    await this.#begin(text);
  }

  /** The capture is new: what was found is gone, and the engine has forgotten the search. */
  async restart(): Promise<void> {
    this.#state = null;
    if (this.#text !== "") await this.#begin(this.#text);
  }

  /** Takes what the engine tells of a running search. */
  take(state: FilterState): void {
    if (state.filter !== this.#state?.filter) return;
    this.#state = state;
    this.#onChange(state);
  }

  async #begin(text: string): Promise<void> {
    const turn = ++this.#turn;
    const old = this.#state;
    this.#text = text;
    this.#state = null;
    if (old !== null) this.#stop(old.search);
    if (text === "") {
      this.#onChange(null);
      return;
    }
    try {
      const state = await this.#asker.ask("filter/start", { text });
      if (turn !== this.#turn) {
        this.#stop(state.filter);
        return;
      }
      this.#state = state;
      this.#onChange(state);
    } catch (error) {
      if (turn === this.#turn) this.#onFailure(error);
    }
  }

  #stop(filter: number): void {
    this.#asker.ask("filter/stop", { search }).catch(this.#onFailure);
  }
}
