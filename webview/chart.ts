import uPlot from "uplot";
import { fewTicks, powerTicks, type Tick } from "./chartTicks.ts";
import { make } from "./dom.ts";

/** One series of a chart: a value for each bucket. */
export type ChartLine = {
  readonly label: string;
  /** A custom property that holds its colour; with `-fill` behind it that of the area below it, if it has one. */
  readonly color: string;
  readonly hasFill: boolean;
  /** Lengths of dashes and gaps in px, for series that cross each other; empty for a line without gaps. */
  readonly dash: readonly number[];
  readonly values: readonly (number | null)[];
};

/** A vertical line with a word at its top. */
type ChartGuide = { readonly at: number; readonly text: string };

/** What a chart shows: buckets of equal width from left to right, as steps. */
export type ChartData = {
  /** What it is of, for screen readers. */
  readonly label: string;
  /** The stretch that is shown. */
  readonly from: number;
  readonly to: number;
  /** Where the first bucket begins, and how wide each is. */
  readonly start: number;
  readonly step: number;
  readonly lines: readonly ChartLine[];
  /** Values are shown by their logarithm. */
  readonly isLog: boolean;
  /** How many errors there were in each bucket: marked by a cross at the top. */
  readonly errors: readonly number[];
  readonly guides: readonly ChartGuide[];
  readonly heightPx: number;
  /** Marks of the lower axis, at most about `count`; `null` for a chart without that axis. */
  readonly ticks: ((count: number) => readonly Tick[]) | null;
  /** A value beside the left axis. */
  readonly valueText: (value: number) => string;
  /** What is said of a bucket, or of several, in one line. */
  readonly readout: (first: number, end: number) => string;
};

/** A stretch that the user has chosen on the lower axis. */
export type Brush = { readonly from: number; readonly to: number };

const AXIS_LEFT_PX = 58;
const AXIS_BELOW_PX = 26;
const RIGHT_PX = 10;
const MIN_BRUSH_PX = 3;
/** Room for a mark of the lower axis. */
const TICK_PX = 90;
const END_PX = 18;

/** Lower charts have room for very few marks on the left. */
const SMALL_PX = 130;

/**
 * A chart that is drawn by uPlot. A stretch is chosen by dragging, or with the arrow keys, Shift and Enter; it goes out as
 * `chart-brush`. Charts of one `group` show their cursors at the same place.
 */
export class Chart extends HTMLElement {
  group = "";
  #data: ChartData | null = null;
  #plot: uPlot | null = null;
  /** What the plot was built for: with another one it is built anew. */
  #built = "";
  readonly #host = make("div", "chart-plot");
  readonly #readout = make("p", "chart-readout");
  /** The buckets that the keyboard is at; the first without the end. */
  #at: { anchor: number; head: number } | null = null;
  readonly #resize = new ResizeObserver(() => this.#fit());
  readonly #theme = new MutationObserver(() => this.#rebuild());

  constructor() {
    super();
    this.addEventListener("keydown", (event) => this.#pressed(event));
    this.addEventListener("blur", () => this.#leave());
  }

  connectedCallback(): void {
    if (!this.#host.isConnected) {
      this.tabIndex = 0;
      this.classList.add("chart");
      this.setAttribute("role", "group");
      this.setAttribute("aria-roledescription", "chart");
      this.append(this.#readout, this.#host);
    }
    this.#resize.observe(this);
    // VS Code tells of another theme by classes and by the custom properties of the page.
    this.#theme.observe(document.body, { attributeFilter: ["class"] });
    this.#theme.observe(document.documentElement, { attributeFilter: ["style"] });
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#resize.disconnect();
    this.#theme.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.#built = "";
  }

  set data(data: ChartData) {
    this.#data = data;
    if (this.isConnected) this.#draw();
  }

  #draw(): void {
    const data = this.#data;
    if (data === null) return;
    this.setAttribute("aria-label", `${data.label}. Arrow keys move, with Shift they choose a stretch, Enter filters.`);
    const shape = JSON.stringify([
      data.isLog,
      data.heightPx,
      data.ticks === null,
      data.lines.map(({ label, color, dash }) => [label, color, dash]),
    ]);
    if (this.#plot === null || shape !== this.#built) {
      this.#built = shape;
      this.#build(data);
    } else {
      this.#plot.setData(columnsOf(data));
    }
    this.#showReadout();
  }

  #rebuild(): void {
    if (this.#data !== null && this.#plot !== null) this.#build(this.#data);
  }

  #fit(): void {
    const data = this.#data;
    const width = this.clientWidth;
    if (data === null || width === 0) return;
    if (this.#plot === null) this.#draw();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: data.heightPx });
  }

  #build(data: ChartData): void {
    this.#plot?.destroy();
    this.#plot = null;
    const width = this.clientWidth;
    // Hidden: it is built when it is seen.
    if (width === 0) return;
    this.#plot = new uPlot(this.#options(data, width), columnsOf(data), this.#host);
  }

  #options(data: ChartData, width: number): uPlot.Options {
    const colour = (name: string) => this.#colour(name);
    const text = colour("--chart-text");
    const grid = colour("--chart-grid");
    const family = getComputedStyle(this).fontFamily;
    const font = `11px ${family}`;
    const hasAxis = data.ticks !== null;
    const now = (): ChartData => this.#data ?? data;
    const ticks = (plot: uPlot): readonly Tick[] => {
      const { from, to, ticks: all } = now();
      const plotPx = plot.width - AXIS_LEFT_PX - RIGHT_PX;
      // The text of one at the very end would not be whole.
      const end = to - ((to - from) * END_PX) / plotPx;
      return (all?.(Math.max(2, Math.floor(plotPx / TICK_PX))) ?? []).filter(({ at }) => at <= end);
    };
    return {
      width,
      height: data.heightPx,
      padding: [data.guides.length > 0 ? 18 : 6, RIGHT_PX, hasAxis ? 0 : 4, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: MIN_BRUSH_PX },
        ...(this.group === "" ? {} : { sync: { key: this.group, filters: { pub: isPointing } } }),
      },
      scales: {
        x: { time: false, range: () => [now().from, now().to] },
        y: {
          range: (_, min, max) => (data.isLog ? powerRange(min, max) : linearRange(min, max)),
        },
      },
      axes: [
        {
          show: hasAxis,
          size: AXIS_BELOW_PX,
          font,
          stroke: text,
          gap: 4,
          ticks: { stroke: grid, width: 1, size: 4 },
          grid: { stroke: grid, width: 1 },
          splits: (plot) => ticks(plot).map(({ at }) => at),
          values: (plot) => ticks(plot).map(({ text: word }) => word),
        },
        {
          size: AXIS_LEFT_PX,
          font,
          stroke: text,
          gap: 6,
          space: 24,
          ...(data.isLog || data.heightPx < SMALL_PX
            ? {
                splits: (_: uPlot, __: number, min: number, max: number) =>
                  data.isLog ? powerTicks(min, max) : fewTicks(min, max),
              }
            : {}),
          ticks: { show: false },
          grid: { stroke: grid, width: 1 },
          values: (_, splits) => splits.map((value) => now().valueText(data.isLog ? 10 ** value : value)),
        },
      ],
      series: [
        {},
        ...data.lines.map((line) => ({
          label: line.label,
          stroke: colour(line.color),
          width: 1.25,
          dash: [...line.dash],
          ...(line.hasFill ? { fill: colour(`${line.color}-fill`) } : {}),
          points: { show: false },
          spanGaps: false,
          paths: (plot: uPlot, series: number) => steps(plot, series, now(), line.hasFill),
        })),
      ],
      hooks: {
        draw: [(plot) => drawMarks(plot, now(), { error: colour("--chart-error"), text, font })],
        setCursor: [() => this.#showReadout()],
        setSelect: [(plot) => this.#brushed(plot)],
      },
    };
  }

  /** What a custom property of the style sheet comes to, for the canvas. */
  #colour(name: string): string {
    this.#host.style.color = `var(${name})`;
    const { color } = getComputedStyle(this.#host);
    this.#host.style.color = "";
    return color;
  }

  #brushed(plot: uPlot): void {
    const { left, width } = plot.select;
    this.#leave();
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (width < MIN_BRUSH_PX) return;
    this.#tell(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  }

  #tell(from: number, to: number): void {
    this.dispatchEvent(new CustomEvent<Brush>("chart-brush", { detail: { from, to } }));
  }

  #pressed(event: KeyboardEvent): void {
    const data = this.#data;
    if (data === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = bucketCount(data) - 1;
    if (last < 0) return;
    const head = this.#at?.head ?? last + 1;
    let next: number;
    switch (event.key) {
      case "ArrowLeft":
        next = head - 1;
        break;
      case "ArrowRight":
        next = head + 1;
        break;
      case "Home":
        next = 0;
        break;
      case "End":
        next = last;
        break;
      case "Enter":
        if (this.#at !== null) this.#tell(...this.#stretch(data, this.#at));
        event.preventDefault();
        return;
      case "Escape":
        if (this.#at === null) return;
        this.#leave();
        event.preventDefault();
        event.stopPropagation();
        return;
      default:
        return;
    }
    event.preventDefault();
    const to = Math.min(last, Math.max(0, next));
    this.#at = { anchor: event.shiftKey && this.#at !== null ? this.#at.anchor : to, head: to };
    this.#showKeyboard(data, this.#at);
  }

  #stretch(data: ChartData, { anchor, head }: { anchor: number; head: number }): [number, number] {
    const from = data.start + Math.min(anchor, head) * data.step;
    return [from, data.start + (Math.max(anchor, head) + 1) * data.step];
  }

  #showKeyboard(data: ChartData, at: { anchor: number; head: number }): void {
    const plot = this.#plot;
    if (plot === null) return;
    const [from, to] = this.#stretch(data, at);
    const left = plot.valToPos(from, "x");
    const width = plot.valToPos(to, "x") - left;
    plot.setSelect({ left, width, top: 0, height: plot.over.clientHeight }, false);
    this.#readout.setAttribute("aria-live", "polite");
    this.#showReadout();
  }

  #leave(): void {
    if (this.#at === null) return;
    this.#at = null;
    this.#readout.removeAttribute("aria-live");
    this.#plot?.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#showReadout();
  }

  #showReadout(): void {
    const data = this.#data;
    const plot = this.#plot;
    if (data === null || plot === null) return;
    const buckets = this.#pointedAt(data, plot);
    const text = buckets === null ? "" : data.readout(...buckets);
    if (this.#readout.textContent !== text) this.#readout.textContent = text;
  }

  /** The buckets below the keyboard's stretch or the mouse, the last one not included. */
  #pointedAt(data: ChartData, plot: uPlot): [number, number] | null {
    if (this.#at !== null) {
      const { anchor, head } = this.#at;
      return [Math.min(anchor, head), Math.max(anchor, head) + 1];
    }
    const left = plot.cursor.left ?? -1;
    if (left < 0) return null;
    const bucket = Math.floor((plot.posToVal(left, "x") - data.start) / data.step);
    return bucket < 0 || bucket >= bucketCount(data) ? null : [bucket, bucket + 1];
  }
}

/** Other charts of a group show where the mouse is, and have no part in what is dragged. */
function isPointing(type: string): boolean {
  return type === "mousemove" || type === "mouseleave";
}

function bucketCount({ lines }: ChartData): number {
  return lines[0]?.values.length ?? 0;
}

function columnsOf(data: ChartData): uPlot.AlignedData {
  const xs = Array.from({ length: bucketCount(data) }, (_, bucket) => data.start + bucket * data.step);
  return [xs, ...data.lines.map(({ values }) => (data.isLog ? values.map(power) : [...values]))];
}

/** What a logarithmic chart draws in place of a value, which uPlot takes for any other. */
function power(value: number | null): number | null {
  return value === null || value <= 0 ? null : Math.log10(value);
}

/** From zero, both ways where there are values below it. */
function linearRange(min: number | null, max: number | null): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(0, max ?? 0);
  return low === 0 && high === 0 ? [0, 1] : [low * 1.08, high * 1.08];
}

/** Whole powers of ten, two at least. */
function powerRange(min: number | null, max: number | null): [number, number] {
  const [low, high] = [Math.floor(min ?? 0), Math.ceil(max ?? 0)];
  return low < high ? [low, high] : [low - 1, high + 1];
}

/** Each value as a level line as wide as its bucket, joined to its neighbours; gaps where there is none. */
function steps(plot: uPlot, series: number, { step, isLog }: ChartData, hasFill: boolean): uPlot.Series.Paths {
  const stroke = new Path2D();
  const fill = new Path2D();
  const xs = plot.data[0];
  const ys = plot.data[series] ?? [];
  const floor = plot.valToPos(isLog ? (plot.scales["y"]?.min ?? 0) : 0, "y", true);
  let isJoined = false;
  for (const [bucket, x] of xs.entries()) {
    const y = ys[bucket] ?? null;
    if (y === null) {
      isJoined = false;
      continue;
    }
    const left = plot.valToPos(x, "x", true);
    const right = plot.valToPos(x + step, "x", true);
    const top = tallEnough(plot.valToPos(y, "y", true), floor, y);
    if (isJoined) stroke.lineTo(left, top);
    else stroke.moveTo(left, top);
    stroke.lineTo(right, top);
    isJoined = true;
    if (y !== 0) fill.rect(left, Math.min(top, floor), right - left, Math.abs(top - floor));
  }
  return { stroke, fill: hasFill ? fill : null };
}

/** However few there are, they are to be seen. */
function tallEnough(top: number, floor: number, value: number): number {
  const least = 1.5 * uPlot.pxRatio;
  if (value > 0) return Math.min(top, floor - least);
  return value < 0 ? Math.max(top, floor + least) : top;
}

/** Where words begin that stand above `xs`, from left to right, each apart from the next and none behind `end`. */
function wordPlaces(xs: readonly number[], widths: readonly number[], end: number, gap: number): readonly number[] {
  const lefts = xs.map((x, index) => x - widths[index]! / 2);
  for (let index = 1; index < lefts.length; index++) {
    lefts[index] = Math.max(lefts[index]!, lefts[index - 1]! + widths[index - 1]! + gap);
  }
  let room = end;
  for (let index = lefts.length - 1; index >= 0; index--) {
    lefts[index] = Math.min(lefts[index]!, room - widths[index]!);
    room = lefts[index]! - gap;
  }
  return lefts;
}

type Ink = { readonly error: string; readonly text: string; readonly font: string };

/** Errors as crosses along the top, and guides with their words. */
function drawMarks(plot: uPlot, { errors, guides, start, step }: ChartData, { error, text, font }: Ink): void {
  const { ctx, bbox } = plot;
  const px = uPlot.pxRatio;
  ctx.save();
  ctx.strokeStyle = error;
  ctx.lineWidth = 1.5 * px;
  ctx.beginPath();
  const size = 3 * px;
  const y = bbox.top + size + px;
  let lastX = -Infinity;
  for (const [bucket, count] of errors.entries()) {
    const x = plot.valToPos(start + (bucket + 0.5) * step, "x", true);
    if (count === 0 || x - lastX < 2 * size) continue;
    lastX = x;
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x + size, y - size);
    ctx.lineTo(x - size, y + size);
  }
  ctx.stroke();
  ctx.strokeStyle = text;
  ctx.fillStyle = text;
  ctx.lineWidth = px;
  ctx.setLineDash([3 * px, 3 * px]);
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * px));
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  const widths = guides.map((guide) => ctx.measureText(guide.text).width);
  const xs = guides.map((guide) => plot.valToPos(guide.at, "x", true));
  const lefts = wordPlaces(xs, widths, bbox.left + bbox.width, 8 * px);
  for (const [index, guide] of guides.entries()) {
    const x = xs[index]!;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(guide.text, lefts[index]!, bbox.top - 3 * px);
  }
  ctx.restore();
}

customElements.define("zmq-chart", Chart);
