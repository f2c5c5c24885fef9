import { html, nothing, render, type TemplateResult } from "lit";
import { make } from "./dom.ts";

/** What a list cannot do: an opened file is not changed, and the side bar has no details. */
type ListKind = { readonly isFile: boolean; readonly isNarrow: boolean };

type Help = {
  readonly keys: readonly string[];
  readonly what: string;
  /** Means nothing in an opened file. */
  readonly isLive?: true;
};

const HELP: readonly Help[] = [
  { keys: ["↑", "↓", "Page Up", "Page Down", "Home", "End"], what: "Move; with Shift they select" },
  { keys: ["Ctrl+A"], what: "Select all" },
  { keys: ["←", "→"], what: "Scroll sideways" },
  { keys: ["Enter"], what: "Open the details" },
  { keys: ["Escape"], what: "Back from the details to the list" },
  { keys: ["Shift+F10"], what: "Menu of the row: everything that can be done with it" },
  { keys: ["/", "Ctrl+F"], what: "Filter; Escape there empties it" },
  { keys: ["F"], what: "Follow the conversation" },
  { keys: ["G"], what: "Go to the reply or the request" },
  { keys: ["R"], what: "Replay the message", isLive: true },
  { keys: ["E"], what: "Edit and replay", isLive: true },
  { keys: ["C", "Ctrl+C"], what: "Copy as…" },
  { keys: ["M"], what: "Pin the message, or unpin it" },
  { keys: ["D"], what: "Compare with the message that was selected for it" },
  { keys: ["Space"], what: "Pause or resume the display", isLive: true },
  { keys: ["Delete"], what: "Clear the log", isLive: true },
  { keys: ["?"], what: "Show these keys" },
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
      <h2 id="key-help-title">Keys of the list</h2>
      <button type="button" class="icon-button" title="Close (Escape)" aria-label="Close" @click=${onClose}>
        <span class="codicon codicon-close" aria-hidden="true"></span>
      </button>
    </header>
    <dl class="key-list">
      ${HELP.map(({ keys, what, isLive }) =>
        isLive === true && isFile
          ? nothing
          : html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt>
              <dd>${isNarrow && keys[0] === "Enter" ? "Open in the inspector" : what}</dd>`,
      )}
    </dl>
  </div>`;
}
