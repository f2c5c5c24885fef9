import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_FILTER_CHARS } from "../../src/shared/filter/parse.ts";
import { EMPTY_DRAFT } from "../../webview/callDraft.ts";
import { DEFAULT_LAYOUT } from "../../webview/columns.ts";
import { clampSplit, TABS, toViewState } from "../../webview/state.ts";

const fresh = {
  columns: DEFAULT_LAYOUT,
  filterText: null,
  isFolding: true,
  isFoldingHeartbeats: false,
  selected: null,
  anchor: null,
  isFollowing: true,
  pausedAt: null,
  tab: "messages",
  isDetailOpen: true,
  split: 0.68,
  draft: null,
  dismissedLost: null,
};

test("toViewState starts fresh from nothing and from what does not fit", () => {
  const broken = {
    columns: 1,
    filterText: 2,
    isFolding: "no",
    isFoldingHeartbeats: 1,
    selected: -3,
    anchor: { n: "x" },
    isFollowing: "no",
    pausedAt: 1.5,
    tab: "charts",
    isDetailOpen: null,
    split: Number.NaN,
    draft: "x",
    dismissedLost: 4,
  };
  for (const stored of [undefined, null, 1, "x", [], {}, broken]) assert.deepEqual(toViewState(stored), fresh);
});

test("toViewState gives back what was stored, through JSON as VS Code does", () => {
  const state = {
    ...fresh,
    filterText: "add",
    selected: 17,
    anchor: { n: 12, offsetPx: 7.5 },
    isFollowing: false,
    pausedAt: 40,
    tab: "call",
    isDetailOpen: false,
    split: 0.5,
    draft: {
      ...EMPTY_DRAFT,
      target: { kind: "tap", tap: "t1" },
      socket: "DEALER",
      frames: [{ format: "hex", text: "00 ff" }],
      timeoutMs: 250,
    },
    dismissedLost: "gone",
  };
  assert.deepEqual(toViewState(JSON.parse(JSON.stringify(state))), state);
});

test("toViewState knows every tab", () => {
  for (const tab of TABS) assert.equal(toViewState({ tab }).tab, tab);
});

test("toViewState bounds what it keeps", () => {
  assert.equal(toViewState({ filterText: "x".repeat(50_000) }).filterText?.length, MAX_FILTER_CHARS);
  assert.equal(toViewState({ split: 5 }).split, 0.8);
  assert.equal(toViewState({ isFolding: false }).isFolding, false);
  assert.equal(clampSplit(-1), 0.2);
  assert.deepEqual(toViewState({ anchor: { n: 3, offsetPx: "x" } }).anchor, { n: 3, offsetPx: 0 });
});
