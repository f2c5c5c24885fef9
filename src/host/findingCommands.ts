import * as vscode from "vscode";
import { type FindingId, FINDINGS } from "../shared/findingKinds.ts";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { showDocs } from "./docsCommand.ts";
import type { Services } from "./services.ts";

const SETTING = "findings.disabledRules";

/** Shows a row of the live log in the inspector. */
export function jumpToRow({ inspector }: Services, { n }: CommandArguments): void {
  if (n === undefined) throw new UserError("no-row", 'No row was given. Call the command with {"n": its number}.');
  inspector.tell({ kind: "row/reveal", n });
}

/** Shows in the inspector the rows that prove findings of a kind. Answers with the filter. */
export function filterByFinding({ inspector }: Services, args: CommandArguments): string {
  const text = `finding == "${idOf(args)}"`;
  inspector.tell({ kind: "filter/set", text });
  return text;
}

/** Opens what the documentation says about a kind of finding. */
export async function explainFinding(_services: Services, args: CommandArguments): Promise<vscode.Uri> {
  return showDocs("findings", idOf(args));
}

/** Switches off findings of a kind: in the workspace, where there is one. Answers with all that are off. */
export async function disableFinding(_services: Services, args: CommandArguments): Promise<readonly string[]> {
  const id = idOf(args);
  const configuration = vscode.workspace.getConfiguration("zmqTap");
  const before = configuration.get<readonly string[]>(SETTING, []);
  const disabled = before.includes(id) ? before : [...before, id];
  const isInWorkspace = (vscode.workspace.workspaceFolders?.length ?? 0) > 0;
  const target = isInWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  await configuration.update(SETTING, disabled, target);
  if (args.quiet !== true) void sayHowToSwitchOn(id);
  return disabled;
}

async function sayHowToSwitchOn(id: FindingId): Promise<void> {
  const said = t('"{0}" is not looked for any more.', FINDINGS[id].title);
  const choice = await vscode.window.showInformationMessage(said, t("Open Setting"));
  if (choice !== undefined) await vscode.commands.executeCommand("workbench.action.openSettings", `zmqTap.${SETTING}`);
}

function idOf({ finding }: CommandArguments): FindingId {
  const id = (Object.keys(FINDINGS) as FindingId[]).find((known) => known === finding);
  if (id !== undefined) return id;
  throw new UserError(
    "no-finding",
    'There is no such finding. Call the command with {"finding": the id of one}, such as "request-unanswered".',
  );
}
