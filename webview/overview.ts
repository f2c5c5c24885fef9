import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import type { Severity } from "../src/shared/findings.ts";
import type { Overview, TapTraffic, TimeMark } from "../src/shared/pictures.ts";
import "./chart.ts";
import type { Brush, ChartData, ChartLine } from "./chart.ts";
import { formatCount, formatDuration, formatFullTime, formatSize, formatTime } from "./format.ts";
import { latencyText, PERCENTILE_WORDS } from "./latencyData.ts";
import {
  bucketStarts,
  groupMarks,
  hasLatency,
  type MarkGroup,
  perSecond,
  rangeText,
  shortCount,
  shownRange,
  tapTotals,
  timeFilter,
  type TimeRange,
  type TrafficLine,
  trafficLines,
  wholeBuckets,
} from "./overviewData.ts";
import { timeTicks } from "./chartTicks.ts";
import { Picture } from "./picture.ts";
import { moreButton, rowLink, tableToggle } from "./tables.ts";
import type { Asker } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";
import { rich } from "./rich.ts";

const MEASURES = ["messages", "bytes", "latency"] as const;
type Measure = (typeof MEASURES)[number];

const MEASURE_LABELS: Readonly<Record<Measure, string>> = {
  messages: t("Messages per second"),
  bytes: t("Bytes per second"),
  latency: t("Latency"),
};

const SEVERITY_ICONS: Readonly<Record<Severity, string>> = { note: "info", warning: "warning", error: "error" };

/** So many taps have charts before the user asks for more. */
const TAPS_AT_ONCE = 6;
const MARKS_AT_ONCE = 50;
/** Room for a mark with a count, and what is besides in a line of them. */
const MARK_PX = 26;
const LANE_INSETS_PX = 100;
const MIN_MARK_PLACES = 8;

const SOLID: readonly number[] = [];
const DASHED: readonly number[] = [7, 3];
const DOTTED: readonly number[] = [2, 3];

/** The Overview tab: for each tap what went through it over time, and marks where something was wrong. */
export class OverviewTab extends Picture<Overview> {
  static override properties: PropertyDeclarations = {
    hiddenMeasures: { state: true },
    asTables: { state: true },
    shownTaps: { state: true },
    shownMarks: { state: true },
  };
  /** Measures that are not drawn. */
  declare hiddenMeasures: ReadonlySet<Measure>;
  /** Taps whose charts are shown as tables. */
  declare asTables: ReadonlySet<string>;
  declare shownTaps: number;
  declare shownMarks: number;

  constructor() {
    super();
    this.hiddenMeasures = new Set();
    this.asTables = new Set();
    this.shownTaps = TAPS_AT_ONCE;
    this.shownMarks = MARKS_AT_ONCE;
  }

  protected override read(asker: Asker): Promise<Overview> {
    return asker.ask("picture/overview", {});
  }

  protected override draw(overview: Overview): TemplateResult {
    const { taps, marks } = overview;
    if (taps.length === 0 && marks.length === 0) {
      return this.nothingYet(
        "graph-line",
        t(
          "Nothing went through a tap yet. Let your programs talk: messages per second, bytes and latency are drawn here over time.",
        ),
      );
    }
    const range = shownRange(overview, this.#isFile);
    const hasReplies = taps.some(hasLatency);
    return html`<div class="picture-bar">
        <div class="picture-choices" role="group" aria-label=${t("What is drawn")}>
          ${MEASURES.filter((measure) => measure !== "latency" || hasReplies).map((measure) => this.#choice(measure))}
        </div>
        <span class="quiet picture-hint">${t("Drag over a chart to see its messages in the log")}</span>
      </div>
      ${this.#marks(marks, range)} ${taps.slice(0, this.shownTaps).map((tap) => this.#tap(overview, tap, range))}
      ${moreButton(
        taps.length - this.shownTaps,
        (left) => t("Show {0} more taps", left),
        () => (this.shownTaps = taps.length),
      )}
      ${
        overview.otherTaps === 0
          ? nothing
          : html`<p class="quiet">
              ${t(
                overview.otherTaps === 1
                  ? "{0} tap with fewer messages is left out."
                  : "{0} taps with fewer messages are left out.",
                formatCount(overview.otherTaps),
              )}
            </p>`
      }`;
  }

  get #isFile(): boolean {
    return (this.stats?.file ?? null) !== null;
  }

  #choice(measure: Measure): TemplateResult {
    const isOn = !this.hiddenMeasures.has(measure);
    return html`<button
      type="button"
      class="tool-button toggle"
      data-measure=${measure}
      aria-pressed=${String(isOn)}
      @click=${() => (this.hiddenMeasures = toggled(this.hiddenMeasures, measure))}
    >
      ${MEASURE_LABELS[measure]}
    </button>`;
  }

  #tap(overview: Overview, tap: TapTraffic, range: TimeRange): TemplateResult {
    const totals = tapTotals(tap);
    const isTable = this.asTables.has(tap.tap);
    return html`<section class="tap-charts" data-tap=${tap.tapName} aria-label=${tap.tapName}>
      <header class="picture-head">
        <h2>${tap.tapName}</h2>
        <span class="picture-facts">
          ${messagesText(totals.messages[0] + totals.messages[1])} · ${formatSize(totals.bytes[0] + totals.bytes[1])}
          ${
            totals.errors === 0
              ? nothing
              : html`·
                  <span class="problem-text"
                    ><span class="codicon codicon-error" aria-hidden="true"></span> ${errorsText(totals.errors)}</span
                  >`
          }
        </span>
        <span class="spacer"></span>
        ${tableToggle(isTable, t("Show the charts of {0} as table", tap.tapName), () => (this.asTables = toggled(this.asTables, tap.tap)))}
      </header>
      ${isTable ? this.#table(overview, tap) : this.#charts(overview, tap, range)}
    </section>`;
  }

  #charts(overview: Overview, tap: TapTraffic, range: TimeRange): readonly TemplateResult[] {
    const measures = MEASURES.filter(
      (measure) => !this.hiddenMeasures.has(measure) && (measure !== "latency" || hasLatency(tap)),
    );
    return measures.map((measure, index) => {
      const data = this.#chart(overview, tap, range, measure, index === measures.length - 1);
      return html`<figure class="chart-figure" data-measure=${measure}>
        <figcaption class="chart-caption">
          <span class="chart-title">${MEASURE_LABELS[measure]}</span>
          ${legend(measure === "latency" ? PERCENTILES : DIRECTIONS)}
        </figcaption>
        <zmq-chart
          .group=${"overview"}
          .data=${data}
          @chart-brush=${({ detail: { from, to } }: CustomEvent<Brush>) =>
            this.#filterTime(overview, tap, { fromMs: from, toMs: to })}
        ></zmq-chart>
      </figure>`;
    });
  }

  #chart(overview: Overview, tap: TapTraffic, range: TimeRange, measure: Measure, isLast: boolean): ChartData {
    const { startMs, stepMs } = overview;
    const format = FORMATS[measure];
    const lines = measure === "latency" ? latencyLines(tap) : trafficChartLines(tap[measure], stepMs);
    const starts = bucketStarts(overview);
    return {
      label: t("{0} of {1} over time", MEASURE_LABELS[measure], tap.tapName),
      from: range.fromMs,
      to: range.toMs,
      start: startMs,
      step: stepMs,
      lines,
      isLog: measure === "latency",
      errors: measure === "messages" ? tap.errors : [],
      guides: [],
      heightPx: (measure === "messages" ? 84 : 64) + (isLast ? 26 : 0),
      ticks: isLast ? (count) => timeTicks(range.fromMs, range.toMs, count) : null,
      valueText: (value) => format(Math.abs(value)),
      readout: (first, end) => {
        const time = rangeText(
          { fromMs: starts[first] ?? startMs, toMs: (starts[end - 1] ?? startMs) + stepMs },
          stepMs,
        );
        return `${time} · ${readoutOf(measure, lines, first, end)}${errorsIn(measure, tap, first, end)}`;
      },
    };
  }

  #filterTime(overview: Overview, tap: TapTraffic, range: TimeRange): void {
    this.filter(timeFilter(wholeBuckets(overview, range), overview.taps.length > 1 ? tap.tapName : null));
  }

  #table(overview: Overview, tap: TapTraffic): TemplateResult {
    const lines = trafficLines(overview, tap);
    const isWithLatency = hasLatency(tap);
    return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of {0}", tap.tapName)}>
      <table class="data-table">
        <caption class="visually-hidden">
          ${rich("What went through {0}, {1} a row, the newest first", tap.tapName, formatDuration(overview.stepMs))}
        </caption>
        <thead>
          <tr>
            <th scope="col">${t("Time")}</th>
            <th scope="col" class="number">${t("Messages to the server")}</th>
            <th scope="col" class="number">${t("Messages to the client")}</th>
            <th scope="col" class="number">${t("Bytes to the server")}</th>
            <th scope="col" class="number">${t("Bytes to the client")}</th>
            <th scope="col" class="number">${t("Errors")}</th>
            ${
              isWithLatency
                ? PERCENTILES.map(
                    ({ label, title }) => html`<th scope="col" class="number" title=${title}>${label}</th>`,
                  )
                : nothing
            }
          </tr>
        </thead>
        <tbody>
          ${lines.map((line) => this.#line(overview, tap, line, isWithLatency))}
        </tbody>
      </table>
    </div>`;
  }

  #line(overview: Overview, tap: TapTraffic, line: TrafficLine, isWithLatency: boolean): TemplateResult {
    const time = rangeText(line.range, overview.stepMs);
    return html`<tr>
      <th scope="row">
        <button
          type="button"
          class="link-button"
          title=${t("Show these messages in the log")}
          @click=${() => this.#filterTime(overview, tap, line.range)}
        >
          ${time}
        </button>
      </th>
      <td class="number">${formatCount(line.messages[0])}</td>
      <td class="number">${formatCount(line.messages[1])}</td>
      <td class="number">${formatSize(line.bytes[0])}</td>
      <td class="number">${formatSize(line.bytes[1])}</td>
      <td class="number ${line.errors > 0 ? "problem-text" : ""}">${formatCount(line.errors)}</td>
      ${
        isWithLatency
          ? [line.p50, line.p95, line.p99].map((value) => html`<td class="number">${latencyText(value)}</td>`)
          : nothing
      }
    </tr>`;
  }

  #marks(marks: readonly TimeMark[], range: TimeRange): TemplateResult | typeof nothing {
    if (marks.length === 0) return nothing;
    const places = Math.max(MIN_MARK_PLACES, Math.floor((this.clientWidth - LANE_INSETS_PX) / MARK_PX));
    const newest = [...marks].sort((one, other) => other.timeMs - one.timeMs);
    return html`<section class="time-marks" aria-label=${t("Errors and findings")}>
      <div class="marks-lane" role="group" aria-label=${t("Errors and findings over time")}>
        ${groupMarks(marks, range, places).map((group) => this.#markGroup(group))}
      </div>
      <details class="marks-list">
        <summary>${marksText(marks)}</summary>
        <table class="data-table">
          <caption class="visually-hidden">
            ${t("Errors and findings, the newest first")}
          </caption>
          <thead>
            <tr>
              <th scope="col">${t("Time")}</th>
              <th scope="col">${t("Severity")}</th>
              <th scope="col">${t("What")}</th>
              <th scope="col" class="number">${t("Row")}</th>
            </tr>
          </thead>
          <tbody>
            ${newest.slice(0, this.shownMarks).map(
              (mark) =>
                html`<tr>
                  <td title=${formatFullTime(mark.timeMs)}>${formatTime(mark.timeMs)}</td>
                  <td>${severity(mark.severity)}</td>
                  <td class="wide-cell">${mark.text}</td>
                  <td class="number">${rowLink(mark.n, (n) => this.reveal(n))}</td>
                </tr>`,
            )}
          </tbody>
        </table>
        ${moreButton(
          newest.length - this.shownMarks,
          (left) => t("Show {0} more of them", left),
          () => (this.shownMarks = newest.length),
        )}
      </details>
    </section>`;
  }

  #markGroup({ at, severity: worst, marks }: MarkGroup): TemplateResult {
    const [first] = marks;
    const texts = marks.slice(0, 5).map(({ timeMs, text }) => `${formatTime(timeMs)} ${text}`);
    const more = marks.length - texts.length;
    const title = more > 0 ? [...texts, t("and {0} more", formatCount(more))] : texts;
    return html`<button
      type="button"
      class="mark-button severity-${worst}"
      .style=${`--at: ${(at * 100).toFixed(2)}%`}
      title=${title.join("\n")}
      aria-label=${`${severitiesText(worst, marks.length)}: ${title.join(", ")}`}
      @click=${() => {
        if (first !== undefined) this.reveal(first.n);
      }}
    >
      <span class="codicon codicon-${SEVERITY_ICONS[worst]}" aria-hidden="true"></span>${
        marks.length > 1 ? html`<span class="mark-count">${formatCount(marks.length)}</span>` : nothing
      }
    </button>`;
  }
}

const FORMATS: Readonly<Record<Measure, (value: number) => string>> = {
  messages: shortCount,
  bytes: (value) => formatSize(Math.round(value)),
  latency: formatDuration,
};

type LegendEntry = {
  readonly label: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly sign: string;
  /** What the label means, where that does not go without saying. */
  readonly title: string;
};

const DIRECTIONS: readonly LegendEntry[] = [
  { label: t("to the server"), color: "--chart-to-server", dash: SOLID, sign: "up", title: "" },
  { label: t("to the client"), color: "--chart-to-client", dash: SOLID, sign: "down", title: "" },
];

const PERCENTILES: readonly LegendEntry[] = [
  { label: "p50", color: "--chart-median", dash: SOLID, sign: "solid", title: PERCENTILE_WORDS.p50 },
  { label: "p95", color: "--chart-slow", dash: DASHED, sign: "dashed", title: PERCENTILE_WORDS.p95 },
  { label: "p99", color: "--chart-slowest", dash: DOTTED, sign: "dotted", title: PERCENTILE_WORDS.p99 },
];

function legend(entries: readonly LegendEntry[]): TemplateResult {
  return html`<span class="chart-legend"
    >${entries.map(
      ({ label, color, sign, title }) =>
        html`<span class="chart-key" title=${title || nothing}
          ><span class="chart-sign chart-sign-${sign} chart-color${color}" aria-hidden="true"></span>${label}</span
        >`,
    )}</span
  >`;
}

/** What goes to the server above the line, what goes to the client below it. */
function trafficChartLines([up, down]: readonly [readonly number[], readonly number[]], stepMs: number): ChartLine[] {
  const [above, below] = [perSecond(up, stepMs), perSecond(down, stepMs).map((rate) => -rate)];
  return DIRECTIONS.map(({ label, color, dash }, direction) => ({
    label,
    color,
    dash,
    hasFill: true,
    values: direction === 0 ? above : below,
  }));
}

function latencyLines({ latency }: TapTraffic): ChartLine[] {
  const values = [latency.p50, latency.p95, latency.p99];
  return PERCENTILES.map(({ label, color, dash }, index) => ({
    label,
    color,
    dash,
    hasFill: false,
    values: values[index] ?? [],
  }));
}

function readoutOf(measure: Measure, lines: readonly ChartLine[], first: number, end: number): string {
  return lines
    .map(({ label, values }) => {
      const seen = values.slice(first, end).filter((value) => value !== null);
      if (measure === "latency") return `${label} ${seen.length === 0 ? "–" : formatDuration(Math.max(...seen))}`;
      const mean = seen.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, seen.length);
      return `${FORMATS[measure](mean)}/s ${label}`;
    })
    .join(" · ");
}

function errorsIn(measure: Measure, { errors }: TapTraffic, first: number, end: number): string {
  const count = measure === "messages" ? errors.slice(first, end).reduce((sum, value) => sum + value, 0) : 0;
  return count === 0 ? "" : ` · ${errorsText(count)}`;
}

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  note: t("note"),
  warning: t("warning"),
  error: t("error"),
};

function severitiesText(severity: Severity, count: number): string {
  switch (severity) {
    case "note":
      return t(count === 1 ? "{0} note" : "{0} notes", formatCount(count));
    case "warning":
      return t(count === 1 ? "{0} warning" : "{0} warnings", formatCount(count));
    case "error":
      return errorsText(count);
  }
}

function errorsText(count: number): string {
  return t(count === 1 ? "{0} error" : "{0} errors", formatCount(count));
}

function messagesText(count: number): string {
  return t(count === 1 ? "{0} message" : "{0} messages", formatCount(count));
}

function marksText(marks: readonly TimeMark[]): string {
  const errors = marks.filter(({ severity }) => severity === "error").length;
  const count = formatCount(marks.length);
  return errors === 0
    ? t(marks.length === 1 ? "{0} finding" : "{0} findings", count)
    : t(marks.length === 1 ? "{0} error or finding" : "{0} errors and findings", count);
}

function severity(name: Severity): TemplateResult {
  return html`<span class="severity severity-${name}"
    ><span class="codicon codicon-${SEVERITY_ICONS[name]}" aria-hidden="true"></span> ${SEVERITY_WORDS[name]}</span
  >`;
}

function toggled<Value>(set: ReadonlySet<Value>, value: Value): ReadonlySet<Value> {
  return set.has(value) ? new Set([...set].filter((other) => other !== value)) : new Set([...set, value]);
}

customElements.define("zmq-overview", OverviewTab);
