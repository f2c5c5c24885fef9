import { html, nothing, render, type TemplateResult } from "lit";
import { make } from "./dom.ts";
import { t } from "../src/shared/l10n.ts";

/** What a list cannot do: an opened file is not changed, and the side bar has no details. */
type ListKind = { readonly isFile: boolean; readonly isNarrow: boolean };

type Help = {
  readonly keys: readonly string[];
  readonly what: string;
  /** Means nothing in an opened file. */
  readonly isLive?: true;
};

const HELP: readonly Help[] = [
  { keys: ["↑", "↓", t("Page Up"), t("Page Down"), t("Home"), t("End")], what: t("Move; with Shift they select") },
  { keys: ["Ctrl+A"], what: t("Select all") },
  { keys: ["←", "→"], what: t("Scroll sideways") },
  { keys: [t("Enter")], what: t("Open the details") },
  { keys: [t("Escape")], what: t("Back from the details to the list") },
  { keys: ["Shift+F10"], what: t("Menu of the row: everything that can be done with it") },
  { keys: ["/", "Ctrl+F"], what: t("Filter; Escape there empties it") },
  { keys: ["F"], what: t("Follow the conversation") },
  { keys: ["G"], what: t("Go to the reply or the request") },
  { keys: ["R"], what: t("Replay the message"), isLive: true },
  { keys: ["E"], what: t("Edit and replay"), isLive: true },
  { keys: ["C", "Ctrl+C"], what: t("Copy as…") },
  { keys: ["M"], what: t("Pin the message, or unpin it") },
  { keys: ["D"], what: t("Compare with the message that was selected for it") },
  { keys: [t("Space")], what: t("Pause or resume the display"), isLive: true },
  { keys: [t("Delete")], what: t("Clear the log"), isLive: true },
  { keys: ["?"], what: t("Show these keys") },
];

/** Shows what the keys of a list do, until the user closes it; the keyboard then goes back to where it was. */
export function showKeyHelp(kind: ListKind): void {
  const dialog = make("dialog", "key-help", { id: "key-help", "aria-labelledby": "key-help-title" });
  render(
    content(kind, () => dialog.close()),
    dialog,
  );
  dialog.addEventListener("close", () => dialog.remove());
  // Outside of what it shows.
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function content({ isFile, isNarrow }: ListKind, onClose: () => void): TemplateResult {
  return html`<div class="key-help-body">
    <header class="key-help-head">
      <h2 id="key-help-title">${t("Keys of the list")}</h2>
      <button type="button" class="icon-button" title=${t("Close (Escape)")} aria-label=${t("Close")} @click=${onClose}>
        <span class="codicon codicon-close" aria-hidden="true"></span>
      </button>
    </header>
    <dl class="key-list">
      ${HELP.map(({ keys, what, isLive }) =>
        isLive === true && isFile
          ? nothing
          : html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt>
              <dd>${isNarrow && keys[0] === "Enter" ? t("Open in the inspector") : what}</dd>`,
      )}
    </dl>
  </div>`;
}
