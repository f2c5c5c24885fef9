import "@vscode-elements/elements/dist/vscode-textfield/index.js";
import { html, LitElement, nothing, type TemplateResult } from "lit";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import { searchProgress } from "./searchText.ts";
import { MAX_SEARCH_CHARS } from "./state.ts";

const TYPING_PAUSE_MS = 150;

/**
 * The text search over all payload bytes. Tells `search-text` (string) a moment after the last key and at once on Enter;
 * Escape clears, and on an empty box tells `search-left`.
 */
export class SearchBox extends LitElement {
  static override properties = {
    text: { attribute: false },
    progress: { attribute: false },
    kept: { attribute: false },
  };
  declare text: string;
  declare progress: FilterState | null;
  declare kept: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.text = "";
    this.progress = null;
    this.kept = 0;
  }

  override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override focus(): void {
    const field = this.querySelector("vscode-textfield");
    field?.focus();
    field?.wrappedElement.select();
  }

  override render(): TemplateResult {
    const { progress } = this;
    const said = progress === null || this.text === "" ? null : searchProgress(progress, this.kept);
    return html`<div class="search-box" role="search">
      <vscode-textfield
        id="search"
        class="search-field"
        .label=${"Search all payload bytes"}
        placeholder="Search payloads"
        title="Search all payload bytes (/ or Ctrl+F)"
        spellcheck="false"
        maxlength=${MAX_SEARCH_CHARS}
        .value=${this.text}
        @input=${(event: Event) => this.#typed((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => this.#pressed(event)}
      >
        <span slot="content-before" class="codicon codicon-search search-icon" aria-hidden="true"></span>
        ${
          this.text === ""
            ? nothing
            : html`<button
                slot="content-after"
                type="button"
                class="icon-button search-clear"
                title="Clear search (Escape)"
                aria-label="Clear search"
                @click=${() => {
                  this.#tell("");
                  this.focus();
                }}
              >
                <span class="codicon codicon-close" aria-hidden="true"></span>
              </button>`
        }
      </vscode-textfield>
      <span class="search-progress" id="search-progress" role="status" title=${said?.full ?? ""}
        >${said?.short ?? ""}</span
      >
    </div>`;
  }

  #typed(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(text), text === "" ? 0 : TYPING_PAUSE_MS);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key === "Enter") {
      event.stopPropagation();
      this.#tell(this.text);
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent("search-left"));
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (this.text === "") this.dispatchEvent(new CustomEvent("search-left"));
      else this.#tell("");
    }
  }

  #tell(text: string): void {
    clearTimeout(this.#timer);
    this.text = text;
    this.dispatchEvent(new CustomEvent<string>("search-text", { detail: text }));
  }
}

customElements.define("zmq-search-box", SearchBox);
