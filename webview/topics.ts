import { html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { TopicNode, TopicsPicture } from "../src/shared/pictures.ts";
import { formatCount, formatFullTime, formatSize, formatTime } from "./format.ts";
import { Picture } from "./picture.ts";
import { actionButton, rowLink } from "./tables.ts";
import { type TopicLevels, type TopicLine, topicFilter, topicLines, topicMove, topicTarget } from "./topicRows.ts";
import type { Asker } from "./viewChannel.ts";
import { t } from "../src/shared/l10n.ts";
import { decimalNumber } from "../src/shared/numbers.ts";

/** Each open level is a question of its own, asked again and again. */
const MAX_OPEN = 50;

/** The Topics tab: what was published, as a tree. */
export class TopicsTab extends Picture<TopicLevels> {
  static override properties: PropertyDeclarations = {
    open: { state: true },
    active: { state: true },
  };
  /** Topics whose next level is shown, the latest last. */
  declare open: ReadonlySet<string>;
  /** The topic that the keyboard is at. */
  declare active: string | null;
  #isToFocus = false;

  constructor() {
    super();
    this.open = new Set();
    this.active = null;
  }

  override forget(): void {
    this.open = new Set();
    this.active = null;
    super.forget();
  }

  protected override async read(asker: Asker): Promise<TopicLevels> {
    const prefixes = ["", ...this.open];
    const levels = await Promise.all(prefixes.map((prefix) => asker.ask("picture/topics", { prefix })));
    return new Map(prefixes.map((prefix, index) => [prefix, levels[index]] as [string, TopicsPicture]));
  }

  protected override draw(levels: TopicLevels): TemplateResult {
    const lines = topicLines(levels, this.open);
    const { uncounted = 0 } = levels.get("") ?? {};
    if (lines.length === 0) {
      return this.nothingYet(
        "list-tree",
        t(
          "Nothing was published yet. As soon as a subscriber behind a tap gets a message, its topic is listed here; what nobody subscribes to is not sent by the publisher.",
        ),
      );
    }
    const active = lines.some((line) => line.kind === "topic" && line.node.topic === this.active) ? this.active : null;
    const first = lines.find((line) => line.kind === "topic")?.node.topic ?? null;
    return html`${
        uncounted === 0
          ? nothing
          : html`<p class="quiet picture-note" id="topics-uncounted">
              ${t(
                uncounted === 1
                  ? "{0} publication is not counted, since there were too many at once."
                  : "{0} publications are not counted, since there were too many at once.",
                formatCount(uncounted),
              )}
            </p>`
      }
      <div class="table-frame">
        <table
          class="data-table topic-tree"
          role="treegrid"
          aria-label=${t("Topics")}
          @keydown=${(event: KeyboardEvent) => this.#pressed(event, lines)}
        >
          <thead role="rowgroup">
            <tr role="row">
              <th scope="col" role="columnheader">${t("Topic")}</th>
              <th scope="col" role="columnheader" class="number">${t("Messages")}</th>
              <th scope="col" role="columnheader" class="number">${t("Per second")}</th>
              <th scope="col" role="columnheader" class="number">${t("Bytes")}</th>
              <th scope="col" role="columnheader" class="number">${t("Subscribers")}</th>
              <th scope="col" role="columnheader">${t("Last value")}</th>
              <th scope="col" role="columnheader">${t("Seen")}</th>
              <th role="columnheader"><span class="visually-hidden">${t("Actions")}</span></th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${repeat(lines, lineKey, (line) => (line.kind === "topic" ? this.#topic(line, active ?? first, lines) : more(line)))}
          </tbody>
        </table>
      </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (!this.#isToFocus) return;
    this.#isToFocus = false;
    this.querySelector<HTMLElement>(".topic-row[tabindex='0']")?.focus();
  }

  #topic(
    { node, level, isOpen }: TopicLine & { readonly kind: "topic" },
    active: string | null,
    lines: readonly TopicLine[],
  ): TemplateResult {
    const isActive = node.topic === active;
    const tabIndex = isActive ? 0 : -1;
    const share = Math.sqrt(node.messages / Math.max(1, most(lines, level)));
    return html`<tr
      role="row"
      class="topic-row"
      data-topic=${node.topic}
      data-vscode-context=${JSON.stringify({ webviewSection: "value", ...topicTarget(node) })}
      aria-level=${level}
      aria-expanded=${node.hasChildren ? String(isOpen) : nothing}
      tabindex=${tabIndex}
      @click=${() => (this.active = node.topic)}
      @dblclick=${() => this.filter(topicFilter(node))}
    >
      <th role="rowheader" scope="row" class="topic-cell" .style=${`--tree-level: ${level - 1}`}>
        <span
          class="topic-twistie codicon ${node.hasChildren ? (isOpen ? "codicon-chevron-down" : "codicon-chevron-right") : "codicon-blank"}"
          aria-hidden="true"
          @click=${(event: Event) => {
            event.stopPropagation();
            this.active = node.topic;
            if (node.hasChildren) this.#setOpen(node.topic, !isOpen);
          }}
        ></span
        ><span class="topic-label" dir="auto" title=${node.topic}>${node.label === "" ? "(empty)" : node.label}</span>
      </th>
      <td role="gridcell" class="number bar-cell" .style=${`--share: ${(share * 100).toFixed(1)}%`}>
        ${formatCount(node.messages)}
      </td>
      <td role="gridcell" class="number">${rateText(node)}</td>
      <td role="gridcell" class="number">${formatSize(node.bytes)}</td>
      <td role="gridcell" class="number ${node.subscribers === 0 ? "quiet" : ""}">
        ${node.subscribers === 0 ? t("none now") : formatCount(node.subscribers)}
      </td>
      <td role="gridcell" class="value-cell" dir="auto" title=${node.lastValue}>${node.lastValue}</td>
      <td role="gridcell" class="seen-cell" title=${formatFullTime(node.lastMs)}>
        ${formatTime(node.lastMs)} ${rowLink(node.lastN, (n) => this.reveal(n), tabIndex)}
      </td>
      <td role="gridcell" class="actions">
        ${actionButton("filter", t("Show the messages of {0} in the log (Enter)", node.topic), () => this.filter(topicFilter(node)), tabIndex)}
      </td>
    </tr>`;
  }

  #pressed(event: KeyboardEvent, lines: readonly TopicLine[]): void {
    const row = event.target instanceof HTMLElement ? event.target : null;
    // A button in the row has its own keys.
    if (row?.classList.contains("topic-row") !== true || event.ctrlKey || event.metaKey || event.altKey) return;
    const active = row.dataset["topic"] ?? "";
    const move = topicMove(lines, active, event.key);
    if (move === null) return;
    event.preventDefault();
    event.stopPropagation();
    const line = lines.find((each) => each.kind === "topic" && each.node.topic === move.topic);
    const node = line?.kind === "topic" ? line.node : null;
    switch (move.kind) {
      case "go":
        this.active = move.topic;
        this.#isToFocus = true;
        return;
      case "open":
      case "close":
        this.active = move.topic;
        this.#setOpen(move.topic, move.kind === "open");
        return;
      case "filter":
        if (node !== null) this.filter(topicFilter(node));
        return;
      case "reveal":
        if (node !== null) this.reveal(node.lastN);
        return;
    }
  }

  #setOpen(topic: string, isOpen: boolean): void {
    const others = [...this.open].filter((other) => other !== topic);
    // The one that was opened first is closed when there are too many.
    this.open = new Set(isOpen ? [...others, topic].slice(-MAX_OPEN) : others);
    if (isOpen) this.askNow();
  }
}

function lineKey(line: TopicLine): string {
  return line.kind === "topic" ? `topic ${line.node.topic}` : `more ${line.parent ?? ""}`;
}

/** The most messages of a topic on a level, which its bars are measured by. */
function most(lines: readonly TopicLine[], level: number): number {
  return lines.reduce(
    (max, line) => (line.kind === "topic" && line.level === level ? Math.max(max, line.node.messages) : max),
    0,
  );
}

function more({ count, level }: TopicLine & { readonly kind: "more" }): TemplateResult {
  return html`<tr role="row" class="topic-more" aria-level=${level}>
    <td role="gridcell" colspan="8" class="topic-cell quiet" .style=${`--tree-level: ${level - 1}`}>
      <span class="topic-twistie codicon codicon-blank" aria-hidden="true"></span>${t(
        count === 1 ? "and {0} topic with fewer messages" : "and {0} topics with fewer messages",
        formatCount(count),
      )}
    </td>
  </tr>`;
}

function rateText({ perSecond }: TopicNode): string {
  if (perSecond === 0) return "–";
  return perSecond < 9.95 ? decimalNumber(perSecond, 1) : formatCount(Math.round(perSecond));
}

customElements.define("zmq-topics", TopicsTab);
