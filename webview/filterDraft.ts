import type { FilterError } from "../src/shared/filter/ast.ts";
import { parseFilter } from "../src/shared/filter/parse.ts";
import { HistoryWalk } from "./historyWalk.ts";

/** What a change of the text comes to. `isTyping`: it was not confirmed, and is not one for the history. */
export type AppliedFilter = { readonly text: string; readonly isTyping: boolean };

/** The text of a filter bar while it is edited, what is wrong with it, and which text is applied. */
export class FilterDraft {
  #text = "";
  #applied: AppliedFilter = { text: "", isTyping: false };
  #error: FilterError | null = null;
  readonly #walk = new HistoryWalk();

  get text(): string {
    return this.#text;
  }

  /** What is wrong, once somebody has paused or confirmed; the sentence and the underline are of the same moment. */
  get error(): FilterError | null {
    return this.#error;
  }

  get isWalking(): boolean {
    return this.#walk.isWalking;
  }

  /** Somebody else has set the filter. */
  set(text: string): void {
    this.#change(text);
    this.#walk.stop();
    this.#applied = { text, isTyping: false };
  }

  /** A text that was typed. An error that is shown follows it at once, a new one waits for a pause. */
  type(text: string): void {
    this.#change(text);
    this.#walk.stop();
  }

  /** Somebody has paused: what to apply, or `null` when there is nothing new or something is wrong. */
  pause(): AppliedFilter | null {
    return this.#judge(true);
  }

  /** Somebody has confirmed the text. */
  confirm(): AppliedFilter | null {
    this.#walk.stop();
    return this.#judge(false);
  }

  /** The text with the suggestion in it and where the cursor goes, or `null` when nothing is suggested. */
  takeSuggestion(): { readonly text: string; readonly cursor: number } | null {
    const error = this.#error;
    if (error?.suggestion == null) return null;
    const before = this.#text.slice(0, error.from) + error.suggestion;
    this.type(before + this.#text.slice(error.to));
    return { text: this.#text, cursor: before.length };
  }

  /** Goes back in the history, or forth again. Whether the text is another one now. */
  recall(history: readonly string[], direction: "older" | "newer"): boolean {
    const text = direction === "older" ? this.#walk.older(history, this.#text) : this.#walk.newer();
    if (text === null) return false;
    this.#change(text);
    return true;
  }

  #change(text: string): void {
    this.#text = text;
    if (this.#error === null) return;
    const parsed = parseFilter(text);
    this.#error = parsed.ok ? null : parsed;
  }

  #judge(isTyping: boolean): AppliedFilter | null {
    const text = this.#text.trim();
    const parsed = parseFilter(this.#text);
    this.#error = parsed.ok ? null : parsed;
    if (!parsed.ok || (text === this.#applied.text && (isTyping || !this.#applied.isTyping))) return null;
    this.#applied = { text, isTyping };
    return this.#applied;
  }
}
