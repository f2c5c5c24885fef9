import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, DecoderChoice, Row, TapState } from "../src/shared/model.ts";
import type { CallRecord, SavedFilter, ViewCommand, ViewNotice, ViewStart } from "../src/shared/viewProtocol.ts";
import { banner, interventionsBanner, pausedBanner } from "./banner.ts";
import { type CallDraft, draftOf, type UnsentCall } from "./callDraft.ts";
import type { CallTab } from "./callTab.ts";
import "./detailPane.ts";
import type { DetailEvent } from "./detailPane.ts";
import { emptyState, fileEmptyState } from "./emptyState.ts";
import { fileLine, noRowsText } from "./fileLine.ts";
import "./filterBar.ts";
import type { FilterBar } from "./filterBar.ts";
import type { AppliedFilter } from "./filterDraft.ts";
import { noHits } from "./filterProgress.ts";
import { FilterSession, type WantedFilter } from "./filterSession.ts";
import { copiesSentence, footer, heartbeatsSentence } from "./footer.ts";
import { formatCount, formatMemory } from "./format.ts";
import type { ListAction } from "./keys.ts";
import { MessageList } from "./messageList.ts";
import type { Picture } from "./picture.ts";
import { makePicture } from "./pictures.ts";
import { dragSplitter, pressSplitter, type SplitterHost } from "./splitter.ts";
import { type PictureTab, type Tab, TABS, type ViewState } from "./state.ts";
import { tabs } from "./tabs.ts";
import { type FoldData, toolbar } from "./toolbar.ts";
import { type Asker, failureText } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";

/** Narrower than this the detail pane stands below the list. */
const SIDE_BY_SIDE_PX = 860;
const SAVE_PAUSE_MS = 300;
const ANNOUNCE_EVERY_MS = 10_000;
const FINDINGS_PAUSE_MS = 500;
const FILTER_WAIT_MS = 5_000;
const NEW_ROWS = 1000;
const NEW_ROW_WAIT_MS = 300;

export type Surface = ViewStart["surface"];

/** The whole page of a view: the list, and in the inspector the detail pane and the other tabs around it. */
export class ZmqTapApp extends LitElement {
  static override properties = {
    view: { state: true },
    taps: { state: true },
    bridges: { state: true },
    interventions: { state: true },
    stats: { state: true },
    filtered: { state: true },
    saved: { state: true },
    filterHistory: { state: true },
    changes: { state: true },
    closedProblems: { state: true },
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
  declare bridges: readonly string[];
  /** What changes traffic, in a sentence; empty while nothing does. */
  declare interventions: string;
  declare stats: CaptureStats | null;
  declare filtered: FilterState | null;
  declare saved: readonly SavedFilter[];
  declare filterHistory: readonly string[];
  /** Counts marks that were set. */
  declare changes: number;
  /** Sentences about disk and file that were read and closed. */
  declare closedProblems: readonly string[];
  declare problem: string | null;
  declare isPaused: boolean;
  declare isTrusted: boolean;
  declare lost: string | null;
  declare decoders: Readonly<Record<string, DecoderChoice>>;
  declare history: readonly CallRecord[];
  declare announcement: string;
  declare isSideBySide: boolean;
  #asker: Asker | null = null;
  #surface: Surface = "messages";
  #save: (state: ViewState) => void = () => undefined;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;
  #announceTimer: ReturnType<typeof setTimeout> | undefined;
  #findingsTimer: ReturnType<typeof setTimeout> | undefined;
  #announced = 0;
  #list: MessageList | null = null;
  #session: FilterSession | null = null;
  /** There were copies to fold, or rows are missing in between; stays, so that the list is not made anew all the time. */
  #hasCopies = false;
  #hasHeartbeats = false;
  #hasHoles = false;
  readonly #awaitingFilter = new Set<() => void>();
  #started: ViewStart | null = null;
  #isCallLoaded = false;
  /** Tabs that were shown; they keep what they show while they are hidden. */
  readonly #pictures = new Map<PictureTab, Picture>();
  #wantedTab: Tab = "messages";
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
    this.#session = new FilterSession(
      asker,
      (state) => this.#filtered(state),
      (error) => this.#failed(error),
    );
    try {
      const start = await asker.ask("view/start", null);
      this.#started = start;
      this.saved = start.savedFilters;
      this.filterHistory = start.filterHistory;
      this.view = {
        ...state,
        filterText: state.filterText ?? start.startFilter,
        tab: start.file !== null && state.tab === "call" ? "messages" : state.tab,
      };
      this.taps = start.taps;
      this.bridges = start.bridges;
      this.interventions = start.interventions;
      this.#learn(start.stats);
      this.isPaused = start.paused && start.file === null;
      this.decoders = start.decoders;
      this.history = start.history;
      this.lost = start.lost;
      this.isTrusted = start.trusted;
      await this.#load(this.view.tab);
    } catch (error) {
      this.#failed(error);
    }
    this.requestUpdate();
    await this.updateComplete;
    const resize = new ResizeObserver(() => {
      this.isSideBySide = this.clientWidth >= SIDE_BY_SIDE_PX;
    });
    resize.observe(this);
    addEventListener("focus", () => {
      this.#takeKeyboard();
      this.#list?.regainFocus();
    });
    // A key may have taken away what it was pressed on, such as a banner.
    addEventListener("keyup", () => requestAnimationFrame(() => this.#takeKeyboard()));
    this.#takeKeyboard();
    addEventListener("pagehide", () => this.#saveNow());
    document.addEventListener("visibilitychange", () => this.#saveNow());
  }

  constructor() {
    super();
    this.taps = [];
    this.bridges = [];
    this.interventions = "";
    this.stats = null;
    this.filtered = null;
    this.saved = [];
    this.filterHistory = [];
    this.changes = 0;
    this.closedProblems = [];
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
        this.#learn(notice.stats);
        this.#list.grew(notice.stats);
        this.#refilter();
        this.#announceSoon();
        return;
      case "tap/changed":
        this.taps = notice.taps;
        return;
      case "bridge/changed":
        this.bridges = notice.bridges;
        return;
      case "interventions/changed":
        this.interventions = notice.text;
        return;
      case "dialects/changed":
        this.#list.readAgain();
        this.#session?.again();
        void this.#callTabElement?.refresh(); // Dialects of the user's may have come or gone.
        return;
      case "filter/advanced":
        this.#session?.take(notice.state);
        return;
      case "display/paused":
        if (this.#file !== null) return;
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
      case "findings/changed":
        this.#readFindingsSoon();
        for (const picture of this.#pictures.values()) picture.refresh();
        return;
      case "filters/changed":
        this.saved = notice.saved;
        this.filterHistory = notice.history;
        return;
      case "filter/set":
        this.#setFilter(notice.text);
        if (this.view.tab !== "messages") void this.#showTab("messages");
        // The row that was asked from may be gone, and the keyboard's place with it.
        else this.#list.focus();
        return;
      case "row/changed":
        this.#list.changed(notice.n);
        this.changes++;
        return;
      case "row/reveal":
        void this.#reveal(notice.n, true);
        return;
      case "call/open":
        void this.#openCall(notice.call);
        return;
      case "call/late":
      case "call/advanced":
        this.#callTabElement?.told(notice);
        return;
    }
  }

  get #isNarrow(): boolean {
    return this.#surface === "messages";
  }

  get #file(): string | null {
    return this.#started?.file ?? null;
  }

  get #filterText(): string {
    return this.view.filterText ?? "";
  }

  /** What the engine has to make a list of; `null` where all rows in a row are one. */
  get #wanted(): WantedFilter | null {
    const { isFolding, isFoldingHeartbeats } = this.view;
    const foldHeartbeats = isFoldingHeartbeats && this.#hasHeartbeats;
    const isPlain = this.#filterText === "" && !this.#hasHoles && !(isFolding && this.#hasCopies) && !foldHeartbeats;
    return isPlain ? null : { text: this.#filterText, fold: isFolding, foldHeartbeats };
  }

  protected override updated(_changed: PropertyValues<this>): void {
    for (const [tab, picture] of this.#pictures) {
      picture.asker = this.#asker;
      picture.taps = this.taps;
      picture.stats = this.stats;
      picture.followLog(this.filtered, this.isPaused);
      picture.isShown = tab === this.view.tab;
    }
    const host = this.querySelector<HTMLElement>(".list-host");
    if (this.#list === null && host !== null && this.#started !== null && this.#asker !== null) {
      this.#makeList(host, this.#asker, this.#started);
    }
  }

  #makeList(host: HTMLElement, asker: Asker, start: ViewStart): void {
    const { view } = this;
    const look = { density: this.#isNarrow ? "narrow" : "wide", isFile: start.file !== null } as const;
    const list = new MessageList(host, asker, look, view.columns, {
      activated: (n, selected) => this.#activated(n, selected),
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
      list.start(start.stats, view, this.#wanted !== null);
    }
    if (this.isPaused) list.pause(view.pausedAt ?? start.stats?.lastN ?? 0);
    if (this.#filterText !== "") {
      this.#bar?.show(this.#filterText);
      // It is not typed anew, so the history has it already.
      void this.#ask("filter/applied", { text: this.#filterText, isTyping: true });
    }
    this.#refilter();
    for (const notice of this.#early.splice(0)) this.take(notice);
    this.requestUpdate();
  }

  override render(): TemplateResult {
    if (this.#started === null) {
      return html`<div class="app">${this.problem === null ? nothing : banner("problem", this.problem)}</div>`;
    }
    const hasTabs = !this.#isNarrow;
    const { tab } = this.view;
    const isCall = tab === "call";
    const lost = this.lost !== null && this.lost !== this.view.dismissedLost ? this.lost : null;
    return html`<div class=${classMap({ app: true, narrow: this.#isNarrow, wide: !this.#isNarrow })}>
      ${this.#file === null ? nothing : fileLine(this.#file, this.stats?.file ?? null)}
      ${
        this.interventions === ""
          ? nothing
          : interventionsBanner(this.interventions, () => this.#run("zmqTap.stopInterventions"))
      }
      ${hasTabs ? tabs(this.#shownTabs, tab, (chosen) => void this.#showTab(chosen)) : nothing}
      ${this.problem === null ? nothing : banner("problem", this.problem, () => (this.problem = null))}
      ${lost === null ? nothing : banner("lost", lost, () => this.#dismissLost(lost))} ${this.#standingProblems()}
      <div
        class="messages-tab"
        id="messages-panel"
        role=${hasTabs ? "tabpanel" : nothing}
        ?hidden=${hasTabs && tab !== "messages"}
        aria-labelledby=${hasTabs ? "tab-messages" : nothing}
      >
        ${toolbar({
          isNarrow: this.#isNarrow,
          isFile: this.#file !== null,
          isPaused: this.isPaused,
          filter: this.#filterBar(),
          fold: this.#fold,
          foldHeartbeats: this.#heartbeats,
          onRun: (command) => this.#run(command),
        })}
        ${this.isPaused ? pausedBanner(this.#list?.hiddenRows ?? 0, () => this.#run("zmqTap.resumeDisplay")) : nothing}
        ${this.#panes()}
        ${
          this.stats === null
            ? nothing
            : footer({
                stats: this.stats,
                isFoldingHeartbeats: this.view.isFoldingHeartbeats,
                selectedRows: this.#list?.selectedRows ?? 0,
                isFollowing: this.#list?.isFollowing ?? true,
                isNarrow: this.#isNarrow,
                onFollow: () => this.#list?.follow(!this.#list.isFollowing),
                onKeys: () => void this.#showKeys(),
              })
        }
      </div>
      ${[...this.#pictures].map(
        ([name, picture]) =>
          html`<div
            class="picture-host"
            id="${name}-panel"
            role="tabpanel"
            tabindex="0"
            aria-labelledby="tab-${name}"
            ?hidden=${name !== tab}
          >
            ${picture}
          </div>`,
      )}
      ${this.#isCallLoaded ? this.#callTab(!isCall) : nothing}
      <div class="visually-hidden" role="status" aria-live="polite">${this.announcement}</div>
    </div>`;
  }

  /** Nothing can be called in an opened file. */
  get #shownTabs(): readonly Tab[] {
    return this.#file === null ? TABS : TABS.filter((tab) => tab !== "call");
  }

  /** What goes on being wrong, each until it is read and closed. */
  #standingProblems(): readonly TemplateResult[] {
    const { stats } = this;
    const problems = [
      { kind: "disk", text: stats?.diskProblem ?? null },
      { kind: "file", text: stats?.file?.problem ?? null },
    ] as const;
    return problems.flatMap(({ kind, text }) =>
      text === null || this.closedProblems.includes(text)
        ? []
        : [banner(kind, text, () => (this.closedProblems = [...this.closedProblems, text]))],
    );
  }

  #filterBar(): TemplateResult {
    return html`<zmq-filter-bar
      .asker=${this.#asker}
      .applied=${this.#filterText}
      .progress=${this.filtered}
      .kept=${this.stats?.kept ?? 0}
      .saved=${this.saved}
      .history=${this.filterHistory}
      .isNarrow=${this.#isNarrow}
      @filter-apply=${({ detail }: CustomEvent<AppliedFilter>) => this.#applyFilter(detail)}
      @filter-cancel=${() => this.#cancelFilter()}
      @filter-save=${({ detail }: CustomEvent<SavedFilter>) => void this.#ask("filter/save", detail)}
      @filter-left=${() => this.#list?.focus()}
    ></zmq-filter-bar>`;
  }

  get #bar(): FilterBar | null {
    return this.querySelector<FilterBar>("zmq-filter-bar");
  }

  get #fold(): FoldData | null {
    const { stats } = this;
    if (stats === null || stats.copies === 0) return null;
    return {
      isOn: this.view.isFolding,
      sentence: copiesSentence(stats),
      onToggle: () => this.#setFolding({ isFolding: !this.view.isFolding }),
    };
  }

  get #heartbeats(): FoldData | null {
    const { stats } = this;
    if (stats === null || stats.heartbeats === 0) return null;
    const { isFoldingHeartbeats } = this.view;
    return {
      isOn: isFoldingHeartbeats,
      sentence: heartbeatsSentence(stats),
      onToggle: () => this.#setFolding({ isFoldingHeartbeats: !isFoldingHeartbeats }),
    };
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
                <span class="codicon codicon-arrow-down" aria-hidden="true"></span>
                ${t("{0} new", formatCount(newRows))}
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
        aria-label=${t("Size of the details")}
        aria-orientation=${this.isSideBySide ? "vertical" : "horizontal"}
        aria-valuemin="20"
        aria-valuemax="80"
        aria-valuenow=${Math.round(this.view.split * 100)}
        @pointerdown=${(event: PointerEvent) => dragSplitter(event, host)}
        @keydown=${(event: KeyboardEvent) => pressSplitter(event, host)}
      ></div>
      <aside
        class="detail-host"
        aria-label=${t("Details")}
        @keydown=${(event: KeyboardEvent) => this.#detailPressed(event)}
      >
        <zmq-detail-pane
          id="detail"
          tabindex="-1"
          role="group"
          aria-labelledby="detail-title"
          .asker=${this.#asker}
          .n=${this.#list?.activeN ?? null}
          .row=${this.#list?.activeRow}
          .decoders=${this.decoders}
          .isFile=${this.#file !== null}
          .changes=${this.changes}
          data-vscode-context=${JSON.stringify({ n: this.#list?.activeN ?? 0, isFile: this.#file !== null })}
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
        @call-reveal=${(event: CustomEvent<number>) => void this.#revealFromTab(event.detail)}
      ></zmq-call-tab>
    </div>`;
  }

  #emptyState(): TemplateResult | typeof nothing {
    if ((this.#list?.total ?? 0) > 0) return nothing;
    const { filtered } = this;
    if (this.#filterText !== "") {
      if (filtered === null) return nothing;
      return html`<div class="empty" id="empty-filter"><p>${noHits(filtered, this.stats?.kept ?? 0)}</p></div>`;
    }
    // Rows are there, and the list of them is being made.
    if (filtered?.done === false) return nothing;
    if ((this.#list?.hiddenRows ?? 0) > 0) return nothing;
    if (this.#file !== null) return fileEmptyState(noRowsText(this.stats?.file ?? null));
    return emptyState({
      taps: this.taps,
      bridges: this.bridges,
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

  #activated(n: number | null, selected: readonly number[]): void {
    this.view = { ...this.view, selected: n };
    void this.#ask("row/activate", { n, selected });
    this.#saveSoon();
  }

  #acted(action: Exclude<ListAction, { kind: "move" }>, row: Row | undefined): void {
    const isLive = this.#file === null;
    const isMessage = row !== undefined && row.kind !== "event";
    switch (action.kind) {
      case "open":
        if (row === undefined) return;
        if (this.#isNarrow) this.#run("zmqTap.openInspector", row.n);
        else void this.#openDetail();
        return;
      case "replay":
        if (row?.replayable === true && isLive) this.#run("zmqTap.replayMessage", row.n);
        return;
      case "edit":
        if (row?.replayable === true && isLive) this.#run("zmqTap.editAndReplay", row.n);
        return;
      case "copy":
        if (isMessage) this.#run("zmqTap.copyMessageAs", row.n);
        return;
      case "pin":
        if (isMessage) this.#run(row.pinned ? "zmqTap.unpinMessage" : "zmqTap.pinMessage", row.n);
        return;
      case "compare":
        if (isMessage) this.#run("zmqTap.compareWithSelected", row.n);
        return;
      case "follow":
        if (row !== undefined) this.#run("zmqTap.followConversation", row.n);
        return;
      case "partner":
        if (row?.partner != null) void this.#reveal(row.partner, true);
        return;
      case "pause":
        if (isLive) this.#run(this.isPaused ? "zmqTap.resumeDisplay" : "zmqTap.pauseDisplay");
        return;
      case "clear":
        if (isLive) this.#run("zmqTap.clearLog");
        return;
      case "filter":
        this.#bar?.focus();
        return;
      case "help":
        void this.#showKeys();
        return;
      case "select-all":
      case "scroll-left":
      case "scroll-right":
        return;
    }
  }

  async #showKeys(): Promise<void> {
    try {
      const { showKeyHelp } = await import("./keyHelp.ts");
      showKeyHelp({ isFile: this.#file !== null, isNarrow: this.#isNarrow });
    } catch (error) {
      this.#failed(error);
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
        if (event.finding === undefined) this.#run(event.command, this.#list?.activeN ?? undefined);
        else void this.#ask("command/run", { command: event.command, finding: event.finding });
        return;
      case "filter":
        this.#setFilter(event.text);
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
    if (n < (this.stats?.firstN ?? 0)) {
      const { maxDiskBytes = 0 } = this.stats ?? {};
      this.problem = t(
        "Row {0} is not kept any more, so it cannot be shown. The log keeps {1} on disk; zmqTap.capture.maxDiskBytes sets that.",
        formatCount(n),
        formatMemory(maxDiskBytes),
      );
      return;
    }
    if (this.view.tab !== "messages") await this.#showTab("messages");
    try {
      if (await this.#isRevealed(n, focus)) return;
      if (n + NEW_ROWS > (this.stats?.lastN ?? 0)) {
        // It has come just now and may not have been looked at yet.
        await this.#nextFilterState(NEW_ROW_WAIT_MS);
        if (await this.#isRevealed(n, focus)) return;
      }
      if (this.#filterText !== "") this.#setFilter("");
      if (await this.#isRevealed(n, focus)) return;
      // It is a copy or a heartbeat that is folded away.
      const { isFolding, isFoldingHeartbeats } = this.view;
      if (isFolding && this.#hasCopies) {
        this.#setFolding({ isFolding: false });
        if (await this.#isRevealed(n, focus)) return;
      }
      if (isFoldingHeartbeats && this.#hasHeartbeats) this.#setFolding({ isFoldingHeartbeats: false });
      await this.#isRevealed(n, focus);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #isRevealed(n: number, focus: boolean): Promise<boolean> {
    if (await this.#isFilterReady()) return (await this.#list?.reveal(n, focus)) !== false;
    return false;
  }

  /** Waits until the filter that is wanted has looked at all rows, which takes a few seconds at most. */
  async #isFilterReady(): Promise<boolean> {
    await this.#session?.apply(this.#wanted);
    const isReady = () => this.#wanted === null || this.filtered?.done === true;
    if (!isReady()) await this.#nextFilterState(FILTER_WAIT_MS);
    return isReady();
  }

  #nextFilterState(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaitingFilter.add(resolve);
      setTimeout(resolve, atMostMs);
    });
  }

  async #revealFromTab(n: number): Promise<void> {
    this.view = { ...this.view, isDetailOpen: true };
    await this.#reveal(n, true);
  }

  async #showTab(tab: Tab): Promise<void> {
    this.#wantedTab = tab;
    try {
      await this.#load(tab);
    } catch (error) {
      this.#failed(error);
      return;
    }
    // Another one was chosen while this one was loading.
    if (tab !== this.#wantedTab) return;
    this.view = { ...this.view, tab };
    this.#saveSoon();
    await this.updateComplete;
    if (tab === "call") void this.#callTabElement?.refresh();
  }

  /** Loads what a tab is made of, when it is first shown. */
  async #load(tab: Tab): Promise<void> {
    if (tab === "messages") return;
    if (tab === "call") {
      await import("./callTab.ts");
      this.#isCallLoaded = true;
    } else if (!this.#pictures.has(tab)) {
      const picture = await makePicture(tab, {
        filter: (text) => void this.#filterFromTab(text),
        reveal: (n) => void this.#revealFromTab(n),
      });
      if (!this.#pictures.has(tab)) this.#pictures.set(tab, picture);
    }
  }

  /** A picture shows all of the capture, so its filter takes the place of the one that was applied. */
  async #filterFromTab(text: string): Promise<void> {
    this.#setFilter(text);
    await this.#showTab("messages");
    this.#list?.focus();
  }

  get #callTabElement(): CallTab | null {
    return this.querySelector<CallTab>("zmq-call-tab");
  }

  async #openCall(call: UnsentCall | null): Promise<void> {
    if (this.#file !== null) return;
    if (call !== null) this.#keepDraft(draftOf(call, this.view.draft ?? undefined));
    await this.#showTab("call");
    this.#callTabElement?.focus();
  }

  /** Where the keyboard is on the page, but on nothing of it, it begins in the list, as in VS Code's own views. */
  #takeKeyboard(): void {
    if (!document.hasFocus() || document.activeElement !== document.body) return;
    const { tab } = this.view;
    if (this.#isNarrow || tab === "messages") this.#list?.focus();
    else document.getElementById(`tab-${tab}`)?.focus();
  }

  #keepDraft(draft: CallDraft): void {
    this.view = { ...this.view, draft };
    this.#saveSoon();
  }

  #applyFilter({ text, isTyping }: AppliedFilter): void {
    this.view = { ...this.view, filterText: text };
    this.#saveNow();
    this.problem = null;
    void this.#ask("filter/applied", isTyping ? { text, isTyping } : { text });
    this.#refilter();
  }

  #setFilter(text: string): void {
    this.#bar?.show(text);
    this.#applyFilter({ text, isTyping: false });
  }

  /** Stops a search that takes too long. Its text stays in the field, to be confirmed once more. */
  #cancelFilter(): void {
    this.#applyFilter({ text: "", isTyping: true });
    this.#bar?.cancelled();
  }

  #setFolding(change: Partial<Pick<ViewState, "isFolding" | "isFoldingHeartbeats">>): void {
    this.view = { ...this.view, ...change };
    this.#saveNow();
    this.#refilter();
  }

  #refilter(): void {
    void this.#session?.apply(this.#wanted);
  }

  #learn(stats: CaptureStats | null): void {
    this.stats = stats;
    if (stats === null) return;
    this.#hasCopies ||= stats.copies > 0;
    this.#hasHeartbeats ||= stats.heartbeats > 0;
    this.#hasHoles ||= stats.kept !== stats.lastN - stats.firstN + 1;
  }

  #filtered(state: FilterState | null): void {
    const list = this.#list;
    const before = this.filtered;
    this.filtered = state;
    if (list === null) return;
    const isNew = state?.filter !== before?.filter;
    if (state === null) void list.showFilter(null, this.stats?.firstN ?? 1, this.stats?.kept ?? 0);
    else if (isNew) void list.showFilter(state.filter, state.firstHit, state.hits);
    else list.setHits(state.firstHit, state.hits);
    // Hits have come among the others, or left them, so that rows stand elsewhere.
    if (!isNew && state !== null && state.again !== before?.again) list.readAgain();
    if (state?.done === false) return;
    if (isNew || before?.done === false) {
      void list.settle();
      if (this.isPaused && state !== null) this.#holdList(list, state);
    }
    for (const resolve of this.#awaitingFilter) resolve();
    this.#awaitingFilter.clear();
  }

  /** A paused display stands still in a filtered list, too: at the same row, or where it is when it was filtered just now. */
  #holdList(list: MessageList, { text }: FilterState): void {
    if (text === "" && list.pausedAt !== null) void list.holdAt(list.pausedAt);
    else list.pause();
  }

  #reset(lost: string | null): void {
    this.filtered = null;
    this.problem = null;
    this.lost = lost;
    this.#hasCopies = false;
    this.#hasHeartbeats = false;
    this.#hasHoles = false;
    for (const picture of this.#pictures.values()) picture.forget();
    this.#list?.reset();
    void this.#session?.restart(this.#wanted);
  }

  #dismissLost(lost: string): void {
    this.view = { ...this.view, dismissedLost: lost };
    this.#saveSoon();
  }

  #run(command: ViewCommand, n?: number): void {
    if (command === "zmqTap.newCall" && this.#file === null) {
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

  /** Marks of rows in sight; not with every notice, of which there are ten in a second. */
  #readFindingsSoon(): void {
    this.#findingsTimer ??= setTimeout(() => {
      this.#findingsTimer = undefined;
      this.#list?.readAgain();
    }, FINDINGS_PAUSE_MS);
  }

  #announceSoon(): void {
    this.#announceTimer ??= setTimeout(() => {
      this.#announceTimer = undefined;
      const newRows = this.#list?.newRows ?? 0;
      if (newRows > 0 && newRows !== this.#announced) {
        this.announcement = t(newRows === 1 ? "{0} new message" : "{0} new messages", formatCount(newRows));
      }
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
