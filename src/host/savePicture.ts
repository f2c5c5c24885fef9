import * as vscode from "vscode";
import { safeFileName } from "../shared/fileName.ts";
import { t } from "../shared/l10n.ts";
import type { PictureKind, ViewRequests } from "../shared/viewProtocol.ts";

const FILES: Readonly<Record<PictureKind, { readonly label: string; readonly extension: string }>> = {
  svg: { label: "SVG", extension: "svg" },
  mermaid: { label: "Mermaid", extension: "mmd" },
};

/** Asks where to, writes a picture there and offers to open it; false when the user leaves. */
export async function savePicture({ name, kind, text }: ViewRequests["picture/save"]["ask"]): Promise<boolean> {
  const { label, extension } = FILES[kind];
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: t("Save Picture"),
    filters: { [label]: [extension] },
    ...(folder === undefined
      ? {}
      : { defaultUri: vscode.Uri.joinPath(folder, `${safeFileName(name, "picture")}.${extension}`) }),
  });
  if (uri === undefined) return false;
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  void offerToOpen(uri);
  return true;
}

async function offerToOpen(uri: vscode.Uri): Promise<void> {
  const choice = await vscode.window.showInformationMessage(t("Saved the picture to {0}", uri.fsPath), t("Open"));
  if (choice !== undefined) await vscode.commands.executeCommand("vscode.open", uri);
}
