import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyPress, listAction } from "../../webview/keys.ts";

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

test("listAction knows the list's keys, in either case", () => {
  const kinds = ["r", "R", "e", "c", "d", "f", "g", "m", " ", "Delete", "Enter", "/", "?"].map(
    (key) => listAction(press(key))?.kind,
  );
  assert.deepEqual(kinds, [
    "replay",
    "replay",
    "edit",
    "copy",
    "compare",
    "follow",
    "partner",
    "pin",
    "pause",
    "clear",
    "open",
    "filter",
    "help",
  ]);
  assert.deepEqual(listAction(press("PageUp")), { kind: "move", by: "page", direction: -1, extends: false });
  assert.deepEqual(listAction(press("End")), { kind: "move", by: "end", direction: 1, extends: false });
});

test("listAction takes Ctrl or Cmd with F and C, and Shift with the slash and the question mark", () => {
  assert.equal(listAction(press("f", { ctrlKey: true }))?.kind, "filter");
  assert.equal(listAction(press("f", { metaKey: true }))?.kind, "filter");
  assert.equal(listAction(press("c", { ctrlKey: true }))?.kind, "copy");
  assert.equal(listAction(press("/", { shiftKey: true }))?.kind, "filter");
  assert.equal(listAction(press("?", { shiftKey: true }))?.kind, "help");
  assert.equal(listAction(press("Home", { ctrlKey: true }))?.kind, "move");
});

test("listAction selects with Shift and the keys that move, and all with Ctrl or Cmd and A", () => {
  const extending = { kind: "move", by: "row", direction: 1, extends: true };
  assert.deepEqual(listAction(press("ArrowDown", { shiftKey: true })), extending);
  assert.deepEqual(listAction(press("Home", { shiftKey: true })), { ...extending, by: "end", direction: -1 });
  assert.equal(listAction(press("a", { ctrlKey: true }))?.kind, "select-all");
  assert.equal(listAction(press("a", { metaKey: true }))?.kind, "select-all");
});

test("listAction leaves every other combination to VS Code", () => {
  const others = [
    press("F10", { shiftKey: true }),
    press("ContextMenu"),
    press("r", { ctrlKey: true }),
    press("R", { shiftKey: true }),
    press("f", { ctrlKey: true, shiftKey: true }),
    press("e", { altKey: true }),
    press("Tab"),
    press("x"),
    press("a"),
    press("a", { ctrlKey: true, shiftKey: true }),
    press("ArrowLeft", { shiftKey: true }),
    press("constructor"),
  ];
  assert.deepEqual(
    others.map(listAction),
    others.map(() => null),
  );
});
