import { html, nothing, type TemplateResult } from "lit";
import { formatCount } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

const ICONS = { problem: "error", lost: "info", disk: "warning", file: "warning" } as const;

/** One sentence across the page, with a way to close it where it may be closed. */
export function banner(kind: keyof typeof ICONS, text: string, onClose?: () => void): TemplateResult {
  return html`<div class="banner banner-${kind}" role=${kind === "lost" ? "status" : "alert"} id="banner-${kind}">
    <span class="codicon codicon-${ICONS[kind]}" aria-hidden="true"></span>
    <span class="banner-text">${text}</span>
    ${
      onClose === undefined
        ? nothing
        : html`<button
            type="button"
            class="icon-button"
            title=${t("Close")}
            aria-label=${t("Close this message")}
            @click=${onClose}
          >
            <span class="codicon codicon-close" aria-hidden="true"></span>
          </button>`
    }
  </div>`;
}

/** Says that the display stands still while the capture goes on. */
export function pausedBanner(hiddenRows: number, onResume: () => void): TemplateResult {
  return html`<div class="banner banner-paused" id="banner-paused">
    <span class="codicon codicon-debug-pause" aria-hidden="true"></span>
    <span class="banner-text">${t("Paused — {0} hidden", formatCount(hiddenRows))}</span>
    <button type="button" class="link-button" id="resume-button" @click=${onResume}>${t("Resume")}</button>
  </div>`;
}

/** Says that the user's interventions change traffic, with the switch that ends all of them. */
export function interventionsBanner(text: string, onStop: () => void): TemplateResult {
  return html`<div class="banner banner-interventions" id="banner-interventions" role="status">
    <span class="codicon codicon-warning" aria-hidden="true"></span>
    <span class="banner-text">${text}</span>
    <button type="button" class="link-button" id="stop-interventions" @click=${onStop}>${t("Stop All")}</button>
  </div>`;
}
