import * as vscode from "vscode";
import type { BridgeState, BridgeStatus } from "../shared/bridges.ts";
import {
  type BridgePart,
  bridgeParts,
  describeBridge,
  describePart,
  endpointsOf,
  explainBridge,
} from "../shared/bridgeText.ts";
import { t } from "../shared/l10n.ts";

const ICONS: Readonly<Record<BridgeStatus, vscode.ThemeIcon>> = {
  starting: new vscode.ThemeIcon("loading~spin"),
  running: new vscode.ThemeIcon("arrow-swap", new vscode.ThemeColor("testing.iconPassed")),
  stopped: new vscode.ThemeIcon("circle-outline"),
  failed: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
};
/** Running, and something has gone wrong meanwhile. */
const WARNING = new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));

const PART_ICONS: Readonly<Record<BridgePart, string>> = {
  in: "arrow-right",
  out: "arrow-right",
  queue: "list-ordered",
  counters: "graph",
};

/** How a bridge looks in the tree. Its id is the bridge's, so that VS Code keeps selection and expansion. */
export function bridgeItem(bridge: BridgeState): vscode.TreeItem {
  const { config, status, problem } = bridge;
  const item = new vscode.TreeItem(config.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = config.id;
  item.description = describeBridge(bridge);
  item.iconPath = status === "running" && problem !== null ? WARNING : ICONS[status];
  item.contextValue = `bridge.${status === "stopped" || status === "failed" ? "stopped" : "running"}`;
  item.tooltip = explainBridge(bridge);
  item.accessibilityInformation = { label: t("{0}, bridge, {1}", config.name, describeBridge(bridge)) };
  return item;
}

/** How a leg, the queue or the counters of a bridge look below it. */
export function bridgePartItem(bridge: BridgeState, part: BridgePart): vscode.TreeItem {
  const { label, description } = describePart(bridge, part);
  const item = new vscode.TreeItem(label);
  item.id = `${bridge.config.id}/${part}`;
  item.description = description;
  item.iconPath = new vscode.ThemeIcon(PART_ICONS[part]);
  item.contextValue = part === "in" || part === "out" ? "bridgeLeg" : "bridgePart";
  item.tooltip =
    part === "in" || part === "out" ? [label, ...endpointsOf(bridge, part)].join("\n") : explainBridge(bridge);
  return item;
}

/** All of the bridges that is not traffic: which there are, how they stand, and their rows. */
export function shapeOfBridges(bridges: readonly BridgeState[]): string {
  return JSON.stringify(
    bridges.map((bridge) => [bridge.config, bridge.status, bridge.problem, bridge.in, bridge.out, bridgeParts(bridge)]),
  );
}
