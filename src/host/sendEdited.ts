import * as vscode from "vscode";
import { parseFrames } from "../shared/frameText.ts";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";
import { requireTrust } from "./trust.ts";

/** Sends what an editor of a message holds, saved or not. Bad text is a UserError, and its line is shown. */
export async function sendEdited(
  { editedMessages }: Services,
  args: CommandArguments,
): Promise<{ readonly summary: string }> {
  requireTrust(t("Send Edited Message"));
  const uri = args.uri ?? vscode.window.activeTextEditor?.document.uri;
  const file = uri === undefined ? undefined : editedMessages.find(uri);
  if (uri === undefined || file === undefined) {
    throw new UserError(
      "no-edited-message",
      t("No edited message is open. Choose Edit and Replay… on a message of the log first."),
    );
  }
  if (file.isGone) {
    throw new UserError(
      "message-gone",
      t(
        "The message that this editor was opened from is gone with the engine that held it. Open another one with Edit and Replay….",
      ),
    );
  }
  const document = await vscode.workspace.openTextDocument(uri);
  const parsed = parseFrames(document.getText());
  if (parsed.kind === "problem") {
    await showLine(document, parsed.line - 1);
    throw new UserError("bad-frame-text", t("Line {0} cannot be sent: {1}", parsed.line, parsed.problem));
  }
  const result = await file.send(parsed.frames, args.confirmed === true);
  if (args.quiet !== true) vscode.window.setStatusBarMessage(result.summary, 10_000);
  return result;
}

async function showLine(document: vscode.TextDocument, line: number): Promise<void> {
  const editor = await vscode.window.showTextDocument(document);
  const range = document.lineAt(Math.min(line, document.lineCount - 1)).range;
  editor.selection = new vscode.Selection(range.start, range.end);
  editor.revealRange(range);
}
