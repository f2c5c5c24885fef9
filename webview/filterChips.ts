import { html, nothing, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { SavedFilter } from "../src/shared/viewProtocol.ts";
import { t } from "../src/shared/l10n.ts";

export type ChipsData = {
  readonly saved: readonly SavedFilter[];
  readonly applied: string;
  readonly onApply: (text: string) => void;
  readonly onDelete: (name: string) => void;
};

/** The saved filters: a press applies one, another press takes it off again. */
export function filterChips({ saved, applied, onApply, onDelete }: ChipsData): TemplateResult | typeof nothing {
  if (saved.length === 0) return nothing;
  return html`<div class="chips" id="filter-chips" role="group" aria-label=${t("Saved filters")}>
    ${saved.map((filter) => {
      const isOn = filter.text === applied;
      const isOwn = filter.isFromSettings !== true;
      return html`<span class=${classMap({ chip: true, on: isOn, own: isOwn })}>
        <button
          type="button"
          class="chip-name"
          aria-pressed=${String(isOn)}
          title=${isOwn ? t("{0} (Delete forgets it)", filter.text) : t("{0} (from the settings)", filter.text)}
          @click=${() => onApply(isOn ? "" : filter.text)}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key !== "Delete" || !isOwn) return;
            event.preventDefault();
            onDelete(filter.name);
          }}
        >
          ${filter.name}
        </button>
        ${
          isOwn
            ? html`<button
                type="button"
                class="icon-button chip-delete"
                title=${t("Delete filter “{0}”", filter.name)}
                aria-label=${t("Delete filter “{0}”", filter.name)}
                @click=${() => onDelete(filter.name)}
              >
                <span class="codicon codicon-close" aria-hidden="true"></span>
              </button>`
            : nothing
        }
      </span>`;
    })}
  </div>`;
}

const MAX_NAME_CHARS = 60;

/** Asks for the name of a filter in place. */
export function filterNaming(onSave: (name: string) => void, onCancel: () => void): TemplateResult {
  const save = (event: Event) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get("name");
    if (typeof name === "string" && name.trim() !== "") onSave(name.trim());
  };
  return html`<form
    class="filter-naming"
    id="filter-naming"
    @submit=${save}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      onCancel();
    }}
  >
    <input
      class="text-input"
      id="filter-name"
      name="name"
      aria-label=${t("Name of the filter")}
      placeholder=${t("Name of the filter")}
      autocomplete="off"
      spellcheck="false"
      maxlength=${MAX_NAME_CHARS}
    />
    <button type="submit" class="link-button">${t("Save")}</button>
    <button type="button" class="link-button" @click=${onCancel}>${t("Cancel")}</button>
  </form>`;
}
