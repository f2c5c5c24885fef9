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
  error: vscode.l10n.t("Errors"),
  warning: vscode.l10n.t("Warnings"),
  note: vscode.l10n.t("Notes"),
  pending: vscode.l10n.t("Waiting for a Reply"),
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
  item.description = [
    tapName,
    ...(count > 1 ? [vscode.l10n.t("{0} times", count)] : []),
    ...(isOpen ? [vscode.l10n.t("goes on")] : []),
  ].join(" · ");
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
      ? vscode.l10n.t("Seen once, at {0}", time(firstMs))
      : vscode.l10n.t("Seen {0} times, first at {1}, last at {2}", count, time(firstMs), time(lastMs));
  return isOpen ? vscode.l10n.t("{0}; it goes on", seen) : seen;
}

/** A row that proves a finding; `undefined` when it is no longer kept. */
export function evidenceItem(key: string, n: number, row: Row | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(`#${n}`);
  item.id = `evidence ${key} ${n}`;
  item.contextValue = row === undefined ? "findingGone" : "findingRow";
  if (row === undefined) {
    item.description = vscode.l10n.t("no longer kept");
    item.iconPath = new vscode.ThemeIcon("circle-slash");
    return item;
  }
  item.description = row.preview;
  item.tooltip = `${new Date(row.timeMs).toLocaleTimeString()} ${row.peer}\n${row.preview}`.trim();
  item.iconPath = new vscode.ThemeIcon(rowIcon(row));
  item.command = jump(n);
  item.accessibilityInformation = { label: vscode.l10n.t("Row {0}, {1}", n, row.preview) };
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
    vscode.l10n.t("from {0} through {1}", peer, tapName),
    vscode.l10n.t("for {0}: {1}", age, cause),
  ].join("\n");
  item.command = jump(n);
  item.accessibilityInformation = {
    label: vscode.l10n.t("{0} has waited for {1}, {2}", method || vscode.l10n.t("request {0}", n), age, cause),
  };
  return item;
}

function jump(n: number): vscode.Command {
  return { command: "zmqTap.jumpToRow", title: vscode.l10n.t("Jump to Row"), arguments: [{ n }] };
}

/** The number at the view's icon: of what is wrong, or may be. */
export function badgeOf(counts: Readonly<Record<Severity, number>>): vscode.ViewBadge | undefined {
  const value = counts.error + counts.warning;
  if (value === 0) return undefined;
  const { error, warning } = counts;
  const words = [
    ...(error === 0 ? [] : [vscode.l10n.t(error === 1 ? "{0} error" : "{0} errors", error)]),
    ...(warning === 0 ? [] : [vscode.l10n.t(warning === 1 ? "{0} warning" : "{0} warnings", warning)]),
  ];
  return { value, tooltip: vscode.l10n.t("ZMQ Tap found {0}", words.join(vscode.l10n.t(" and "))) };
}
