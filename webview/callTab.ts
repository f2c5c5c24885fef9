import { html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import type { CallOutcome, OtherReply, RepeatOutcome, SeenCalls } from "../src/shared/calls.ts";
import { formProblems } from "../src/shared/callForm.ts";
import { type DialectInfo, isOwnDialect } from "../src/shared/dialects.ts";
import type { TapState } from "../src/shared/model.ts";
import type { CallFormParts, CallRecord, ViewCall, ViewNotice } from "../src/shared/viewProtocol.ts";
import { callActions, type ShownBytes } from "./callActions.ts";
import { callDialectForm } from "./callDialectForm.ts";
import {
  type CallDraft,
  chosenDialect,
  draftOf,
  draftProblem,
  EMPTY_DRAFT,
  endpointProblem,
  frameProblem,
  hasAnswer,
  toCall,
  typedOf,
} from "./callDraft.ts";
import { callFrames } from "./callFrames.ts";
import { callHistory } from "./callHistory.ts";
import { callResult, type CallStatus } from "./callResult.ts";
import { callTarget } from "./callTarget.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";

/** Bytes are shown anew this long after the last change of the form. */
const PREVIEW_MS = 150;
const MAX_LATER = 16;
const NOTHING_SEEN: SeenCalls = { dialect: null, methods: [] };

/** The Call tab: a form, the answer, and what was called before. */
export class CallTab extends LitElement {
  static override properties = {
    asker: { attribute: false },
    taps: { attribute: false },
    history: { attribute: false },
    isTrusted: { attribute: false },
    draft: { attribute: false },
    status: { state: true },
    parts: { state: true },
    seen: { state: true },
    secrets: { state: true },
    later: { state: true },
    bytes: { state: true },
    isRepeatOpen: { state: true },
  };
  declare asker: Asker;
  declare taps: readonly TapState[];
  declare history: readonly CallRecord[];
  declare isTrusted: boolean;
  /** What the form holds; every change is told as `call-draft`. */
  declare draft: CallDraft | null;
  declare status: CallStatus;
  declare parts: CallFormParts;
  /** What was called through the tap before. */
  declare seen: SeenCalls;
  /** Secret fields, which leave this page only with a call. */
  declare secrets: CallDraft["fields"];
  /** Replies that came after the last call had ended. */
  declare later: readonly OtherReply[];
  declare bytes: ShownBytes | null;
  declare isRepeatOpen: boolean;
  #calls = 0;
  #previews = 0;
  #previewTimer: ReturnType<typeof setTimeout> | undefined;
  #seenOf = "";
  /** What the tap speaks is still asked for. */
  #looking: Promise<void> = Promise.resolve();

  constructor() {
    super();
    this.taps = [];
    this.history = [];
    this.isTrusted = true;
    this.draft = null;
    this.status = { kind: "idle" };
    this.parts = { dialects: [], keys: [] };
    this.seen = NOTHING_SEEN;
    this.secrets = {};
    this.later = [];
    this.bytes = null;
    this.isRepeatOpen = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  /** Puts the keyboard where the call is typed. */
  override focus(): void {
    this.querySelector<HTMLElement>("#call-method, .call-text")?.focus();
  }

  /** Asks for what the form offers, which may have changed since. */
  async refresh(): Promise<void> {
    if (!this.isTrusted) return;
    this.#seenOf = "";
    try {
      this.parts = await this.asker.ask("call/form", null);
      await this.#lookUpMethods();
    } catch (error) {
      this.status = { kind: "failed", message: failureText(error) };
    }
  }

  /** Takes what the engine tells of calls. */
  told(notice: ViewNotice & { kind: "call/late" | "call/advanced" }): void {
    const { status } = this;
    if (notice.kind === "call/late") {
      if (status.kind === "done" && status.call === notice.call && this.later.length < MAX_LATER)
        this.later = [...this.later, notice.reply];
    } else if (status.kind === "sending" && status.call === notice.call) {
      this.status = { ...status, repeat: { done: notice.done, count: notice.count } };
    }
  }

  /** A SOCKS server is no tap to call through; those of its destinations are. */
  get #callable(): readonly TapState[] {
    return this.taps.filter(({ config }) => config.socks === undefined);
  }

  /** A new form starts with the first tap, since that is what people call through. */
  get #form(): CallDraft {
    if (this.draft !== null) return this.draft;
    const [tap] = this.#callable;
    return tap === undefined ? EMPTY_DRAFT : { ...EMPTY_DRAFT, target: { kind: "tap", tap: tap.config.id } };
  }

  #dialect(form: CallDraft): DialectInfo | null {
    const { target } = form;
    const tap = target.kind === "tap" ? this.taps.find(({ config }) => config.id === target.tap) : undefined;
    return chosenDialect(form, this.parts.dialects, this.seen.dialect, tap?.config.server);
  }

  override render(): TemplateResult {
    const form = this.#form;
    const dialect = this.#dialect(form);
    return html`<div class="call-tab">
      <form
        class="call-form"
        id="call-form"
        aria-label=${t("Call")}
        @submit=${(event: Event) => event.preventDefault()}
        @keydown=${(event: KeyboardEvent) => this.#pressed(event)}
      >
        ${callTarget(form, { taps: this.#callable, ...this.parts, dialect }, (part) => this.#change(part))}
        ${dialect === null ? callFrames(form.frames, (frames) => this.#change({ frames })) : this.#dialectForm(form, dialect)}
        ${this.#actions(form, dialect)}
      </form>
      <section class="call-result" id="call-result" aria-label=${t("Result")} aria-live="polite">
        ${callResult(this.status, this.later, (n) => this.dispatchEvent(new CustomEvent("call-reveal", { detail: n })))}
      </section>
      ${callHistory(this.history, this.taps, {
        onLoad: (record) => this.#change(draftOf(record, this.#form)),
        onSend: (record) => {
          this.#change(draftOf(record, this.#form));
          void this.#send();
        },
      })}
    </div>`;
  }

  protected override firstUpdated(): void {
    void this.refresh();
  }

  protected override updated(changed: PropertyValues<this>): void {
    // The component reads its options once; one that comes later must be able to be the chosen one.
    for (const select of this.querySelectorAll<HTMLSelectElement & HTMLElement>("vscode-single-select[data-value]")) {
      const { value } = select.dataset;
      if (value !== undefined && select.value !== value) select.value = value;
    }
    if (changed.has("draft") || changed.has("taps")) void this.#lookUpMethods();
    if ((changed.has("draft") || changed.has("secrets") || changed.has("parts")) && this.bytes !== null)
      this.#previewSoon();
  }

  #dialectForm(form: CallDraft, dialect: DialectInfo): TemplateResult {
    const problems = formProblems(typedOf(form, dialect, this.secrets), dialect);
    const parts = { methods: this.seen.methods, secrets: this.secrets, problems };
    return callDialectForm(form, dialect, parts, {
      onChange: (part) => this.#change(part),
      onSecret: (name, text) => (this.secrets = { ...this.secrets, [name]: text }),
    });
  }

  #actions(form: CallDraft, dialect: DialectInfo | null): TemplateResult {
    const problem = this.#problem(form);
    const state = {
      isSending: this.status.kind === "sending",
      canSend: problem === null,
      why: isToldInPlace(form, dialect, this.isTrusted) ? "" : (problem ?? ""),
      plan: form.repeat,
      isRepeatOpen: this.isRepeatOpen,
      bytes: this.bytes,
    };
    return callActions(state, {
      onSend: () => void this.#send(),
      onCancel: () => void this.#cancel(),
      onRepeat: () => void this.#repeat(),
      onRepeatPlan: (repeat) => this.#change({ repeat }),
      onToggleRepeat: () => (this.isRepeatOpen = !this.isRepeatOpen),
      onToggleBytes: () => {
        if (this.bytes === null) void this.#preview();
        else this.bytes = null;
      },
      onSave: () => void this.#save(),
    });
  }

  /** Why the form cannot be sent, or `null`. */
  #problem(form: CallDraft): string | null {
    if (!this.isTrusted) return t("This workspace is not trusted, so nothing is sent.");
    return draftProblem(form, this.#dialect(form), this.secrets);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    void this.#send();
  }

  #change(part: Partial<CallDraft>): void {
    this.draft = { ...this.#form, ...part };
    this.dispatchEvent(new CustomEvent<CallDraft>("call-draft", { detail: this.draft }));
  }

  /** Asks what was called through the tap, unless that is known. */
  #lookUpMethods(): Promise<void> {
    const { target, choice } = this.#form;
    const key = target.kind === "tap" ? `${target.tap} ${choice}` : "";
    if (key !== this.#seenOf && this.isTrusted) {
      this.#seenOf = key;
      this.#looking = this.#look(key, target, choice);
    }
    return this.#looking;
  }

  async #look(key: string, target: CallDraft["target"], choice: CallDraft["choice"]): Promise<void> {
    if (target.kind !== "tap" || choice === "frames") {
      this.seen = NOTHING_SEEN;
      return;
    }
    try {
      const seen = await this.asker.ask("call/methods", {
        tap: target.tap,
        dialect: choice === "auto" || isOwnDialect(choice) ? null : choice,
      });
      if (this.#seenOf === key) this.seen = seen;
    } catch {
      if (this.#seenOf === key) this.seen = NOTHING_SEEN; // Completion is a help only; a call tells what is wrong.
    }
  }

  #previewSoon(): void {
    clearTimeout(this.#previewTimer);
    this.#previewTimer = setTimeout(() => void this.#preview(), PREVIEW_MS);
  }

  async #preview(): Promise<void> {
    const preview = ++this.#previews;
    const form = this.#form;
    const dialect = this.#dialect(form);
    let bytes: ShownBytes;
    try {
      const { socket, frames, typed } = toCall(form, dialect, this.secrets);
      bytes = await this.asker.ask("call/preview", { socket, frames, ...(typed === undefined ? {} : { typed }) });
    } catch (error) {
      bytes = { problem: failureText(error) };
    }
    if (preview === this.#previews) this.bytes = bytes;
  }

  async #save(): Promise<void> {
    const form = this.#form;
    try {
      const call = `view-save-${++this.#calls}`;
      await this.asker.ask("call/save", { ...toCall(form, this.#dialect(form), this.secrets), call });
    } catch (error) {
      this.status = { kind: "failed", message: failureText(error) };
    }
  }

  #send(): Promise<void> {
    return this.#making(null, async (call) => {
      const { result, history } = await this.asker.ask("call/send", call);
      return { result, repeat: null, history };
    });
  }

  #repeat(): Promise<void> {
    const plan = this.#form.repeat;
    return this.#making({ done: 0, count: plan.count }, async (call) => {
      const { result, history } = await this.asker.ask("call/repeat", { call, plan });
      return { result: result.last, repeat: result, history };
    });
  }

  async #making(
    repeat: { readonly done: number; readonly count: number } | null,
    make: (call: ViewCall) => Promise<{
      readonly result: CallOutcome;
      readonly repeat: RepeatOutcome | null;
      readonly history: readonly CallRecord[];
    }>,
  ): Promise<void> {
    // A call to a tap that was chosen just now is made in what that one speaks.
    await this.#looking;
    const form = this.#form;
    if (this.status.kind === "sending" || this.#problem(form) !== null) return;
    const unsent = toCall(form, this.#dialect(form), this.secrets);
    const call = `view-${Date.now().toString(36)}-${++this.#calls}`;
    this.status = { kind: "sending", call, waits: hasAnswer(unsent.socket), repeat };
    this.later = [];
    try {
      const { history, ...done } = await make({ ...unsent, call });
      this.status = { kind: "done", call, ...done };
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
function isToldInPlace(form: CallDraft, dialect: DialectInfo | null, isTrusted: boolean): boolean {
  if (!isTrusted) return false;
  const { target, frames, args } = form;
  if (target.kind === "endpoint" && target.endpoint !== "" && endpointProblem(target.endpoint) !== null) return true;
  if (dialect !== null) return !args.includes("");
  return frames.some((frame) => frame.text !== "" && frameProblem(frame) !== null);
}

customElements.define("zmq-call-tab", CallTab);
