import { html, nothing, type TemplateResult } from "lit";
import type { Tab } from "./state.ts";
import { t } from "../src/shared/l10n.ts";

const LABELS: Readonly<Record<Tab, string>> = {
  messages: t("Messages"),
  overview: t("Overview"),
  latency: t("Latency"),
  sequence: t("Sequence"),
  topology: t("Topology"),
  topics: t("Topics"),
  links: t("Links"),
  call: t("Call"),
};

/** The inspector's tabs. Arrow keys, Home and End go from one to the other, and round at the ends. */
export function tabs(shown: readonly Tab[], current: Tab, onShow: (tab: Tab) => void): TemplateResult {
  const pressed = (event: KeyboardEvent) => {
    // The one that has the keyboard: what it shows may still be loading.
    const from = shown.find((tab) => document.activeElement?.id === `tab-${tab}`) ?? current;
    const next = tabAfter(shown, from, event.key);
    if (next === null) return;
    event.preventDefault();
    onShow(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${t("Inspector")} @keydown=${pressed}>
    ${shown.map(
      (tab) =>
        html`<button
          type="button"
          class="tab"
          role="tab"
          id="tab-${tab}"
          aria-selected=${String(tab === current)}
          aria-controls=${tab === current ? `${tab}-panel` : nothing}
          tabindex=${tab === current ? "0" : "-1"}
          @click=${() => onShow(tab)}
        >
          ${LABELS[tab]}
        </button>`,
    )}
  </div>`;
}

/** Where a key leads to from a tab; `null` for a key that means nothing here. */
export function tabAfter(shown: readonly Tab[], current: Tab, key: string): Tab | null {
  const at = shown.indexOf(current);
  switch (key) {
    case "ArrowRight":
      return shown[(at + 1) % shown.length] ?? null;
    case "ArrowLeft":
      return shown.at(at - 1) ?? null;
    case "Home":
      return shown[0] ?? null;
    case "End":
      return shown.at(-1) ?? null;
    default:
      return null;
  }
}
