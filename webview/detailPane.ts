import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { channelKey } from "../src/shared/channelKey.ts";
import type { DecoderChoice, MessageDetail, Row } from "../src/shared/model.ts";
import type { ViewCommand } from "../src/shared/viewProtocol.ts";
import { rowLook, socketsText, subscribersText } from "./columns.ts";
import { formatCount, formatDuration, formatFullTime, formatSize } from "./format.ts";
import "./frameView.ts";
import type { DecoderChosen } from "./frameView.ts";
import type { FindingAsked } from "./rowFindings.ts";
import { exchangeSentence, rowTitle } from "./messageWords.ts";
import { says } from "./saysView.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";

const FRAMES_AT_ONCE = 30;

/** What the pane asks of the page around it. */
export type DetailEvent =
  | { readonly kind: "close" }
  | { readonly kind: "reveal"; readonly n: number }
  | { readonly kind: "run"; readonly command: ViewCommand; readonly finding?: string }
  | { readonly kind: "filter"; readonly text: string }
  | { readonly kind: "decoder"; readonly channel: string; readonly decoder: DecoderChoice | null };

/** Everything about one row: what it is, its partner, its link and its frames. Reads the row by itself. */
export class DetailPane extends LitElement {
  static override properties = {
    asker: { attribute: false },
    n: { attribute: false },
    row: { attribute: false },
    decoders: { attribute: false },
    isFile: { attribute: false },
    changes: { attribute: false },
    detail: { state: true },
    partner: { state: true },
    failure: { state: true },
    shownFrames: { state: true },
    hasFindings: { state: true },
  };
  declare asker: Asker;
  /** The row to show. */
  declare n: number | null;
  /** What the list knows of that row by now; newer than what was read when it was opened. */
  declare row: Row | undefined;
  declare decoders: Readonly<Record<string, DecoderChoice>>;
  /** The row is of an opened file. */
  declare isFile: boolean;
  /** Counts marks that were set while the row is shown: it is read again. */
  declare changes: number;
  declare detail: MessageDetail | null;
  declare partner: Row | null;
  declare failure: string | null;
  declare shownFrames: number;
  /** What draws findings is loaded, as it is with the first row that has one. */
  declare hasFindings: boolean;

  constructor() {
    super();
    this.hasFindings = false;
    this.n = null;
    this.row = undefined;
    this.decoders = {};
    this.isFile = false;
    this.changes = 0;
    this.detail = null;
    this.partner = null;
    this.failure = null;
    this.shownFrames = FRAMES_AT_ONCE;
  }

  override createRenderRoot(): this {
    return this;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("n")) {
      this.shownFrames = FRAMES_AT_ONCE;
      this.failure = null;
      if (this.n === null) this.detail = null;
      else void this.#read(this.n);
    } else if (changed.has("changes") && this.n !== null) {
      void this.#read(this.n);
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.hasFindings && this.#current?.finding != null) void this.#loadFindings();
    const partner = this.#current?.partner ?? null;
    if (partner === null) this.partner = null;
    else if (partner !== this.partner?.n && (changed.has("detail") || changed.has("row")))
      void this.#readPartner(partner);
  }

  get #current(): Row | null {
    if (this.detail === null) return null;
    return this.row?.n === this.detail.row.n ? this.row : this.detail.row;
  }

  async #loadFindings(): Promise<void> {
    await import("./rowFindings.ts");
    this.hasFindings = true;
  }

  async #read(n: number): Promise<void> {
    try {
      const detail = await this.asker.ask("message/read", { n });
      if (n === this.n) this.detail = detail;
    } catch (error) {
      if (n !== this.n) return;
      this.detail = null;
      this.failure = failureText(error);
    }
  }

  async #readPartner(n: number): Promise<void> {
    try {
      const { row } = await this.asker.ask("message/read", { n });
      if (this.#current?.partner === n) this.partner = row;
    } catch {
      // An evicted partner is shown by its number alone.
      this.partner = null;
    }
  }

  override render(): TemplateResult {
    const row = this.#current;
    if (this.failure !== null) {
      return html`<div class="detail-empty"><p class="problem-text" role="alert">${this.failure}</p></div>`;
    }
    if (row === null || this.detail === null) {
      return html`<div class="detail-empty quiet">
        <p>${this.n === null ? t("Select a message to see its frames.") : t("Reading…")}</p>
      </div>`;
    }
    return html`${this.#head(row)}
      <div class="detail-body">
        ${this.#findings(row)} ${this.#note(row)} ${this.#facts(row, this.detail)}
        ${this.detail.said === null ? nothing : says(row, this.detail.said, () => this.#emit({ kind: "run", command: "zmqTap.setDialect" }))}
        ${this.#frames(row, this.detail)} ${this.#link(this.detail)}
      </div>`;
  }

  #head(row: Row): TemplateResult {
    const look = rowLook(row);
    return html`<header class="detail-head look-${look.look}">
      <span class="codicon codicon-${look.icon} look-icon" aria-hidden="true"></span>
      <h2 class="detail-title" id="detail-title">
        <span>${rowTitle(row)}</span> <span class="detail-n">#${formatCount(row.n)}</span>
        ${row.origin === "wire" ? nothing : html`<span class="badge">${row.origin}</span>`}
      </h2>
      <span class="spacer"></span>
      ${
        row.replayable && !this.isFile
          ? html`${this.#tool("replay", "debug-rerun", t("Replay Message (R)"), "zmqTap.replayMessage")}
            ${this.#tool("edit", "edit", t("Edit and Replay… (E)"), "zmqTap.editAndReplay")}`
          : nothing
      }
      ${row.kind === "event" ? nothing : this.#tool("copy", "copy", t("Copy Message As… (C)"), "zmqTap.copyMessageAs")}
      ${row.kind === "event" ? nothing : this.#marks(row)}
      <button
        type="button"
        class="icon-button detail-close"
        title=${t("Close details")}
        aria-label=${t("Close details")}
        @click=${() => this.#emit({ kind: "close" })}
      >
        <span class="codicon codicon-close" aria-hidden="true"></span>
      </button>
    </header>`;
  }

  #marks(row: Row): TemplateResult {
    return html`${
      row.pinned
        ? this.#tool("pin", "pinned", t("Unpin Message (M)"), "zmqTap.unpinMessage")
        : this.#tool("pin", "pin", t("Pin Message (M)"), "zmqTap.pinMessage")
    }
    ${row.note === "" ? this.#tool("note", "note", t("Add Note…"), "zmqTap.editNote") : nothing}`;
  }

  #findings({ n, finding }: Row): TemplateResult | typeof nothing {
    if (!this.hasFindings || finding === null) return nothing;
    return html`<zmq-row-findings
      .asker=${this.asker}
      .n=${n}
      .found=${finding}
      @finding-asked=${({ detail }: CustomEvent<FindingAsked>) => this.#findingAsked(detail)}
    ></zmq-row-findings>`;
  }

  #findingAsked({ kind, id }: FindingAsked): void {
    if (kind === "explain") this.#emit({ kind: "run", command: "zmqTap.explainFinding", finding: id });
    else this.#emit({ kind: "filter", text: `finding == "${id}"` });
  }

  #note(row: Row): TemplateResult | typeof nothing {
    if (row.note === "") return nothing;
    return html`<section class="note-box" aria-label=${t("Note")}>
      <span class="codicon codicon-note" aria-hidden="true"></span>
      <p class="note-text" id="note-text" dir="auto" tabindex="0">${row.note}</p>
      ${this.#tool("note", "edit", t("Edit Note…"), "zmqTap.editNote")}
    </section>`;
  }

  #tool(name: string, icon: string, label: string, command: ViewCommand): TemplateResult {
    return html`<button
      type="button"
      class="icon-button detail-${name}"
      title=${label}
      aria-label=${label}
      @click=${() => this.#emit({ kind: "run", command })}
    >
      <span class="codicon codicon-${icon}" aria-hidden="true"></span>
    </button>`;
  }

  #facts(row: Row, detail: MessageDetail): TemplateResult {
    const sentence = exchangeSentence(row);
    const frames = detail.frames.length + detail.moreFrames;
    return html`<dl class="facts">
      ${row.kind === "event" && row.preview !== "" ? fact(t("What"), row.preview) : nothing}
      ${detail.event.map(({ label, value }) => fact(label, value))}
      ${
        row.partner === null
          ? nothing
          : fact(row.exchange === "reply" ? t("Request") : t("Reply"), this.#partnerLink(row, row.partner))
      }
      ${row.outcome === null ? nothing : fact(row.saidKind === "call" ? t("Signal") : t("Call"), this.#outcomeLink(row.outcome))}
      ${sentence === "" ? nothing : fact(t("Exchange"), html`<span class="exchange-${row.exchange}">${sentence}</span>`)}
      ${row.copyOf === null ? fact(t("Subscribers"), subscribersText(row)) : fact(t("Copy of"), this.#rowLink(row.copyOf))}
      ${fact(t("From"), fromText(row))} ${fact(t("Tap"), row.tapName)} ${fact(t("Sockets"), socketsText(row))}
      ${row.kind === "event" ? nothing : fact(t("Size"), sizeText(row.sizeBytes, frames))}
      ${fact(t("Time"), formatFullTime(row.timeMs))}
    </dl>`;
  }

  /** Who talks to whom and how, below the frames, which are what a message is opened for. */
  #link({ link }: MessageDetail): TemplateResult | typeof nothing {
    if (link.length === 0) return nothing;
    return html`<section class="link-facts" aria-labelledby="link-title">
      <h3 class="section-title" id="link-title">${t("Link")}</h3>
      <dl class="facts">${link.map(({ label, value }) => fact(label, value))}</dl>
    </section>`;
  }

  #partnerLink(row: Row, n: number): TemplateResult {
    const latencyMs = row.latencyMs ?? (this.partner?.n === n ? this.partner.latencyMs : null);
    const after = latencyMs === null ? "" : ` ${t("after {0}", formatDuration(latencyMs))}`;
    const guessed = row.guessed ? ` (${t("a guess: this protocol has no id that proves it")})` : "";
    const preview = this.partner?.n === n ? this.partner.preview : "";
    return html`${this.#rowLink(n, "partner-link", t("Go there (G)"))}${after}${guessed}${preview === "" ? nothing : html` · <span class="partner-preview">${preview}</span>`}`;
  }

  #outcomeLink(n: number): TemplateResult {
    const guessed = t("a guess by its name and time: this protocol has no id that proves it");
    return html`${this.#rowLink(n, "outcome-link")} (${guessed})`;
  }

  #rowLink(n: number, look = "", title = t("Go there")): TemplateResult {
    return html`<button
      type="button"
      class="link-button ${look}"
      title=${title}
      @click=${() => this.#emit({ kind: "reveal", n })}
    >
      #${formatCount(n)}
    </button>`;
  }

  #frames(row: Row, detail: MessageDetail): TemplateResult {
    const shown = detail.frames.slice(0, this.shownFrames);
    const left = detail.frames.length - shown.length;
    return html`<div
      class="frames"
      @decoder-chosen=${(event: CustomEvent<DecoderChosen>) => {
        const { frame, decoder } = event.detail;
        this.#emit({ kind: "decoder", channel: channelKey(row, frame), decoder });
      }}
    >
      ${repeat(
        shown,
        (info) => `${row.n}/${info.frame}`,
        (info) =>
          html`<zmq-frame-view
            .asker=${this.asker}
            .n=${row.n}
            .info=${info}
            .choice=${this.decoders[channelKey(row, info.frame)] ?? null}
          ></zmq-frame-view>`,
      )}
      ${
        left <= 0
          ? nothing
          : html`<button type="button" class="link-button" @click=${() => (this.shownFrames += FRAMES_AT_ONCE)}>
              ${t("Show more frames ({0} left)", formatCount(left + detail.moreFrames))}
            </button>`
      }
      ${
        left > 0 || detail.moreFrames === 0
          ? nothing
          : html`<p class="quiet note">
              ${t(
                detail.moreFrames === 1
                  ? "{0} more frame not shown. Copy the message to get them all."
                  : "{0} more frames not shown. Copy the message to get them all.",
                formatCount(detail.moreFrames),
              )}
            </p>`
      }
    </div>`;
  }

  #emit(detail: DetailEvent): void {
    this.dispatchEvent(new CustomEvent<DetailEvent>("detail-event", { detail }));
  }
}

function fromText({ from, peer }: Row): string {
  if (from === null) return "";
  return (from === "client" ? t("client {0}", peer) : t("server {0}", peer)).trim();
}

function sizeText(sizeBytes: number, frames: number): string {
  return t(frames === 1 ? "{0} in {1} frame" : "{0} in {1} frames", formatSize(sizeBytes), formatCount(frames));
}

function fact(label: string, value: string | TemplateResult): TemplateResult | typeof nothing {
  return value === ""
    ? nothing
    : html`<dt>${label}</dt>
        <dd>${value}</dd>`;
}

customElements.define("zmq-detail-pane", DetailPane);
