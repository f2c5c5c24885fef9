import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-option/index.js";
import "@vscode-elements/elements/dist/vscode-single-select/index.js";
import "@vscode-elements/elements/dist/vscode-textarea/index.js";
import "@vscode-elements/elements/dist/vscode-textfield/index.js";
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { CALL_SOCKETS, type CallTarget, type TapState } from "../src/shared/model.ts";
import { type CallFrame, type CallRecord, FRAME_FORMATS, type FrameFormat } from "../src/shared/viewProtocol.ts";
import {
  type CallDraft,
  EMPTY_DRAFT,
  endpointProblem,
  frameBytes,
  frameProblem,
  hasAnswer,
  MAX_CALL_FRAMES,
  timeoutProblem,
} from "./callDraft.ts";
import { callHistory } from "./callHistory.ts";
import { callResult, type CallStatus } from "./callResult.ts";
import { formatSize } from "./format.ts";
import { type Asker, failureText } from "./viewChannel.ts";

const FORMAT_WORDS: Readonly<Record<FrameFormat, string>> = {
  text: "Text",
  json: "JSON",
  msgpack: "MessagePack",
  hex: "Hex",
};
const ENDPOINT = "endpoint";
const MIN_LINES = 3;
const MAX_LINES = 16;

/** The Call tab: a form, the answer, and what was called before. */
export class CallTab extends LitElement {
  static override properties = {
    asker: { attribute: false },
    taps: { attribute: false },
    history: { attribute: false },
    isTrusted: { attribute: false },
    draft: { attribute: false },
    status: { state: true },
  };
  declare asker: Asker;
  declare taps: readonly TapState[];
  declare history: readonly CallRecord[];
  declare isTrusted: boolean;
  /** What the form holds; every change is told as `call-draft`. */
  declare draft: CallDraft | null;
  declare status: CallStatus;
  #calls = 0;

  constructor() {
    super();
    this.taps = [];
    this.history = [];
    this.isTrusted = true;
    this.draft = null;
    this.status = { kind: "idle" };
  }

  override createRenderRoot(): this {
    return this;
  }

  /** Puts the keyboard where the first frame is typed. */
  override focus(): void {
    this.querySelector<HTMLElement>("vscode-textarea")?.focus();
  }

  /** A new form starts with the first tap, since that is what people call through. */
  get #form(): CallDraft {
    if (this.draft !== null) return this.draft;
    const tap = this.taps[0];
    return tap === undefined ? EMPTY_DRAFT : { ...EMPTY_DRAFT, target: { kind: "tap", tap: tap.config.id } };
  }

  override render(): TemplateResult {
    const form = this.#form;
    return html`<div class="call-tab">
      <form
        class="call-form"
        id="call-form"
        aria-label="Call"
        @submit=${(event: Event) => event.preventDefault()}
        @keydown=${(event: KeyboardEvent) => this.#pressed(event)}
      >
        ${this.#target(form)}
        <div class="call-frames" id="call-frames">${form.frames.map((frame, i) => this.#frame(form, frame, i))}</div>
        ${this.#actions(form)}
      </form>
      <section class="call-result" id="call-result" aria-label="Result" aria-live="polite">
        ${callResult(this.status, (n) => this.dispatchEvent(new CustomEvent("call-reveal", { detail: n })))}
      </section>
      ${callHistory(this.history, this.taps, {
        onLoad: (record) => this.#load(record),
        onSend: (record) => {
          this.#load(record);
          void this.#send(toDraftOf(record));
        },
      })}
    </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    // The component reads its options once; a tap that comes later must be able to be the chosen one.
    if (changed.has("taps") || changed.has("draft")) {
      const select = this.querySelector("#call-target");
      if (select !== null) (select as HTMLSelectElement).value = targetValue(this.#form.target);
    }
  }

  #target(form: CallDraft): TemplateResult {
    const { target } = form;
    const isEndpoint = target.kind === "endpoint";
    const isKnown = isEndpoint || this.taps.some((tap) => tap.config.id === target.tap);
    const problem = isEndpoint && target.endpoint !== "" ? endpointProblem(target.endpoint) : null;
    return html`<div class="call-row">
      <div class="field field-target">
        <span class="field-label" aria-hidden="true">Target</span>
        <vscode-single-select
          id="call-target"
          label="Target"
          .value=${targetValue(target)}
          @change=${(event: Event) => this.#retarget((event.target as HTMLSelectElement).value)}
        >
          ${this.taps.map(
            (tap) =>
              html`<vscode-option value=${`tap:${tap.config.id}`}
                >${tap.config.name} (${tap.config.server})</vscode-option
              >`,
          )}
          ${isKnown ? nothing : html`<vscode-option value=${targetValue(target)}>A tap that is gone</vscode-option>`}
          <vscode-option value=${ENDPOINT}>Endpoint…</vscode-option>
        </vscode-single-select>
      </div>
      <div class="field field-socket">
        <span class="field-label" aria-hidden="true">Socket</span>
        <vscode-single-select
          id="call-socket"
          label="Socket type"
          .value=${form.socket}
          @change=${(event: Event) => this.#setSocket((event.target as HTMLSelectElement).value)}
        >
          ${CALL_SOCKETS.map((socket) => html`<vscode-option value=${socket}>${socket}</vscode-option>`)}
        </vscode-single-select>
      </div>
      ${
        hasAnswer(form.socket)
          ? html`<div class="field field-timeout">
              <span class="field-label" aria-hidden="true">Timeout, ms</span>
              <vscode-textfield
                id="call-timeout"
                .label=${"Timeout in milliseconds"}
                inputmode="numeric"
                .value=${Number.isNaN(form.timeoutMs) ? "" : String(form.timeoutMs)}
                ?invalid=${timeoutProblem(form.timeoutMs) !== null}
                @input=${(event: Event) => this.#change({ timeoutMs: toMs(inputValue(event)) })}
              ></vscode-textfield>
            </div>`
          : nothing
      }
      ${
        isEndpoint
          ? html`<div class="field field-endpoint">
              <span class="field-label" aria-hidden="true">Endpoint</span>
              <vscode-textfield
                id="call-endpoint"
                .label=${"Endpoint"}
                placeholder="tcp://127.0.0.1:5555"
                spellcheck="false"
                .value=${target.endpoint}
                ?invalid=${problem !== null}
                @input=${(event: Event) => this.#change({ target: { kind: "endpoint", endpoint: inputValue(event) } })}
              ></vscode-textfield>
              ${problemLine(problem)}
            </div>`
          : nothing
      }
    </div>`;
  }

  #frame(form: CallDraft, frame: CallFrame, index: number): TemplateResult {
    const problem = frame.text === "" ? null : frameProblem(frame);
    const lines = Math.min(MAX_LINES, Math.max(MIN_LINES, frame.text.split("\n").length + 1));
    const problemId = `call-problem-${index}`;
    return html`<section class="frame call-frame" data-frame=${index} aria-label=${`Frame ${index}`}>
      <header class="frame-head">
        <span class="frame-name">Frame ${index}</span>
        <span class="frame-size">${sizeText(frame)}</span>
        <span class="spacer"></span>
        <vscode-single-select
          class="decoder-select call-format"
          label=${`Format of frame ${index}`}
          .value=${frame.format}
          @change=${(event: Event) => this.#setFormat(index, (event.target as HTMLSelectElement).value)}
        >
          ${FRAME_FORMATS.map((format) => html`<vscode-option value=${format}>${FORMAT_WORDS[format]}</vscode-option>`)}
        </vscode-single-select>
        <button
          type="button"
          class="icon-button call-remove"
          ?disabled=${form.frames.length === 1}
          title="Remove this frame"
          aria-label=${`Remove frame ${index}`}
          @click=${() => this.#change({ frames: form.frames.filter((_, i) => i !== index) })}
        >
          <span class="codicon codicon-trash" aria-hidden="true"></span>
        </button>
      </header>
      <vscode-textarea
        class="call-text"
        .label=${`Frame ${index}`}
        monospace
        spellcheck="false"
        rows=${lines}
        placeholder=${placeholder(frame.format)}
        .value=${frame.text}
        ?invalid=${problem !== null}
        @input=${(event: Event) => this.#setText(index, inputValue(event))}
      ></vscode-textarea>
      ${problemLine(problem, problemId)}
    </section>`;
  }

  #actions(form: CallDraft): TemplateResult {
    const isSending = this.status.kind === "sending";
    const problem = this.#problem(form);
    const isFull = form.frames.length >= MAX_CALL_FRAMES;
    return html`<div class="call-actions">
      <vscode-button
        id="call-send"
        ?disabled=${isSending || problem !== null}
        title="Send (Ctrl+Enter)"
        @click=${() => void this.#send(form)}
        >Send</vscode-button
      >
      ${
        isSending
          ? html`<vscode-button id="call-cancel" secondary @click=${() => void this.#cancel()}>Cancel</vscode-button>`
          : nothing
      }
      <button
        type="button"
        class="tool-button"
        id="call-add-frame"
        ?disabled=${isFull}
        @click=${() => this.#change({ frames: [...form.frames, { format: form.frames.at(-1)?.format ?? "text", text: "" }] })}
      >
        <span class="codicon codicon-add" aria-hidden="true"></span> Add Frame
      </button>
      <span class="quiet call-why">${isToldInPlace(form, this.isTrusted) ? "" : problem}</span>
    </div>`;
  }

  /** Why the form cannot be sent, or `null`. */
  #problem(form: CallDraft): string | null {
    if (!this.isTrusted) return "This workspace is not trusted, so nothing is sent.";
    const target = form.target.kind === "endpoint" ? endpointProblem(form.target.endpoint) : null;
    const timeout = hasAnswer(form.socket) ? timeoutProblem(form.timeoutMs) : null;
    return target ?? timeout ?? form.frames.map(frameProblem).find((found) => found !== null) ?? null;
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    void this.#send(this.#form);
  }

  #change(part: Partial<CallDraft>): void {
    this.draft = { ...this.#form, ...part };
    this.dispatchEvent(new CustomEvent<CallDraft>("call-draft", { detail: this.draft }));
  }

  #retarget(value: string): void {
    const target: CallTarget =
      value === ENDPOINT ? { kind: "endpoint", endpoint: "" } : { kind: "tap", tap: value.slice("tap:".length) };
    this.#change({ target });
  }

  #setSocket(value: string): void {
    const socket = CALL_SOCKETS.find((known) => known === value);
    if (socket !== undefined) this.#change({ socket });
  }

  #setFormat(index: number, value: string): void {
    const format = FRAME_FORMATS.find((known) => known === value);
    if (format !== undefined) this.#setFrame(index, { format });
  }

  #setText(index: number, text: string): void {
    this.#setFrame(index, { text });
  }

  #setFrame(index: number, part: Partial<CallFrame>): void {
    this.#change({ frames: this.#form.frames.map((frame, i) => (i === index ? { ...frame, ...part } : frame)) });
  }

  #load(record: CallRecord): void {
    this.#change(toDraftOf(record));
  }

  async #send(draft: CallDraft): Promise<void> {
    if (this.status.kind === "sending" || this.#problem(draft) !== null) return;
    const call = `view-${Date.now().toString(36)}-${++this.#calls}`;
    this.status = { kind: "sending", call, socket: draft.socket };
    try {
      const { result, history } = await this.asker.ask("call/send", { call, ...draft });
      this.status = { kind: "done", result };
      this.dispatchEvent(new CustomEvent<readonly CallRecord[]>("call-history", { detail: history }));
    } catch (error) {
      this.status = { kind: "failed", message: failureText(error) };
    }
  }

  async #cancel(): Promise<void> {
    if (this.status.kind !== "sending") return;
    try {
      await this.asker.ask("call/cancel", { call: this.status.call });
    } catch (error) {
      this.status = { kind: "failed", message: failureText(error) };
    }
  }
}

/** Whether what is wrong is already said beside the field. */
function isToldInPlace({ target, frames }: CallDraft, isTrusted: boolean): boolean {
  if (!isTrusted) return false;
  if (target.kind === "endpoint" && target.endpoint !== "" && endpointProblem(target.endpoint) !== null) return true;
  return frames.some((frame) => frame.text !== "" && frameProblem(frame) !== null);
}

function toDraftOf({ target, socket, frames, timeoutMs }: CallRecord): CallDraft {
  return { target, socket, frames, timeoutMs };
}

function targetValue(target: CallTarget): string {
  return target.kind === "endpoint" ? ENDPOINT : `tap:${target.tap}`;
}

function inputValue(event: Event): string {
  return (event.target as HTMLInputElement).value;
}

function toMs(text: string): number {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
}

function problemLine(problem: string | null, id?: string): TemplateResult | typeof nothing {
  return problem === null ? nothing : html`<p class="problem-text field-problem" id=${id ?? nothing}>${problem}</p>`;
}

function placeholder(format: FrameFormat): string {
  switch (format) {
    case "text":
      return "Text, sent as UTF-8. Nothing typed is an empty frame.";
    case "json":
      return '{"method": "add", "args": [2, 3]}';
    case "msgpack":
      return '{"typed as": "JSON, sent as MessagePack"}';
    case "hex":
      return "01 ff 00 …";
  }
}

function sizeText(frame: CallFrame): string {
  const sizeBytes = frameBytes(frame);
  return sizeBytes === null ? "" : formatSize(sizeBytes);
}

customElements.define("zmq-call-tab", CallTab);
