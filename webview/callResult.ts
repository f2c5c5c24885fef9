import { html, nothing, type TemplateResult } from "lit";
import type { CallOutcome, CallReply, OtherReply, RepeatOutcome } from "../src/shared/calls.ts";
import { repeatSentence } from "../src/shared/callText.ts";
import { answerFrame, jsonValue } from "./callFrame.ts";
import { formatCount, formatDuration } from "./format.ts";
import { t } from "../src/shared/l10n.ts";
import { rich } from "./rich.ts";

/** How the last call stands. */
export type CallStatus =
  | { readonly kind: "idle" }
  | {
      readonly kind: "sending";
      readonly call: string;
      readonly waits: boolean;
      /** Of a repeated call: how many have ended, and of how many. */
      readonly repeat: { readonly done: number; readonly count: number } | null;
    }
  | {
      readonly kind: "done";
      readonly call: string;
      readonly result: CallOutcome;
      readonly repeat: RepeatOutcome | null;
    }
  | { readonly kind: "failed"; readonly message: string };

type Reveal = (n: number) => void;

/** How the last call ended, in a sentence, with what came; `later` are replies that came after it had ended. */
export function callResult(status: CallStatus, later: readonly OtherReply[], onReveal: Reveal): TemplateResult {
  switch (status.kind) {
    case "idle":
      return html`<p class="quiet">${t("The answer appears here.")}</p>`;
    case "sending":
      return html`<p class="result-head">
        <span class="codicon codicon-loading codicon-modifier-spin" aria-hidden="true"></span>
        ${sendingText(status)}
      </p>`;
    case "failed":
      return html`<p class="result-head problem-text" role="alert">
        <span class="codicon codicon-error" aria-hidden="true"></span> ${status.message}
      </p>`;
    case "done":
      return html`${status.repeat === null ? nothing : repeated(status.repeat)} ${finished(status.result, onReveal)}
      ${others([...status.result.others, ...later], status.result.moreOthers, onReveal)}`;
  }
}

function sendingText({ repeat, waits }: CallStatus & { kind: "sending" }): string {
  if (repeat !== null) return t("{0} of {1} calls made…", formatCount(repeat.done), formatCount(repeat.count));
  return waits ? t("Waiting for the answer…") : t("Sending…");
}

function repeated(repeat: RepeatOutcome): TemplateResult {
  return html`<p class="result-head result-repeat">
    <span class="codicon codicon-sync" aria-hidden="true"></span>
    <span>${repeatSentence(repeat)} ${t("The last one:")}</span>
  </p>`;
}

function finished(result: CallOutcome, onReveal: Reveal): TemplateResult {
  const { kind, reply, attempts, timeoutMs, hint, request } = result;
  const again = attempts > 1 ? html`<span class="quiet">${t("attempt {0}", attempts)}</span>` : nothing;
  switch (kind) {
    case "ok": {
      const latency = html`<strong>${formatDuration(reply?.latencyMs ?? 0)}</strong>`;
      const isAcknowledged = reply?.said?.kind === "acknowledgement";
      return html`${head(
        "pass",
        "result-answer",
        html`<span>${rich(isAcknowledged ? "Acknowledged after {0}" : "Answered after {0}", latency)}</span> ${again}
          ${jump(t("Request"), request, onReveal)} ${jump(t("Reply"), reply?.row ?? null, onReveal)}`,
      )}
      ${
        isAcknowledged
          ? html`<p class="quiet result-note">
              ${t("The service has the call, and this says no more: what comes of it comes on another link, if at all.")}
            </p>`
          : nothing
      }
      ${reply === null ? nothing : replyBody(reply)}`;
    }
    case "error": {
      const said = reply?.said ?? null;
      const latency = html`<strong>${formatDuration(reply?.latencyMs ?? 0)}</strong>`;
      return html`${head(
          "error",
          "result-error",
          html`<span
              >${rich(
                said === null
                  ? "An answer that cannot be read after {0}"
                  : "The service answered with an error after {0}",
                latency,
              )}</span
            >
            ${said?.code == null ? nothing : html`<span class="result-code">${said.code}</span>`} ${again}
            ${jump(t("Request"), request, onReveal)} ${jump(t("Reply"), reply?.row ?? null, onReveal)}`,
        )}
        <p class="problem-text result-note" role="alert">
          ${said?.problem ?? reply?.problem ?? t("It does not say what went wrong.")}
        </p>
        ${reply === null ? nothing : replyBody(reply)}`;
    }
    case "sent":
      return head(
        "pass",
        "",
        html`<span>${t("Sent. This socket type gets no answer.")}</span> ${jump(t("Message"), request, onReveal)}`,
      );
    case "timeout":
      return head(
        "clock",
        "result-timeout",
        html`<span>${timeoutText(timeoutMs, attempts)} ${hint}</span> ${jump(t("Request"), request, onReveal)}`,
      );
    case "cancelled":
      return head("circle-slash", "", html`<span>${t("Cancelled. A late answer is ignored.")}</span>`);
  }
}

function timeoutText(timeoutMs: number, attempts: number): string {
  const timeout = formatDuration(timeoutMs);
  return attempts > 1 ? t("No answer within {0}, {1} times.", timeout, attempts) : t("No answer within {0}.", timeout);
}

function head(icon: string, kind: string, content: TemplateResult): TemplateResult {
  return html`<p class=${`result-head ${kind}`}>
    <span class=${`codicon codicon-${icon}`} aria-hidden="true"></span> ${content}
  </p>`;
}

/** The value that a dialect reads, with the frames behind a fold; without a dialect the frames. */
function replyBody({ said, frames }: CallReply): TemplateResult {
  if (said === null) return html`${frames.map(answerFrame)}`;
  return html`${
      said.json === null
        ? nothing
        : html`<section class="frame result-value" aria-label=${t("Value")}>${jsonValue(said.json)}</section>`
    }
    ${said.truncated ? html`<p class="quiet result-note">${t("The value is shortened. The log has all of it.")}</p>` : nothing}
    ${
      said.facts.length === 0
        ? nothing
        : html`<dl class="result-facts">
            ${said.facts.map(
              ({ label, value }) =>
                html`<dt>${label}</dt>
                  <dd>${value}</dd>`,
            )}
          </dl>`
    }
    <details class="result-frames">
      <summary>${t(frames.length === 1 ? "{0} frame" : "{0} frames", formatCount(frames.length))}</summary>
      ${frames.map(answerFrame)}
    </details>`;
}

function others(replies: readonly OtherReply[], more: number, onReveal: Reveal): TemplateResult | typeof nothing {
  if (replies.length === 0 && more === 0) return nothing;
  return html`<section class="result-others" aria-label=${t("Late and other messages")}>
    <h2 class="section-title">${t("Late and other messages")}</h2>
    ${replies.map(
      (reply) =>
        html`<div class="result-other">
          ${head(
            reply.kind === "late" ? "history" : "info",
            `result-${reply.kind}`,
            html`<span
                >${
                  reply.kind === "late"
                    ? t(
                        "Late: it answers attempt {0}, {1} after that was sent",
                        reply.attempt,
                        formatDuration(reply.latencyMs),
                      )
                    : t("It answers something else")
                }</span
              >
              ${jump(t("Reply"), reply.row, onReveal)}`,
          )}
          ${replyBody(reply)}
        </div>`,
    )}
    ${more === 0 ? nothing : html`<p class="quiet">${t(more === 1 ? "{0} more message came." : "{0} more messages came.", formatCount(more))}</p>`}
  </section>`;
}

function jump(word: string, n: number | null, onReveal: Reveal): TemplateResult | typeof nothing {
  if (n === null) return nothing;
  return html`<button type="button" class="link-button result-jump" @click=${() => onReveal(n)}>
    ${word} #${formatCount(n)}
  </button>`;
}
