import { html, nothing, type TemplateResult } from "lit";
import { formatCount } from "./format.ts";
import { nextOrder, type Order } from "./sorting.ts";
import { t } from "../src/shared/l10n.ts";

/** `words` are sorted by a number, and stand on the left like text. */
export type ColumnKind = "text" | "number" | "words";

/** The header of a column that a table can be sorted by; `title` says what its label does not. Columns of text begin at A, all others with the most. */
export function sortHeader<Column extends string>(
  label: string,
  column: Column,
  order: Order<Column>,
  onOrder: (order: Order<Column>) => void,
  kind: ColumnKind = "number",
  title = "",
): TemplateResult {
  const isCurrent = order.by === column;
  return html`<th
    scope="col"
    class=${kind === "number" ? "number" : ""}
    title=${title || nothing}
    aria-sort=${isCurrent ? (order.isDown ? "descending" : "ascending") : nothing}
  >
    <button
      type="button"
      class="sort-button"
      data-column=${column}
      @click=${() => onOrder(nextOrder(order, column, kind === "text"))}
    >
      ${label}<span
        class="codicon codicon-${isCurrent ? (order.isDown ? "arrow-down" : "arrow-up") : "blank"}"
        aria-hidden="true"
      ></span>
    </button>
  </th>`;
}

/** What stands below a table of which not all is shown; `words` says so of a number. */
export function moreButton(
  left: number,
  words: (left: string) => string,
  onMore: () => void,
): TemplateResult | typeof nothing {
  if (left <= 0) return nothing;
  return html`<button type="button" class="link-button more-button" @click=${onMore}>
    ${words(formatCount(left))}
  </button>`;
}

/** A button that shows what the row beside it stands for. */
export function actionButton(icon: string, label: string, onAct: () => void, tabIndex = 0): TemplateResult {
  return html`<button
    type="button"
    class="icon-button row-action"
    title=${label}
    aria-label=${label}
    tabindex=${tabIndex}
    @click=${onAct}
  >
    <span class="codicon codicon-${icon}" aria-hidden="true"></span>
  </button>`;
}

/** A row of the log by its number, to be shown by a click. */
export function rowLink(n: number, onReveal: (n: number) => void, tabIndex = 0): TemplateResult {
  return html`<button type="button" class="link-button row-link" tabindex=${tabIndex} @click=${() => onReveal(n)}>
    #${formatCount(n)}
  </button>`;
}

/** Shows a chart as a table, or the chart again; `label` says which. */
export function tableToggle(isTable: boolean, label: string, onToggle: () => void): TemplateResult {
  return html`<button
    type="button"
    class="tool-button toggle table-toggle"
    aria-pressed=${String(isTable)}
    aria-label=${label}
    @click=${onToggle}
  >
    <span class="codicon codicon-table" aria-hidden="true"></span> ${t("Table")}
  </button>`;
}
