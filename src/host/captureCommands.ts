import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { formatBytes } from "../shared/tapText.ts";
import { UserError } from "../shared/userError.ts";
import { isAgreed } from "./asking.ts";
import type { OpenedView } from "./captureFiles.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { Services } from "./services.ts";

/** Opens a capture file in an editor. Answers once its rows can be read; `undefined` when the user chooses none. */
export async function openCapture({ captureFiles }: Services, args: CommandArguments): Promise<OpenedView | undefined> {
  const uri = args.uri ?? (await askFile(args));
  return uri === undefined ? undefined : captureFiles.open(uri);
}

/** Opens what a killed engine has left. */
export async function recoverCapture({ captureFiles, lastCapture }: Services): Promise<OpenedView> {
  return captureFiles.recover(await lastCapture.find());
}

/** Deletes what a killed engine has left, once the user has agreed. Answers whether it was deleted. */
export async function discardCapture(
  { captureFiles, lastCapture }: Services,
  args: CommandArguments,
): Promise<boolean> {
  const { bytes } = await lastCapture.find();
  const agreed = await isAgreed(args, {
    message: t("Delete the last capture?"),
    detail: t("Its {0} cannot be brought back.", formatBytes(bytes)),
    button: t("Delete"),
  });
  if (!agreed) return false;
  captureFiles.closeRecovered();
  await lastCapture.discard();
  return true;
}

async function askFile({ quiet }: CommandArguments): Promise<vscode.Uri | undefined> {
  if (quiet === true)
    throw new UserError("argument-missing", 'No file was given. Call the command with the "uri" of a capture file.');
  const chosen = await vscode.window.showOpenDialog({
    title: t("Open Capture"),
    openLabel: t("Open"),
    filters: { "Capture files": ["pcapng", "pcap", "cap", "ntar"], "All files": ["*"] },
  });
  return chosen?.[0];
}
