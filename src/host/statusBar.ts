import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { statusBarText } from "../shared/tapText.ts";
import type { Bridges } from "./bridges.ts";
import type { Taps } from "./taps.ts";

/** A rate that changes faster cannot be read. */
const RATE_INTERVAL_MS = 500;

/** One item with the number of taps and bridges and their rate; hidden with none, in warning colours for a failed one. */
export function createStatusBar(taps: Taps, bridges: Bridges): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("zmqTap.rate", vscode.StatusBarAlignment.Left, 10);
  item.name = "ZMQ Tap";
  item.command = "zmqTap.openInspector";
  let shown = "";
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
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
  const changed = (): void => {
    const now = JSON.stringify([...taps.list(), ...bridges.list()].map(({ status, problem }) => [status, problem]));
    if (now === shown) {
      timer ??= setTimeout(draw, RATE_INTERVAL_MS);
      return;
    }
    shown = now;
    draw();
  };
  changed();
  return vscode.Disposable.from(
    item,
    taps.onDidChange(changed),
    bridges.onDidChange(changed),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}
