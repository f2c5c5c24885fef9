import * as vscode from "vscode";
import { statusBarText } from "../shared/tapText.ts";
import type { Taps } from "./taps.ts";

/** One item with the number of taps and their rate; hidden with no taps, in warning colours for a failed one. */
export function createStatusBar(taps: Taps): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("zmqTap.rate", vscode.StatusBarAlignment.Left, 10);
  item.name = "ZMQ Tap";
  item.command = "zmqTap.openInspector";
  const draw = (): void => {
    const list = taps.list();
    if (list.length === 0) {
      item.hide();
      return;
    }
    const failed = list.filter((tap) => tap.status === "failed");
    item.text = statusBarText(list);
    item.tooltip =
      failed.length === 0
        ? "ZMQ Tap: open the inspector"
        : failed.map((tap) => `${tap.config.name}: ${tap.problem ?? "failed"}`).join("\n");
    item.backgroundColor = failed.length === 0 ? undefined : new vscode.ThemeColor("statusBarItem.warningBackground");
    item.show();
  };
  draw();
  return vscode.Disposable.from(item, taps.onDidChange(draw));
}
