import { areaPx, clampTopPx, maxTopPx, movedTopPx, type ScrollSize, toScrollTop } from "./scrollMap.ts";

const WHEEL_LINE_ROWS = 3;

/**
 * A scroll bar over any number of rows. `viewport` scrolls; `area` is its child that gives the height. The position is
 * kept here in px of the unscaled content; the wheel moves it exactly and only a dragged thumb is scaled.
 * `onMove` is told of every change, `byUser` when a person scrolled.
 */
export class VirtualScroller {
  readonly #viewport: HTMLElement;
  readonly #area: HTMLElement;
  readonly #onMove: (byUser: boolean) => void;
  readonly #stop = new AbortController();
  readonly #resize: ResizeObserver;
  #size: ScrollSize;
  #topPx = 0;
  #scrollTop = 0;
  #areaPx = -1;
  #frame = 0;

  constructor(viewport: HTMLElement, area: HTMLElement, rowPx: number, onMove: (byUser: boolean) => void) {
    this.#viewport = viewport;
    this.#area = area;
    this.#onMove = onMove;
    this.#size = { rowPx, rows: 0, viewPx: viewport.clientHeight };
    const signal = this.#stop.signal;
    viewport.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    viewport.addEventListener("scrollend", () => this.#syncBar(), { signal, passive: true });
    viewport.addEventListener("wheel", (event) => this.#wheeled(event), { signal, passive: false });
    this.#resize = new ResizeObserver(() => {
      this.#resized();
    });
    this.#resize.observe(viewport);
  }

  get size(): ScrollSize {
    return this.#size;
  }

  get topPx(): number {
    return this.#topPx;
  }

  get isAtEnd(): boolean {
    return this.#topPx >= maxTopPx(this.#size) - 1;
  }

  /** Changes the number of rows and moves the position by `shiftPx`, which keeps the place when rows went in front. */
  setRows(rows: number, shiftPx = 0): void {
    // A thumb that was dragged since the last frame, of which the browser has not told yet. What is hidden says 0.
    if (this.#viewport.scrollTop !== this.#scrollTop && this.#viewport.clientHeight > 0) this.#scrolled();
    this.#size = { ...this.#size, rows };
    this.#layOut();
    this.moveTo(this.#topPx + shiftPx);
  }

  moveTo(topPx: number): void {
    this.#topPx = clampTopPx(this.#size, topPx);
    this.#syncBar();
    this.#onMove(false);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#stop.abort();
    this.#resize.disconnect();
  }

  #layOut(): void {
    const height = areaPx(this.#size);
    if (height === this.#areaPx) return;
    this.#areaPx = height;
    this.#area.style.height = `${height}px`;
  }

  #syncBar(): void {
    const wanted = toScrollTop(this.#size, this.#topPx);
    if (Math.abs(wanted - this.#viewport.scrollTop) >= 1) this.#viewport.scrollTop = wanted;
    // Read back, since browsers round it to device pixels.
    this.#scrollTop = this.#viewport.scrollTop;
  }

  #scrolled(): void {
    const now = this.#viewport.scrollTop;
    if (now === this.#scrollTop) {
      this.#onMove(false);
      return;
    }
    this.#topPx = movedTopPx(this.#size, this.#topPx, this.#scrollTop, now);
    this.#scrollTop = now;
    this.#onMove(true);
  }

  #wheeled(event: WheelEvent): void {
    if (event.ctrlKey || event.shiftKey || event.deltaY === 0) return;
    const target = clampTopPx(this.#size, this.#topPx + this.#wheelPx(event));
    if (target === this.#topPx) return;
    event.preventDefault();
    this.#topPx = target;
    // A wheel turns several times in a frame; the bar follows once.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#syncBar();
    });
    this.#onMove(true);
  }

  #wheelPx(event: WheelEvent): number {
    switch (event.deltaMode) {
      case WheelEvent.DOM_DELTA_LINE:
        return Math.sign(event.deltaY) * Math.max(WHEEL_LINE_ROWS, Math.abs(event.deltaY)) * this.#size.rowPx;
      case WheelEvent.DOM_DELTA_PAGE:
        return event.deltaY * this.#size.viewPx;
      default:
        return event.deltaY;
    }
  }

  #resized(): void {
    const viewPx = this.#viewport.clientHeight;
    if (viewPx === this.#size.viewPx) {
      this.#onMove(false);
      return;
    }
    const wasAtEnd = this.isAtEnd && this.#size.viewPx > 0;
    this.#size = { ...this.#size, viewPx };
    this.#layOut();
    this.moveTo(wasAtEnd ? maxTopPx(this.#size) : this.#topPx);
  }
}
