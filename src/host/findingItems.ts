import * as vscode from "vscode";
import { durationText } from "../shared/callText.ts";
import { type Finding, FINDINGS, type PendingRequest, type Severity } from "../shared/findings.ts";
import type { Row } from "../shared/model.ts";
import type { FindingGroup } from "./findingElement.ts";

const ICONS: Readonly<Record<Severity, vscode.ThemeIcon>> = {
  error: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
  warning: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
  note: new vscode.ThemeIcon("info"),
};

const GROUPS: Readonly<Record<FindingGroup["group"], string>> = {
  error: "Errors",
  warning: "Warnings",
  note: "Notes",
  pending: "Waiting for a Reply",
};

/** A heading, with how many stand below it. */
export function groupItem({ group }: FindingGroup, count: number): vscode.TreeItem {
  const isOpened = group === "error" || group === "warning";
  const item = new vscode.TreeItem(
    GROUPS[group],
    isOpened ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = `group ${group}`;
  item.description = String(count);
  item.contextValue = "findingGroup";
  item.accessibilityInformation = { label: `${GROUPS[group]}, ${count}` };
  return item;
}

/** A finding by its sentence, since that says what is particular. What it is in general stands in its tooltip. */
export function findingItem(finding: Finding): vscode.TreeItem {
  const { id, key, severity, text, advice, tapName, count, isOpen, evidence, endpoint } = finding;
  const { title } = FINDINGS[id];
  const item = new vscode.TreeItem(
    text,
    evidence.length === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Collapsed,
  );
  item.id = `finding ${key}`;
  item.description = [tapName, ...(count > 1 ? [`${count} times`] : []), ...(isOpen ? ["goes on"] : [])].join(" · ");
  item.iconPath = ICONS[severity];
  item.contextValue = [
    "finding",
    ...(evidence.length > 0 ? ["row"] : []),
    ...(endpoint === undefined ? [] : ["endpoint"]),
  ].join(".");
  item.tooltip = [title, "", text, "", advice, "", timesLine(finding)].join("\n");
  item.accessibilityInformation = { label: `${severity}: ${text} ${item.description}` };
  return item;
}

function timesLine({ count, firstMs, lastMs, isOpen }: Finding): string {
  const time = (ms: number): string => new Date(ms).toLocaleTimeString();
  const first = `first at ${time(firstMs)}`;
  const seen =
    count === 1 ? `Seen once, at ${time(firstMs)}` : `Seen ${count} times, ${first}, last at ${time(lastMs)}`;
  return isOpen ? `${seen}; it goes on` : seen;
}

/** A row that proves a finding; `undefined` when it is no longer kept. */
export function evidenceItem(key: string, n: number, row: Row | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(`#${n}`);
  item.id = `evidence ${key} ${n}`;
  item.contextValue = row === undefined ? "findingGone" : "findingRow";
  if (row === undefined) {
    item.description = "no longer kept";
    item.iconPath = new vscode.ThemeIcon("circle-slash");
    return item;
  }
  item.description = row.preview;
  item.tooltip = `${new Date(row.timeMs).toLocaleTimeString()} ${row.peer}\n${row.preview}`.trim();
  item.iconPath = new vscode.ThemeIcon(rowIcon(row));
  item.command = jump(n);
  item.accessibilityInformation = { label: `Row ${n}, ${row.preview}` };
  return item;
}

function rowIcon({ kind, from, isProblem }: Row): string {
  if (kind === "event") return isProblem ? "warning" : "circle-small";
  return from === "server" ? "arrow-left" : "arrow-right";
}

/** A request that waits, with how long it has. */
export function pendingItem(
  { n, method, sinceMs, peer, tapName, cause }: PendingRequest,
  nowMs: number,
): vscode.TreeItem {
  const item = new vscode.TreeItem(method === "" ? `#${n}` : method);
  const age = durationText(Math.max(0, nowMs - sinceMs));
  item.id = `pending ${n}`;
  item.description = [age, cause, tapName].join(" · ");
  item.iconPath = new vscode.ThemeIcon("clock");
  item.contextValue = "findingRow";
  item.tooltip = [`#${n} ${method}`.trim(), `from ${peer} through ${tapName}`, `for ${age}: ${cause}`].join("\n");
  item.command = jump(n);
  item.accessibilityInformation = { label: `${method || `request ${n}`} has waited for ${age}, ${cause}` };
  return item;
}

function jump(n: number): vscode.Command {
  return { command: "zmqTap.jumpToRow", title: "Jump to Row", arguments: [{ n }] };
}

/** The same number in the status bar, which leads to the view; nothing where nothing is wrong. */
export function showFindings(
  item: vscode.StatusBarItem,
  badge: vscode.ViewBadge | undefined,
  hasErrors: boolean,
): void {
  if (badge === undefined) {
    item.hide();
    return;
  }
  const { value, tooltip } = badge;
  item.text = `$(${hasErrors ? "error" : "warning"}) ${value === 1 ? "1 finding" : `${value} findings`}`;
  item.tooltip = `${tooltip}. Click to see what, and which rows prove it.`;
  item.show();
}

/** The number at the view's icon: of what is wrong, or may be. */
export function badgeOf(counts: Readonly<Record<Severity, number>>): vscode.ViewBadge | undefined {
  const value = counts.error + counts.warning;
  if (value === 0) return undefined;
  const words = (
    [
      ["error", counts.error],
      ["warning", counts.warning],
    ] as const
  )
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}${count === 1 ? "" : "s"}`);
  return { value, tooltip: `ZMQ Tap found ${words.join(" and ")}` };
}
