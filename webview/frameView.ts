import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { MAX_BYTES_PER_READ } from "../src/shared/engineProtocol.ts";
import { type Decoded, type DecoderName, DECODERS, type FrameInfo } from "../src/shared/model.ts";
import { formatSize } from "./format.ts";
import { toHex } from "./hexText.ts";
import "./hexView.ts";
import type { ByteSource } from "./hexView.ts";
import { DECODER_WORDS } from "./messageWords.ts";
import "./valueTree.ts";
import { type Asker, failureText } from "./viewChannel.ts";

const ROLE_WORDS: Readonly<Record<FrameInfo["role"], string>> = {
  payload: "",
  delimiter: "empty delimiter",
  "request-id": "request id",
  topic: "topic",
};

/** What a decoded value is called in a filter. */
const TREE_FIELDS: Readonly<Partial<Record<DecoderName, string>>> = { json: "json", msgpack: "msgpack" };

/** Asks the owner to remember a decoder for a frame; `decoder` null means to guess again. */
export type DecoderChoice = { readonly frame: number; readonly decoder: DecoderName | null };

/** One frame of an opened message: its size and role, its decoded value, a decoder chooser and Copy. */
export class FrameView extends LitElement {
  static override properties = {
    asker: { attribute: false },
    n: { attribute: false },
    info: { attribute: false },
    choice: { attribute: false },
    answer: { state: true },
    failure: { state: true },
  };
  declare asker: Asker;
  declare n: number;
  declare info: FrameInfo;
  /** The decoder that the user chose for this channel, or `null` to guess. */
  declare choice: DecoderName | null;
  declare answer: { readonly decoder: DecoderName; readonly decoded: Decoded } | null;
  declare failure: string | null;
  #source: ByteSource | null = null;

  constructor() {
    super();
    this.choice = null;
    this.answer = null;
    this.failure = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("n") && !changed.has("info") && !changed.has("choice")) return;
    const { asker, n, info } = this;
    this.#source = {
      sizeBytes: info.keptBytes,
      read: (from, count) => asker.ask("bytes/read", { n, frame: info.frame, from, count }),
    };
    if (changed.has("n")) this.answer = null;
    if (info.sizeBytes > 0) void this.#decode();
  }

  async #decode(): Promise<void> {
    const { n, info, choice } = this;
    try {
      const answer = await this.asker.ask("frame/decode", { n, frame: info.frame, decoder: choice });
      if (n !== this.n || info !== this.info || choice !== this.choice) return;
      this.answer = answer;
      this.failure = null;
    } catch (error) {
      this.failure = failureText(error);
    }
  }

  override render(): TemplateResult {
    const { info } = this;
    const role = ROLE_WORDS[info.role];
    return html`<section class="frame" aria-label=${`Frame ${info.frame}`} data-frame=${info.frame}>
      <header class="frame-head">
        <span class="frame-name">Frame ${info.frame}</span>
        <span class="frame-size">${formatSize(info.sizeBytes)}</span>
        ${role === "" ? nothing : html`<span class="frame-role">${role}</span>`}
        <span class="spacer"></span>
        ${info.sizeBytes === 0 ? nothing : this.#tools()}
      </header>
      ${info.sizeBytes === 0 ? nothing : html`<div class="frame-value">${this.#value()}</div>`}
    </section>`;
  }

  #tools(): TemplateResult {
    const { frame } = this.info;
    const guessed = this.choice === null ? (this.answer?.decoder ?? this.info.decoder) : this.info.decoder;
    return html`<vscode-single-select
        class="decoder-select"
        label=${`Decoder of frame ${frame}`}
        .value=${this.choice ?? "auto"}
        @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}
      >
        <vscode-option value="auto">Auto (${DECODER_WORDS[guessed]})</vscode-option>
        ${DECODERS.map((name) => html`<vscode-option value=${name}>${DECODER_WORDS[name]}</vscode-option>`)}
      </vscode-single-select>
      <button
        type="button"
        class="icon-button frame-copy"
        title="Copy this frame as shown"
        aria-label=${`Copy frame ${frame} as shown`}
        @click=${() => void this.#copy()}
      >
        <span class="codicon codicon-copy" aria-hidden="true"></span>
      </button>`;
  }

  #value(): TemplateResult {
    if (this.failure !== null) return html`<p class="problem-text" role="alert">${this.failure}</p>`;
    if (this.answer === null) return html`<p class="quiet frame-wait">Decoding…</p>`;
    const { info, answer } = this;
    const isCut = "truncated" in answer.decoded && answer.decoded.truncated;
    return html`${this.#decoded(answer.decoder, answer.decoded)}
    ${isCut ? html`<p class="quiet note">The value is cut; choose Hex to see every byte.</p>` : nothing}
    ${
      info.keptBytes < info.sizeBytes
        ? html`<p class="quiet note">${formatSize(info.keptBytes)} of ${formatSize(info.sizeBytes)} are still kept.</p>`
        : nothing
    }`;
  }

  #decoded(decoder: DecoderName, decoded: Decoded): TemplateResult {
    const hex = () => html`<zmq-hex-view .source=${this.#source}></zmq-hex-view>`;
    if (decoder === "hex") return hex();
    switch (decoded.kind) {
      case "text":
        return html`<pre class="value-text">${decoded.text}</pre>`;
      case "tree":
        return html`<zmq-value-tree .field=${TREE_FIELDS[decoder] ?? ""} .json=${decoded.json}></zmq-value-tree>`;
      case "none":
        return html`<p class="quiet note">${decoded.reason}</p>
          ${hex()}`;
    }
  }

  #choose(value: string): void {
    const decoder = DECODERS.find((name) => name === value) ?? null;
    const detail: DecoderChoice = { frame: this.info.frame, decoder };
    this.dispatchEvent(new CustomEvent("decoder-chosen", { detail, bubbles: true }));
  }

  async #copy(): Promise<void> {
    try {
      await this.asker.ask("text/copy", { text: await this.#shownText() });
    } catch (error) {
      this.failure = failureText(error);
    }
  }

  /** The value as text; of a hex dump the first 64 KiB, which is what one read brings. */
  async #shownText(): Promise<string> {
    const decoded = this.answer?.decoder === "hex" ? undefined : this.answer?.decoded;
    if (decoded?.kind === "text") return decoded.text;
    if (decoded?.kind === "tree") return decoded.json;
    const bytes = await this.#source?.read(0, Math.min(this.info.keptBytes, MAX_BYTES_PER_READ));
    return bytes === undefined ? "" : toHex(bytes);
  }
}

customElements.define("zmq-frame-view", FrameView);
