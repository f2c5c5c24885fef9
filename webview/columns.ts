import type { Row, RowStatus } from "../src/shared/model.ts";
import { formatCount, formatDuration, formatFullTime, formatShortTime, formatSize, formatTime } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

export const COLUMN_IDS = [
  "n",
  "time",
  "tap",
  "peer",
  "sockets",
  "frames",
  "size",
  "method",
  "status",
  "latency",
  "topic",
  "preview",
] as const;
export type ColumnId = (typeof COLUMN_IDS)[number];

export type Column = {
  readonly id: ColumnId;
  /** Header text. */
  readonly label: string;
  /** Name for screen readers and the column chooser, where the header is short. */
  readonly name: string;
  /** Width where there is room. */
  readonly widthPx: number;
  /** Width it may shrink to in a narrow panel, as long as the user has not set one. */
  readonly shrunkPx: number;
  readonly align: "start" | "end";
};

const define = (
  id: ColumnId,
  label: string,
  widthPx: number,
  shrunkPx: number,
  more: { name?: string; align?: "end" } = {},
): Column => ({ id, label, name: more.name ?? label, widthPx, shrunkPx, align: more.align ?? "start" });

export const COLUMNS: Readonly<Record<ColumnId, Column>> = {
  n: define("n", "#", 72, 66, { name: t("Number"), align: "end" }),
  time: define("time", t("Time"), 106, 100),
  tap: define("tap", t("Tap"), 92, 60),
  peer: define("peer", t("From"), 160, 46, { name: t("From (direction and peer)") }),
  sockets: define("sockets", t("Sockets"), 112, 82),
  frames: define("frames", t("Fr"), 34, 28, { name: t("Frames"), align: "end" }),
  size: define("size", t("Size"), 70, 60, { align: "end" }),
  method: define("method", t("Method"), 132, 92, { name: t("Method, signal or service") }),
  status: define("status", t("Status"), 112, 106),
  latency: define("latency", t("Latency"), 104, 72, { align: "end" }),
  topic: define("topic", t("Topic"), 146, 84, { name: t("Topic or first text") }),
  preview: define("preview", t("Preview"), 260, 70),
};

/** What the side bar shows: one fixed set, since there is room for no more. */
export const NARROW_COLUMNS: readonly ColumnId[] = ["time", "peer", "topic", "preview", "latency"];

/** The user's columns. `order` always holds every column once. */
export type ColumnLayout = {
  readonly order: readonly ColumnId[];
  readonly hidden: readonly ColumnId[];
  readonly widths: Readonly<Partial<Record<ColumnId, number>>>;
};

export const DEFAULT_LAYOUT: ColumnLayout = { order: COLUMN_IDS, hidden: [], widths: {} };

const MIN_COLUMN_PX = 28;
const MAX_COLUMN_PX = 2000;
const MIN_DIGITS = 3;
const DIGIT_PX = 8;
const NUMBER_PADDING_PX = 14;

export function shownColumns(layout: ColumnLayout): readonly ColumnId[] {
  return layout.order.filter((id) => !layout.hidden.includes(id));
}

export function columnPx(layout: ColumnLayout, id: ColumnId): number {
  return layout.widths[id] ?? COLUMNS[id].widthPx;
}

/**
 * A `grid-template-columns` value. Columns that the user has not sized shrink. What there is beyond the smallest widths
 * goes to the last one until it is as wide as it should be, then to the others, then to the last one again.
 */
export function gridTemplate(layout: ColumnLayout): string {
  const shown = shownColumns(layout);
  return shown
    .map((id, i) => {
      const smallest = smallestPx(layout, id);
      if (i < shown.length - 1) return `minmax(${smallest}px, ${columnPx(layout, id)}px)`;
      const others = layoutMinPx(layout) - smallest;
      return `minmax(clamp(${smallest}px, 100% - ${others}px, ${columnPx(layout, id)}px), 1fr)`;
    })
    .join(" ");
}

/** The layout without columns in which no row has anything to say; at least one column stays. */
export function withoutIdle(layout: ColumnLayout, idle: ReadonlySet<ColumnId>): ColumnLayout {
  const hidden = [...new Set([...layout.hidden, ...idle])];
  return hidden.length < COLUMN_IDS.length ? { ...layout, hidden } : layout;
}

/** What a method leaves the room to, where there is not enough for all: the first goes first. */
const FIRST_TO_GO: readonly ColumnId[] = ["frames", "size", "sockets", "tap"];

/**
 * Columns that are left out in a list of this width as long as methods are shown, which say more. Those that the user has
 * sized stay.
 */
export function crowdedOut(layout: ColumnLayout, widthPx: number): ReadonlySet<ColumnId> {
  const gone = new Set<ColumnId>();
  if (!shownColumns(layout).includes("method")) return gone;
  for (const id of FIRST_TO_GO) {
    if (layoutMinPx(withoutIdle(layout, gone)) <= widthPx) break;
    if (layout.widths[id] === undefined && !layout.hidden.includes(id)) gone.add(id);
  }
  return gone;
}

/** The layout with numbers as wide as the highest one, unless the user has sized them. */
export function withNumbersUpTo(layout: ColumnLayout, lastN: number): ColumnLayout {
  const digits = Math.max(MIN_DIGITS, String(lastN).length);
  return { ...layout, widths: { n: NUMBER_PADDING_PX + digits * DIGIT_PX, ...layout.widths } };
}

/** Whether the topic stands right before the preview, so that a row without a topic can have the room of both. */
export function joinsTopic(columns: readonly ColumnId[]): boolean {
  const at = columns.indexOf("topic");
  return at >= 0 && columns[at + 1] === "preview";
}

/** Whether the preview says all that the topic would. */
export function isTopicless({ kind, event, topic, preview }: Row): boolean {
  if (kind === "event") return topic === "" || (event !== "subscribe" && event !== "unsubscribe");
  return preview.startsWith(withoutEllipsis(topic));
}

/** Width below which the list scrolls sideways. */
export function layoutMinPx(layout: ColumnLayout): number {
  return shownColumns(layout).reduce((sum, id) => sum + smallestPx(layout, id), 0);
}

function smallestPx(layout: ColumnLayout, id: ColumnId): number {
  return layout.widths[id] ?? COLUMNS[id].shrunkPx;
}

export function resizeColumn(layout: ColumnLayout, id: ColumnId, widthPx: number): ColumnLayout {
  const width = Math.round(Math.min(MAX_COLUMN_PX, Math.max(MIN_COLUMN_PX, widthPx)));
  return { ...layout, widths: { ...layout.widths, [id]: width } };
}

/** Moves a column in front of `before`, or to the end. */
export function moveColumn(layout: ColumnLayout, id: ColumnId, before: ColumnId | null): ColumnLayout {
  if (id === before) return layout;
  const order = layout.order.filter((other) => other !== id);
  const at = before === null ? order.length : order.indexOf(before);
  order.splice(at < 0 ? order.length : at, 0, id);
  return { ...layout, order };
}

/** Moves a column one place among the shown ones; at the edge it stays. */
export function nudgeColumn(layout: ColumnLayout, id: ColumnId, direction: -1 | 1): ColumnLayout {
  const shown = shownColumns(layout);
  const at = shown.indexOf(id);
  if (direction < 0) return at <= 0 ? layout : moveColumn(layout, id, shown[at - 1]!);
  return at < 0 || at >= shown.length - 1 ? layout : moveColumn(layout, id, shown[at + 2] ?? null);
}

/** Shows or hides a column. One column always stays. */
export function toggleColumn(layout: ColumnLayout, id: ColumnId): ColumnLayout {
  if (layout.hidden.includes(id)) return { ...layout, hidden: layout.hidden.filter((other) => other !== id) };
  if (shownColumns(layout).length <= 1) return layout;
  return { ...layout, hidden: [...layout.hidden, id] };
}

/** A layout from what an older build may have stored: unknown columns go, new ones come behind what usually precedes them. */
export function toLayout(stored: unknown): ColumnLayout {
  if (typeof stored !== "object" || stored === null) return DEFAULT_LAYOUT;
  const { order, hidden, widths } = stored as { order?: unknown; hidden?: unknown; widths?: unknown };
  const full = unique(order);
  for (const [index, id] of COLUMN_IDS.entries()) {
    if (full.includes(id)) continue;
    const before = COLUMN_IDS.slice(0, index).findLast((other) => full.includes(other));
    full.splice(before === undefined ? 0 : full.indexOf(before) + 1, 0, id);
  }
  let layout: ColumnLayout = { order: full, hidden: [], widths: {} };
  for (const id of unique(hidden)) layout = toggleColumn(layout, id);
  if (typeof widths === "object" && widths !== null) {
    for (const [id, width] of Object.entries(widths)) {
      if (isColumnId(id) && typeof width === "number" && Number.isFinite(width))
        layout = resizeColumn(layout, id, width);
    }
  }
  return layout;
}

function unique(ids: unknown): ColumnId[] {
  return Array.isArray(ids) ? [...new Set(ids.filter(isColumnId))] : [];
}

function isColumnId(id: unknown): id is ColumnId {
  return (COLUMN_IDS as readonly unknown[]).includes(id);
}

/** How a row looks: its colour class and its icon. The word says the same to those who see neither. */
export type RowLook = { readonly look: string; readonly icon: string; readonly word: string };

export function rowLook(row: Row): RowLook {
  if (row.kind === "event") {
    if (row.event === "gap") return { look: "gap", icon: "warning", word: t("gap") };
    if (row.isProblem) return { look: "fault", icon: "warning", word: t("problem") };
    return { look: "event", icon: "circle-small", word: t("event") };
  }
  const isFromServer = row.from === "server";
  const word = isFromServer ? t("from server") : t("from client");
  const arrow = row.from === "server" ? "arrow-left" : "arrow-right";
  if (row.kind === "encrypted") return { look: "encrypted", icon: "lock", word: t("encrypted {0}", word) };
  const sender = senderType(row);
  if (isFailure(row)) return { look: "failure", icon: arrow, word: t("error {0}", word) };
  if (row.isHeartbeat) return { look: "heartbeat", icon: "pulse", word: t("heartbeat {0}", word) };
  if (row.exchange === "reply" || row.exchange === "unasked") return { look: "reply", icon: arrow, word };
  if (row.exchange !== "none" || sender === "REQ") return { look: "request", icon: arrow, word };
  if (sender === "PUB" || sender === "XPUB")
    return { look: "publish", icon: "broadcast", word: t("published {0}", word) };
  if (sender === "PUSH") return { look: "push", icon: arrow, word };
  return { look: "message", icon: arrow, word };
}

/** Whether a row is a call that failed, or tells that one did. */
export function isFailure({ status }: Row): boolean {
  return status === "error" || status === "timed-out" || status === "lost";
}

const STATUS_LOOKS: Readonly<Record<RowStatus, { text: string; icon: string; look: string }>> = {
  none: { text: "", icon: "", look: "" },
  ok: { text: t("ok"), icon: "check", look: "ok" },
  error: { text: t("error"), icon: "error", look: "problem" },
  pending: { text: t("pending"), icon: "clock", look: "waiting" },
  acknowledged: { text: t("received"), icon: "check", look: "" },
  "timed-out": { text: t("timed out"), icon: "circle-slash", look: "problem" },
  lost: { text: t("lost"), icon: "debug-disconnect", look: "problem" },
};

/** What the status column says, with an icon that tells the same. */
export function statusText(row: Row): { readonly text: string; readonly icon: string; readonly look: string } {
  const known = STATUS_LOOKS[row.status];
  const more = [...(row.isLate ? [t("late")] : []), ...(row.isDuplicate ? [t("repeated")] : [])].join(", ");
  if (more === "") return known;
  if (known.look === "problem") return { ...known, text: `${known.text}, ${more}` };
  // It went well in the end, but not as it should.
  return {
    text: row.status === "none" || row.status === "ok" ? more : `${known.text}, ${more}`,
    icon: "warning",
    look: "waiting",
  };
}

/** The socket type of whoever sent a row, where it is known. */
export function senderType(row: Row): string | null {
  return row.from === null ? null : row.sockets[row.from];
}

/** Sockets in the direction of travel, `REQ→REP`. */
export function socketsText(row: Row): string {
  const { client, server } = row.sockets;
  if (client === null && server === null) return "";
  const [from, to] = row.from === "server" ? [server, client] : [client, server];
  return `${from ?? "?"}→${to ?? "?"}`;
}

/** What the latency column says: a time, or what became of a request, with an icon that tells the same. */
export function latencyText(row: Row): { readonly text: string; readonly icon: string; readonly look: string } {
  const about = row.guessed ? "≈ " : "";
  switch (row.exchange) {
    case "pending":
      return { text: t("pending"), icon: "clock", look: "waiting" };
    case "abandoned":
      return { text: t("abandoned"), icon: "circle-slash", look: "problem" };
    case "lost":
      return { text: t("link lost"), icon: "debug-disconnect", look: "problem" };
    case "unasked":
      return { text: t("unasked"), icon: "question", look: "problem" };
    case "reply":
      return { text: row.latencyMs === null ? "" : about + formatDuration(row.latencyMs), icon: "", look: "" };
    case "answered":
    case "none":
      return { text: "", icon: "", look: "" };
  }
}

/** The plain text of one cell. */
export function cellText(row: Row, id: ColumnId, isNarrow: boolean): string {
  switch (id) {
    case "n":
      // Without separators: it is a name, and seven digits have to fit.
      return String(row.n);
    case "time":
      return isNarrow ? formatShortTime(row.timeMs) : formatTime(row.timeMs);
    case "tap":
      return row.tapName;
    case "peer":
      return isNarrow ? "" : row.peer === "" ? (row.from ?? "") : row.peer;
    case "sockets":
      return socketsText(row);
    case "topic":
      // An event's words say what it is about; only a table has a column to say it in as well.
      if (isNarrow && row.kind === "event") return "";
      if (isNarrow && row.method !== "") return row.method;
      // What is missing is the only thing that such a row says, and it takes the room of the columns behind.
      return row.event === "gap" ? row.preview : row.topic;
    case "frames":
      return row.kind === "event" ? "" : String(row.frames);
    case "size":
      return row.kind === "event" ? "" : formatSize(row.sizeBytes);
    case "method":
      return row.method;
    case "status":
      return statusText(row).text;
    case "latency": {
      if (isNarrow && hasOwnStatus(row)) return statusText(row).text;
      const { text } = latencyText(row);
      if (text !== "" || !isNarrow || row.kind === "event") return text;
      const copies = shortCopies(row);
      return copies === "" ? formatSize(row.sizeBytes) : `${copies} · ${formatSize(row.sizeBytes)}`;
    }
    case "preview":
      // In the side bar it stands right behind the topic, where saying that twice is of no use.
      return isNarrow ? withoutTopic(row) : row.preview;
  }
}

/** Whether a call is open or failed in its dialect's words, which come first where there is room for one of them. */
export function hasOwnStatus(row: Row): boolean {
  return row.status === "pending" || isFailure(row);
}

/** The tooltip of one cell, where it can say more than the cell does. */
export function cellTitle(row: Row, id: ColumnId): string {
  switch (id) {
    case "time":
      return formatFullTime(row.timeMs);
    case "peer":
      return `${rowLook(row).word} ${row.peer}`.trim();
    case "sockets":
      return row.decrypted ? t("{0}, encrypted on the wire and read with the tap's keys", socketsText(row)) : "";
    case "topic":
      if (row.event === "gap") return row.preview;
      return row.note === "" ? "" : t("Note: {0}", row.note);
    case "method":
      return row.dialect === null ? "" : `${row.method} (${row.dialect})`.trim();
    case "status":
      return statusTitle(row);
    case "latency":
      if (row.status === "error" && row.problem !== "") return row.problem;
      if (row.guessed) return t("The pairing is a guess: this protocol has no id that proves it.");
      return copiesText(row);
    case "preview":
      return copiesText(row);
    default:
      return "";
  }
}

function statusTitle(row: Row): string {
  const parts = [
    row.problem,
    row.status === "acknowledged" ? t("It arrived. Whether it went well is not told.") : "",
    row.outcome === null
      ? ""
      : t(
          row.saidKind === "call" ? "Signal #{0}, by its name: a guess." : "Call #{0}, by its name: a guess.",
          row.outcome,
        ),
    row.isLate ? t("It came after its requester had given up.") : "",
    row.isDuplicate ? t("Its id was there before.") : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** `3 of 5`: to how many of the subscribers a publication went; empty for what is none. */
export function subscribersText({ copies, subscribers }: Row): string {
  return copies === 0 ? "" : t("{0} of {1}", formatCount(copies), formatCount(subscribers));
}

/**
 * To how many subscribers a publication went, or of what it is a further copy; empty for what is neither. `more` goes on
 * where there is room.
 */
export function copiesWords(row: Row): { readonly short: string; readonly more: string } {
  if (row.copyOf !== null) return { short: t("copy"), more: ` ${t("of #{0}", row.copyOf)}` };
  if (row.copies === 0) return { short: "", more: "" };
  return { short: `→ ${subscribersText(row)}`, more: ` ${t(row.subscribers === 1 ? "subscriber" : "subscribers")}` };
}

/** The same in the room of a latency, which such rows do not have. */
export function shortCopies({ copyOf, copies, subscribers }: Row): string {
  if (copyOf !== null) return t("copy");
  return copies === 0 ? "" : `→ ${copies}/${subscribers}`;
}

export function copiesText(row: Row): string {
  const { short, more } = copiesWords(row);
  return short + more;
}

function withoutTopic({ kind, topic, method, preview }: Row): string {
  if (kind === "event") return preview;
  if (method !== "") return preview;
  const known = withoutEllipsis(topic);
  return preview.startsWith(known) ? preview.slice(known.length).trimStart() : preview;
}

function withoutEllipsis(text: string): string {
  return text.endsWith("…") ? text.slice(0, -1) : text;
}
