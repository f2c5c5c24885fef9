import "@vscode-elements/elements/dist/vscode-button/index.js";
import { html, nothing, type TemplateResult } from "lit";
import type { CaptureStats } from "../src/shared/model.ts";
import type { ViewCommand } from "../src/shared/viewProtocol.ts";
import { copiesSentence } from "./footer.ts";
import type { ViewState } from "./state.ts";

export type FoldData = {
  readonly isOn: boolean;
  readonly copies: Pick<CaptureStats, "copies" | "copyBytes">;
  readonly onToggle: () => void;
};

export type ToolbarData = {
  readonly isNarrow: boolean;
  /** Of an opened file: nothing can be paused, cleared or sent. */
  readonly isFile: boolean;
  readonly isPaused: boolean;
  readonly filter: TemplateResult;
  /** `null` as long as there are no copies. */
  readonly fold: FoldData | null;
  readonly onRun: (command: ViewCommand) => void;
};

/** The filter and, in the inspector, what is done to the log as a whole. The side bar has those in its title. */
export function toolbar({ isNarrow, isFile, isPaused, filter, fold, onRun }: ToolbarData): TemplateResult {
  return html`<div class="toolbar">
    ${filter} ${fold === null ? nothing : foldButton(fold, isNarrow)}
    ${
      isNarrow || isFile
        ? nothing
        : html`<button
              type="button"
              class="tool-button"
              id="pause-button"
              aria-pressed=${String(isPaused)}
              title=${isPaused ? "Resume Display (Space)" : "Pause Display (Space)"}
              @click=${() => onRun(isPaused ? "zmqTap.resumeDisplay" : "zmqTap.pauseDisplay")}
            >
              <span class="codicon codicon-${isPaused ? "debug-continue" : "debug-pause"}" aria-hidden="true"></span>
              <span class="tool-text">${isPaused ? "Resume Display" : "Pause Display"}</span>
            </button>
            <button
              type="button"
              class="tool-button"
              id="clear-button"
              title="Clear Log (Delete)"
              @click=${() => onRun("zmqTap.clearLog")}
            >
              <span class="codicon codicon-clear-all" aria-hidden="true"></span>
              <span class="tool-text">Clear</span>
            </button>
            <vscode-button id="new-call-button" class="new-call" @click=${() => onRun("zmqTap.newCall")}
              >New Call</vscode-button
            >`
    }
  </div>`;
}

function foldButton({ isOn, copies, onToggle }: FoldData, isNarrow: boolean): TemplateResult {
  return html`<button
    type="button"
    class=${isNarrow ? "icon-button toggle" : "tool-button toggle"}
    id="fold-button"
    aria-pressed=${String(isOn)}
    aria-label="Fold Copies"
    title=${`${isOn ? "Copies are folded" : "Fold Copies"}: ${copiesSentence(copies)}`}
    @click=${onToggle}
  >
    <span class="codicon codicon-layers" aria-hidden="true"></span>
    ${isNarrow ? nothing : html`<span class="tool-text">Fold Copies</span>`}
  </button>`;
}

const TABS = [
  { tab: "messages", label: "Messages", panel: "messages-panel" },
  { tab: "call", label: "Call", panel: "call-panel" },
] as const;

/** The inspector's tabs; arrow keys go from one to the other. */
export function tabs(current: ViewState["tab"], onShow: (tab: ViewState["tab"]) => void): TemplateResult {
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = TABS.find(({ tab }) => tab !== current);
    if (next === undefined) return;
    event.preventDefault();
    onShow(next.tab);
    document.getElementById(`tab-${next.tab}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Inspector" @keydown=${pressed}>
    ${TABS.map(
      ({ tab, label, panel }) =>
        html`<button
          type="button"
          class="tab"
          role="tab"
          id="tab-${tab}"
          aria-selected=${String(tab === current)}
          aria-controls=${tab === current ? panel : nothing}
          tabindex=${tab === current ? "0" : "-1"}
          @click=${() => onShow(tab)}
        >
          ${label}
        </button>`,
    )}
  </div>`;
}
