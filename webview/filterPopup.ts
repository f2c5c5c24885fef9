import { html, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { Choice } from "./filterChoices.ts";
import { t } from "../src/shared/l10n.ts";

const ICONS: Readonly<Record<Choice["kind"], string>> = {
  field: "symbol-field",
  operator: "symbol-operator",
  value: "symbol-enum-member",
  seen: "history",
  keyword: "symbol-keyword",
};

export const POPUP_ID = "filter-choices";

export function choiceId(index: number): string {
  return `filter-choice-${index}`;
}

/** What can stand at the cursor. The field keeps the focus; `active` is -1 as long as none is chosen. */
export function filterPopup(
  choices: readonly Choice[],
  active: number,
  onTake: (choice: Choice) => void,
): TemplateResult {
  return html`<div
    class="filter-popup"
    id=${POPUP_ID}
    role="listbox"
    aria-label=${t("What can stand here")}
    @mousedown=${(event: MouseEvent) => event.preventDefault()}
  >
    ${choices.map(
      (choice, i) =>
        html`<div
          class=${classMap({ "filter-choice": true, active: i === active })}
          id=${choiceId(i)}
          role="option"
          aria-selected=${String(i === active)}
          @click=${() => onTake(choice)}
        >
          <span class="codicon codicon-${ICONS[choice.kind]}" aria-hidden="true"></span>
          <span class="choice-label">${choice.label}</span>
          <span class="choice-meaning">${choice.meaning}</span>
        </div>`,
    )}
  </div>`;
}
