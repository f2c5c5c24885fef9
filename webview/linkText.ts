import type { LinkRow } from "../src/shared/pictures.ts";
import { formatCount, formatDuration, formatMemory, formatTime } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

/** The columns of the table of links that it can be sorted by. */
export type LinkColumn =
  | "link"
  | "tap"
  | "client"
  | "server"
  | "handshake"
  | "subscriptions"
  | "messages"
  | "bytes"
  | "waiting"
  | "open"
  | "findings";

/** What a column is sorted by. `nowMs` is the time of the picture. */
export function linkKey(row: LinkRow, column: LinkColumn, nowMs: number): number | string {
  switch (column) {
    case "link":
      return row.link;
    case "tap":
      return row.tapName;
    case "client":
    case "server":
      return `${row.sockets[column] ?? ""} ${row.identity[column]} ${row[column]}`;
    case "handshake":
      return `${row.isProblem ? 0 : 1} ${row.verdict} ${row.mechanism ?? ""}`;
    case "subscriptions":
      return row.subscriptionCount;
    case "messages":
      return row.messages[0] + row.messages[1];
    case "bytes":
      return row.bytes[0] + row.bytes[1];
    case "waiting":
      return row.heldUpMs[0] + row.heldUpMs[1] + row.queued[0] + row.queued[1] + row.pending;
    case "open":
      return lifetimeMs(row, nowMs);
    case "findings":
      return row.findings;
  }
}

/** Which links are listed. */
export const LINK_CHOICES = ["all", "open", "problems"] as const;
export type LinkChoice = (typeof LINK_CHOICES)[number];

export function isChosen({ closedMs, isProblem, findings }: LinkRow, choice: LinkChoice): boolean {
  switch (choice) {
    case "all":
      return true;
    case "open":
      return closedMs === null;
    case "problems":
      return isProblem || findings > 0;
  }
}

export function lifetimeMs({ openedMs, closedMs }: LinkRow, nowMs: number): number {
  return Math.max(0, (closedMs ?? nowMs) - openedMs);
}

/** That it is open, or who closed it. */
export function closedText({ closedMs, closedBy }: LinkRow): string {
  if (closedMs === null) return t("open");
  return closedBy === "" ? t("closed") : t("closed by {0}", closedBy);
}

/** When it was opened, and when it was closed. */
export function lifetimeTitle({ openedMs, closedMs }: LinkRow): string {
  return closedMs === null
    ? t("Opened {0}", formatTime(openedMs))
    : t("Opened {0}, closed {1}", formatTime(openedMs), formatTime(closedMs));
}

/** The first few topics, and how many more there are; the subscription to everything in words. */
export function subscriptionsText({ subscriptions, subscriptionCount }: LinkRow, shown = 2): string {
  if (subscriptionCount === 0) return "";
  const topics = subscriptions.slice(0, shown).map((topic) => (topic === "" ? t("everything") : topic));
  const more = subscriptionCount - topics.length;
  return more > 0 ? t("{0} and {1} more", topics.join(", "), formatCount(more)) : topics.join(", ");
}

/** What waits in a link, as short lines: requests, octets that a side has not taken, and how long that held the other up. */
export function waitingLines({ pending, queued, heldUpMs }: LinkRow): readonly string[] {
  const lines: string[] = [];
  if (pending > 0) lines.push(t(pending === 1 ? "{0} request pending" : "{0} requests pending", formatCount(pending)));
  if (queued[0] > 0) lines.push(t("{0} to the server", formatMemory(queued[0])));
  if (queued[1] > 0) lines.push(t("{0} to the client", formatMemory(queued[1])));
  // The server that does not take holds the client up.
  if (heldUpMs[0] >= 1) lines.push(t("client held up {0}", formatDuration(heldUpMs[0])));
  if (heldUpMs[1] >= 1) lines.push(t("server held up {0}", formatDuration(heldUpMs[1])));
  return lines;
}

/** `ZMTP 3.1 · CURVE`, as far as it is known. */
export function protocolText({ version, mechanism }: LinkRow): string {
  if (mechanism === "HTTP") return "HTTP";
  return [version === null ? "" : `ZMTP ${version}`, mechanism ?? ""].filter((part) => part !== "").join(" · ");
}

/** An end of a link as short lines: its socket with its identity, its program where that is known, its address. */
export function endLines(row: LinkRow, side: "client" | "server"): readonly string[] {
  const what = [row.sockets[side] ?? t("unknown socket"), row.identity[side]].filter((part) => part !== "").join(" ");
  return [what, row.process[side], row[side]].filter((part) => part !== "");
}

/** Columns that have something to say about one link at least. */
export function usedColumns(links: readonly LinkRow[]): ReadonlySet<LinkColumn> {
  const used = new Set<LinkColumn>(["link", "client", "server", "handshake", "messages", "bytes", "open"]);
  if (new Set(links.map(({ tapName }) => tapName)).size > 1) used.add("tap");
  if (links.some(({ subscriptionCount }) => subscriptionCount > 0)) used.add("subscriptions");
  if (links.some((link) => waitingLines(link).length > 0)) used.add("waiting");
  if (links.some(({ findings }) => findings > 0)) used.add("findings");
  return used;
}
