import { html, nothing, type PropertyDeclarations, type TemplateResult } from "lit";
import type { LatencyPicture, MethodLatency, SlowExchange } from "../src/shared/pictures.ts";
import "./chart.ts";
import type { Brush, ChartData } from "./chart.ts";
import { formatCount, formatDuration, formatFullTime, formatTime } from "./format.ts";
import {
  allMethods,
  bucketOf,
  bucketsText,
  type Distribution,
  latencyFilter,
  latencyLines,
  latencyText,
  latencyTicks,
  methodFilter,
  PERCENTILE_WORDS,
  usedBuckets,
} from "./latencyData.ts";
import { shortCount } from "./overviewData.ts";
import { Picture } from "./picture.ts";
import { type Order, sorted } from "./sorting.ts";
import { actionButton, type ColumnKind, moreButton, rowLink, sortHeader, tableToggle } from "./tables.ts";
import type { Asker } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";
import { decimalNumber } from "../src/shared/numbers.ts";

type MethodColumn = "tapName" | "method" | "replies" | "errors" | "minMs" | "p50Ms" | "p95Ms" | "p99Ms" | "maxMs";

const NUMBERS = ["minMs", "p50Ms", "p95Ms", "p99Ms", "maxMs"] as const;
const NUMBER_LABELS = { minMs: t("Min"), p50Ms: "p50", p95Ms: "p95", p99Ms: "p99", maxMs: t("Max") } as const;
const NUMBER_TITLES = {
  minMs: t("The fastest reply"),
  p50Ms: PERCENTILE_WORDS.p50,
  p95Ms: PERCENTILE_WORDS.p95,
  p99Ms: PERCENTILE_WORDS.p99,
  maxMs: t("The slowest reply"),
} as const;
const METHODS_AT_ONCE = 25;
const SLOWEST_AT_ONCE = 8;

/** What stands in place of the method of exchanges that no dialect names. */
const NO_METHOD = t("any request");

/** The Latency tab: how latencies are spread, by method, and the slowest exchanges that there were. */
export class LatencyTab extends Picture<LatencyPicture> {
  static override properties: PropertyDeclarations = {
    order: { state: true },
    chosen: { state: true },
    isTable: { state: true },
    shownMethods: { state: true },
    shownSlowest: { state: true },
  };
  declare order: Order<MethodColumn>;
  /** The method whose histogram is shown, by tap and method; `null` for all. */
  declare chosen: { readonly tapName: string; readonly method: string } | null;
  declare isTable: boolean;
  declare shownMethods: number;
  declare shownSlowest: number;

  constructor() {
    super();
    this.order = { by: "replies", isDown: true };
    this.chosen = null;
    this.isTable = false;
    this.shownMethods = METHODS_AT_ONCE;
    this.shownSlowest = SLOWEST_AT_ONCE;
  }

  override forget(): void {
    this.chosen = null;
    super.forget();
  }

  protected override read(asker: Asker): Promise<LatencyPicture> {
    return asker.ask("picture/latency", {});
  }

  protected override draw(picture: LatencyPicture): TemplateResult {
    if (picture.methods.length === 0) {
      return this.nothingYet(
        "clock",
        t(
          "No reply yet. The time from each request to its reply is drawn here, as soon as a REQ, or a DEALER that speaks a known dialect, gets one through a tap.",
        ),
      );
    }
    return html`<div class="latency-top">${this.#histogram(picture)} ${this.#slowest(picture.slowest)}</div>
      ${this.#methods(picture)}`;
  }

  #method(picture: LatencyPicture): MethodLatency | null {
    const { chosen } = this;
    if (chosen === null) return null;
    return picture.methods.find((method) => isSame(method, chosen)) ?? null;
  }

  #histogram(picture: LatencyPicture): TemplateResult {
    const method = this.#method(picture);
    const shown = method ?? allMethods(picture.methods);
    const name = method === null ? t("All methods") : methodName(method);
    return html`<section class="latency-histogram" aria-label=${t("Latency of {0}", name)}>
      <header class="picture-head">
        <h2 id="latency-of">${name}</h2>
        <span class="picture-facts">
          ${method === null ? nothing : html`${method.tapName} · `}${replyCount(shown)}
        </span>
        ${
          method === null
            ? nothing
            : html`<button type="button" class="link-button" id="all-methods" @click=${() => (this.chosen = null)}>
                ${t("All methods")}
              </button>`
        }
        <span class="spacer"></span>
        ${tableToggle(this.isTable, t("Show the histogram as table"), () => (this.isTable = !this.isTable))}
      </header>
      ${this.isTable ? this.#histogramTable(shown, method) : this.#chart(shown, method)}
    </section>`;
  }

  #chart(shown: Distribution, method: MethodLatency | null): TemplateResult {
    return html`<figure class="chart-figure">
      <figcaption class="chart-caption">
        <span class="chart-title">${t("Replies by latency, on a logarithmic scale")}</span>
        <span>${t("Drag over the chart to see those replies in the log")}</span>
      </figcaption>
      <zmq-chart
        .data=${histogramChart(shown, method === null ? t("all methods") : methodName(method))}
        @chart-brush=${({ detail: { from, to } }: CustomEvent<Brush>) =>
          this.filter(latencyFilter(method, Math.floor(from), Math.ceil(to)))}
      ></zmq-chart>
    </figure>`;
  }

  #histogramTable(shown: Distribution, method: MethodLatency | null): TemplateResult {
    return html`<div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of the histogram")}>
      <table class="data-table">
        <caption class="visually-hidden">
          ${t("Replies by latency")}
        </caption>
        <thead>
          <tr>
            <th scope="col">${t("Latency")}</th>
            <th scope="col" class="number">${t("Replies")}</th>
            <th scope="col" class="number">${t("As fast as this or faster")}</th>
          </tr>
        </thead>
        <tbody>
          ${latencyLines(shown).map(
            ({ bucket, count, share }) =>
              html`<tr>
                <th scope="row">
                  <button
                    type="button"
                    class="link-button"
                    title=${t("Show these replies in the log")}
                    @click=${() => this.filter(latencyFilter(method, bucket, bucket + 1))}
                  >
                    ${bucketsText(bucket, bucket + 1)}
                  </button>
                </th>
                <td class="number">${formatCount(count)}</td>
                <td class="number">${decimalNumber(share * 100, 1)} %</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #methods({ methods, otherMethods }: LatencyPicture): TemplateResult {
    const { order } = this;
    const header = (label: string, column: MethodColumn, kind: ColumnKind = "number", title = ""): TemplateResult =>
      sortHeader(label, column, order, (next) => (this.order = next), kind, title);
    const inOrder = sorted(methods, (method) => method[order.by], order.isDown);
    return html`<section class="latency-methods" aria-label=${t("Methods")}>
      <h2 class="section-title">${t("Methods")}</h2>
      <div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of methods")}>
        <table class="data-table">
          <caption class="visually-hidden">
            ${t("Latency by method")}
          </caption>
          <thead>
            <tr>
              ${header(t("Method"), "method", "text")} ${header(t("Tap"), "tapName", "text")}
              ${header(t("Replies"), "replies")} ${header(t("Errors"), "errors")}
              ${NUMBERS.map((column) => header(NUMBER_LABELS[column], column, "number", NUMBER_TITLES[column]))}
              <th><span class="visually-hidden">${t("Actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${inOrder.slice(0, this.shownMethods).map((method) => this.#methodRow(method))}
          </tbody>
        </table>
      </div>
      ${moreButton(
        inOrder.length - this.shownMethods,
        (left) => t("Show {0} more methods", left),
        () => (this.shownMethods = inOrder.length),
      )}
      ${
        otherMethods === 0
          ? nothing
          : html`<p class="quiet">
              ${t(
                otherMethods === 1
                  ? "{0} method with fewer replies left out."
                  : "{0} methods with fewer replies left out.",
                formatCount(otherMethods),
              )}
            </p>`
      }
    </section>`;
  }

  #methodRow(method: MethodLatency): TemplateResult {
    const isChosen = this.chosen !== null && isSame(method, this.chosen);
    const name = methodName(method);
    return html`<tr class=${isChosen ? "chosen" : ""} data-method=${method.method}>
      <th scope="row" class="name-cell">
        <button
          type="button"
          class="link-button ${method.method === "" ? "quiet-link" : ""}"
          title=${t("Show how its latency is spread")}
          aria-pressed=${String(isChosen)}
          @click=${() => (this.chosen = isChosen ? null : { tapName: method.tapName, method: method.method })}
        >
          ${name}
        </button>
      </th>
      <td>${method.tapName}</td>
      <td class="number">${formatCount(method.replies)}</td>
      <td class="number ${method.errors > 0 ? "problem-text" : ""}">${formatCount(method.errors)}</td>
      ${NUMBERS.map((column) => html`<td class="number">${formatDuration(method[column])}</td>`)}
      <td class="actions">
        ${actionButton("filter", t("Show the messages of {0} in the log", name), () => this.filter(methodFilter(method)))}
      </td>
    </tr>`;
  }

  #slowest(slowest: readonly SlowExchange[]): TemplateResult {
    return html`<section class="latency-slowest" aria-label=${t("Slowest exchanges")}>
      <h2 class="section-title">${t("Slowest")}</h2>
      <div class="table-frame" tabindex="0" role="region" aria-label=${t("Table of the slowest exchanges")}>
        <table class="data-table" id="slowest">
          <caption class="visually-hidden">
            ${t("The slowest exchanges that there were")}
          </caption>
          <thead>
            <tr>
              <th scope="col" class="number">${t("Latency")}</th>
              <th scope="col">${t("Method")}</th>
              <th scope="col">${t("Time")}</th>
              <th scope="col" class="number">${t("Request")}</th>
              <th scope="col" class="number">${t("Reply")}</th>
            </tr>
          </thead>
          <tbody>
            ${slowest.slice(0, this.shownSlowest).map((exchange) => this.#slowRow(exchange))}
          </tbody>
        </table>
      </div>
      ${moreButton(
        slowest.length - this.shownSlowest,
        (left) => t("Show {0} more exchanges", left),
        () => (this.shownSlowest = slowest.length),
      )}
    </section>`;
  }

  #slowRow(exchange: SlowExchange): TemplateResult {
    const reveal = (n: number): void => this.reveal(n);
    return html`<tr>
      <td class="number">${latencyText(exchange.latencyMs)}</td>
      <td class="name-cell" title=${`${exchange.tapName} · ${methodName(exchange)}`}>${methodName(exchange)}</td>
      <td title=${formatFullTime(exchange.timeMs)}>${formatTime(exchange.timeMs)}</td>
      <td class="number">${rowLink(exchange.request, reveal)}</td>
      <td class="number">${rowLink(exchange.reply, reveal)}</td>
    </tr>`;
  }
}

function isSame(one: { tapName: string; method: string }, other: { tapName: string; method: string }): boolean {
  return one.tapName === other.tapName && one.method === other.method;
}

function methodName({ method }: { readonly method: string }): string {
  return method === "" ? NO_METHOD : method;
}

function replyCount({ replies, errors }: Distribution): string {
  const count = repliesText(replies);
  if (errors === 0) return count;
  return `${count}, ${t(errors === 1 ? "{0} error" : "{0} errors", formatCount(errors))}`;
}

function repliesText(count: number): string {
  return t(count === 1 ? "{0} reply" : "{0} replies", formatCount(count));
}

function histogramChart(shown: Distribution, name: string): ChartData {
  const [from, to] = usedBuckets(shown.histogram);
  const values = shown.histogram;
  const percentiles = [
    ["p50", shown.p50Ms],
    ["p95", shown.p95Ms],
    ["p99", shown.p99Ms],
  ] as const;
  return {
    label: t("Replies of {0} by latency", name),
    from,
    to,
    start: 0,
    step: 1,
    lines: [{ label: t("replies"), color: "--chart-to-client", hasFill: true, dash: [], values }],
    isLog: false,
    errors: [],
    guides: percentiles.flatMap(([percentile, ms]) =>
      ms === null ? [] : [{ at: bucketOf(ms), text: `${percentile} ${formatDuration(ms)}` }],
    ),
    heightPx: 190,
    ticks: (count) => latencyTicks(from, to, count),
    valueText: (value) => {
      if (!Number.isInteger(value)) return "";
      return value < 100_000 ? formatCount(value) : shortCount(value);
    },
    readout: (first, end) => {
      const count = values.slice(first, end).reduce((sum, value) => sum + value, 0);
      return `${bucketsText(first, end)} · ${repliesText(count)}`;
    },
  };
}

customElements.define("zmq-latency", LatencyTab);
