import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { statusBarText } from "../shared/tapText.ts";
import type { Bridges } from "./bridges.ts";
import type { Taps } from "./taps.ts";

/** One item with the number of taps and bridges and their rate; hidden with none, in warning colours for a failed one. */
export function createStatusBar(taps: Taps, bridges: Bridges): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("zmqTap.rate", vscode.StatusBarAlignment.Left, 10);
  item.name = "ZMQ Tap";
  item.command = "zmqTap.openInspector";
  const draw = (): void => {
    const list = [...taps.list(), ...bridges.list()];
    if (list.length === 0) {
      item.hide();
      return;
    }
    const failed = list.filter(({ status }) => status === "failed");
    item.text = statusBarText(list);
    item.tooltip =
      failed.length === 0
        ? t("ZMQ Tap: open the inspector")
        : failed.map(({ config, problem }) => `${config.name}: ${problem ?? "failed"}`).join("\n");
    item.backgroundColor = failed.length === 0 ? undefined : new vscode.ThemeColor("statusBarItem.warningBackground");
    item.show();
  };
  draw();
  return vscode.Disposable.from(item, taps.onDidChange(draw), bridges.onDidChange(draw));
}
