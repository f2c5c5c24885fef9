/** What a key does in the message list. */
export type ListAction =
  | {
      readonly kind: "move";
      readonly by: "row" | "page" | "end";
      readonly direction: -1 | 1;
      /** Selects all rows on the way. */
      readonly extends: boolean;
    }
  | {
      readonly kind:
        | "open"
        | "replay"
        | "edit"
        | "copy"
        | "pause"
        | "follow"
        | "compare"
        | "pin"
        | "clear"
        | "filter"
        | "help"
        | "partner"
        | "select-all"
        | "scroll-left"
        | "scroll-right";
    };

/** The part of a KeyboardEvent that decides. */
export type KeyPress = {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
};

const PLAIN: Readonly<Record<string, ListAction>> = {
  ArrowUp: { kind: "move", by: "row", direction: -1, extends: false },
  ArrowDown: { kind: "move", by: "row", direction: 1, extends: false },
  PageUp: { kind: "move", by: "page", direction: -1, extends: false },
  PageDown: { kind: "move", by: "page", direction: 1, extends: false },
  Home: { kind: "move", by: "end", direction: -1, extends: false },
  End: { kind: "move", by: "end", direction: 1, extends: false },
  ArrowLeft: { kind: "scroll-left" },
  ArrowRight: { kind: "scroll-right" },
  Enter: { kind: "open" },
  Delete: { kind: "clear" },
  " ": { kind: "pause" },
  "/": { kind: "filter" },
  "?": { kind: "help" },
  r: { kind: "replay" },
  e: { kind: "edit" },
  c: { kind: "copy" },
  d: { kind: "compare" },
  f: { kind: "follow" },
  g: { kind: "partner" },
  m: { kind: "pin" },
};

/** The list's action for a key, or `null` for a key that is VS Code's. */
export function listAction(press: KeyPress): ListAction | null {
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) {
    if (press.shiftKey) return null;
    if (key === "f") return { kind: "filter" };
    if (key === "c") return { kind: "copy" };
    if (key === "a") return { kind: "select-all" };
    if (key === "Home" || key === "End") return PLAIN[key] ?? null;
    return null;
  }
  if (press.shiftKey && Object.hasOwn(PLAIN, key)) {
    const action = PLAIN[key];
    if (action?.kind === "move") return { ...action, extends: true };
  }
  // Shift+F10 and capital letters stay free; "/" and "?" need Shift on some keyboards.
  if (press.shiftKey && key !== "/" && key !== "?") return null;
  return Object.hasOwn(PLAIN, key) ? (PLAIN[key] ?? null) : null;
}

const EDITABLE = "input, textarea, select, [contenteditable], vscode-textfield, vscode-single-select";

/** Whether a key event comes from something that is typed into, also inside a component's shadow root. */
export function isFromEditable(event: Event): boolean {
  return event.composedPath().some((target) => target instanceof Element && target.matches(EDITABLE));
}
