import { html, nothing, type TemplateResult } from "lit";
import type { CallPreview, RepeatPlan } from "../src/shared/calls.ts";
import { numberText, problemLine, textField, toNumber, toolButton } from "./callControls.ts";
import { repeatProblem } from "./callDraft.ts";
import { sentFrame } from "./callFrame.ts";
import { t } from "../src/shared/l10n.ts";

/** What a call would send, or why it cannot be shown. */
export type ShownBytes = CallPreview | { readonly problem: string };

export type CallActions = {
  readonly onSend: () => void;
  readonly onCancel: () => void;
  readonly onRepeat: () => void;
  readonly onRepeatPlan: (plan: RepeatPlan) => void;
  readonly onToggleRepeat: () => void;
  readonly onToggleBytes: () => void;
  readonly onSave: () => void;
};

/** Send, Cancel, Repeat, Show Bytes and Save as Call, with what Repeat and Show Bytes open. */
export function callActions(
  state: {
    readonly isSending: boolean;
    readonly canSend: boolean;
    /** Why it cannot be sent, where that is not said beside a field. */
    readonly why: string;
    readonly plan: RepeatPlan;
    readonly isRepeatOpen: boolean;
    /** `null` while they are hidden. */
    readonly bytes: ShownBytes | null;
  },
  actions: CallActions,
): TemplateResult {
  const { isSending, canSend, why, plan, isRepeatOpen, bytes } = state;
  return html`<div class="call-actions">
      <vscode-button
        id="call-send"
        ?disabled=${isSending || !canSend}
        title=${t("Send (Ctrl+Enter)")}
        @click=${actions.onSend}
        >${t("Send")}</vscode-button
      >
      ${
        isSending
          ? html`<vscode-button id="call-cancel" secondary @click=${actions.onCancel}>${t("Cancel")}</vscode-button>`
          : nothing
      }
      ${toolButton({ icon: "sync", text: t("Repeat…"), id: "call-repeat-toggle", isOpen: isRepeatOpen }, actions.onToggleRepeat)}
      ${toolButton(
        {
          icon: "file-binary",
          text: bytes === null ? t("Show Bytes") : t("Hide Bytes"),
          id: "call-bytes-toggle",
          isOpen: bytes !== null,
        },
        actions.onToggleBytes,
      )}
      ${toolButton({ icon: "save", text: t("Save as Call…"), id: "call-save", isDisabled: !canSend }, actions.onSave)}
      <span class="quiet call-why">${why}</span>
    </div>
    ${isRepeatOpen ? repeatRow(plan, canSend && !isSending, actions) : nothing}
    ${bytes === null ? nothing : bytesView(bytes)}`;
}

function repeatRow(plan: RepeatPlan, canSend: boolean, { onRepeat, onRepeatPlan }: CallActions): TemplateResult {
  const problem = repeatProblem(plan);
  return html`<div class="call-row call-repeat" role="group" aria-label=${t("Repeat")}>
      ${textField(
        {
          id: "call-repeat-count",
          label: t("Times"),
          place: "field-number",
          value: numberText(plan.count),
          isNumber: true,
        },
        (text) => onRepeatPlan({ ...plan, count: toNumber(text) }),
      )}
      ${textField(
        {
          id: "call-repeat-rate",
          label: t("A second, at most"),
          place: "field-rate",
          value: plan.perSecond === null ? "" : numberText(plan.perSecond),
          placeholder: t("no limit"),
          isNumber: true,
        },
        (text) => onRepeatPlan({ ...plan, perSecond: text.trim() === "" ? null : toNumber(text) }),
      )}
      <vscode-button id="call-repeat" secondary ?disabled=${!canSend || problem !== null} @click=${onRepeat}
        >${t("Repeat")}</vscode-button
      >
    </div>
    ${problemLine(problem)}`;
}

function bytesView(bytes: ShownBytes): TemplateResult {
  return html`<section class="call-bytes" id="call-bytes" aria-label=${t("Bytes of this call")}>
    ${
      "problem" in bytes
        ? html`<p class="problem-text">${bytes.problem}</p>`
        : html`<p class="quiet">
              ${
                bytes.socket === "REQ"
                  ? t("As a REQ sends them, which puts an empty frame in front.")
                  : t("As a {0} sends them.", bytes.socket)
              }
              ${t("Ids and times are new in each call.")}
            </p>
            ${bytes.frames.map(sentFrame)}`
    }
  </section>`;
}
