import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { FilterError } from "../src/shared/filter/ast.ts";
import { MAX_FILTER_CHARS } from "../src/shared/filter/parse.ts";
import type { SavedFilter } from "../src/shared/viewProtocol.ts";
import { filterChips, filterNaming } from "./filterChips.ts";
import { type Choice, type Choices, choicesAt, takeChoice, withSeen } from "./filterChoices.ts";
import { type AppliedFilter, FilterDraft } from "./filterDraft.ts";
import { choiceId, filterPopup, POPUP_ID } from "./filterPopup.ts";
import { filterProgress } from "./filterProgress.ts";
import type { Asker } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";
import { rich } from "./rich.ts";

const TYPING_PAUSE_MS = 300;
const SEEN_PAUSE_MS = 150;

/**
 * The filter of a list: a text field with completion, what is wrong with the text, how far the search is, and the saved
 * filters. Tells `filter-apply` (AppliedFilter), `filter-cancel`, `filter-left`, and `filter-save` (SavedFilter, with an
 * empty text to forget it).
 */
export class FilterBar extends LitElement {
  static override properties = {
    asker: { attribute: false },
    applied: { attribute: false },
    progress: { attribute: false },
    kept: { attribute: false },
    saved: { attribute: false },
    history: { attribute: false },
    isNarrow: { attribute: false },
    choices: { state: true },
    active: { state: true },
    isNaming: { state: true },
  };
  declare asker: Asker;
  /** The filter that is applied. */
  declare applied: string;
  declare progress: FilterState | null;
  declare kept: number;
  declare saved: readonly SavedFilter[];
  declare history: readonly string[];
  declare isNarrow: boolean;
  declare choices: Choices | null;
  declare active: number;
  declare isNaming: boolean;
  readonly #draft = new FilterDraft();
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #seenTimer: ReturnType<typeof setTimeout> | undefined;
  #cursor: number | null = null;

  constructor() {
    super();
    this.applied = "";
    this.progress = null;
    this.kept = 0;
    this.saved = [];
    this.history = [];
    this.isNarrow = false;
    this.choices = null;
    this.active = -1;
    this.isNaming = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typingTimer);
    clearTimeout(this.#seenTimer);
  }

  /** Shows a filter that was applied by somebody else. */
  show(text: string): void {
    clearTimeout(this.#typingTimer);
    this.#draft.set(text);
    this.#close();
    this.requestUpdate();
  }

  /** The search was stopped: its text stays, to be confirmed once more. */
  cancelled(): void {
    const { text } = this.#draft;
    clearTimeout(this.#typingTimer);
    this.#draft.set("");
    this.#draft.type(text);
    this.#field?.focus();
    this.requestUpdate();
  }

  override focus(): void {
    this.#field?.focus();
    this.#field?.select();
  }

  get #field(): HTMLInputElement | null {
    return this.querySelector<HTMLInputElement>("#filter");
  }

  override render(): TemplateResult {
    const error = this.#saidError;
    return html`<div class="filter-bar" role="search">
      <div class="filter-line">${this.#box(error)} ${this.isNarrow ? nothing : this.#chips()}</div>
      ${this.isNarrow ? html`<div class="filter-status">${this.#status()}</div>` : nothing}
      ${error === null ? nothing : this.#fault(error)}
      ${
        this.isNaming
          ? filterNaming(
              (name) => this.#save(name),
              () => this.#stopNaming(),
            )
          : nothing
      }
      ${this.isNarrow ? this.#chips() : nothing}
    </div>`;
  }

  /** What is wrong, unless only the rest is missing that the list of choices offers. */
  get #saidError(): FilterError | null {
    const { error, text } = this.#draft;
    return this.choices !== null && error !== null && error.from >= text.trimEnd().length ? null : error;
  }

  #chips(): TemplateResult | typeof nothing {
    return filterChips({
      saved: this.saved,
      applied: this.applied,
      onApply: (text) => this.#applyNow(text),
      onDelete: (name) => this.#tellSaved({ name, text: "" }),
    });
  }

  #box(error: FilterError | null): TemplateResult {
    const { text } = this.#draft;
    const isOpen = this.choices !== null;
    const isSaved = this.saved.some((filter) => filter.text === this.applied);
    return html`<div class=${classMap({ "filter-box": true, wrong: error !== null })}>
      <span class="codicon codicon-filter filter-icon" aria-hidden="true"></span>
      <div class="filter-edit">
        <div class="filter-mirror" aria-hidden="true">${error === null ? nothing : underlined(text, error)}</div>
        <input
          id="filter"
          class="filter-field"
          type="text"
          role="combobox"
          aria-label=${t("Filter")}
          aria-autocomplete="list"
          aria-expanded=${String(isOpen)}
          aria-controls=${POPUP_ID}
          aria-activedescendant=${isOpen && this.active >= 0 ? choiceId(this.active) : nothing}
          aria-invalid=${String(error !== null)}
          aria-describedby=${error === null ? nothing : "filter-error"}
          placeholder=${this.isNarrow ? t("Filter") : t("Filter: a word, or {0}", "size > 1KB and topic startswith md.")}
          title=${t("Filter (/ or Ctrl+F), complete with Ctrl+Space")}
          autocomplete="off"
          spellcheck="false"
          maxlength=${MAX_FILTER_CHARS}
          .value=${text}
          @input=${(event: InputEvent) => this.#typed(event)}
          @keydown=${(event: KeyboardEvent) => this.#pressed(event)}
          @scroll=${() => this.#align()}
          @blur=${() => this.#left()}
        />
      </div>
      ${this.isNarrow ? nothing : this.#status()}
      ${
        this.applied === "" || this.applied !== text.trim() || isSaved || this.isNaming
          ? nothing
          : this.#tool("filter-save", "bookmark", t("Save Filter"), () => void this.#name())
      }
      ${text === "" ? nothing : this.#tool("filter-clear", "close", t("Clear filter (Escape)"), () => this.#clear())}
      ${this.choices === null ? nothing : filterPopup(this.choices.list, this.active, (choice) => this.#take(choice))}
    </div>`;
  }

  #tool(id: string, icon: string, label: string, onClick: () => void): TemplateResult {
    return html`<button type="button" class="icon-button" id=${id} title=${label} aria-label=${label} @click=${onClick}>
      <span class="codicon codicon-${icon}" aria-hidden="true"></span>
    </button>`;
  }

  #status(): TemplateResult {
    const { progress } = this;
    const said = progress === null || progress.text === "" ? null : filterProgress(progress, this.kept);
    return html`<span class="filter-progress" id="filter-progress" role="status" title=${said?.full ?? ""}
        >${said?.short ?? ""}${
          said === null || said.doubts === ""
            ? nothing
            : html` · <span class="filter-unknown" id="filter-unknown">${said.doubts}</span>`
        }</span
      >${
        said === null || progress?.done !== false
          ? nothing
          : html`<button
              type="button"
              class="link-button"
              id="filter-cancel"
              title=${t("Stop searching and show all rows")}
              @click=${() => this.#tell("filter-cancel")}
            >
              ${t("Cancel")}
            </button>`
      }`;
  }

  #fault(error: FilterError): TemplateResult {
    return html`<div class="filter-fault">
      <span class="codicon codicon-error" aria-hidden="true"></span>
      <span id="filter-error" role="alert">${error.message}</span>
      ${
        error.suggestion === null
          ? nothing
          : html`<button
              type="button"
              class="link-button"
              id="filter-suggestion"
              title=${t("Put it there (Ctrl+.)")}
              @click=${() => this.#takeSuggestion()}
            >
              ${rich("Use {0}", error.suggestion)}
            </button>`
      }
      ${
        this.applied === ""
          ? nothing
          : html`<span class="quiet filter-still" title=${this.applied}
              >${rich("Still applied: {0}", this.applied)}</span
            >`
      }
    </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.#cursor !== null) this.#field?.setSelectionRange(this.#cursor, this.#cursor);
    this.#cursor = null;
    // Not whenever the counters change: the list may have been scrolled by the wheel.
    if (changed.has("active") || changed.has("choices"))
      this.querySelector(".filter-choice.active")?.scrollIntoView({ block: "nearest" });
    this.#align();
  }

  /** The underline stands below the text however far that is scrolled. */
  #align(): void {
    const mirror = this.querySelector(".filter-mirror");
    if (mirror !== null) mirror.scrollLeft = this.#field?.scrollLeft ?? 0;
  }

  #typed(event: InputEvent): void {
    const field = event.target as HTMLInputElement;
    this.#draft.type(field.value);
    this.#complete(false, event.isComposing);
    this.#pauseSoon();
    this.requestUpdate();
  }

  #pauseSoon(): void {
    clearTimeout(this.#typingTimer);
    const pauseMs = this.#draft.text === "" ? 0 : TYPING_PAUSE_MS;
    this.#typingTimer = setTimeout(() => this.#apply(this.#draft.pause()), pauseMs);
  }

  #left(): void {
    this.#close();
    if (this.#draft.isWalking || this.#draft.text.trim() === this.applied) this.#confirm();
  }

  #confirm(): void {
    clearTimeout(this.#typingTimer);
    this.#apply(this.#draft.confirm());
  }

  #apply(applied: AppliedFilter | null): void {
    if (applied !== null) this.dispatchEvent(new CustomEvent<AppliedFilter>("filter-apply", { detail: applied }));
    this.requestUpdate();
  }

  #applyNow(text: string): void {
    this.#draft.type(text);
    this.#confirm();
  }

  #clear(): void {
    this.#close();
    this.#applyNow("");
    this.focus();
  }

  #pressed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const isHandled = this.choices === null ? this.#pressedAlone(event) : this.#pressedInPopup(event, this.choices);
    if (!isHandled) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #pressedAlone(event: KeyboardEvent): boolean {
    const isControl = event.ctrlKey || event.metaKey;
    switch (event.key) {
      case "Enter":
        this.#confirm();
        return true;
      case "Escape":
        if (this.#draft.text === "") this.#tell("filter-left");
        else this.#clear();
        return true;
      case " ":
        if (!isControl) return false;
        this.#complete(true, false);
        return true;
      case ".":
        if (!isControl) return false;
        this.#takeSuggestion();
        return true;
      case "ArrowUp":
        this.#recall("older");
        return true;
      case "ArrowDown":
        if (!this.#draft.isWalking) this.#tell("filter-left");
        else this.#recall("newer");
        return true;
      default:
        return false;
    }
  }

  #pressedInPopup(event: KeyboardEvent, { list }: Choices): boolean {
    switch (event.key) {
      case "ArrowDown":
        this.active = (this.active + 1) % list.length;
        return true;
      case "ArrowUp":
        this.active = this.active <= 0 ? list.length - 1 : this.active - 1;
        return true;
      case "Tab":
        if (event.shiftKey) return false;
        this.#take(list[Math.max(0, this.active)]!);
        return true;
      case "Enter": {
        const chosen = list[this.active];
        if (chosen !== undefined) this.#take(chosen);
        else {
          this.#close();
          this.#confirm();
        }
        return true;
      }
      case "Escape":
        this.#close();
        return true;
      case "ArrowLeft":
      case "ArrowRight":
      case "Home":
      case "End":
        this.#close();
        return false;
      case ".":
        if (event.ctrlKey || event.metaKey) this.#takeSuggestion();
        return event.ctrlKey || event.metaKey;
      default:
        return false;
    }
  }

  #recall(direction: "older" | "newer"): void {
    if (!this.#draft.recall(this.history, direction)) return;
    this.#cursor = this.#draft.text.length;
    this.#pauseSoon();
    this.requestUpdate();
  }

  #takeSuggestion(): void {
    const taken = this.#draft.takeSuggestion();
    if (taken === null) return;
    this.#close();
    this.#cursor = taken.cursor;
    this.#field?.focus();
    this.#apply(this.#draft.pause());
  }

  /** Opens, changes or closes the list of choices. Unasked it opens only where something of a word is there. */
  #complete(isAsked: boolean, isComposing: boolean): void {
    const field = this.#field;
    clearTimeout(this.#seenTimer);
    if (field === null || isComposing) return;
    const choices = choicesAt(this.#draft.text, field.selectionStart ?? this.#draft.text.length);
    const isWanted = isAsked || this.choices !== null || choices.isUnasked;
    this.active = isAsked && choices.list.length > 0 ? 0 : -1;
    this.choices = isWanted && choices.list.length > 0 ? choices : null;
    const { seen } = choices;
    if (!isWanted || seen === null) return;
    this.#seenTimer = setTimeout(() => void this.#askSeen(choices, seen, isAsked), isAsked ? 0 : SEEN_PAUSE_MS);
  }

  async #askSeen(choices: Choices, seen: NonNullable<Choices["seen"]>, isAsked: boolean): Promise<void> {
    const { text } = this.#draft;
    try {
      const values = await this.asker.ask("filter/values", seen);
      if (text !== this.#draft.text || document.activeElement !== this.#field) return;
      const both = withSeen(choices, values);
      if (both.list.length === 0) return;
      this.choices = both;
      if (isAsked && this.active < 0) this.active = 0;
    } catch {
      // Without seen values the others are still offered; a broken engine is told of elsewhere.
    }
  }

  #take(choice: Choice): void {
    const { text, cursor } = takeChoice(this.#draft.text, choice);
    this.#draft.type(text);
    this.#cursor = cursor;
    this.choices = null;
    this.active = -1;
    this.#pauseSoon();
    this.requestUpdate();
    void this.updateComplete.then(() => {
      this.#field?.focus();
      this.#complete(false, false);
    });
  }

  #close(): void {
    clearTimeout(this.#seenTimer);
    this.choices = null;
    this.active = -1;
  }

  async #name(): Promise<void> {
    this.isNaming = true;
    await this.updateComplete;
    this.querySelector<HTMLInputElement>("#filter-name")?.focus();
  }

  #save(name: string): void {
    this.#tellSaved({ name, text: this.applied });
    this.#stopNaming();
  }

  #stopNaming(): void {
    this.isNaming = false;
    this.#field?.focus();
  }

  #tell(name: "filter-cancel" | "filter-left"): void {
    this.dispatchEvent(new CustomEvent(name));
  }

  #tellSaved(detail: SavedFilter): void {
    this.dispatchEvent(new CustomEvent<SavedFilter>("filter-save", { detail }));
  }
}

function underlined(text: string, { from, to }: FilterError): TemplateResult {
  // An error at the end of the text has no character of its own.
  const wrong = text.slice(from, to) || "  ";
  return html`<span>${text.slice(0, from)}</span><span class="filter-wrong">${wrong}</span>`;
}

customElements.define("zmq-filter-bar", FilterBar);
