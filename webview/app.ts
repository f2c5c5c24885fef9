import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, DecoderName, Row, TapState } from "../src/shared/model.ts";
import type { CallRecord, ViewCommand, ViewNotice, ViewStart } from "../src/shared/viewProtocol.ts";
import { banner, pausedBanner } from "./banner.ts";
import type { CallDraft } from "./callDraft.ts";
import "./detailPane.ts";
import type { DetailEvent } from "./detailPane.ts";
import { emptyState } from "./emptyState.ts";
import { footer } from "./footer.ts";
import { formatCount, formatPlural } from "./format.ts";
import type { ListAction } from "./keys.ts";
import { MessageList } from "./messageList.ts";
import "./searchBox.ts";
import type { SearchBox } from "./searchBox.ts";
import { SearchSession } from "./searchSession.ts";
import { dragSplitter, pressSplitter, type SplitterHost } from "./splitter.ts";
import type { ViewState } from "./state.ts";
import { tabs, toolbar } from "./toolbar.ts";
import { type Asker, failureText } from "./viewChannel.ts";

/** Narrower than this the detail pane stands below the list. */
const SIDE_BY_SIDE_PX = 860;
const SAVE_PAUSE_MS = 300;
const ANNOUNCE_EVERY_MS = 10_000;

export type Surface = ViewStart["surface"];

/** The whole page of a view: the list, and in the inspector the detail pane and the Call tab around it. */
export class ZmqTapApp extends LitElement {
  static override properties = {
    view: { state: true },
    taps: { state: true },
    stats: { state: true },
    search: { state: true },
    problem: { state: true },
    isPaused: { state: true },
    isTrusted: { state: true },
    lost: { state: true },
    decoders: { state: true },
    history: { state: true },
    announcement: { state: true },
    isSideBySide: { state: true },
  };
  declare view: ViewState;
  declare taps: readonly TapState[];
  declare stats: CaptureStats | null;
  declare search: FilterState | null;
  declare problem: string | null;
  declare isPaused: boolean;
  declare isTrusted: boolean;
  declare lost: string | null;
  declare decoders: Readonly<Record<string, DecoderName>>;
  declare history: readonly CallRecord[];
  declare announcement: string;
  declare isSideBySide: boolean;
  #asker: Asker | null = null;
  #surface: Surface = "messages";
  #save: (state: ViewState) => void = () => undefined;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #announceTimer: ReturnType<typeof setTimeout> | undefined;
  #announced = 0;
  #list: MessageList | null = null;
  #session: SearchSession | null = null;
  #started: ViewStart | null = null;
  #isCallLoaded = false;
  readonly #early: ViewNotice[] = [];

  override createRenderRoot(): this {
    return this;
  }

  /** Asks for the first picture and draws it. Notices that come before it wait for it. */
  async begin(asker: Asker, surface: Surface, state: ViewState, save: (state: ViewState) => void): Promise<void> {
    this.#asker = asker;
    this.#surface = surface;
    this.#save = save;
    this.view = state;
    this.#session = new SearchSession(
      asker,
      (found) => this.#searched(found),
      (error) => this.#failed(error),
    );
    try {
      const start = await asker.ask("view/start", null);
      this.#started = start;
      this.taps = start.taps;
      this.stats = start.stats;
      this.isPaused = start.paused;
      this.decoders = start.decoders;
      this.history = start.history;
      this.lost = start.lost;
      this.isTrusted = start.trusted;
      if (state.tab === "call") await this.#loadCall();
    } catch (error) {
      this.#failed(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    const resize = new ResizeObserver(() => {
      this.isSideBySide = this.clientWidth >= SIDE_BY_SIDE_PX;
    });
    resize.observe(this);
    addEventListener("pagehide", () => this.#saveNow());
    document.addEventListener("visibilitychange", () => this.#saveNow());
  }

  constructor() {
    super();
    this.taps = [];
    this.stats = null;
    this.search = null;
    this.problem = null;
    this.isPaused = false;
    this.isTrusted = true;
    this.lost = null;
    this.decoders = {};
    this.history = [];
    this.announcement = "";
    this.isSideBySide = true;
  }

  /** Takes what the host tells unasked. */
  take(notice: ViewNotice): void {
    if (this.#list === null) {
      this.#early.push(notice);
      return;
    }
    switch (notice.kind) {
      case "capture/grew":
        this.stats = notice.stats;
        this.#list.grew(notice.stats);
        this.#announceSoon();
        return;
      case "tap/changed":
        this.taps = notice.taps;
        return;
      case "filter/advanced":
        this.#session?.take(notice.state);
        return;
      case "display/paused":
        this.isPaused = notice.paused;
        if (notice.paused) this.#list.pause();
        else this.#list.resume();
        this.#saveSoon();
        return;
      case "trust/granted":
        this.isTrusted = true;
        return;
      case "capture/reset":
        this.#reset(notice.lost);
        return;
      case "row/reveal":
        void this.#reveal(notice.n, true);
        return;
      case "call/open":
        void this.#openCall(notice.call);
        return;
    }
  }

  get #isNarrow(): boolean {
    return this.#surface === "messages";
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const host = this.querySelector<HTMLElement>(".list-host");
    if (this.#list === null && host !== null && this.#started !== null && this.#asker !== null) {
      this.#makeList(host, this.#asker, this.#started);
    }
  }

  #makeList(host: HTMLElement, asker: Asker, start: ViewStart): void {
    const { view } = this;
    const list = new MessageList(host, asker, this.#isNarrow ? "narrow" : "wide", view.columns, {
      activated: (n) => this.#activated(n),
      acted: (action, row) => this.#acted(action, row),
      moved: () => {
        this.requestUpdate();
        this.#saveSoon();
      },
      laidOut: (columns) => {
        this.view = { ...this.view, columns };
        this.#saveSoon();
      },
      failed: (error) => this.#failed(error),
    });
    this.#list = list;
    if (start.stats !== null) {
      list.start(start.stats, view);
    }
    if (start.paused) list.pause(view.pausedAt ?? start.stats?.lastN ?? 0);
    if (view.searchText !== "") void this.#session?.search(view.searchText);
    for (const notice of this.#early.splice(0)) this.take(notice);
    this.requestUpdate();
  }

  override render(): TemplateResult {
    if (this.#started === null) {
      return html`<div class="app">${this.problem === null ? nothing : banner("problem", this.problem)}</div>`;
    }
    const isCall = !this.#isNarrow && this.view.tab === "call";
    const lost = this.lost !== null && this.lost !== this.view.dismissedLost ? this.lost : null;
    return html`<div class=${classMap({ app: true, narrow: this.#isNarrow, wide: !this.#isNarrow })}>
      ${this.#isNarrow ? nothing : tabs(this.view.tab, (tab) => void this.#showTab(tab))}
      ${this.problem === null ? nothing : banner("problem", this.problem, () => (this.problem = null))}
      ${lost === null ? nothing : banner("lost", lost, () => this.#dismissLost(lost))}
      <div
        class="messages-tab"
        id="messages-panel"
        role=${this.#isNarrow ? nothing : "tabpanel"}
        ?hidden=${isCall}
        aria-labelledby=${this.#isNarrow ? nothing : "tab-messages"}
      >
        ${toolbar({
          isNarrow: this.#isNarrow,
          isPaused: this.isPaused,
          search: this.#searchBox(),
          onRun: (command) => this.#run(command),
        })}
        ${this.isPaused ? pausedBanner(this.#list?.hiddenRows ?? 0, () => this.#run("zmqTap.resumeDisplay")) : nothing}
        ${this.#panes()}
        ${
          this.stats === null
            ? nothing
            : footer({
                stats: this.stats,
                isFollowing: this.#list?.isFollowing ?? true,
                isNarrow: this.#isNarrow,
                onFollow: () => this.#list?.follow(!this.#list.isFollowing),
              })
        }
      </div>
      ${this.#isCallLoaded ? this.#callTab(!isCall) : nothing}
      <div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
    </div>`;
  }

  #searchBox(): TemplateResult {
    return html`<zmq-search-box
      .text=${this.view.searchText}
      .progress=${this.search}
      .kept=${this.stats?.kept ?? 0}
      @search-text=${(event: CustomEvent<string>) => this.#searchFor(event.detail)}
      @search-left=${() => this.#list?.focus()}
    ></zmq-search-box>`;
  }

  #panes(): TemplateResult {
    const newRows = this.#list?.newRows ?? 0;
    const hasRows = (this.#list?.total ?? 0) > 0 || (this.#list?.activeN ?? null) !== null;
    const hasDetail = !this.#isNarrow && this.view.isDetailOpen && hasRows;
    const side = this.isSideBySide;
    return html`<div class=${classMap({ panes: true, "side-by-side": side, stacked: !side, "with-detail": hasDetail })}>
      <div class="list-pane">
        <div class="list-host"></div>
        ${this.#emptyState()}
        ${
          newRows === 0
            ? nothing
            : html`<button type="button" class="new-rows" id="new-rows-button" @click=${() => this.#list?.follow(true)}>
                <span class="codicon codicon-arrow-down" aria-hidden="true"></span> ${formatCount(newRows)} new
              </button>`
        }
      </div>
      ${hasDetail ? this.#detail() : nothing}
    </div>`;
  }

  #detail(): TemplateResult {
    const host = this.#splitterHost;
    return html`<div
        class="splitter"
        role="separator"
        tabindex="0"
        aria-label="Size of the details"
        aria-orientation=${this.isSideBySide ? "vertical" : "horizontal"}
        aria-valuemin="20"
        aria-valuemax="80"
        aria-valuenow=${Math.round(this.view.split * 100)}
        @pointerdown=${(event: PointerEvent) => dragSplitter(event, host)}
        @keydown=${(event: KeyboardEvent) => pressSplitter(event, host)}
      ></div>
      <aside class="detail-host" aria-label="Details" @keydown=${(event: KeyboardEvent) => this.#detailPressed(event)}>
        <zmq-detail-pane
          id="detail"
          tabindex="-1"
          .asker=${this.#asker}
          .n=${this.#list?.activeN ?? null}
          .row=${this.#list?.activeRow}
          .decoders=${this.decoders}
          @detail-event=${(event: CustomEvent<DetailEvent>) => this.#detailAsked(event.detail)}
        ></zmq-detail-pane>
      </aside>`;
  }

  #callTab(isHidden: boolean): TemplateResult {
    return html`<div
      class="call-tab-host"
      id="call-panel"
      role="tabpanel"
      aria-labelledby="tab-call"
      ?hidden=${isHidden}
    >
      <zmq-call-tab
        .asker=${this.#asker}
        .taps=${this.taps}
        .history=${this.history}
        .isTrusted=${this.isTrusted}
        .draft=${this.view.draft}
        @call-draft=${(event: CustomEvent<CallDraft>) => this.#keepDraft(event.detail)}
        @call-history=${(event: CustomEvent<readonly CallRecord[]>) => (this.history = event.detail)}
        @call-reveal=${(event: CustomEvent<number>) => void this.#revealFromCall(event.detail)}
      ></zmq-call-tab>
    </div>`;
  }

  #emptyState(): TemplateResult | typeof nothing {
    if ((this.#list?.total ?? 0) > 0) return nothing;
    const { search } = this;
    if (this.view.searchText !== "") {
      if (search === null) return nothing;
      const of = formatCount(search.done ? search.looked : Math.max(this.stats?.kept ?? 0, search.looked));
      return html`<div class="empty" id="empty-search">
        <p>${search.done ? `0 of ${of} rows contain “${search.text}”.` : `0 of ${of}, still searching…`}</p>
      </div>`;
    }
    if ((this.#list?.hiddenRows ?? 0) > 0) return nothing;
    return emptyState({
      taps: this.taps,
      isTrusted: this.isTrusted,
      onRun: (command) => this.#run(command),
      onCopy: (text) => void this.#ask("text/copy", { text }),
    });
  }

  readonly #splitterHost: SplitterHost = {
    box: () => (this.querySelector(".panes") ?? this).getBoundingClientRect(),
    isSideBySide: () => this.isSideBySide,
    split: () => this.view.split,
    onSplit: (split, isFinal) => {
      this.view = { ...this.view, split };
      if (isFinal) this.#saveSoon();
    },
  };

  override willUpdate(changed: PropertyValues<this>): void {
    // A share of the box is a style, which the content security policy allows to scripts but not to markup.
    if (changed.has("view")) this.style.setProperty("--split", `${(this.view.split * 100).toFixed(2)}%`);
  }

  #activated(n: number | null): void {
    this.view = { ...this.view, selected: n };
    void this.#ask("row/activate", { n });
    this.#saveSoon();
  }

  #acted(action: Exclude<ListAction, { kind: "move" }>, row: Row | undefined): void {
    switch (action.kind) {
      case "open":
        if (row === undefined) return;
        if (this.#isNarrow) this.#run("zmqTap.openInspector", row.n);
        else void this.#openDetail();
        return;
      case "replay":
        if (row?.replayable === true) this.#run("zmqTap.replayMessage", row.n);
        return;
      case "edit":
        if (row?.replayable === true) this.#run("zmqTap.editAndReplay", row.n);
        return;
      case "copy":
        if (row !== undefined && row.kind !== "event") this.#run("zmqTap.copyMessageAs", row.n);
        return;
      case "partner":
        if (row?.partner != null) void this.#reveal(row.partner, true);
        return;
      case "pause":
        this.#run(this.isPaused ? "zmqTap.resumeDisplay" : "zmqTap.pauseDisplay");
        return;
      case "clear":
        this.#run("zmqTap.clearLog");
        return;
      case "search":
        this.querySelector<SearchBox>("zmq-search-box")?.focus();
        return;
      case "follow":
      case "scroll-left":
      case "scroll-right":
        return;
    }
  }

  #detailAsked(event: DetailEvent): void {
    switch (event.kind) {
      case "close":
        this.view = { ...this.view, isDetailOpen: false };
        this.#list?.focus();
        this.#saveSoon();
        return;
      case "reveal":
        void this.#reveal(event.n, false);
        return;
      case "run":
        this.#run(event.command, this.#list?.activeN ?? undefined);
        return;
      case "decoder": {
        const others = Object.entries(this.decoders).filter(([channel]) => channel !== event.channel);
        this.decoders = Object.fromEntries(
          event.decoder === null ? others : [...others, [event.channel, event.decoder] as const],
        );
        void this.#ask("decoder/remember", { channel: event.channel, decoder: event.decoder });
        return;
      }
    }
  }

  #detailPressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    this.#list?.focus();
  }

  async #openDetail(): Promise<void> {
    this.view = { ...this.view, isDetailOpen: true };
    this.#saveSoon();
    await this.updateComplete;
    this.querySelector<HTMLElement>("zmq-detail-pane")?.focus();
  }

  async #reveal(n: number, focus: boolean): Promise<void> {
    if (this.view.tab !== "messages") await this.#showTab("messages");
    try {
      if ((await this.#list?.reveal(n, focus)) !== false) return;
      // It is none of the hits, so the search gives way.
      this.#searchFor("");
      await this.#list?.reveal(n, focus);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #revealFromCall(n: number): Promise<void> {
    this.view = { ...this.view, isDetailOpen: true };
    await this.#reveal(n, true);
  }

  async #showTab(tab: ViewState["tab"]): Promise<void> {
    if (tab === "call") await this.#loadCall();
    this.view = { ...this.view, tab };
    this.#saveSoon();
    await this.updateComplete;
  }

  async #loadCall(): Promise<void> {
    await import("./callTab.ts");
    this.#isCallLoaded = true;
  }

  async #openCall(call: CallDraft | null): Promise<void> {
    if (call !== null) this.#keepDraft(call);
    await this.#showTab("call");
    this.querySelector<HTMLElement>("zmq-call-tab")?.focus();
  }

  #keepDraft(draft: CallDraft): void {
    this.view = { ...this.view, draft };
    this.#saveSoon();
  }

  #searchFor(text: string): void {
    this.view = { ...this.view, searchText: text };
    this.#saveSoon();
    void this.#session?.search(text);
  }

  #searched(found: FilterState | null): void {
    const list = this.#list;
    const before = this.search?.search ?? null;
    this.search = found;
    if (list === null) return;
    if (found !== null && found.search === before) list.setHits(found.hits);
    else if (found !== null) void list.showSearch(found.search, 0, found.hits);
    else void list.showSearch(null, this.stats?.firstN ?? 1, this.stats?.kept ?? 0);
  }

  #reset(lost: string | null): void {
    this.search = null;
    this.problem = null;
    this.lost = lost;
    this.#list?.reset();
    void this.#session?.restart();
  }

  #dismissLost(lost: string): void {
    this.view = { ...this.view, dismissedLost: lost };
    this.#saveSoon();
  }

  #run(command: ViewCommand, n?: number): void {
    if (command === "zmqTap.newCall") {
      void this.#openCall(null);
      return;
    }
    void this.#ask("command/run", n === undefined ? { command } : { command, n });
  }

  async #ask(...[name, body]: Parameters<Asker["ask"]>): Promise<void> {
    try {
      await this.#asker?.ask(name, body);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.problem = failureText(error);
  }

  #announceSoon(): void {
    this.#announceTimer ??= setTimeout(() => {
      this.#announceTimer = undefined;
      const newRows = this.#list?.newRows ?? 0;
      if (newRows > 0 && newRows !== this.#announced) this.announcement = formatPlural(newRows, "new message");
      this.#announced = newRows;
    }, ANNOUNCE_EVERY_MS);
  }

  #saveSoon(): void {
    this.#saveTimer ??= setTimeout(() => this.#saveNow(), SAVE_PAUSE_MS);
  }

  #saveNow(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    const list = this.#list;
    if (list === null) return;
    this.view = {
      ...this.view,
      isFollowing: list.isFollowing,
      anchor: list.anchor ?? this.view.anchor,
      pausedAt: this.isPaused ? list.pausedAt : null,
    };
    this.#save(this.view);
  }
}

customElements.define("zmq-tap-app", ZmqTapApp);
