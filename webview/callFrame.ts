import { html, nothing, type TemplateResult } from "lit";
import { answerValue } from "./answerText.ts";
import { formatSize } from "./format.ts";
import "./hexView.ts";
import type { ByteSource } from "./hexView.ts";
import "./valueTree.ts";
import { t } from "../src/shared/l10n.ts";

/** A hex view keeps its place only while it gets the same source, so each frame has one. */
const sources = new WeakMap<Uint8Array, ByteSource>();

/** A frame that came, as what it looks like. */
export function answerFrame(bytes: Uint8Array, index: number): TemplateResult {
  const value = bytes.length === 0 ? null : answerValue(bytes);
  return frame(
    bytes,
    index,
    t("Answer frame {0}", index),
    value?.name ?? null,
    value === null ? nothing : shown(bytes, value),
  );
}

/** A frame that would be sent, as octets. */
export function sentFrame(bytes: Uint8Array, index: number): TemplateResult {
  return frame(bytes, index, t("Sent frame {0}", index), null, bytes.length === 0 ? nothing : hex(bytes));
}

/** A decoded value: a tree, or its text where it is none. */
export function jsonValue(json: string): TemplateResult {
  return html`<div class="frame-value"><zmq-value-tree .json=${json}></zmq-value-tree></div>`;
}

function frame(
  bytes: Uint8Array,
  index: number,
  label: string,
  role: string | null,
  value: TemplateResult | typeof nothing,
): TemplateResult {
  return html`<section class="frame result-frame" data-frame=${index} aria-label=${label}>
    <header class="frame-head">
      <span class="frame-name">${t("Frame {0}", index)}</span>
      <span class="frame-size">${formatSize(bytes.length)}</span>
      <span class="spacer"></span>
      ${role === null ? nothing : html`<span class="frame-role">${role}</span>`}
    </header>
    ${value === nothing ? nothing : html`<div class="frame-value">${value}</div>`}
  </section>`;
}

function shown(bytes: Uint8Array, value: ReturnType<typeof answerValue>): TemplateResult {
  switch (value.kind) {
    case "tree":
      return html`<zmq-value-tree .json=${value.json}></zmq-value-tree>`;
    case "text":
      return html`<pre class="value-text" dir="auto" tabindex="0">${value.text}</pre>`;
    case "bytes":
      return hex(bytes);
  }
}

function hex(bytes: Uint8Array): TemplateResult {
  return html`<zmq-hex-view .source=${sourceOf(bytes)}></zmq-hex-view>`;
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
