import { html, type TemplateResult } from "lit";
import type { CallTarget, TapState } from "../src/shared/model.ts";
import type { CallRecord } from "../src/shared/viewProtocol.ts";
import { formatCount, formatFullTime, formatTime } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

const PREVIEW_CHARS = 120;

export type HistoryActions = {
  readonly onLoad: (record: CallRecord) => void;
  readonly onSend: (record: CallRecord) => void;
};

/** Past calls, newest first: load one into the form, or send it again as it was. */
export function callHistory(
  history: readonly CallRecord[],
  taps: readonly TapState[],
  { onLoad, onSend }: HistoryActions,
): TemplateResult {
  return html`<section class="call-history" aria-labelledby="call-history-title">
    <h2 class="section-title" id="call-history-title">${t("History")}</h2>
    ${
      history.length === 0
        ? html`<p class="quiet">${t("Calls that you send are listed here.")}</p>`
        : html`<ul class="history-list" id="call-history">
            ${history.map(
              (record) =>
                html`<li class="history-item">
                  <button
                    type="button"
                    class="history-load"
                    title=${t("Load into the form")}
                    @click=${() => onLoad(record)}
                  >
                    <span class="visually-hidden">${t("Load into the form:")}</span>
                    <span class="history-what">
                      <span class="history-socket">${record.typed?.dialect ?? record.socket}</span>
                      <span class="history-target">${targetName(record.target, taps)}</span>
                      <span class="history-time" title=${formatFullTime(record.timeMs)}
                        >${formatTime(record.timeMs).slice(0, 8)}</span
                      >
                    </span>
                    <span class="history-preview">${preview(record)}</span>
                    <span class="history-outcome" title=${record.outcome}>${record.outcome}</span>
                  </button>
                  <button
                    type="button"
                    class="icon-button history-send"
                    title=${t("Send again")}
                    aria-label=${t(
                      "Send again: {0} to {1}",
                      record.typed?.method ?? record.socket,
                      targetName(record.target, taps),
                    )}
                    @click=${() => onSend(record)}
                  >
                    <span class="codicon codicon-debug-rerun" aria-hidden="true"></span>
                  </button>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}

function targetName(target: CallTarget, taps: readonly TapState[]): string {
  if (target.kind === "endpoint") return target.endpoint;
  return taps.find((tap) => tap.config.id === target.tap)?.config.name ?? t("a tap that is gone");
}

function preview({ typed, frames }: CallRecord): string {
  if (typed !== undefined) {
    const args = [...typed.args, ...(/^\s*(\{\s*\})?\s*$/.test(typed.kwargs) ? [] : [typed.kwargs])];
    return cut(`${typed.method}(${args.join(", ")})`);
  }
  const text = cut(frames.find((frame) => frame.text !== "")?.text ?? "");
  const more = frames.length - 1;
  const first = text === "" ? t("empty frame") : text;
  return more === 0
    ? first
    : t(more === 1 ? "{0} and {1} more frame" : "{0} and {1} more frames", first, formatCount(more));
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > PREVIEW_CHARS ? `${line.slice(0, PREVIEW_CHARS)}…` : line;
}
