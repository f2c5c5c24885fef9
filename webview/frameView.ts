import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { live } from "lit/directives/live.js";
import { MAX_BYTES_PER_READ } from "../src/shared/engineProtocol.ts";
import { isChoice } from "../src/shared/decoderChoice.ts";
import {
  type Decoded,
  type DecoderChoice,
  type DecoderName,
  type FrameInfo,
  type FrameValue,
  type LayerName,
  SURE_GUESS,
} from "../src/shared/model.ts";
import { CHOOSABLE_DECODERS, type ChoosableDecoder } from "../src/shared/viewProtocol.ts";
import { formatSize } from "./format.ts";
import { toHex } from "./hexText.ts";
import "./hexView.ts";
import type { ByteSource } from "./hexView.ts";
import { choiceWords, DECODER_WORDS } from "./messageWords.ts";
import "./valueTree.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";
import { rich } from "./rich.ts";

const ROLE_WORDS: Readonly<Record<FrameInfo["role"], string>> = {
  payload: "",
  delimiter: t("empty delimiter"),
  "request-id": t("request id"),
  topic: t("topic"),
};

/** What a decoded value is called in a filter. */
const TREE_FIELDS: Readonly<Partial<Record<DecoderName, string>>> = { json: "json", msgpack: "msgpack" };

/** In the order of the list; those with an option come after these. */
const PLAIN_DECODERS = ["json", "msgpack", "cbor", "xml", "text", "hex", "image", "numpy", "pickle"] as const;

const ASKING_WORDS: Readonly<Record<ChoosableDecoder, string>> = {
  text: t("As text in…"),
  numbers: t("As numbers…"),
  struct: t("As struct…"),
  numpy: t("As NumPy array…"),
  protobuf: t("Protobuf…"),
  own: t("Your own…"),
};
/** Before the name of a decoder whose option the user is asked for. */
const ASK = "ask:";
const AUTO = "auto";

const LAYER_WORDS: Readonly<Record<LayerName, string>> = {
  base64: "base64",
  zlib: "zlib",
  gzip: "gzip",
  zstd: t("Zstandard"),
};

/** A guess below this is called one. */

/** Asks the owner to remember a decoder for a frame; `decoder` null means to guess again. */
export type DecoderChosen = { readonly frame: number; readonly decoder: DecoderChoice | null };

/** One frame of an opened message: its size and role, its decoded value, a decoder chooser and Copy. */
export class FrameView extends LitElement {
  static override properties = {
    asker: { attribute: false },
    n: { attribute: false },
    info: { attribute: false },
    choice: { attribute: false },
    answer: { state: true },
    failure: { state: true },
    isImageBroken: { state: true },
  };
  declare asker: Asker;
  declare n: number;
  declare info: FrameInfo;
  /** The decoder that the user chose for this channel, or `null` to guess. */
  declare choice: DecoderChoice | null;
  declare answer: FrameValue | null;
  declare failure: string | null;
  /** The browser could not draw the image of `answer`. */
  declare isImageBroken: boolean;
  #source: ByteSource | null = null;

  constructor() {
    super();
    this.choice = null;
    this.answer = null;
    this.failure = null;
    this.isImageBroken = false;
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
      this.isImageBroken = false;
      this.failure = null;
    } catch (error) {
      this.failure = failureText(error);
    }
  }

  override render(): TemplateResult {
    const { info } = this;
    const role = ROLE_WORDS[info.role];
    return html`<section class="frame" aria-label=${t("Frame {0}", info.frame)} data-frame=${info.frame}>
      <header class="frame-head">
        <span class="frame-name">${rich("Frame {0}", info.frame)}</span>
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
    const { choice } = this;
    const isPlain = choice === null || PLAIN_DECODERS.some((name) => name === choice);
    return html`<vscode-single-select
        class="decoder-select"
        label=${t("Decoder of frame {0}", frame)}
        title=${choice === null ? "" : choiceWords(choice)}
        .value=${live(choice ?? AUTO)}
        @change=${(event: Event) => void this.#chosen(event.target as HTMLSelectElement)}
      >
        ${keyed(this.#guessWords(), this.#option(AUTO, t("Auto ({0})", this.#guessWords())))}
        ${isPlain ? nothing : keyed(choice, this.#option(choice, choiceWords(choice)))}
        ${PLAIN_DECODERS.map((name) => this.#option(name, DECODER_WORDS[name]))}
        ${CHOOSABLE_DECODERS.map((name) => this.#option(ASK + name, ASKING_WORDS[name]))}
      </vscode-single-select>
      <button
        type="button"
        class="icon-button frame-copy"
        title=${t("Copy this frame as shown")}
        aria-label=${t("Copy frame {0} as shown", frame)}
        @click=${() => void this.#copy()}
      >
        <span class="codicon codicon-copy" aria-hidden="true"></span>
      </button>`;
  }

  /** The list reads the words of an entry only when it is made, and what is chosen from the entries whenever one changes. */
  #option(value: string, words: string): TemplateResult {
    return html`<vscode-option value=${value} .selected=${(this.choice ?? AUTO) === value}>${words}</vscode-option>`;
  }

  #guessWords(): string {
    if (this.choice !== null || this.answer === null) return DECODER_WORDS[this.info.decoder];
    const { decoder, confidence, layers } = this.answer;
    const isUnsure = confidence < SURE_GUESS && decoder !== "hex" && layers.length === 0;
    return isUnsure ? t("maybe {0}", DECODER_WORDS[decoder]) : DECODER_WORDS[decoder];
  }

  #value(): TemplateResult {
    if (this.failure !== null) return html`<p class="problem-text" role="alert">${this.failure}</p>`;
    if (this.answer === null) return html`<p class="quiet frame-wait">${t("Decoding…")}</p>`;
    const { info, answer } = this;
    const isCut = "truncated" in answer.decoded && answer.decoded.truncated;
    return html`${this.#layers(answer)} ${this.#decoded(answer)}
    ${isCut ? html`<p class="quiet note">${t("The value is cut; choose Hex to see every byte.")}</p>` : nothing}
    ${
      info.keptBytes < info.sizeBytes
        ? html`<p class="quiet note">
            ${t("{0} of {1} are still kept.", formatSize(info.keptBytes), formatSize(info.sizeBytes))}
          </p>`
        : nothing
    }`;
  }

  /** What the value was wrapped in, outermost first, each with its size: base64 1.2 KiB › zlib 900 B › JSON 4 KiB. */
  #layers({ layers, decoder, decoded, sizeBytes }: FrameValue): TemplateResult | typeof nothing {
    if (layers.length === 0) return nothing;
    const steps = layers.map(({ name, sizeBytes: size }) => ({ name: LAYER_WORDS[name], size }));
    // What a layer that cannot be opened holds is not known.
    if (decoded.kind !== "none") steps.push({ name: DECODER_WORDS[decoder], size: sizeBytes });
    return html`<ol class="layers" aria-label=${t("Layers of the frame, outermost first")}>
      ${steps.map(
        ({ name, size }, index) =>
          html`<li class="layer">
            ${index === 0 ? nothing : html`<span class="codicon codicon-chevron-right" aria-hidden="true"></span>`}
            <span class="layer-name">${name}</span> <span class="layer-size">${formatSize(size)}</span>
          </li>`,
      )}
    </ol>`;
  }

  #decoded({ decoder, decoded, layers }: FrameValue): TemplateResult {
    const hex = () => html`<zmq-hex-view .source=${this.#source}></zmq-hex-view>`;
    // Octets from inside layers are not those that the hex view reads.
    if (decoder === "hex" && layers.length === 0) return hex();
    switch (decoded.kind) {
      case "text":
        return html`<pre class="value-text" dir="auto" tabindex="0">${decoded.text}</pre>`;
      case "tree":
        // Filters look at frames as they are, not inside layers.
        return this.#tree(layers.length === 0 ? (TREE_FIELDS[decoder] ?? "") : "", decoded);
      case "image":
        return this.isImageBroken
          ? html`<p class="note decode-reason">
                ${rich("The browser cannot draw this {0} image of {1} × {2} pixels: its octets are damaged.", decoded.format, decoded.width, decoded.height)}
              </p>
              ${hex()}`
          : imageView(decoded, () => (this.isImageBroken = true));
      case "none":
        return html`<p class="note decode-reason">${decoded.reason}</p>
          ${hex()}`;
    }
  }

  #tree(field: string, { json, warning, listing }: Extract<Decoded, { kind: "tree" }>): TemplateResult {
    return html`${
        warning === undefined
          ? nothing
          : html`<p class="decode-warning">
              <span class="codicon codicon-warning" aria-hidden="true"></span><span>${warning}</span>
            </p>`
      }
      <zmq-value-tree .field=${field} .json=${json}></zmq-value-tree>
      ${
        listing === undefined
          ? nothing
          : html`<details class="listing">
              <summary>${listing.title}</summary>
              <pre class="value-text" tabindex="0">${listing.text}</pre>
            </details>`
      }`;
  }

  async #chosen(select: HTMLSelectElement): Promise<void> {
    const { value } = select;
    if (value === AUTO) this.#remember(null);
    else if (isChoice(value)) this.#remember(value);
    else await this.#ask(value.slice(ASK.length) as ChoosableDecoder);
  }

  /** Lets the host ask for the option. Until there is one, the list shows what is shown. */
  async #ask(decoder: ChoosableDecoder): Promise<void> {
    try {
      const choice = await this.asker.ask("decoder/choose", { decoder, current: this.choice });
      if (choice !== null) this.#remember(choice);
    } catch (error) {
      this.failure = failureText(error);
    }
    this.requestUpdate();
  }

  #remember(decoder: DecoderChoice | null): void {
    const detail: DecoderChosen = { frame: this.info.frame, decoder };
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
    const isItself = this.answer?.decoder === "hex" && this.answer.layers.length === 0;
    const decoded = isItself ? undefined : this.answer?.decoded;
    if (decoded?.kind === "text") return decoded.text;
    if (decoded?.kind === "tree") return decoded.json;
    const bytes = await this.#source?.read(0, Math.min(this.info.keptBytes, MAX_BYTES_PER_READ));
    return bytes === undefined ? "" : toHex(bytes);
  }
}

/** A picture no larger than the pane, and what it is; its octets come from the wire, so only a browser's own decoders see them. */
function imageView(image: Extract<Decoded, { kind: "image" }>, onBroken: () => void): TemplateResult {
  const { format, mime, base64, width, height } = image;
  const size = t("{0} × {1} pixels", width, height);
  return html`<figure class="image-value">
    <img src=${`data:${mime};base64,${base64}`} alt=${t("{0} image of {1}", format, size)} @error=${onBroken} />
    <figcaption class="quiet">${format}, ${size}</figcaption>
  </figure>`;
}

customElements.define("zmq-frame-view", FrameView);
