import { html, nothing, type PropertyValues, render, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { classMap } from "lit/directives/class-map.js";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import type { CaptureStats, Row } from "../src/shared/model.ts";
import { make } from "./dom.ts";
import { formatCount } from "./format.ts";
import { listAction } from "./keys.ts";
import { Picture } from "./picture.ts";
import { RowFeed } from "./rowFeed.ts";
import { maxTopPx, revealTopPx, visibleRows } from "./scrollMap.ts";
import { fileRange, rangeWords, sequenceMermaid, sequenceSvg } from "./sequenceFile.ts";
import { Lanes } from "./sequenceLanes.ts";
import {
  barShapes,
  barsOf,
  gapShapes,
  gapText,
  GUTTER_PX,
  HEAD_PX,
  headShapes,
  lifelineShapes,
  type PlacedRow,
  ROW_PX,
  rowShapes,
  type Stage,
  stageOf,
  timeShapes,
} from "./sequenceLayout.ts";
import { rowWords } from "./sequenceText.ts";
import { drawn } from "./shapesView.ts";
import { letterWidth, lookOfPage } from "./svgLook.ts";
import { failureText } from "./viewChannel.ts";
import { VirtualScroller } from "./virtualScroller.ts";
import { t } from "../src/shared/l10n.ts";

/** Rows beyond those in sight whose halves of exchanges are looked at. */
const BAR_MARGIN_ROWS = 60;
/** How often the age of what waits is told anew. */
const AGE_MS = 1_000;

/** What is on the page once it is drawn. */
type Parts = {
  readonly head: HTMLElement;
  readonly viewport: HTMLElement;
  readonly window: HTMLElement;
  readonly scroller: VirtualScroller;
  readonly resize: ResizeObserver;
};

/**
 * The Sequence tab: what the log lists, as arrows between the peers' lifelines. It draws only what is in sight, outside of
 * Lit's updates, since it is redrawn with every frame of scrolling.
 */
export class SequencePicture extends Picture<true> {
  static override properties = {
    ...Picture.properties,
    isFollowing: { state: true },
    total: { state: true },
    selected: { state: true },
    said: { state: true },
    filterText: { state: true },
  };
  declare isFollowing: boolean;
  declare total: number;
  /** Keys of the first and the last of the arrows that are selected. */
  declare selected: readonly [number, number] | null;
  /** What became of the latest file. */
  declare said: string;
  declare filterText: string;
  readonly #feed = new RowFeed({
    read: (rows) => {
      this.#lanes.learn(rows);
      this.#changed();
    },
    failed: (error) => (this.problem = failureText(error)),
  });
  readonly #lanes = new Lanes();
  #parts: Parts | null = null;
  /** Of the list, as it was drawn last. */
  #firstKey = 1;
  #active: number | null = null;
  /** Where a selection began. */
  #anchor: number | null = null;
  #letterPx = 7.2;
  #frame = 0;
  #ageTimer: ReturnType<typeof setTimeout> | undefined;
  #isInSight = false;
  #filtered: FilterState | null = null;
  #isPaused = false;

  constructor() {
    super();
    this.isFollowing = true;
    this.total = 0;
    this.selected = null;
    this.said = "";
    this.filterText = "";
  }

  override get stats(): CaptureStats | null {
    return super.stats;
  }

  override set stats(stats: CaptureStats | null) {
    if (stats === super.stats) return;
    super.stats = stats;
    if (stats === null) return;
    this.#feed.grew(stats);
    this.#changed();
  }

  override set isShown(isShown: boolean) {
    super.isShown = isShown;
    if (isShown === this.#isInSight) return;
    this.#isInSight = isShown;
    if (isShown) this.#changed();
  }

  override followLog(filtered: FilterState | null, isPaused: boolean): void {
    if (filtered === this.#filtered && isPaused === this.#isPaused) return;
    this.#filtered = filtered;
    this.#isPaused = isPaused;
    const isOther = this.#feed.filtered(filtered, this.stats);
    this.#feed.pause(isPaused);
    this.filterText = filtered?.text ?? "";
    if (isOther) {
      this.#active = null;
      this.selected = null;
      this.#firstKey = this.#feed.firstKey;
      if (!this.isFollowing) this.#parts?.scroller.moveTo(0);
    }
    this.#changed();
  }

  override forget(): void {
    super.forget();
    this.#feed.forget();
    this.#lanes.forget();
    this.#active = null;
    this.selected = null;
    this.isFollowing = true;
    this.said = "";
    this.#changed();
  }

  /** Marks of findings may have changed. */
  override refresh(): void {
    super.refresh();
    this.#feed.readAgain();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#parts?.scroller.dispose();
    this.#parts?.resize.disconnect();
    this.#parts = null;
    clearTimeout(this.#ageTimer);
  }

  /** What it is drawn from it reads by itself. */
  protected override read(): Promise<true> {
    return Promise.resolve(true);
  }

  protected override draw(): TemplateResult {
    const isEmpty = this.total === 0;
    return html`<div class="sequence-bar">
        <p class="sequence-what">${this.#what()}</p>
        <span class="spacer"></span>
        <button
          type="button"
          class=${classMap({ "tool-button": true, toggle: true })}
          id="sequence-follow"
          aria-pressed=${String(this.isFollowing)}
          title=${this.isFollowing ? t("Following the newest message (End)") : t("Follow the newest message (End)")}
          ?disabled=${isEmpty}
          @click=${() => this.#follow(!this.isFollowing)}
        >
          <span class="codicon codicon-arrow-down" aria-hidden="true"></span>
          <span class="tool-text">${this.isFollowing ? t("Following") : t("Follow")}</span>
        </button>
        ${this.#tool("sequence-svg", "save", t("Save as SVG…"), isEmpty, () => this.#save("svg"))}
        ${this.#tool("sequence-mermaid", "save", t("Save as Mermaid…"), isEmpty, () => this.#save("mermaid"))}
        ${this.#tool("sequence-copy", "copy", t("Copy as Mermaid"), isEmpty, () => this.#copyMermaid())}
      </div>
      <p class="sequence-said quiet" role="status">${this.said}</p>
      <div class="sequence-diagram" ?hidden=${isEmpty}></div>
      ${isEmpty ? this.nothingYet("git-compare", this.filterText === "" ? t("No message yet.") : t("The filter lets no row through.")) : nothing}`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const host = this.querySelector<HTMLElement>(".sequence-diagram");
    if (host !== null && this.#parts === null) this.#build(host);
  }

  #what(): string {
    const rows = t(this.total === 1 ? "{0} row" : "{0} rows", formatCount(this.total));
    const of = this.filterText === "" ? rows : t("{0} of {1}", rows, this.filterText);
    const [first, last] = this.selected ?? [0, 0];
    return first === last ? of : `${of} · ${t("{0} selected", formatCount(last - first + 1))}`;
  }

  #tool(id: string, icon: string, label: string, isDisabled: boolean, run: () => Promise<void>): TemplateResult {
    return html`<button
      type="button"
      class="tool-button"
      id=${id}
      title=${label}
      aria-label=${label}
      ?disabled=${isDisabled}
      @click=${() => void run()}
    >
      <span class="codicon codicon-${icon}" aria-hidden="true"></span>
      <span class="tool-text">${label}</span>
    </button>`;
  }

  #build(host: HTMLElement): void {
    const head = make("div", "sequence-head", { "aria-hidden": "true" });
    const viewport = make("div", "sequence-viewport", {
      tabindex: "0",
      role: "listbox",
      id: "sequence-list",
      "aria-label": t("Messages as arrows between peers"),
      "aria-multiselectable": "true",
    });
    const area = make("div", "sequence-area", { role: "presentation" });
    const window = make("div", "sequence-window", { role: "presentation" });
    area.append(window);
    viewport.append(area);
    host.append(head, viewport);
    this.#letterPx = letterWidth(host);
    const scroller = new VirtualScroller(viewport, area, ROW_PX, (byUser) => this.#scrolled(byUser));
    const resize = new ResizeObserver(() => this.#changed());
    resize.observe(viewport);
    viewport.addEventListener("keydown", (event) => this.#pressed(event));
    viewport.addEventListener("click", (event) => this.#clicked(event));
    this.#parts = { head, viewport, window, scroller, resize };
    this.#changed();
  }

  /** Something is to be drawn anew: with the next frame. */
  #changed(): void {
    this.#feed.asker = this.asker;
    this.total = this.#feed.total;
    if (this.#parts === null || !this.#isInSight) return;
    const { scroller } = this.#parts;
    const { firstKey } = this.#feed;
    // What is in sight stays there when older rows go.
    if (scroller.size.rows !== this.total || firstKey !== this.#firstKey)
      scroller.setRows(this.total, (this.#firstKey - firstKey) * ROW_PX);
    this.#firstKey = firstKey;
    if (this.isFollowing) scroller.moveTo(maxTopPx(scroller.size));
    this.#drawSoon();
  }

  #drawSoon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawWindow();
    });
  }

  #scrolled(byUser: boolean): void {
    if (this.#parts === null) return;
    if (byUser) this.isFollowing = this.#parts.scroller.isAtEnd;
    this.#drawSoon();
  }

  #follow(isFollowing: boolean): void {
    this.isFollowing = isFollowing;
    this.#changed();
  }

  #drawWindow(): void {
    if (this.#parts === null || !this.#isInSight) return;
    const { head, viewport, window, scroller } = this.#parts;
    const { first, count, offsetPx } = visibleRows(scroller.size, scroller.topPx);
    this.#feed.look(first, count);
    const near = this.#placed(first - BAR_MARGIN_ROWS, count + 2 * BAR_MARGIN_ROWS);
    const inSight = near.filter(({ index }) => index >= first && index < first + count);
    const stage = stageOf(this.#lanes.shown(inSight.map(({ row }) => row)), viewport.clientWidth, this.#letterPx);
    const heightPx = count * ROW_PX;
    const nowMs = (this.stats?.file ?? null) === null ? this.#feed.nowMs : null;
    const left = viewport.scrollLeft;
    window.style.width = `${stage.widthPx}px`;
    window.style.transform = `translateY(${offsetPx}px)`;
    render(
      svg`<svg class="drawing" width=${stage.widthPx} height=${HEAD_PX} viewBox="${left} 0 ${stage.widthPx} ${HEAD_PX}">
      ${drawn(headShapes(stage))}
    </svg>`,
      head,
    );
    const bars = barsOf(near, (row) => this.#lanes.endsOf(row), this.#feed.isWhole);
    render(
      svg`<svg class="drawing" width=${stage.widthPx} height=${heightPx} role="presentation">
        ${inSight.map(({ row, index }) => this.#ground(row, index, first, stage, nowMs))}
        <g class="sequence-lines">${drawn([...lifelineShapes(stage, heightPx), ...barShapes(bars, stage, first, count)])}</g>
        ${inSight.map(({ row, index }) => this.#row(row, index, first, stage, nowMs))}
        ${left > 0 ? svg`<rect class="sequence-gutter" x=${left} y="0" width=${GUTTER_PX - 6} height=${heightPx}></rect>` : nothing}
        <g class="sequence-times" transform="translate(${left} 0)">
          ${inSight.map(({ row, index }) => this.#time(row, index, first, stage))}
        </g>
      </svg>`,
      window,
    );
    this.#tellActive(viewport);
    this.#ageSoon(inSight, nowMs);
  }

  #placed(from: number, count: number): readonly PlacedRow[] {
    const placed: PlacedRow[] = [];
    for (let index = Math.max(0, from); index < Math.min(this.total, from + count); index++) {
      const row = this.#feed.row(this.#feed.firstKey + index);
      if (row !== undefined) placed.push({ row, index });
    }
    return placed;
  }

  #isSelected(key: number): boolean {
    return this.selected !== null && key >= this.selected[0] && key <= this.selected[1];
  }

  /** What is pressed, and what is told to those who do not see the arrow on it. */
  #ground(row: Row, index: number, first: number, stage: Stage, nowMs: number | null): SVGTemplateResult {
    const key = this.#feed.firstKey + index;
    const ends = this.#lanes.endsOf(row);
    return svg`<rect
      class=${classMap({ "sequence-ground": true, selected: this.#isSelected(key), active: key === this.#active })}
      role="option" id="sequence-${key}" data-n=${row.n} aria-selected=${String(this.#isSelected(key))}
      aria-setsize=${this.total} aria-posinset=${index + 1}
      aria-label=${rowWords(row, this.#nameOf(ends?.client, stage), this.#nameOf(ends?.server, stage), nowMs)}
      x="0.5" y=${(index - first) * ROW_PX + 1.5} width=${stage.widthPx - 1} height=${ROW_PX - 2}
    ></rect>`;
  }

  #row(row: Row, index: number, first: number, stage: Stage, nowMs: number | null): SVGTemplateResult {
    return svg`<g class="sequence-row" data-n=${row.n} aria-hidden="true" transform="translate(0 ${(index - first) * ROW_PX})">
      ${drawn(rowShapes(row, this.#lanes.endsOf(row), stage, nowMs))}
    </g>`;
  }

  #time(row: Row, index: number, first: number, stage: Stage): SVGTemplateResult {
    const before = this.#feed.row(this.#feed.firstKey + index - 1);
    return svg`<g transform="translate(0 ${(index - first) * ROW_PX})" aria-hidden="true">
      ${drawn([...gapShapes(gapText(row, before), stage), ...timeShapes(row)])}
    </g>`;
  }

  #nameOf(key: string | undefined, { lanes }: Stage): string {
    return lanes.find((lane) => lane.key === key)?.name ?? t("a peer");
  }

  #tellActive(viewport: HTMLElement): void {
    const id = this.#active === null ? null : `sequence-${this.#active}`;
    if (id === null || viewport.querySelector(`#${id}`) === null) viewport.removeAttribute("aria-activedescendant");
    else viewport.setAttribute("aria-activedescendant", id);
  }

  /** The age of what waits goes on while nothing comes. */
  #ageSoon(inSight: readonly PlacedRow[], nowMs: number | null): void {
    clearTimeout(this.#ageTimer);
    const isWaiting = inSight.some(({ row }) => row.exchange === "pending" || row.status === "pending");
    if (nowMs !== null && isWaiting) this.#ageTimer = setTimeout(() => this.#drawSoon(), AGE_MS);
  }

  #pressed(event: KeyboardEvent): void {
    const action = listAction(event);
    const { firstKey } = this.#feed;
    if (action === null || this.total === 0 || this.#parts === null) return;
    const { scroller, viewport } = this.#parts;
    switch (action.kind) {
      case "move": {
        const { first, count } = visibleRows(scroller.size, scroller.topPx);
        const { by, direction } = action;
        const lastKey = firstKey + this.total - 1;
        const page = Math.max(1, count - 2);
        let key = by === "end" ? (direction < 0 ? firstKey : lastKey) : (this.#active ?? firstKey + first - direction);
        if (by !== "end") key += direction * (by === "page" ? page : 1);
        key = Math.min(lastKey, Math.max(firstKey, key));
        this.isFollowing = by === "end" && direction > 0;
        this.#choose(key, action.extends);
        scroller.moveTo(revealTopPx(scroller.size, scroller.topPx, key - firstKey, "nearest"));
        break;
      }
      case "open": {
        const row = this.#active === null ? undefined : this.#feed.row(this.#active);
        if (row !== undefined) this.reveal(row.n);
        break;
      }
      case "partner": {
        const row = this.#active === null ? undefined : this.#feed.row(this.#active);
        if (row?.partner != null) void this.#goTo(row.partner);
        break;
      }
      case "scroll-left":
      case "scroll-right":
        viewport.scrollLeft += action.kind === "scroll-left" ? -40 : 40;
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Chooses row `n`, where the list has it. */
  async #goTo(n: number): Promise<void> {
    try {
      const key = await this.#feed.keyOf(n);
      if (key === null || this.#parts === null) return;
      const { scroller } = this.#parts;
      this.isFollowing = false;
      this.#choose(key, false);
      scroller.moveTo(revealTopPx(scroller.size, scroller.topPx, key - this.#feed.firstKey, "middle"));
    } catch (error) {
      this.problem = failureText(error);
    }
  }

  #clicked(event: MouseEvent): void {
    if (this.#parts === null) return;
    const { scroller, viewport } = this.#parts;
    const y = event.clientY - viewport.getBoundingClientRect().top;
    const index = Math.floor((scroller.topPx + y) / ROW_PX);
    if (index < 0 || index >= this.total) return;
    const key = this.#feed.firstKey + index;
    this.#choose(key, event.shiftKey);
    const row = this.#feed.row(key);
    if (!event.shiftKey && row !== undefined) {
      this.isFollowing = false;
      this.reveal(row.n);
    }
  }

  #choose(key: number, isExtending: boolean): void {
    const anchor = isExtending ? (this.#anchor ?? this.#active ?? key) : key;
    this.#active = key;
    this.#anchor = anchor;
    this.selected = [Math.min(anchor, key), Math.max(anchor, key)];
    this.#drawSoon();
  }

  async #wanted(): Promise<readonly Row[]> {
    const { firstKey } = this.#feed;
    const [first, last] = this.selected ?? [0, 0];
    const selected = this.selected === null || first === last ? null : ([first - firstKey, last - firstKey] as const);
    const { scroller } = this.#parts!;
    const { from, count } = fileRange(selected, visibleRows(scroller.size, scroller.topPx).first, this.total);
    return this.#feed.rows(Math.max(0, from), count);
  }

  async #save(kind: "svg" | "mermaid"): Promise<void> {
    await this.#export(async (rows) => {
      const text = kind === "svg" ? sequenceSvg(rows, lookOfPage(this)) : sequenceMermaid(rows);
      return (await this.asker?.ask("picture/save", { name: "sequence", kind, text })) === true ? t("Saved") : null;
    });
  }

  async #copyMermaid(): Promise<void> {
    await this.#export(async (rows) => {
      await this.asker?.ask("text/copy", { text: sequenceMermaid(rows) });
      return t("Copied");
    });
  }

  /** `use` says what was done, `null` when the user left. */
  async #export(use: (rows: readonly Row[]) => Promise<string | null>): Promise<void> {
    try {
      const rows = await this.#wanted();
      const total = this.total;
      const done = await use(rows);
      this.said = done === null ? "" : `${done} ${rangeWords(rows, total)}.`;
    } catch (error) {
      this.problem = failureText(error);
    }
  }
}

customElements.define("zmq-sequence", SequencePicture);
