import type { Severity } from "../src/shared/findings.ts";
import type { Row } from "../src/shared/model.ts";
import {
  cellText,
  cellTitle,
  type ColumnId,
  copiesText,
  copiesWords,
  hasOwnStatus,
  isTopicless,
  joinsTopic,
  latencyText,
  rowLook,
  shortCopies,
  statusText,
} from "./columns.ts";
import { icon, make } from "./dom.ts";
import { findingWords, SEVERITY_ICONS, type TitleOf } from "./findingMarks.ts";
import { cellTarget, NO_TARGET, rowTarget } from "./filterTargets.ts";
import { t } from "../src/shared/l10n.ts";

/** Cells with a word before their text, and how that looks. */
const WORD_CLASSES: Readonly<Partial<Record<ColumnId, string>>> = {
  peer: "visually-hidden",
  topic: "badge",
};

/** Columns that show what the programs wrote, in whatever script. */
const OWN_WORDS: ReadonlySet<ColumnId> = new Set(["topic", "method", "preview"]);

type Cell = {
  readonly id: ColumnId;
  readonly element: HTMLElement;
  readonly icon: HTMLElement | null;
  readonly word: HTMLElement | null;
  readonly text: Text;
};

/** Of all rows of a list. */
export type RowLayout = {
  readonly columns: readonly ColumnId[];
  readonly isNarrow: boolean;
  /** They come from an opened file. */
  readonly isFile: boolean;
  readonly titleOf: TitleOf;
};

/** What VS Code hands to a context-menu command of a row. The command and its `when` clauses rely on these names. */
function menuContext(row: Row, isFile: boolean): string {
  const isRequest = ["pending", "answered", "abandoned", "lost"].includes(row.exchange);
  const isReply = row.exchange === "reply" || row.exchange === "unasked";
  return JSON.stringify({
    webviewSection: "row",
    n: row.n,
    tap: row.tap,
    kind: row.kind,
    replayable: row.replayable && !isFile,
    hasPartner: row.partner !== null,
    exchange: isRequest ? "request" : isReply ? "reply" : "none",
    pinned: row.pinned,
    isFile,
    // By the keyboard a menu is of the row as a whole.
    ...rowTarget(row),
    preventDefaultContextMenuItems: true,
  });
}

/** One recycled row element. It changes the page only where its row says something else than before. */
export class RowView {
  readonly element: HTMLElement;
  /** Keys are numbers of rows, so that the number of a row is known before it is read. */
  isNumbered = true;
  readonly #cells: readonly Cell[];
  readonly #layout: RowLayout;
  readonly #marks: HTMLElement = make("span", "marks");
  readonly #copies: HTMLElement = make("span", "copies");
  readonly #canJoin: boolean;
  readonly #hasStatus: boolean;
  /** The preview stands in the topic's cell, which has the room of both. */
  #isJoined = false;
  #key = -1;
  #row: Row | undefined;
  #offsetPx = Number.NaN;
  #ariaIndex = 0;
  #isActive = false;
  #isSelected = false;
  #isShown = false;

  constructor(layout: RowLayout) {
    this.#layout = layout;
    this.#canJoin = !layout.isNarrow && joinsTopic(layout.columns);
    this.#hasStatus = layout.columns.includes("status");
    this.element = make("div", "row", { role: "row", tabindex: "-1", "aria-selected": "false" });
    this.element.hidden = true;
    this.#cells = layout.columns.map((id) => this.#makeCell(id));
  }

  get key(): number {
    return this.#isShown ? this.#key : -1;
  }

  get row(): Row | undefined {
    return this.#isShown ? this.#row : undefined;
  }

  hide(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.element.hidden = true;
  }

  /** Shows a row, or the place of one that is not read yet. `ariaIndex` counts from 1 and includes the header. */
  show(key: number, row: Row | undefined, ariaIndex: number, isActive: boolean, isSelected: boolean): void {
    if (!this.#isShown) {
      this.#isShown = true;
      this.element.hidden = false;
    }
    if (ariaIndex !== this.#ariaIndex) {
      this.#ariaIndex = ariaIndex;
      this.element.setAttribute("aria-rowindex", String(ariaIndex));
    }
    if (key !== this.#key || row !== this.#row) {
      this.#key = key;
      this.#row = row;
      this.#fill(key, row);
    }
    if (isActive !== this.#isActive) {
      this.#isActive = isActive;
      this.element.tabIndex = isActive ? 0 : -1;
      this.element.classList.toggle("active", isActive);
    }
    if (isSelected !== this.#isSelected) {
      this.#isSelected = isSelected;
      this.element.setAttribute("aria-selected", String(isSelected));
      this.element.classList.toggle("selected", isSelected);
    }
  }

  /** Says in each cell what "Filter by This" means there. Called before a menu opens, since scrolling shall not pay for it. */
  offerFilters(): void {
    const row = this.#row;
    if (row === undefined) return;
    for (const { id, element } of this.#cells) {
      const target = cellTarget(row, id) ?? (id === "topic" && this.#isJoined ? cellTarget(row, "preview") : null);
      element.setAttribute("data-vscode-context", JSON.stringify(target ?? NO_TARGET));
    }
  }

  moveTo(offsetPx: number): void {
    if (offsetPx === this.#offsetPx) return;
    this.#offsetPx = offsetPx;
    this.element.style.transform = `translateY(${offsetPx}px)`;
  }

  #makeCell(id: ColumnId): Cell {
    const element = make("div", `cell cell-${id}`, { role: "gridcell" });
    const hasIcon = id === "peer" || id === "latency" || id === "status" || id === "sockets";
    const iconElement = hasIcon ? make("span", "", { "aria-hidden": "true" }) : null;
    const word = WORD_CLASSES[id] === undefined ? null : make("span", WORD_CLASSES[id]);
    // What the programs wrote is read from its own side, and cut at its own end.
    const label = make("span", "label", OWN_WORDS.has(id) ? { dir: "auto" } : {});
    const text = label.appendChild(document.createTextNode(""));
    if (id === "topic") element.append(this.#marks);
    if (iconElement !== null) element.append(iconElement);
    if (word !== null) element.append(word);
    if (id === "preview") element.append(this.#copies);
    element.append(label);
    this.element.append(element);
    return { id, element, icon: iconElement, word, text };
  }

  #fill(key: number, row: Row | undefined): void {
    this.#join(this.#canJoin && row !== undefined && isTopicless(row));
    if (row === undefined) {
      this.element.className = `row loading${this.#stateClasses}`;
      this.#mark(null);
      this.#copies.replaceChildren();
      this.element.removeAttribute("data-vscode-context");
      this.element.removeAttribute("data-n");
      for (const cell of this.#cells)
        this.#write(cell, cell.id === "n" && this.isNumbered ? String(key) : "", "", "", "");
      return;
    }
    const look = rowLook(row);
    this.element.className = `row look-${look.look}${row.pinned ? " pinned" : ""}${this.#isJoined ? " joined" : ""}${this.#stateClasses}`;
    this.element.setAttribute("data-vscode-context", menuContext(row, this.#layout.isFile));
    this.#mark(row);
    this.#writeCopies(row);
    this.element.setAttribute("data-n", String(row.n));
    for (const cell of this.#cells) {
      const text = cellText(row, cell.id, this.#layout.isNarrow);
      const title = cellTitle(row, cell.id);
      switch (cell.id) {
        case "peer":
          this.#write(cell, text, title, `codicon codicon-${look.icon}`, `${look.word} `);
          break;
        case "topic":
          this.#write(
            cell,
            this.#isJoined ? row.preview : text,
            title === "" && this.#isJoined ? copiesText(row) : title,
            "",
            row.origin === "wire" ? "" : row.origin,
          );
          break;
        case "status": {
          const status = statusText(row);
          cell.element.className = `cell cell-status ${status.look}`;
          this.#write(cell, text, title, status.icon === "" ? "" : `codicon codicon-${status.icon}`, "");
          break;
        }
        case "latency": {
          const isStatus = this.#layout.isNarrow && hasOwnStatus(row);
          const latency = isStatus ? statusText(row) : latencyText(row);
          if (this.#hasStatus && latency.look !== "" && row.exchange !== "unasked") {
            // The status says it already.
            cell.element.className = "cell cell-latency";
            this.#write(cell, "", title, "", "");
            break;
          }
          const copies = this.#layout.isNarrow || text !== "" ? "" : shortCopies(row);
          cell.element.className = `cell cell-latency ${latency.look}${copies === "" ? "" : " short-copies"}`;
          this.#write(cell, text || copies, title, latency.icon === "" ? "" : `codicon codicon-${latency.icon}`, "");
          break;
        }
        case "sockets":
          this.#write(cell, text, title, row.decrypted ? "codicon codicon-lock" : "", "");
          break;
        default:
          this.#write(cell, text, title, "", "");
      }
    }
  }

  get #stateClasses(): string {
    return `${this.#isActive ? " active" : ""}${this.#isSelected ? " selected" : ""}`;
  }

  #mark(row: Row | null): void {
    const [isPinned, hasNote, finding] = [row?.pinned === true, (row?.note ?? "") !== "", row?.finding ?? null];
    const words = finding === null ? "" : findingWords(finding, this.#layout.titleOf);
    const marks = `${isPinned ? "p" : ""}${hasNote ? "n" : ""}${words}`;
    if (this.#marks.dataset["marks"] === marks) return;
    this.#marks.dataset["marks"] = marks;
    this.#marks.replaceChildren(
      ...(finding === null ? [] : [findingMark(finding.severity, words)]),
      ...(isPinned ? [icon("pinned"), make("span", "visually-hidden", {}, "pinned ")] : []),
      ...(hasNote ? [icon("note"), make("span", "visually-hidden", {}, `${t("has a note")} `)] : []),
    );
  }

  #writeCopies(row: Row): void {
    const { short, more } = this.#layout.isNarrow ? { short: "", more: "" } : copiesWords(row);
    if (this.#copies.textContent === short + more) return;
    this.#copies.replaceChildren(...(short === "" ? [] : [short, make("span", "copies-more", {}, more)]));
  }

  #join(isJoined: boolean): void {
    if (isJoined === this.#isJoined) return;
    this.#isJoined = isJoined;
    const [topic, preview] = ["topic", "preview"].map((name) => this.#cells.find(({ id }) => id === name)?.element);
    if (isJoined) topic?.setAttribute("aria-colspan", "2");
    else topic?.removeAttribute("aria-colspan");
    const cell = isJoined ? topic : preview;
    cell?.insertBefore(this.#copies, cell.lastChild);
  }

  #write(cell: Cell, text: string, title: string, iconClass: string, word: string): void {
    if (cell.text.data !== text) cell.text.data = text;
    if (cell.element.title !== title) cell.element.title = title;
    if (cell.icon !== null && cell.icon.className !== iconClass) cell.icon.className = iconClass;
    if (cell.word !== null && cell.word.textContent !== word) cell.word.textContent = word;
  }
}

function findingMark(severity: Severity, words: string): HTMLElement {
  const element = make("span", `finding-mark ${severity}`, { title: words });
  element.append(icon(SEVERITY_ICONS[severity].icon), make("span", "visually-hidden", {}, `${words} `));
  return element;
}
