import type { FilterId } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, Row } from "../src/shared/model.ts";
import {
  type ColumnId,
  type ColumnLayout,
  crowdedOut,
  gridTemplate,
  layoutMinPx,
  NARROW_COLUMNS,
  shownColumns,
  withNumbersUpTo,
  withoutIdle,
} from "./columns.ts";
import { IdleColumns } from "./idleColumns.ts";
import { make } from "./dom.ts";
import { plainTitle, type TitleOf } from "./findingMarks.ts";
import { isFromEditable, type ListAction, listAction } from "./keys.ts";
import { ListHeader } from "./listHeader.ts";
import { ListModel, type Wanted } from "./listModel.ts";
import { RowView } from "./rowView.ts";
import { isJump, leadRows, maxTopPx, revealTopPx, visibleRows } from "./scrollMap.ts";
import { selectedRows } from "./selectedRows.ts";
import { Selection } from "./selection.ts";
import type { ScrollAnchor } from "./state.ts";
import type { Asker } from "./viewChannel.ts";
import { VirtualScroller } from "./virtualScroller.ts";
import { t } from "../src/shared/l10n.ts";

const NARROW_ROW_PX = 22;
const WIDE_ROW_PX = 24;
/** Rows read around the visible ones, and how near to their end the next ones are read, so that moves find them there. */
const MARGIN_ROWS = 60;
const AHEAD_ROWS = 30;
const SIDE_SCROLL_PX = 40;
const TEXT_SELECTION_MS = 500;
const MAX_ROWS_FROM_BASE = 5000;
/** What the rows' own padding takes, as in view.css. */
const SIDE_PADDING_PX = 16;

/** What stays the same for as long as a list is there. */
export type ListLook = { readonly density: "narrow" | "wide"; readonly isFile: boolean };

export type ListEvents = {
  /** Another row is active, or none, or other rows are selected. */
  activated(n: number | null, selected: readonly number[]): void;
  /** A key or double click asks for something that is not the list's own. */
  acted(action: Exclude<ListAction, { kind: "move" }>, row: Row | undefined): void;
  /** The position, the number of new rows or of hidden rows changed. */
  moved(): void;
  laidOut(layout: ColumnLayout): void;
  failed(error: unknown): void;
};

/** A list to which rows came, and from which old ones went: its first key now, how many rows, and what to tell the model. */
type Growth = { readonly firstKey: number; readonly total: number; readonly change: () => void };

/**
 * The message list in two densities. It draws itself outside of Lit, since it is redrawn with every frame of scrolling:
 * a bounded number of recycled row elements in the light DOM (VS Code's context menu finds rows only there).
 * Listeners go with the elements of `host`, which it owns; dispose() stops the rest.
 */
export class MessageList {
  readonly #asker: Asker;
  readonly #events: ListEvents;
  readonly #isNarrow: boolean;
  readonly #isFile: boolean;
  readonly #rowPx: number;
  readonly #model = new ListModel();
  readonly #grid: HTMLElement;
  readonly #viewport: HTMLElement;
  readonly #area: HTMLElement;
  readonly #window: HTMLElement;
  readonly #header: ListHeader | null;
  readonly #scroller: VirtualScroller;
  #pool: RowView[] = [];
  #layout: ColumnLayout;
  readonly #idle = new IdleColumns();
  /** Columns that have no room, besides idle ones. */
  #crowded: ReadonlySet<ColumnId> = new Set();
  readonly #resize = new ResizeObserver(() => {
    const before = this.#crowded;
    if ([...this.#findCrowded()].join() !== [...before].join()) this.#applyLayout();
  });
  /** The row whose place is the top of the window before that is moved. */
  #baseIndex = 0;
  #isFollowing = true;
  #seenKey = 0;
  #activeKey: number | null = null;
  #activeN: number | null = null;
  readonly #selection = new Selection();
  #selectionTurn = 0;
  #pendingReveal: number | null = null;
  /** Where the list was before it was filtered, until the filter has looked at all rows. */
  #pendingPlace: ScrollAnchor | null = null;
  #isSettling = false;
  #lastN = 0;
  #frame = 0;
  /** The key at the top with the latest frame, and how far it was from the one before. */
  #drawnKey = 0;
  #rowsPerFrame = 0;
  #isReading = false;
  /** Rows that came or went, which is shown once those that come into sight are read. */
  #growth: Growth | null = null;
  #growthTurn = 0;
  #isReadingGrowth = false;
  #mustRefresh = false;
  #titleOf: TitleOf = plainTitle;

  constructor(host: HTMLElement, asker: Asker, look: ListLook, layout: ColumnLayout, events: ListEvents) {
    this.#asker = asker;
    this.#events = events;
    this.#isNarrow = look.density === "narrow";
    this.#isFile = look.isFile;
    this.#rowPx = this.#isNarrow ? NARROW_ROW_PX : WIDE_ROW_PX;
    this.#layout = layout;
    this.#grid = make("div", `list list-${look.density}`, {
      role: "grid",
      id: "message-list",
      "aria-label": t("Messages"),
      "aria-readonly": "true",
      "aria-multiselectable": "true",
    });
    this.#viewport = make("div", "list-viewport", { tabindex: "0", role: "rowgroup" });
    this.#area = make("div", "list-area", { role: "presentation" });
    this.#window = make("div", "list-window", { role: "presentation" });
    this.#area.append(this.#window);
    this.#viewport.append(this.#area);
    this.#header = this.#isNarrow ? null : new ListHeader(layout, (next) => this.#layOut(next));
    if (this.#header !== null) this.#grid.append(this.#header.element);
    this.#grid.append(this.#viewport);
    host.append(this.#grid);
    if (this.#header !== null) host.append(this.#header.menu);
    this.#scroller = new VirtualScroller(this.#viewport, this.#area, this.#rowPx, (byUser) => this.#scrolled(byUser));
    this.#grid.addEventListener("keydown", (event) => this.#pressed(event));
    this.#window.addEventListener("mousedown", (event) => this.#clicked(event));
    this.#window.addEventListener("dblclick", () => this.#events.acted({ kind: "open" }, this.activeRow));
    this.#applyLayout();
    if (!this.#isNarrow) this.#resize.observe(this.#viewport);
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Rows that came below what was seen. */
  get newRows(): number {
    return this.#isFollowing || this.#isSettling || this.#isFile ? 0 : Math.max(0, this.#model.lastKey - this.#seenKey);
  }

  /** Rows that the paused display hides. */
  get hiddenRows(): number {
    return this.#model.hidden;
  }

  get pausedAt(): number | null {
    return this.#model.pausedN;
  }

  get total(): number {
    return this.#model.total;
  }

  get selectedRows(): number {
    return this.#selection.size;
  }

  get activeN(): number | null {
    return this.#activeN;
  }

  get activeRow(): Row | undefined {
    return this.#activeKey === null ? undefined : this.#model.row(this.#activeKey);
  }

  /** Where the list is, to come back to. */
  get anchor(): ScrollAnchor | null {
    const first = this.#model.firstKey + Math.floor(this.#scroller.topPx / this.#rowPx);
    const row = this.#model.row(first);
    return row === undefined ? null : { n: row.n, offsetPx: this.#scroller.topPx % this.#rowPx };
  }

  dispose(): void {
    this.#scroller.dispose();
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /**
   * The first rows of a view, at the place where it was. A list that is going to be filtered starts empty, and comes to
   * its place when `showFilter` and `settle` are called.
   */
  start(
    stats: CaptureStats,
    place: { anchor: ScrollAnchor | null; selected: number | null; isFollowing: boolean },
    isFiltered: boolean,
  ): void {
    this.#numberedUpTo(stats.lastN);
    this.#model.setStats(stats);
    if (isFiltered) this.#model.reset(null, stats.firstN, 0);
    this.#scroller.setRows(this.#model.total);
    const { anchor, selected } = place;
    if (selected !== null && selected >= stats.firstN && selected <= stats.lastN) {
      if (!isFiltered) this.#selection.only(selected);
      this.#activate(isFiltered ? null : selected, selected);
    }
    const isLost = anchor === null || anchor.n < stats.firstN || anchor.n > stats.lastN;
    // A file is read from its beginning, a log stays with what comes.
    this.#isFollowing = !this.#isFile && (place.isFollowing || isLost);
    if (anchor !== null && !this.#isFollowing && isFiltered) {
      this.#pendingPlace = anchor;
    } else if (anchor !== null && !this.#isFollowing) {
      this.#scroller.moveTo((anchor.n - this.#model.firstKey) * this.#rowPx + anchor.offsetPx);
      this.#seenKey = anchor.n;
    } else if (this.#isFollowing) {
      this.#toEnd();
    }
    this.#applyReveal();
  }

  /** Takes new counters: rows came, and perhaps old ones went. */
  grew(stats: CaptureStats): void {
    this.#numberedUpTo(stats.lastN);
    const change = (): void => this.#model.setStats(stats);
    if (this.#model.filter === null) this.#grow({ firstKey: stats.firstN, total: stats.kept, change });
    else change();
    if (this.#selection.dropBefore(this.#model.firstKey)) this.#tellSelection();
    const { first, count } = this.#visible();
    // Where the list is going to move to its end, these rows are read with those that came.
    const isMoving = this.#growth !== null || this.#isReadingGrowth;
    if (!isMoving && this.#model.hasOpen(this.#model.firstKey + first, count)) this.#mustRefresh = true;
    this.#applyReveal();
    this.#read();
  }

  /** A filter has so many hits from the number `firstHit` on: hits came, and perhaps old ones went. */
  setHits(firstHit: number, hits: number): void {
    this.#grow({ firstKey: firstHit, total: hits, change: () => this.#model.setHits(firstHit, hits) });
    this.#read();
  }

  /** Shows another list and keeps the active row, or the row at the top, in sight. The selection is given up. */
  async showFilter(filter: FilterId, firstKey: number, total: number): Promise<void> {
    this.#dropGrowth();
    const top = this.anchor;
    this.#isSettling = filter !== null;
    this.#pendingPlace ??= this.#activeN === null ? top : { n: this.#activeN, offsetPx: 0 };
    this.#model.reset(filter, firstKey, total);
    this.#activeKey = filter === null ? this.#activeN : null;
    if (this.#selection.size > 0) this.#select(() => this.#selection.only(this.#activeKey));
    this.#scroller.setRows(this.#model.total);
    this.#seenKey = this.#model.lastKey;
    await this.#toPlace();
  }

  /** The filter has looked at all rows: hits do not come in front of the place any more. */
  async settle(): Promise<void> {
    if (this.#isSettling) this.#seenKey = this.#model.lastKey;
    this.#isSettling = false;
    if (this.#pendingPlace === null) return;
    await this.#toPlace();
    this.#pendingPlace = null;
  }

  /** Shows nothing behind row `n` of a filtered list, as long as the display is paused. */
  async holdAt(n: number): Promise<void> {
    const { filter } = this.#model;
    try {
      const { position } = await this.#asker.ask("rows/find", { filter, n: n + 1 });
      if (this.#model.filter === filter && this.#model.pausedN !== null)
        this.pause(this.#model.firstKey + position - 1);
    } catch (error) {
      this.#events.failed(error);
    }
  }

  /** Reads all rows again; those in sight stay until the new ones are there. */
  readAgain(): void {
    const { first, count } = this.#visible();
    this.#model.forgetOthers(this.#model.firstKey + first, count);
    this.#mustRefresh = true;
    this.#read();
  }

  /** Reads row `n` again. */
  changed(n: number): void {
    const key = this.#model.keyOf(n);
    if (key === null) return;
    const { first, count } = this.#visible();
    // What is in sight stays until the new row is there.
    if (key >= this.#model.firstKey + first && key < this.#model.firstKey + first + count) this.#mustRefresh = true;
    else this.#model.forget(key);
    this.#read();
  }

  /** Everything is gone; counters follow. */
  reset(): void {
    this.#dropGrowth();
    this.#selection.only(null);
    this.#pendingPlace = null;
    this.#isSettling = false;
    this.#activate(null, null);
    this.#model.reset(null, 1, 0);
    this.#isFollowing = !this.#isFile;
    this.#seenKey = 0;
    this.#idle.reset();
    this.#applyLayout();
    this.#scroller.setRows(0);
    this.#draw();
  }

  pause(key?: number): void {
    this.#sync(() => this.#model.pause(key));
  }

  resume(): void {
    this.#sync(() => this.#model.resume());
    this.#read();
  }

  /** Shows the newest row and stays with it, or stops doing so. */
  follow(isFollowing: boolean): void {
    this.#isFollowing = isFollowing;
    if (isFollowing) this.#toEnd();
    this.#events.moved();
  }

  /** Makes row `n` active and shows it. With a filter, false when the row is none of its hits. */
  async reveal(n: number, focus: boolean): Promise<boolean> {
    const { filter } = this.#model;
    let key = n;
    if (filter === null) {
      if (n > this.#model.lastKey) {
        this.#pendingReveal = n;
        return true;
      }
    } else {
      const { position } = await this.#asker.ask("rows/find", { filter, n });
      const window = await this.#asker.ask("rows/read", { filter, from: position, count: 1 });
      if (window.rows[0]?.n !== n || this.#model.filter !== filter) return false;
      this.#sync(() => this.#model.take(filter, window));
      key = window.firstN + window.from;
    }
    this.#isFollowing = false;
    this.#pendingPlace = null;
    this.#selection.only(key);
    this.#activate(key, n);
    this.#scroller.moveTo(revealTopPx(this.#scroller.size, this.#scroller.topPx, key - this.#model.firstKey, "middle"));
    if (focus) this.focus();
    this.#events.moved();
    return true;
  }

  setLayout(layout: ColumnLayout): void {
    this.#layout = layout;
    this.#applyLayout();
  }

  /** Puts the keyboard into the list: on the active row where it is in sight. */
  focus(): void {
    this.#draw();
    const view = this.#pool.find((each) => each.key !== -1 && each.key === this.#activeKey);
    (view?.element ?? this.#viewport).focus({ preventScroll: true });
  }

  /** The keyboard has come back to the page: where it was in the list, the row that is active by now gets it. */
  regainFocus(): void {
    this.#schedule();
  }

  #layOut(layout: ColumnLayout): void {
    this.setLayout(layout);
    this.#events.laidOut(layout);
  }

  #applyLayout(): void {
    this.#crowded = this.#findCrowded();
    this.#header?.setLayout(this.#layout, this.#idle.columns, this.#crowded);
    const columns = this.#columns;
    this.#grid.setAttribute("aria-colcount", String(columns.length));
    if (!this.#isNarrow) {
      const layout = withNumbersUpTo(this.#shownLayout, this.#lastN);
      this.#grid.classList.toggle("has-latency", columns.includes("latency"));
      this.#grid.style.setProperty("--list-columns", gridTemplate(layout));
      this.#grid.style.setProperty("--list-min-width", `${layoutMinPx(layout) + SIDE_PADDING_PX}px`);
    }
    if (this.#columnsShown !== columns.join()) {
      this.#columnsShown = columns.join();
      this.#setPool([]);
    }
    this.#schedule();
  }
  #columnsShown = "";

  #numberedUpTo(lastN: number): void {
    const isWider = String(lastN).length !== String(this.#lastN).length;
    this.#lastN = lastN;
    if (isWider) this.#applyLayout();
  }

  get #columns(): readonly ColumnId[] {
    return this.#isNarrow ? NARROW_COLUMNS : shownColumns(this.#shownLayout);
  }

  get #shownLayout(): ColumnLayout {
    return withoutIdle(withoutIdle(this.#layout, this.#idle.columns), this.#crowded);
  }

  #findCrowded(): ReadonlySet<ColumnId> {
    const widthPx = this.#viewport.clientWidth - SIDE_PADDING_PX;
    return widthPx <= 0 ? this.#crowded : crowdedOut(withoutIdle(this.#layout, this.#idle.columns), widthPx);
  }

  /** Changes the model and keeps the place, or the end where the list follows. */
  #sync(change: () => void): void {
    const before = this.#model.firstKey;
    change();
    this.#scroller.setRows(this.#model.total, (before - this.#model.firstKey) * this.#rowPx);
    if (this.#isFollowing) this.#toEnd();
    this.#schedule();
    this.#events.moved();
  }

  async #toPlace(): Promise<void> {
    const place = this.#pendingPlace;
    if (this.#isFollowing || (place === null && !this.#isFile)) {
      this.#toEnd();
      return;
    }
    if (place === null) return;
    const { filter } = this.#model;
    try {
      const { position } = await this.#asker.ask("rows/find", { filter, n: place.n });
      if (this.#model.filter !== filter || this.#pendingPlace !== place) return;
      const { size } = this.#scroller;
      if (place.n === this.#activeN) this.#scroller.moveTo(revealTopPx(size, -Infinity, position, "middle"));
      else this.#scroller.moveTo(position * this.#rowPx + place.offsetPx);
    } catch (error) {
      this.#events.failed(error);
    }
    this.#schedule();
  }

  #toEnd(): void {
    this.#scroller.moveTo(maxTopPx(this.#scroller.size));
    this.#seenKey = this.#model.lastKey;
  }

  #applyReveal(): void {
    const n = this.#pendingReveal;
    if (n === null || n > this.#model.lastKey) return;
    this.#pendingReveal = null;
    void this.reveal(n, false);
  }

  #scrolled(byUser: boolean): void {
    if (byUser) {
      this.#isFollowing = this.#scroller.isAtEnd;
      this.#pendingPlace = null;
    }
    this.#header?.follow(this.#viewport.clientWidth, this.#viewport.scrollLeft);
    this.#schedule();
    if (byUser) this.#events.moved();
  }

  #visible(): { first: number; count: number; offsetPx: number } {
    return visibleRows(this.#scroller.size, this.#scroller.topPx);
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      this.#read();
    });
  }

  /** Draws what is known. What is missing is read with the next frame, where one is scheduled. */
  #draw(): void {
    const { first, count, offsetPx } = this.#visible();
    this.#rowsPerFrame = this.#model.firstKey + first - this.#drawnKey;
    this.#drawnKey += this.#rowsPerFrame;
    this.#place(first, offsetPx);
    const hadFocus = this.#window.contains(document.activeElement);
    if (this.#pool.length < count) this.#refill(count + 2);
    const headerRows = this.#header === null ? 0 : 1;
    const rowCount = String(this.#model.total + headerRows);
    if (this.#grid.getAttribute("aria-rowcount") !== rowCount) this.#grid.setAttribute("aria-rowcount", rowCount);
    const used = new Set<RowView>();
    let activeView: RowView | undefined;
    const isNumbered = this.#model.filter === null;
    for (let i = 0; i < count; i++) {
      const key = this.#model.firstKey + first + i;
      const row = this.#model.row(key);
      const isActive = row === undefined ? key === this.#activeKey : row.n === this.#activeN;
      if (isActive && row !== undefined) {
        if (this.#activeKey === null) this.#selection.only(key);
        this.#activeKey = key;
      }
      const view = this.#pool[key % this.#pool.length]!;
      view.isNumbered = isNumbered;
      view.show(key, row, first + i + 1 + headerRows, isActive, this.#selection.has(key));
      view.moveTo((first + i - this.#baseIndex) * this.#rowPx);
      used.add(view);
      if (isActive) activeView = view;
    }
    for (const view of this.#pool) if (!used.has(view)) view.hide();
    const { rowPx, viewPx } = this.#scroller.size;
    const wholeRows = Math.floor((this.#scroller.topPx + viewPx) / rowPx);
    const seenKey = Math.max(this.#seenKey, this.#model.firstKey + wholeRows - 1);
    if (seenKey !== this.#seenKey) {
      this.#seenKey = seenKey;
      this.#events.moved();
    }
    const tabIndex = activeView === undefined ? 0 : -1;
    if (this.#viewport.tabIndex !== tabIndex) this.#viewport.tabIndex = tabIndex;
    this.#holdFocus(hadFocus, activeView);
    if (document.body.classList.contains("vscode-using-screen-reader")) this.#tellOrder(first, count);
  }

  /** Recycled rows stand in any order in the page; who reads it aloud follows the one they are seen in. */
  #tellOrder(first: number, count: number): void {
    const keys = Array.from({ length: count }, (_, i) => this.#model.firstKey + first + i);
    const order = keys.map((key) => this.#pool[key % this.#pool.length]!.element.id).join(" ");
    if (this.#viewport.getAttribute("aria-owns") !== order) this.#viewport.setAttribute("aria-owns", order);
  }

  /** Moves all rows at once, so that only recycled rows are placed one by one. Far from the base it would lose precision. */
  #place(first: number, offsetPx: number): void {
    if (Math.abs(first - this.#baseIndex) > MAX_ROWS_FROM_BASE) this.#baseIndex = first;
    this.#window.style.transform = `translateY(${offsetPx - (first - this.#baseIndex) * this.#rowPx}px)`;
  }

  /**
   * Focus goes with the active row; while that is out of sight the scrolled element holds it, so that keys still work. Not
   * while the keyboard is somewhere else in the window, from where focus() would take it.
   */
  #holdFocus(hadFocus: boolean, activeView: RowView | undefined): void {
    const focused = document.activeElement;
    if (!document.hasFocus() || (!hadFocus && focused !== this.#viewport)) return;
    const wanted = activeView?.element ?? this.#viewport;
    if (focused !== wanted) wanted.focus({ preventScroll: true });
  }

  #refill(size: number): void {
    const [columns, isNarrow, isFile, titleOf] = [this.#columns, this.#isNarrow, this.#isFile, this.#titleOf];
    const layout = { columns, isNarrow, isFile, titleOf };
    this.#setPool(Array.from({ length: size }, () => new RowView(layout)));
  }

  /** Other row elements. The focus of one that goes waits on the scrolled element for the active row to be drawn. */
  #setPool(pool: RowView[]): void {
    const hadFocus = document.hasFocus() && this.#window.contains(document.activeElement);
    if (hadFocus) this.#viewport.focus({ preventScroll: true });
    for (const [index, { element }] of pool.entries()) element.id = `row-${index}`;
    this.#window.replaceChildren(...pool.map((view) => view.element));
    this.#pool = pool;
  }

  /**
   * Takes more rows, or fewer. What comes into sight with them is read before: the list shows rows all the time, and draws
   * them once, however many come.
   */
  #grow(growth: Growth): void {
    this.#growth = growth;
    // What is read for an earlier one comes first.
    if (!this.#isReadingGrowth && this.#unread(growth) === null) this.#takeGrowth();
    else this.#readGrowth();
  }

  /** What is to be read before rows come and go, so that no place in sight is left without a row; `null` for nothing. */
  #unread(growth: Growth): Wanted | null {
    const { rowPx, viewPx } = this.#scroller.size;
    if (viewPx <= 0) return null;
    const isMoving = this.#isFollowing && this.#model.pausedN === null;
    const topKey = isMoving ? null : this.#model.firstKey + this.#visible().first;
    return this.#model.unread(growth, { topKey, count: Math.ceil(viewPx / rowPx) + 1 });
  }

  #takeGrowth(): void {
    const growth = this.#growth;
    this.#growth = null;
    if (growth !== null) this.#sync(growth.change);
  }

  #dropGrowth(): void {
    this.#growth = null;
    this.#growthTurn++;
  }

  #readGrowth(): void {
    const growth = this.#growth;
    if (growth === null || this.#isReading) return;
    const wanted = this.#unread(growth);
    if (wanted === null) {
      this.#takeGrowth();
      return;
    }
    this.#growth = null;
    this.#mustRefresh = false;
    void this.#ask(wanted, growth);
  }

  #read(): void {
    if (this.#isReading) return;
    if (this.#growth !== null) {
      this.#readGrowth();
      return;
    }
    const { first, count } = this.#visible();
    const firstKey = this.#model.firstKey + first;
    const { filter } = this.#model;
    // A list that follows is somewhere else with the next rows, and one that jumps with the next frame.
    const isPassing = this.#isFollowing || isJump(this.#rowsPerFrame);
    const [ahead, margin] = isPassing ? [0, 0] : [AHEAD_ROWS, MARGIN_ROWS];
    const { before, after } = leadRows(this.#isFollowing ? 0 : this.#rowsPerFrame);
    // Asked for when half of it is left.
    const near = this.#model.missing(firstKey - ahead - before / 2, count + 2 * ahead + (before + after) / 2);
    if (near === null && !this.#mustRefresh) return;
    const wanted =
      near === null
        ? { filter, from: first, count }
        : this.#model.missing(firstKey - margin - before, count + 2 * margin + before + after);
    this.#mustRefresh = false;
    if (wanted === null || wanted.count === 0) return;
    void this.#ask(wanted);
  }

  /** `growth` is what the list takes with the rows. */
  async #ask(wanted: Wanted, growth: Growth | null = null): Promise<void> {
    const turn = this.#growthTurn;
    let isAnswered = false;
    this.#isReading = true;
    this.#isReadingGrowth = growth !== null;
    try {
      const window = await this.#asker.ask("rows/read", wanted);
      isAnswered = window.rows.length > 0;
      if (!this.#isNarrow && this.#idle.learn(window.rows)) this.#applyLayout();
      if (this.#titleOf === plainTitle && window.rows.some(({ finding }) => finding !== null)) void this.#loadTitles();
      if (growth !== null && !isAnswered && window.firstN > growth.firstKey) {
        // Rows were evicted meanwhile, so that the others stand elsewhere.
        if (turn === this.#growthTurn) this.#growth ??= { ...growth, firstKey: window.firstN, total: window.total };
        return;
      }
      this.#sync(() => {
        if (turn === this.#growthTurn) growth?.change();
        this.#model.take(wanted.filter, window, this.#isFollowing ? "read" : "all");
      });
      this.#learnActive();
    } catch (error) {
      if (growth !== null && turn === this.#growthTurn) this.#sync(growth.change);
      this.#events.failed(error);
    } finally {
      this.#isReading = false;
      this.#isReadingGrowth = false;
      // Where nothing came, the next notice or move asks again.
      if (isAnswered || this.#growth !== null) this.#schedule();
    }
  }

  /** What the marks of findings say is loaded with the first of them. */
  async #loadTitles(): Promise<void> {
    const { titleOf } = await import("./findingTitles.ts");
    this.#titleOf = titleOf;
    this.#refill(this.#pool.length);
    this.#schedule();
  }

  /** A row that was moved to before it was read gets its number now. */
  #learnActive(): void {
    if (this.#activeKey === null || this.#activeN !== null) return;
    const row = this.#model.row(this.#activeKey);
    if (row !== undefined) this.#activate(this.#activeKey, row.n);
  }

  #activate(key: number | null, n: number | null): void {
    const isSame = key === this.#activeKey && n === this.#activeN;
    this.#activeKey = key;
    this.#activeN = n;
    this.#schedule();
    if (!isSame && (n !== null || key === null)) this.#tellSelection();
  }

  #select(change: () => void): void {
    change();
    this.#schedule();
    this.#tellSelection();
  }

  /** Numbers of rows that were never in sight have to be read first; a newer selection is told instead. */
  #tellSelection(): void {
    const turn = ++this.#selectionTurn;
    const { keys } = this.#selection;
    if (keys.length < 2) {
      const isSelected = this.#activeN !== null && (keys.length === 1 || this.#activeKey === null);
      this.#events.activated(this.#activeN, isSelected ? [this.#activeN!] : []);
      return;
    }
    selectedRows(this.#model, this.#asker, keys).then(
      (selected) => {
        if (turn === this.#selectionTurn) this.#events.activated(this.#activeN, selected);
      },
      (error: unknown) => this.#events.failed(error),
    );
  }

  #move({ by, direction, extends: isExtending }: Extract<ListAction, { kind: "move" }>): void {
    if (this.#model.total === 0) return;
    const { first, count } = this.#visible();
    const { firstKey, lastKey } = this.#model;
    const pageRows = Math.max(1, count - 2);
    let key: number;
    if (by === "end") key = direction < 0 ? firstKey : lastKey;
    else if (this.#activeKey === null) key = direction < 0 ? firstKey + first + count - 1 : firstKey + first;
    else key = this.#activeKey + direction * (by === "page" ? pageRows : 1);
    key = Math.min(lastKey, Math.max(firstKey, key));
    this.#isFollowing = by === "end" && direction > 0;
    if (isExtending) this.#selection.extend(key);
    else this.#selection.only(key);
    this.#activate(key, this.#numberOf(key));
    this.#scroller.moveTo(revealTopPx(this.#scroller.size, this.#scroller.topPx, key - firstKey, "nearest"));
    this.focus();
    this.#events.moved();
  }

  #pressed(event: KeyboardEvent): void {
    if (isFromEditable(event) || this.#header?.element.contains(event.target as Node) === true) return;
    const action = listAction(event);
    if (action === null) return;
    const selection = document.getSelection();
    if (action.kind === "copy" && selection !== null && !selection.isCollapsed) return;
    event.preventDefault();
    event.stopPropagation();
    switch (action.kind) {
      case "move":
        this.#move(action);
        return;
      case "scroll-left":
      case "scroll-right":
        this.#viewport.scrollLeft += action.kind === "scroll-left" ? -SIDE_SCROLL_PX : SIDE_SCROLL_PX;
        return;
      case "select-all":
        refuseTextSelection();
        this.#select(() => this.#selection.all(this.#model.firstKey, this.#model.lastKey));
        this.#events.moved();
        return;
      default:
        this.#events.acted(action, this.activeRow);
    }
  }

  #clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target.closest(".row") : null;
    const view = this.#pool.find((each) => each.element === target);
    if (view === undefined || view.key === -1) return;
    this.#isFollowing = false;
    this.#pendingPlace = null;
    view.offerFilters();
    // A press of another button opens the menu of what is selected.
    if (event.shiftKey) this.#selection.extend(view.key);
    else if (event.ctrlKey || event.metaKey) this.#selection.toggle(view.key);
    else if (event.button === 0 || !this.#selection.has(view.key)) this.#selection.only(view.key);
    this.#activeKey = view.key;
    this.#activeN = view.row?.n ?? this.#numberOf(view.key);
    if (this.#activeN !== null) this.#tellSelection();
    this.#draw();
    view.element.focus({ preventScroll: true });
    // The row has the focus now; the press must not take it to the scrolled element.
    if (event.button === 0) event.preventDefault();
    this.#events.moved();
  }

  /** The number of a row that may not have been read yet, where its key says it. */
  #numberOf(key: number): number | null {
    return this.#model.row(key)?.n ?? (this.#model.filter === null ? key : null);
  }
}

/** VS Code answers Ctrl+A in a view with the selection of all its text, a moment after the view has had the key. */
function refuseTextSelection(): void {
  const signal = AbortSignal.timeout(TEXT_SELECTION_MS);
  document.addEventListener("selectstart", (event) => event.preventDefault(), { signal, once: true });
}
