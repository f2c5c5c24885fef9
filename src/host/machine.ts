import { hostname } from "node:os";
import * as vscode from "vscode";
import { type Machine, machineWords } from "../shared/machine.ts";
import { t } from "../shared/l10n.ts";

/** The machine of the extension host, where taps listen. */
export function thisMachine(): Machine {
  return {
    remote: vscode.env.remoteName ?? null,
    isBrowser: vscode.env.uiKind === vscode.UIKind.Web,
    host: hostname(),
  };
}

/** Copies an endpoint, or a line with one in it, and says so, with the machine that it is on where that is another one. */
export async function copyEndpointText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  const words = machineWords(thisMachine());
  const copied = words === "" ? t("Copied {0}", text) : t("Copied {0} (on {1})", text, words);
  vscode.window.setStatusBarMessage(copied, 5000);
}
