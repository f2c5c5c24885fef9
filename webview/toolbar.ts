import "@vscode-elements/elements/dist/vscode-button/index.js";
import { html, nothing, type TemplateResult } from "lit";
import type { ViewCommand } from "../src/shared/viewProtocol.ts";
import { t } from "../src/shared/l10n.ts";

export type FoldData = {
  readonly isOn: boolean;
  /** How many there are, as a sentence. */
  readonly sentence: string;
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
  /** `null` as long as there are no heartbeats. */
  readonly foldHeartbeats: FoldData | null;
  readonly onRun: (command: ViewCommand) => void;
};

/** The filter and, in the inspector, what is done to the log as a whole. The side bar has those in its title. */
export function toolbar({
  isNarrow,
  isFile,
  isPaused,
  filter,
  fold,
  foldHeartbeats,
  onRun,
}: ToolbarData): TemplateResult {
  return html`<div class="toolbar">
    ${filter} ${fold === null ? nothing : foldButton(FOLD_COPIES, fold, isNarrow)}
    ${foldHeartbeats === null ? nothing : foldButton(FOLD_HEARTBEATS, foldHeartbeats, isNarrow)}
    ${
      isNarrow || isFile
        ? nothing
        : html`<button
              type="button"
              class="tool-button"
              id="pause-button"
              aria-pressed=${String(isPaused)}
              title=${isPaused ? t("Resume Display (Space)") : t("Pause Display (Space)")}
              @click=${() => onRun(isPaused ? "zmqTap.resumeDisplay" : "zmqTap.pauseDisplay")}
            >
              <span class="codicon codicon-${isPaused ? "debug-continue" : "debug-pause"}" aria-hidden="true"></span>
              <span class="tool-text">${isPaused ? t("Resume Display") : t("Pause Display")}</span>
            </button>
            <button
              type="button"
              class="tool-button"
              id="clear-button"
              title=${t("Clear Log (Delete)")}
              @click=${() => onRun("zmqTap.clearLog")}
            >
              <span class="codicon codicon-clear-all" aria-hidden="true"></span>
              <span class="tool-text">${t("Clear")}</span>
            </button>
            <vscode-button id="new-call-button" class="new-call" @click=${() => onRun("zmqTap.newCall")}
              >${t("New Call")}</vscode-button
            >`
    }
  </div>`;
}

const FOLD_COPIES = { id: "fold-button", icon: "layers", label: t("Fold Copies"), on: t("Copies are folded") };
const FOLD_HEARTBEATS = {
  id: "fold-heartbeats-button",
  icon: "pulse",
  label: t("Fold Heartbeats"),
  on: t("Heartbeats are folded"),
};

function foldButton(
  { id, icon, label, on }: typeof FOLD_COPIES,
  { isOn, sentence, onToggle }: FoldData,
  isNarrow: boolean,
): TemplateResult {
  return html`<button
    type="button"
    class=${isNarrow ? "icon-button toggle" : "tool-button toggle"}
    id=${id}
    aria-pressed=${String(isOn)}
    aria-label=${label}
    title=${`${isOn ? on : label}: ${sentence}`}
    @click=${onToggle}
  >
    <span class="codicon codicon-${icon}" aria-hidden="true"></span>
    ${isNarrow ? nothing : html`<span class="tool-text">${label}</span>`}
  </button>`;
}
