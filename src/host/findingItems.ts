import * as vscode from "vscode";
import { durationText } from "../shared/callText.ts";
import { FINDINGS } from "../shared/findingKinds.ts";
import type { Finding, PendingRequest, Severity } from "../shared/findings.ts";
import { t } from "../shared/l10n.ts";
import type { Row } from "../shared/model.ts";
import type { FindingGroup } from "./findingElement.ts";

const ICONS: Readonly<Record<Severity, vscode.ThemeIcon>> = {
  error: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
  warning: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
  note: new vscode.ThemeIcon("info"),
};

const GROUPS: Readonly<Record<FindingGroup["group"], string>> = {
  error: t("Errors"),
  warning: t("Warnings"),
  note: t("Notes"),
  pending: t("Waiting for a Reply"),
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
  item.description = [tapName, ...(count > 1 ? [t("{0} times", count)] : []), ...(isOpen ? [t("goes on")] : [])].join(
    " · ",
  );
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
  const seen =
    count === 1
      ? t("Seen once, at {0}", time(firstMs))
      : t("Seen {0} times, first at {1}, last at {2}", count, time(firstMs), time(lastMs));
  return isOpen ? t("{0}; it goes on", seen) : seen;
}

/** A row that proves a finding; `undefined` when it is no longer kept. */
export function evidenceItem(key: string, n: number, row: Row | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(`#${n}`);
  item.id = `evidence ${key} ${n}`;
  item.contextValue = row === undefined ? "findingGone" : "findingRow";
  if (row === undefined) {
    item.description = t("no longer kept");
    item.iconPath = new vscode.ThemeIcon("circle-slash");
    return item;
  }
  item.description = row.preview;
  item.tooltip = `${new Date(row.timeMs).toLocaleTimeString()} ${row.peer}\n${row.preview}`.trim();
  item.iconPath = new vscode.ThemeIcon(rowIcon(row));
  item.command = jump(n);
  item.accessibilityInformation = { label: t("Row {0}, {1}", n, row.preview) };
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
  item.tooltip = [
    `#${n} ${method}`.trim(),
    t("from {0} through {1}", peer, tapName),
    t("for {0}: {1}", age, cause),
  ].join("\n");
  item.command = jump(n);
  item.accessibilityInformation = {
    label: t("{0} has waited for {1}, {2}", method || t("request {0}", n), age, cause),
  };
  return item;
}

function jump(n: number): vscode.Command {
  return { command: "zmqTap.jumpToRow", title: t("Jump to Row"), arguments: [{ n }] };
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
  item.text = `$(${hasErrors ? "error" : "warning"}) ${value === 1 ? "1 finding" : t("{0} findings", value)}`;
  item.tooltip = t("{0}. Click to see what, and which rows prove it.", tooltip);
  item.show();
}

/** The number at the view's icon: of what is wrong, or may be. */
export function badgeOf(counts: Readonly<Record<Severity, number>>): vscode.ViewBadge | undefined {
  const value = counts.error + counts.warning;
  if (value === 0) return undefined;
  const { error, warning } = counts;
  const words = [
    ...(error === 0 ? [] : [t(error === 1 ? "{0} error" : "{0} errors", error)]),
    ...(warning === 0 ? [] : [t(warning === 1 ? "{0} warning" : "{0} warnings", warning)]),
  ];
  return { value, tooltip: t("ZMQ Tap found {0}", words.join(t(" and "))) };
}
