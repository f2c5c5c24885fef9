import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";

/** Throws where the workspace is not trusted: nothing that listens, sends or opens a file runs there. */
export function requireTrust(command: string): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(
    "not-trusted",
    t(
      '{0} does not run here, since this workspace is in Restricted Mode and its files could choose where ZMQ Tap listens and sends. Run "Workspaces: Manage Workspace Trust", trust the workspace, then try again.',
      command,
    ),
  );
}
