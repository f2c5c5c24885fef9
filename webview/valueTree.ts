import { icon, make } from "./dom.ts";
import { memberField, valueTarget } from "./filterTargets.ts";
import { type JsonEntry, type JsonNode, parseJsonTree, summarize } from "./jsonTree.ts";
import { t } from "../src/shared/l10n.ts";

const CHILDREN_AT_ONCE = 200;
const OPEN_DEPTH = 2;
const OPEN_CHILDREN = 100;
const MAX_STRING_CHARS = 4000;

/**
 * A JSON value as a tree that folds, with the keys of the ARIA tree pattern. Children are made when they are first
 * shown. Text that is no JSON is shown as it is.
 */
export class ValueTree extends HTMLElement {
  #json: string | null = null;
  #field = "";

  constructor() {
    super();
    this.addEventListener("keydown", (event) => this.#pressed(event));
    this.addEventListener("click", (event) => this.#clicked(event));
  }

  /** The field of the filter language that the whole value is, or an empty text; to be set before `json`. */
  set field(field: string) {
    if (field === this.#field) return;
    this.#field = field;
    this.#json = null;
  }

  set json(text: string) {
    if (text === this.#json) return;
    this.#json = text;
    const root = parseJsonTree(text);
    this.classList.add("value-tree");
    if (root === null) {
      this.removeAttribute("role");
      this.replaceChildren(make("pre", "value-text", { dir: "auto", tabindex: "0" }, text));
      return;
    }
    this.setAttribute("role", "tree");
    this.setAttribute("aria-label", "Decoded value");
    const item = this.#makeItem({ key: "", value: root }, 1, this.#field);
    item.tabIndex = 0;
    this.replaceChildren(item);
  }

  #makeItem(entry: JsonEntry, level: number, field: string): HTMLElement {
    const { key, value } = entry;
    const item = make("div", "tree-item", { role: "treeitem", "aria-level": String(level), tabindex: "-1" });
    const line = make("div", "tree-line");
    line.style.setProperty("--tree-level", String(level - 1));
    const isFolding = (value.kind === "object" || value.kind === "array") && value.entries.length > 0;
    const twistie = isFolding ? icon("chevron-right") : make("span", "", { "aria-hidden": "true" });
    twistie.classList.add("tree-twistie");
    line.append(twistie);
    if (level > 1) line.append(make("span", "tree-key", { dir: "auto" }, key), make("span", "tree-colon", {}, ": "));
    line.append(make("span", `tree-value tree-${value.kind}`, { dir: "auto" }, shorten(summarize(value))));
    item.append(line);
    const target = field === "" || level === 1 ? null : valueTarget(field, value);
    if (target !== null) {
      item.setAttribute("data-vscode-context", JSON.stringify({ webviewSection: "value", ...target }));
    }
    if (!isFolding) return item;
    const isOpen = level <= OPEN_DEPTH && value.entries.length <= OPEN_CHILDREN;
    this.#entries.set(item, { node: value, field });
    this.#setOpen(item, isOpen);
    return item;
  }

  readonly #entries = new WeakMap<Element, { readonly node: JsonNode; readonly field: string }>();

  #setOpen(item: HTMLElement, isOpen: boolean): void {
    item.setAttribute("aria-expanded", String(isOpen));
    let group = item.querySelector<HTMLElement>(":scope > .tree-group");
    if (isOpen && group === null) {
      group = make("div", "tree-group", { role: "group" });
      item.append(group);
      this.#fill(item, group);
    }
    if (group !== null) group.hidden = !isOpen;
  }

  #fill(item: HTMLElement, group: HTMLElement): void {
    const { node, field } = this.#entries.get(item) ?? {};
    if (node === undefined || (node.kind !== "object" && node.kind !== "array")) return;
    const isArray = node.kind === "array";
    const level = Number(item.getAttribute("aria-level")) + 1;
    const shown = group.querySelectorAll(":scope > .tree-item").length;
    const next = node.entries.slice(shown, shown + CHILDREN_AT_ONCE);
    group.querySelector(":scope > .tree-more")?.remove();
    group.append(
      ...next.map((entry) => this.#makeItem(entry, level, field ? memberField(field, entry.key, isArray) : "")),
    );
    const left = node.entries.length - shown - next.length;
    if (left === 0) return;
    const more = make("button", "link-button tree-more", { type: "button" }, t("Show more ({0} left)", left));
    more.addEventListener("click", (event) => {
      event.stopPropagation();
      this.#fill(item, group);
    });
    group.append(more);
  }

  #clicked(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const item = target?.closest<HTMLElement>(".tree-item");
    if (item === undefined || item === null || target?.closest(".tree-line") === null) return;
    this.#focusItem(item);
    // A click that ends a text selection is no click on the twistie.
    if (document.getSelection()?.isCollapsed === false) return;
    if (item.hasAttribute("aria-expanded")) this.#setOpen(item, item.getAttribute("aria-expanded") !== "true");
  }

  #pressed(event: KeyboardEvent): void {
    const item = event.target instanceof HTMLElement ? event.target : null;
    if (item === null || !item.classList.contains("tree-item") || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const items = [...this.querySelectorAll<HTMLElement>(".tree-item")].filter(
      (each) => each.closest(".tree-group[hidden]") === null,
    );
    const at = items.indexOf(item);
    const isOpen = item.getAttribute("aria-expanded");
    const parent = item.parentElement?.closest<HTMLElement>(".tree-item") ?? undefined;
    let next: HTMLElement | undefined;
    switch (event.key) {
      case "ArrowDown":
        next = items[at + 1];
        break;
      case "ArrowUp":
        next = items[at - 1];
        break;
      case "Home":
        next = items[0];
        break;
      case "End":
        next = items.at(-1);
        break;
      case "ArrowRight":
        if (isOpen === "false") this.#setOpen(item, true);
        else if (isOpen === "true") next = items[at + 1];
        break;
      case "ArrowLeft":
        if (isOpen === "true") this.#setOpen(item, false);
        else next = parent;
        break;
      case "Enter":
      case " ":
        if (isOpen !== null) this.#setOpen(item, isOpen === "false");
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (next !== undefined) this.#focusItem(next);
  }

  #focusItem(item: HTMLElement): void {
    for (const other of this.querySelectorAll<HTMLElement>(".tree-item[tabindex='0']")) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  }
}

function shorten(text: string): string {
  if (text.length <= MAX_STRING_CHARS) return text;
  return t(
    "{0}… ({1} more characters; choose Text to see them)",
    text.slice(0, MAX_STRING_CHARS),
    text.length - MAX_STRING_CHARS,
  );
}

customElements.define("zmq-value-tree", ValueTree);

declare global {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- only an interface can add to the DOM's.
  interface HTMLElementTagNameMap {
    "zmq-value-tree": ValueTree;
  }
}
