import { html, nothing, type TemplateResult } from "lit";
import type { CallResult, CallSocket } from "../src/shared/model.ts";
import { answerValue } from "./answerText.ts";
import { formatCount, formatDuration, formatSize } from "./format.ts";
import "./hexView.ts";
import type { ByteSource } from "./hexView.ts";
import "./valueTree.ts";

/** How the last call stands. */
export type CallStatus =
  | { readonly kind: "idle" }
  | { readonly kind: "sending"; readonly call: string; readonly socket: CallSocket }
  | { readonly kind: "done"; readonly result: CallResult }
  | { readonly kind: "failed"; readonly message: string };

/** A hex view keeps its place only while it gets the same source, so each answer's frame has one. */
const sources = new WeakMap<Uint8Array, ByteSource>();

/** How the last call ended, in a sentence, with the answer's frames. */
export function callResult(status: CallStatus, onReveal: (n: number) => void): TemplateResult {
  switch (status.kind) {
    case "idle":
      return html`<p class="quiet">The answer appears here.</p>`;
    case "sending":
      return html`<p class="result-head">
        <span class="codicon codicon-loading codicon-modifier-spin" aria-hidden="true"></span>
        ${status.socket === "REQ" || status.socket === "DEALER" ? "Waiting for the answer…" : "Sending…"}
      </p>`;
    case "failed":
      return html`<p class="result-head problem-text" role="alert">
        <span class="codicon codicon-error" aria-hidden="true"></span> ${status.message}
      </p>`;
    case "done":
      return finished(status.result, onReveal);
  }
}

function finished(result: CallResult, onReveal: (n: number) => void): TemplateResult {
  switch (result.kind) {
    case "answer":
      return html`<p class="result-head result-answer">
          <span class="codicon codicon-pass" aria-hidden="true"></span>
          <span>Answered after <strong>${formatDuration(result.latencyMs)}</strong></span>
          ${jump("Request", result.request, onReveal)} ${jump("Reply", result.reply, onReveal)}
        </p>
        ${result.frames.map(answerFrame)}`;
    case "sent":
      return html`<p class="result-head">
        <span class="codicon codicon-pass" aria-hidden="true"></span>
        <span>Sent. This socket type gets no answer.</span> ${jump("Message", result.request, onReveal)}
      </p>`;
    case "timeout":
      return html`<p class="result-head result-timeout">
        <span class="codicon codicon-clock" aria-hidden="true"></span>
        <span
          >No answer within ${formatDuration(result.afterMs)}. The socket was thrown away, so a late answer cannot reach
          the next call.</span
        >
      </p>`;
    case "cancelled":
      return html`<p class="result-head">
        <span class="codicon codicon-circle-slash" aria-hidden="true"></span>
        <span>Cancelled. A late answer is ignored.</span>
      </p>`;
  }
}

function jump(word: string, n: number | null, onReveal: (n: number) => void): TemplateResult | typeof nothing {
  if (n === null) return nothing;
  return html`<button type="button" class="link-button result-jump" @click=${() => onReveal(n)}>
    ${word} #${formatCount(n)}
  </button>`;
}

function answerFrame(bytes: Uint8Array, index: number): TemplateResult {
  const value = bytes.length === 0 ? null : answerValue(bytes);
  return html`<section class="frame result-frame" data-frame=${index} aria-label=${`Answer frame ${index}`}>
    <header class="frame-head">
      <span class="frame-name">Frame ${index}</span>
      <span class="frame-size">${formatSize(bytes.length)}</span>
      <span class="spacer"></span>
      ${value === null ? nothing : html`<span class="frame-role">${value.name}</span>`}
    </header>
    ${value === null ? nothing : html`<div class="frame-value">${shown(bytes, value)}</div>`}
  </section>`;
}

function shown(bytes: Uint8Array, value: ReturnType<typeof answerValue>): TemplateResult {
  switch (value.kind) {
    case "tree":
      return html`<zmq-value-tree .json=${value.json}></zmq-value-tree>`;
    case "text":
      return html`<pre class="value-text">${value.text}</pre>`;
    case "bytes":
      return html`<zmq-hex-view .source=${sourceOf(bytes)}></zmq-hex-view>`;
  }
}

function sourceOf(bytes: Uint8Array): ByteSource {
  let source = sources.get(bytes);
  if (source === undefined) {
    source = {
      sizeBytes: bytes.length,
      read: (from, count) => Promise.resolve(bytes.subarray(from, from + count)),
    };
    sources.set(bytes, source);
  }
  return source;
}
