import { MAX_FILTER_CHARS } from "../src/shared/filter/parse.ts";
import { type CallDraft, toDraft } from "./callDraft.ts";
import { type ColumnLayout, toLayout } from "./columns.ts";

/** Where the list was: the row at the top and the px of it that are above the edge. */
export type ScrollAnchor = { readonly n: number; readonly offsetPx: number };

/** The inspector's tabs, in order. */
export const TABS = ["messages", "overview", "latency", "sequence", "topology", "topics", "links", "call"] as const;
export type Tab = (typeof TABS)[number];

/** Tabs that are drawn from what the engine has counted. */
export type PictureTab = Exclude<Tab, "messages" | "call">;

/** What survives hiding and reloading a view. Kept by VS Code, so it must stay small and plain. */
export type ViewState = {
  readonly columns: ColumnLayout;
  /** The filter that is applied; `null` as long as nobody has chosen one. */
  readonly filterText: string | null;
  /** Further copies of a publication are left out of the list. */
  readonly isFolding: boolean;
  /** Heartbeats and their answers are left out of the list. */
  readonly isFoldingHeartbeats: boolean;
  readonly selected: number | null;
  readonly anchor: ScrollAnchor | null;
  readonly isFollowing: boolean;
  /** Last row shown while the display is paused. */
  readonly pausedAt: number | null;
  readonly tab: Tab;
  readonly isDetailOpen: boolean;
  /** Share of the list beside or above the detail pane, 0.2 to 0.8. */
  readonly split: number;
  /** The Call form as it was left. */
  readonly draft: CallDraft | null;
  /** The reload sentence was read and closed. */
  readonly dismissedLost: string | null;
};

const MIN_SPLIT = 0.2;
const MAX_SPLIT = 0.8;
const DEFAULT_SPLIT = 0.68;

export function clampSplit(split: number): number {
  return Math.min(MAX_SPLIT, Math.max(MIN_SPLIT, split));
}

/** A state from what another build may have stored; every part that does not fit gets its default. */
export function toViewState(stored: unknown): ViewState {
  const from = (typeof stored === "object" && stored !== null ? stored : {}) as Partial<
    Record<keyof ViewState, unknown>
  >;
  return {
    columns: toLayout(from.columns),
    filterText: typeof from.filterText === "string" ? from.filterText.slice(0, MAX_FILTER_CHARS) : null,
    isFolding: from.isFolding !== false,
    // Nothing that was sent is hidden before the user says so.
    isFoldingHeartbeats: from.isFoldingHeartbeats === true,
    selected: toRowNumber(from.selected),
    anchor: toAnchor(from.anchor),
    isFollowing: from.isFollowing !== false,
    pausedAt: toRowNumber(from.pausedAt),
    tab: TABS.find((tab) => tab === from.tab) ?? "messages",
    isDetailOpen: from.isDetailOpen !== false,
    split: typeof from.split === "number" && Number.isFinite(from.split) ? clampSplit(from.split) : DEFAULT_SPLIT,
    draft: toDraft(from.draft),
    dismissedLost: typeof from.dismissedLost === "string" ? from.dismissedLost : null,
  };
}

function toRowNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function toAnchor(value: unknown): ScrollAnchor | null {
  if (typeof value !== "object" || value === null) return null;
  const { n, offsetPx } = value as { n?: unknown; offsetPx?: unknown };
  const row = toRowNumber(n);
  return row === null
    ? null
    : { n: row, offsetPx: typeof offsetPx === "number" && Number.isFinite(offsetPx) ? offsetPx : 0 };
}
