import * as vscode from "vscode";
import { toRefusal, UserError } from "../shared/userError.ts";

const SHOW_DETAILS = "Show Details";

/** Shows a failure of something the user started, once and in its own words; the details go to the output channel. */
export function reportFailure(log: vscode.LogOutputChannel, error: unknown): void {
  const { code, message } = toRefusal(error);
  if (error instanceof UserError)
    log.error(`${message} (${code})`, ...(error.cause === undefined ? [] : [error.cause]));
  else log.error("A command failed in a way it should not.", error);
  void vscode.window.showErrorMessage(message, SHOW_DETAILS).then((choice) => {
    if (choice === SHOW_DETAILS) log.show();
  });
}

/** Shows something that happened by itself and that the user has to know. */
export function reportWarning(log: vscode.LogOutputChannel, message: string): void {
  log.warn(message);
  void vscode.window.showWarningMessage(message, SHOW_DETAILS).then((choice) => {
    if (choice === SHOW_DETAILS) log.show();
  });
}
