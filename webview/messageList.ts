import type { CaptureStats, Row } from "../src/shared/model.ts";
import type { FilterId } from "../src/shared/engineProtocol.ts";
import { type ColumnLayout, gridTemplate, layoutMinPx, NARROW_COLUMNS, shownColumns } from "./columns.ts";
import { make } from "./dom.ts";
import { isFromEditable, type ListAction, listAction } from "./keys.ts";
import { ListHeader } from "./listHeader.ts";
import { ListModel } from "./listModel.ts";
import { RowView } from "./rowView.ts";
import { maxTopPx, revealTopPx, visibleRows } from "./scrollMap.ts";
import type { ScrollAnchor } from "./state.ts";
import type { Asker } from "./viewChannel.ts";
import { VirtualScroller } from "./virtualScroller.ts";

const NARROW_ROW_PX = 22;
const WIDE_ROW_PX = 24;
/** Rows read around the visible ones, so that short moves find them there. */
const MARGIN_ROWS = 30;
const SIDE_SCROLL_PX = 40;
const MAX_ROWS_FROM_BASE = 5000;
/** What the rows' own padding takes, as in view.css. */
const SIDE_PADDING_PX = 16;

export type ListEvents = {
  /** Another row is active, or none. */
  activated(n: number | null, row: Row | undefined): void;
  /** A key or double click asks for something that is not the list's own. */
  acted(action: Exclude<ListAction, { kind: "move" }>, row: Row | undefined): void;
  /** The position, the number of new rows or of hidden rows changed. */
  moved(): void;
  laidOut(layout: ColumnLayout): void;
  failed(error: unknown): void;
};

/**
 * The message list in two densities. It draws itself outside of Lit, since it is redrawn with every frame of scrolling:
 * a bounded number of recycled row elements in the light DOM (VS Code's context menu finds rows only there).
 * Listeners go with the elements of `host`, which it owns; dispose() stops the rest.
 */
export class MessageList {
  readonly #asker: Asker;
  readonly #events: ListEvents;
  readonly #isNarrow: boolean;
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
  /** The row whose place is the top of the window before that is moved. */
  #baseIndex = 0;
  #isFollowing = true;
  #seenKey = 0;
  #activeKey: number | null = null;
  #activeN: number | null = null;
  #pendingReveal: number | null = null;
  #evicted = 0;
  #frame = 0;
  #isReading = false;
  #mustRefresh = false;
  #isRebasing = false;

  constructor(host: HTMLElement, asker: Asker, density: "narrow" | "wide", layout: ColumnLayout, events: ListEvents) {
    this.#asker = asker;
    this.#events = events;
    this.#isNarrow = density === "narrow";
    this.#rowPx = this.#isNarrow ? NARROW_ROW_PX : WIDE_ROW_PX;
    this.#layout = layout;
    this.#grid = make("div", `list list-${density}`, {
      role: "grid",
      id: "message-list",
      "aria-label": "Messages",
      "aria-readonly": "true",
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
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Rows that came below what was seen. */
  get newRows(): number {
    return this.#isFollowing ? 0 : Math.max(0, this.#model.lastKey - this.#seenKey);
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
    cancelAnimationFrame(this.#frame);
  }

  /** The first rows of a view, at the place where it was. */
  start(
    stats: CaptureStats,
    place: { anchor: ScrollAnchor | null; selected: number | null; isFollowing: boolean },
  ): void {
    this.#evicted = stats.evicted;
    this.#model.setStats(stats);
    this.#scroller.setRows(this.#model.total);
    const { anchor, selected } = place;
    if (selected !== null && selected >= stats.firstN && selected <= stats.lastN) this.#activate(selected, selected);
    this.#isFollowing = place.isFollowing || anchor === null || anchor.n < stats.firstN || anchor.n > stats.lastN;
    if (anchor !== null && !this.#isFollowing) {
      this.#scroller.moveTo((anchor.n - this.#model.firstKey) * this.#rowPx + anchor.offsetPx);
      this.#seenKey = anchor.n;
    } else {
      this.#toEnd();
    }
    this.#applyReveal();
  }

  /** Takes new counters: rows came, and perhaps old ones went. */
  grew(stats: CaptureStats): void {
    this.#sync(() => this.#model.setStats(stats));
    if (stats.evicted !== this.#evicted && this.#model.search !== null) void this.#rebase();
    this.#evicted = stats.evicted;
    const { first, count } = this.#visible();
    if (this.#model.hasOpen(this.#model.firstKey + first, count)) this.#mustRefresh = true;
    this.#applyReveal();
    this.#read();
  }

  setHits(hits: number): void {
    this.#sync(() => this.#model.setHits(hits));
    this.#read();
  }

  /** Shows another list and keeps the active row, or the row at the top, in sight. */
  async showSearch(filter: FilterId, firstKey: number, total: number): Promise<void> {
    const keepN = this.#activeN ?? this.anchor?.n ?? null;
    this.#model.reset(search, firstKey, total);
    this.#activeKey = search === null ? this.#activeN : null;
    this.#scroller.setRows(this.#model.total);
    this.#seenKey = this.#model.lastKey;
    if (this.#isFollowing || keepN === null) {
      this.#toEnd();
      return;
    }
    try {
      const { position } = await this.#asker.ask("rows/find", { search, n: keepN });
      if (this.#model.search !== search) return;
      this.#scroller.moveTo(revealTopPx(this.#scroller.size, -Infinity, position, "middle"));
    } catch (error) {
      this.#events.failed(error);
    }
    this.#draw();
  }

  /** Everything is gone; counters follow. */
  reset(): void {
    this.#activate(null, null);
    this.#model.reset(null, 1, 0);
    this.#evicted = 0;
    this.#isFollowing = true;
    this.#seenKey = 0;
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

  /** Makes row `n` active and shows it. In a search, false when the row is none of its hits. */
  async reveal(n: number, focus: boolean): Promise<boolean> {
    const search = this.#model.search;
    let key = n;
    if (search !== null) {
      const { position } = await this.#asker.ask("rows/find", { search, n });
      const window = await this.#asker.ask("rows/read", { search, from: position, count: 1 });
      if (window.rows[0]?.n !== n || this.#model.search !== search) return false;
      key = this.#model.firstKey + position;
    } else if (n > this.#model.lastKey) {
      this.#pendingReveal = n;
      return true;
    }
    this.#isFollowing = false;
    this.#activate(key, n);
    this.#scroller.moveTo(revealTopPx(this.#scroller.size, this.#scroller.topPx, key - this.#model.firstKey, "middle"));
    if (focus) this.focus();
    this.#events.moved();
    return true;
  }

  setLayout(layout: ColumnLayout): void {
    this.#layout = layout;
    this.#header?.setLayout(layout);
    this.#applyLayout();
  }

  /** Puts the keyboard into the list: on the active row where it is in sight. */
  focus(): void {
    this.#draw();
    const view = this.#pool.find((each) => each.key !== -1 && each.key === this.#activeKey);
    (view?.element ?? this.#viewport).focus({ preventScroll: true });
  }

  #layOut(layout: ColumnLayout): void {
    this.setLayout(layout);
    this.#events.laidOut(layout);
  }

  #applyLayout(): void {
    const columns = this.#isNarrow ? NARROW_COLUMNS : shownColumns(this.#layout);
    this.#grid.setAttribute("aria-colcount", String(columns.length));
    if (!this.#isNarrow) {
      this.#grid.style.setProperty("--list-columns", gridTemplate(this.#layout));
      this.#grid.style.setProperty("--list-min-width", `${layoutMinPx(this.#layout) + SIDE_PADDING_PX}px`);
    }
    if (this.#columnsShown !== columns.join()) {
      this.#columnsShown = columns.join();
      this.#window.replaceChildren();
      this.#pool = [];
    }
    this.#schedule();
  }
  #columnsShown = "";

  /** Changes the model and keeps the place, or the end where the list follows. */
  #sync(change: () => void): void {
    const before = this.#model.firstKey;
    change();
    this.#scroller.setRows(this.#model.total, (before - this.#model.firstKey) * this.#rowPx);
    if (this.#isFollowing) this.#toEnd();
    this.#schedule();
    this.#events.moved();
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
    if (byUser) this.#isFollowing = this.#scroller.isAtEnd;
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
      this.#draw();
      this.#read();
    });
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { first, count, offsetPx } = this.#visible();
    this.#place(first, offsetPx);
    const hadFocus = this.#window.contains(document.activeElement);
    if (this.#pool.length < count) this.#refill(count + 2);
    const headerRows = this.#header === null ? 0 : 1;
    const rowCount = String(this.#model.total + headerRows);
    if (this.#grid.getAttribute("aria-rowcount") !== rowCount) this.#grid.setAttribute("aria-rowcount", rowCount);
    const used = new Set<RowView>();
    let activeView: RowView | undefined;
    for (let i = 0; i < count; i++) {
      const key = this.#model.firstKey + first + i;
      const row = this.#model.row(key);
      const isActive = row === undefined ? key === this.#activeKey : row.n === this.#activeN;
      if (isActive && row !== undefined) this.#activeKey = key;
      const view = this.#pool[key % this.#pool.length]!;
      view.show(key, row, first + i + 1 + headerRows, isActive);
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
  }

  /** Moves all rows at once, so that only recycled rows are placed one by one. Far from the base it would lose precision. */
  #place(first: number, offsetPx: number): void {
    if (Math.abs(first - this.#baseIndex) > MAX_ROWS_FROM_BASE) this.#baseIndex = first;
    this.#window.style.transform = `translateY(${offsetPx - (first - this.#baseIndex) * this.#rowPx}px)`;
  }

  /** Focus goes with the active row; while that is out of sight the scrolled element holds it, so that keys still work. */
  #holdFocus(hadFocus: boolean, activeView: RowView | undefined): void {
    const focused = document.activeElement;
    if (!hadFocus && focused !== this.#viewport) return;
    const wanted = activeView?.element ?? this.#viewport;
    if (focused !== wanted) wanted.focus({ preventScroll: true });
  }

  #refill(size: number): void {
    const columns = this.#isNarrow ? NARROW_COLUMNS : shownColumns(this.#layout);
    this.#pool = Array.from({ length: size }, () => new RowView(columns, this.#isNarrow));
    this.#window.replaceChildren(...this.#pool.map((view) => view.element));
  }

  #read(): void {
    if (this.#isReading) return;
    const { first, count } = this.#visible();
    const firstKey = this.#model.firstKey + first;
    const { search } = this.#model;
    const isMissing = this.#model.missing(firstKey, count) !== null;
    if (!isMissing && !this.#mustRefresh) return;
    const wanted = isMissing
      ? this.#model.missing(firstKey - MARGIN_ROWS, count + 2 * MARGIN_ROWS)
      : { search, from: first, count };
    this.#mustRefresh = false;
    if (wanted === null || wanted.count === 0) return;
    this.#isReading = true;
    void this.#ask(wanted);
  }

  async #ask(wanted: { filter: FilterId; from: number; count: number }): Promise<void> {
    let isAnswered = false;
    try {
      const window = await this.#asker.ask("rows/read", wanted);
      isAnswered = window.rows.length > 0;
      this.#sync(() => this.#model.take(wanted.search, window));
      this.#learnActive();
    } catch (error) {
      this.#events.failed(error);
    } finally {
      this.#isReading = false;
    }
    // Where nothing came, the next notice or move asks again.
    if (isAnswered) this.#schedule();
  }

  /** A row that was moved to before it was read gets its number now. */
  #learnActive(): void {
    if (this.#activeKey === null || this.#activeN !== null) return;
    const row = this.#model.row(this.#activeKey);
    if (row !== undefined) this.#activate(this.#activeKey, row.n);
  }

  /** Hits of a search have no fixed numbers: after an eviction the row at the top says where they are now. */
  async #rebase(): Promise<void> {
    const { search } = this.#model;
    const key = this.#model.firstKey + this.#visible().first;
    const n = this.#model.row(key)?.n;
    if (this.#isRebasing || n === undefined || search === null) return;
    this.#isRebasing = true;
    try {
      const { position } = await this.#asker.ask("rows/find", { search, n });
      if (this.#model.search === search && this.#model.firstKey !== key - position) {
        this.#sync(() => {
          this.#model.rebase(key, position);
          this.#model.forgetRows();
        });
      }
    } catch (error) {
      this.#events.failed(error);
    } finally {
      this.#isRebasing = false;
    }
  }

  #activate(key: number | null, n: number | null): void {
    const isSame = key === this.#activeKey && n === this.#activeN;
    this.#activeKey = key;
    this.#activeN = n;
    this.#schedule();
    if (!isSame && (n !== null || key === null)) {
      this.#events.activated(n, key === null ? undefined : this.#model.row(key));
    }
  }

  #move(by: "row" | "page" | "end", direction: -1 | 1): void {
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
    this.#activate(key, this.#model.row(key)?.n ?? (this.#model.search === null ? key : null));
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
        this.#move(action.by, action.direction);
        return;
      case "scroll-left":
      case "scroll-right":
        this.#viewport.scrollLeft += action.kind === "scroll-left" ? -SIDE_SCROLL_PX : SIDE_SCROLL_PX;
        return;
      case "follow":
        this.follow(!this.#isFollowing);
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
    this.#activate(view.key, view.row?.n ?? (this.#model.search === null ? view.key : null));
    this.#draw();
    view.element.focus({ preventScroll: true });
    // The row has the focus now; the press must not take it to the scrolled element.
    if (event.button === 0) event.preventDefault();
    this.#events.moved();
  }
}
