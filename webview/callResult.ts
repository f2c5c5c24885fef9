import { html, nothing, type TemplateResult } from "lit";
import type { CallOutcome, CallReply, OtherReply, RepeatOutcome } from "../src/shared/calls.ts";
import { repeatSentence } from "../src/shared/callText.ts";
import { answerFrame, jsonValue } from "./callFrame.ts";
import { formatCount, formatDuration, formatPlural } from "./format.ts";

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
      return html`<p class="quiet">The answer appears here.</p>`;
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
  if (repeat !== null) return `${formatCount(repeat.done)} of ${formatCount(repeat.count)} calls made…`;
  return waits ? "Waiting for the answer…" : "Sending…";
}

function repeated(repeat: RepeatOutcome): TemplateResult {
  return html`<p class="result-head result-repeat">
    <span class="codicon codicon-sync" aria-hidden="true"></span>
    <span>${repeatSentence(repeat)} The last one:</span>
  </p>`;
}

function finished(result: CallOutcome, onReveal: Reveal): TemplateResult {
  const { kind, reply, attempts, timeoutMs, hint, request } = result;
  const again = attempts > 1 ? html`<span class="quiet">attempt ${attempts}</span>` : nothing;
  switch (kind) {
    case "ok": {
      const isAcknowledged = reply?.said?.kind === "acknowledgement";
      return html`${head(
        "pass",
        "result-answer",
        html`<span
            >${isAcknowledged ? "Acknowledged" : "Answered"} after
            <strong>${formatDuration(reply?.latencyMs ?? 0)}</strong></span
          >
          ${again} ${jump("Request", request, onReveal)} ${jump("Reply", reply?.row ?? null, onReveal)}`,
      )}
      ${
        isAcknowledged
          ? html`<p class="quiet result-note">
              The service has the call, and this says no more: what comes of it comes on another link, if at all.
            </p>`
          : nothing
      }
      ${reply === null ? nothing : replyBody(reply)}`;
    }
    case "error": {
      const said = reply?.said ?? null;
      const words = said === null ? "An answer that cannot be read" : "The service answered with an error";
      return html`${head(
          "error",
          "result-error",
          html`<span>${words} after <strong>${formatDuration(reply?.latencyMs ?? 0)}</strong></span>
            ${said?.code == null ? nothing : html`<span class="result-code">${said.code}</span>`} ${again}
            ${jump("Request", request, onReveal)} ${jump("Reply", reply?.row ?? null, onReveal)}`,
        )}
        <p class="problem-text result-note" role="alert">
          ${said?.problem ?? reply?.problem ?? "It does not say what went wrong."}
        </p>
        ${reply === null ? nothing : replyBody(reply)}`;
    }
    case "sent":
      return head(
        "pass",
        "",
        html`<span>Sent. This socket type gets no answer.</span> ${jump("Message", request, onReveal)}`,
      );
    case "timeout":
      return head(
        "clock",
        "result-timeout",
        html`<span
            >No answer within ${formatDuration(timeoutMs)}${attempts > 1 ? `, ${attempts} times` : ""}. ${hint}</span
          >
          ${jump("Request", request, onReveal)}`,
      );
    case "cancelled":
      return head("circle-slash", "", html`<span>Cancelled. A late answer is ignored.</span>`);
  }
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
        : html`<section class="frame result-value" aria-label="Value">${jsonValue(said.json)}</section>`
    }
    ${said.truncated ? html`<p class="quiet result-note">The value is shortened. The log has all of it.</p>` : nothing}
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
      <summary>${formatPlural(frames.length, "frame")}</summary>
      ${frames.map(answerFrame)}
    </details>`;
}

function others(replies: readonly OtherReply[], more: number, onReveal: Reveal): TemplateResult | typeof nothing {
  if (replies.length === 0 && more === 0) return nothing;
  return html`<section class="result-others" aria-label="Late and other messages">
    <h2 class="section-title">Late and other messages</h2>
    ${replies.map(
      (reply) =>
        html`<div class="result-other">
          ${head(
            reply.kind === "late" ? "history" : "info",
            `result-${reply.kind}`,
            html`<span
                >${
                  reply.kind === "late"
                    ? `Late: it answers attempt ${reply.attempt}, ${formatDuration(reply.latencyMs)} after that was sent`
                    : "It answers something else"
                }</span
              >
              ${jump("Reply", reply.row, onReveal)}`,
          )}
          ${replyBody(reply)}
        </div>`,
    )}
    ${more === 0 ? nothing : html`<p class="quiet">${formatPlural(more, "more message")} came.</p>`}
  </section>`;
}

function jump(word: string, n: number | null, onReveal: Reveal): TemplateResult | typeof nothing {
  if (n === null) return nothing;
  return html`<button type="button" class="link-button result-jump" @click=${() => onReveal(n)}>
    ${word} #${formatCount(n)}
  </button>`;
}
