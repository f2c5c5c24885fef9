import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { toRefusal, UserError } from "../shared/userError.ts";

const SHOW_DETAILS = t("Show Details");

/** What a failure can be answered with, by its code. */
const REMEDIES: Readonly<Record<string, { readonly label: string; readonly command: string }>> = {
  "not-trusted": { label: t("Manage Workspace Trust"), command: "workbench.trust.manage" },
  "keys-missing": { label: t("Import Keys…"), command: "zmqTap.importKeys" },
};

/** Shows a failure of something the user started, once and in its own words; the details go to the output channel. */
export function reportFailure(log: vscode.LogOutputChannel, error: unknown): void {
  const { code, message } = toRefusal(error);
  if (error instanceof UserError)
    log.error(`${message} (${code})`, ...(error.cause === undefined ? [] : [error.cause]));
  else log.error("A command failed in a way it should not.", error);
  offer(vscode.window.showErrorMessage, log, message, code);
}

/** Shows something that happened by itself and that the user has to know; `code` says which remedy to offer. */
export function reportWarning(log: vscode.LogOutputChannel, message: string, code = ""): void {
  log.warn(message);
  offer(vscode.window.showWarningMessage, log, message, code);
}

function offer(
  show: (message: string, ...buttons: string[]) => Thenable<string | undefined>,
  log: vscode.LogOutputChannel,
  message: string,
  code: string,
): void {
  const remedy = REMEDIES[code];
  const buttons = remedy === undefined ? [SHOW_DETAILS] : [remedy.label, SHOW_DETAILS];
  void show(message, ...buttons).then((choice) => {
    if (choice === SHOW_DETAILS) log.show();
    else if (choice !== undefined && choice === remedy?.label) void vscode.commands.executeCommand(remedy.command);
  });
}
