import * as vscode from "vscode";
import type { DialectInfo } from "../shared/dialects.ts";
import { type CallContext, type CallFile, readCallFile } from "../shared/zmqrpc/callFile.ts";
import {
  ENVIRONMENT_FILE,
  MAX_ENVIRONMENT_CHARACTERS,
  type EnvironmentsRead,
  readEnvironments,
} from "../shared/zmqrpc/environments.ts";

export const CALL_LANGUAGE = "zmqrpc";

/** The calls of a document as it stands, saved or not. */
export function callFileOf(document: vscode.TextDocument): CallFile {
  return readCallFile(document.getText());
}

/** What the file of environments beside a call file holds. */
export async function environmentsBeside(file: vscode.Uri): Promise<EnvironmentsRead> {
  const none = { environments: new Map<string, ReadonlyMap<string, string>>(), problem: null };
  if (file.scheme === "untitled") return none;
  const uri = vscode.Uri.joinPath(file, "..", ENVIRONMENT_FILE);
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > MAX_ENVIRONMENT_CHARACTERS) return { ...none, problem: `${ENVIRONMENT_FILE} is too long.` };
    return readEnvironments(new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return none; // Most files have none beside them.
    throw error;
  }
}

/** What the calls of a file are read with. */
export async function callContext(
  file: vscode.Uri,
  environment: string | null,
  dialects: readonly DialectInfo[] | null,
): Promise<CallContext> {
  const { environments } = await environmentsBeside(file);
  return { environment, environments, given: new Map(), dialects };
}

export function toRange(
  document: vscode.TextDocument,
  { from, to }: { readonly from: number; readonly to: number },
): vscode.Range {
  return new vscode.Range(document.positionAt(from), document.positionAt(to));
}
