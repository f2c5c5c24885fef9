import "@vscode-elements/elements/dist/vscode-checkbox/index.js";
import {
  COLUMN_IDS,
  COLUMNS,
  type ColumnId,
  type ColumnLayout,
  columnPx,
  DEFAULT_LAYOUT,
  moveColumn,
  nudgeColumn,
  resizeColumn,
  shownColumns,
  toggleColumn,
  withoutIdle,
} from "./columns.ts";
import { icon, make } from "./dom.ts";
import { t } from "../src/shared/l10n.ts";

const KEY_RESIZE_PX = 10;
const DRAG_FROM_PX = 5;
const IDLE_WORDS = t("nothing to show yet");
const CROWDED_WORDS = t("no room now");

/**
 * The column headers: drag an edge or press Shift+arrows to resize, drag a header or press Alt+arrows to move, and a
 * chooser for what is shown. The layout itself is the owner's; every change goes out through `onChange`.
 */
export class ListHeader {
  /** The header row, for the grid. */
  readonly element: HTMLElement;
  /** The chooser and its button, which a grid may not contain. */
  readonly menu: HTMLElement;
  readonly #cells: HTMLElement;
  readonly #chooser: HTMLElement;
  readonly #onChange: (layout: ColumnLayout) => void;
  #layout: ColumnLayout;
  /** Columns that are not shown as long as they have nothing to say. */
  #idle: ReadonlySet<ColumnId> = new Set();
  /** Columns that have no room. */
  #crowded: ReadonlySet<ColumnId> = new Set();
  #current: ColumnId | null = null;

  constructor(layout: ColumnLayout, onChange: (layout: ColumnLayout) => void) {
    this.#layout = layout;
    this.#onChange = onChange;
    this.element = make("div", "list-header", { role: "rowgroup" });
    this.#cells = make("div", "list-header-cells", { role: "row", "aria-rowindex": "1" });
    this.#chooser = make("div", "column-chooser", {
      popover: "auto",
      id: "column-chooser",
      role: "group",
      "aria-label": t("Columns"),
    });
    const button = make("button", "icon-button", {
      type: "button",
      id: "columns-button",
      title: t("Columns…"),
      "aria-label": t("Columns…"),
    });
    button.append(icon("settings"));
    button.popoverTargetElement = this.#chooser;
    const frame = make("div", "list-header-frame", { role: "presentation" });
    frame.append(this.#cells);
    this.element.append(frame);
    this.menu = make("div", "list-header-menu");
    this.menu.append(button, this.#chooser);
    this.#chooser.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") this.#fillChooser(button);
    });
    this.setLayout(layout, this.#idle);
  }

  /** Follows the rows: as wide as they are, which is less than the list by its scroll bar, and scrolled as far. */
  follow(widthPx: number, leftPx: number): void {
    this.#cells.style.width = `${widthPx}px`;
    this.#cells.style.transform = `translateX(${-leftPx}px)`;
  }

  setLayout(layout: ColumnLayout, idle: ReadonlySet<ColumnId>, crowded: ReadonlySet<ColumnId> = new Set()): void {
    const hadFocus = this.#cells.contains(document.activeElement);
    const before = this.#shown.join();
    this.#layout = layout;
    this.#idle = idle;
    this.#crowded = crowded;
    const shown = this.#shown;
    const isSame = shown.join() === before && this.#cells.childElementCount > 0;
    if (isSame) return;
    if (this.#current === null || !shown.includes(this.#current)) this.#current = shown[0] ?? null;
    this.#cells.replaceChildren(...shown.map((id) => this.#makeCell(id)));
    if (hadFocus) this.#focusCurrent();
  }

  get #shown(): readonly ColumnId[] {
    return shownColumns(this.#shownLayout);
  }

  get #shownLayout(): ColumnLayout {
    return withoutIdle(withoutIdle(this.#layout, this.#idle), this.#crowded);
  }

  #makeCell(id: ColumnId): HTMLElement {
    const column = COLUMNS[id];
    const cell = make("div", `header-cell cell-${id}`, { role: "columnheader", "data-column": id });
    const button = make(
      "button",
      "header-label",
      {
        type: "button",
        tabindex: id === this.#current ? "0" : "-1",
        "aria-label": `${column.name} `.startsWith(`${column.label} `)
          ? column.name
          : `${column.label}, ${column.name}`,
        title: t("{0}. Drag to move, or Alt+arrow keys. Shift+arrow keys resize.", column.name),
      },
      column.label,
    );
    button.addEventListener("keydown", (event) => this.#pressed(event, id));
    button.addEventListener("pointerdown", (event) => this.#dragMove(event, id, button));
    const edge = make("div", "header-edge", { "aria-hidden": "true" });
    edge.addEventListener("pointerdown", (event) => this.#dragEdge(event, id, edge));
    edge.addEventListener("dblclick", () => this.#onChange(resizeColumn(this.#layout, id, column.widthPx)));
    cell.append(button, edge);
    return cell;
  }

  #pressed(event: KeyboardEvent, id: ColumnId): void {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    event.stopPropagation();
    const direction = event.key === "ArrowLeft" ? -1 : 1;
    if (event.shiftKey) {
      this.#onChange(resizeColumn(this.#layout, id, columnPx(this.#layout, id) + direction * KEY_RESIZE_PX));
    } else if (event.altKey) {
      const { hidden } = this.#layout;
      this.#onChange({ ...nudgeColumn(this.#shownLayout, id, direction), hidden });
    } else {
      const shown = this.#shown;
      this.#current = shown[Math.min(shown.length - 1, Math.max(0, shown.indexOf(id) + direction))] ?? id;
      this.#focusCurrent();
    }
  }

  #focusCurrent(): void {
    for (const cell of this.#cells.children) {
      const button = cell.querySelector<HTMLElement>(".header-label");
      if (button === null) continue;
      const isCurrent = (cell as HTMLElement).dataset["column"] === this.#current;
      button.tabIndex = isCurrent ? 0 : -1;
      if (isCurrent) button.focus();
    }
  }

  #dragEdge(event: PointerEvent, id: ColumnId, edge: HTMLElement): void {
    if (event.button !== 0) return;
    event.preventDefault();
    const cell = edge.parentElement;
    const startPx = cell === null ? columnPx(this.#layout, id) : cell.getBoundingClientRect().width;
    const startX = event.clientX;
    edge.setPointerCapture(event.pointerId);
    edge.classList.add("dragging");
    const move = (at: PointerEvent) => this.#onChange(resizeColumn(this.#layout, id, startPx + at.clientX - startX));
    edge.addEventListener("pointermove", move);
    edge.addEventListener(
      "lostpointercapture",
      () => {
        edge.classList.remove("dragging");
        edge.removeEventListener("pointermove", move);
      },
      { once: true },
    );
  }

  #dragMove(event: PointerEvent, id: ColumnId, button: HTMLElement): void {
    if (event.button !== 0) return;
    this.#current = id;
    const startX = event.clientX;
    let before: ColumnId | null | undefined;
    button.setPointerCapture(event.pointerId);
    const move = (at: PointerEvent) => {
      if (before === undefined && Math.abs(at.clientX - startX) < DRAG_FROM_PX) return;
      before = this.#columnAt(at.clientX);
      this.#mark(before);
    };
    button.addEventListener("pointermove", move);
    button.addEventListener(
      "lostpointercapture",
      () => {
        button.removeEventListener("pointermove", move);
        this.#mark(undefined);
        if (before !== undefined) this.#onChange(moveColumn(this.#layout, id, before));
      },
      { once: true },
    );
  }

  /** The column in front of which a dragged one would go, `null` for the end. */
  #columnAt(x: number): ColumnId | null {
    for (const cell of this.#cells.children) {
      const box = cell.getBoundingClientRect();
      if (x < box.left + box.width / 2) return (cell as HTMLElement).dataset["column"] as ColumnId;
    }
    return null;
  }

  #mark(before: ColumnId | null | undefined): void {
    for (const cell of this.#cells.children) {
      cell.classList.toggle("drop-before", (cell as HTMLElement).dataset["column"] === before);
    }
    this.#cells.lastElementChild?.classList.toggle("drop-after", before === null);
  }

  #fillChooser(button: HTMLElement): void {
    const box = button.getBoundingClientRect();
    this.#chooser.style.top = `${box.bottom + 2}px`;
    this.#chooser.style.maxHeight = `${window.innerHeight - box.bottom - 8}px`;
    this.#chooser.style.right = `${window.innerWidth - box.right}px`;
    const boxes = COLUMN_IDS.map((id) => {
      const words = this.#idle.has(id) ? ` (${IDLE_WORDS})` : this.#crowded.has(id) ? ` (${CROWDED_WORDS})` : "";
      const label = COLUMNS[id].name + words;
      const check = make("vscode-checkbox", "", { label, "data-column": id });
      check.checked = !this.#layout.hidden.includes(id);
      check.addEventListener("change", () => {
        this.#onChange(toggleColumn(this.#layout, id));
        check.checked = !this.#layout.hidden.includes(id);
      });
      return check;
    });
    const reset = make("button", "link-button", { type: "button" }, t("Reset columns"));
    reset.addEventListener("click", () => {
      this.#onChange(DEFAULT_LAYOUT);
      this.#chooser.hidePopover();
    });
    this.#chooser.replaceChildren(...boxes, reset);
  }
}
