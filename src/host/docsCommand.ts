import * as vscode from "vscode";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";

const EXTENSION = "zmq-tap.zmq-tap";
const INDEX = "README";

/** Shows a page of the documentation that comes with the extension, its index unless one is named. Answers with its URI. */
export async function openDocs(_services: Services, { page }: CommandArguments): Promise<vscode.Uri> {
  if (page !== undefined && !/^[\w-]+$/.test(page)) {
    throw new UserError("no-page", 'Pages are called by their names. Call the command with {"page": "filters"}.');
  }
  return showDocs(page ?? INDEX);
}

/** Shows a page by the name of its file without `.md`, at a heading of it. */
export async function showDocs(page: string, heading = ""): Promise<vscode.Uri> {
  const folder = vscode.extensions.getExtension(EXTENSION)?.extensionUri;
  if (folder === undefined) throw new Error(`The extension ${EXTENSION} is not installed.`);
  const uri = vscode.Uri.joinPath(folder, "docs", `${page}.md`).with({ fragment: heading });
  await vscode.commands.executeCommand("markdown.showPreview", uri);
  return uri;
}
