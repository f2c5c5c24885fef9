import * as vscode from "vscode";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";

/** Asks before something that cannot be taken back. A script says `confirmed` instead. */
export async function isAgreed(
  args: CommandArguments,
  question: { readonly message: string; readonly detail: string; readonly button: string },
): Promise<boolean> {
  if (args.confirmed === true) return true;
  if (args.quiet === true) {
    throw new UserError("not-confirmed", 'This needs to be agreed to. Call the command with {"confirmed": true}.');
  }
  const { message, detail, button } = question;
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, button)) === button;
}

/** A text of the user's, with a check while it is typed; `undefined` when the user leaves. A script has to give it. */
export async function askText(
  args: CommandArguments,
  field: keyof CommandArguments,
  options: vscode.InputBoxOptions,
): Promise<string | undefined> {
  if (args.quiet === true)
    throw new UserError("argument-missing", `Something is missing. Call the command with {"${field}": …}.`);
  return vscode.window.showInputBox({ ignoreFocusOut: true, ...options });
}
