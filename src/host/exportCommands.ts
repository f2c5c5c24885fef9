import * as vscode from "vscode";
import { rowsText } from "../shared/captureText.ts";
import { t } from "../shared/l10n.ts";
import { wholeNumber } from "../shared/numbers.ts";
import { formatBytes } from "../shared/tapText.ts";
import type { ExportedRows } from "../shared/engineProtocol.ts";
import { safeFileName } from "../shared/fileName.ts";
import { EXPORT_FORMATS, type CaptureId, type CaptureStats, type ExportFormat } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { withJobProgress } from "./jobProgress.ts";
import { pickOne } from "./quickSteps.ts";
import type { Services } from "./services.ts";
import { heldCapture } from "./captureSource.ts";
import { heldRow, type Target, targetOf } from "./target.ts";

const FORMATS: Readonly<Record<ExportFormat, { readonly label: string; readonly detail: string }>> = {
  pcapng: {
    label: "pcapng",
    detail: t("A capture file for ZMQ Tap, Wireshark and tshark, with pins and notes"),
  },
  jsonl: { label: "JSON Lines", detail: t("One JSON object per row, as zmq-tap prints them") },
  csv: { label: "CSV", detail: t("One line per row with its columns, for a spreadsheet") },
};

export type Exported = { readonly rows: number; readonly bytes: number; readonly uri: vscode.Uri };

type Wanted = { readonly rows: ExportedRows; readonly format: ExportFormat; readonly uri: vscode.Uri };

/** Writes rows of a capture to a file. Asks for what is not given; `undefined` when the user leaves or cancels. */
export async function exportCapture(services: Services, args: CommandArguments): Promise<Exported | undefined> {
  const { captureFiles, engine } = services;
  // An editor's menu names the file it shows, which is what to export and no place to export to.
  const view = args.uri === undefined ? undefined : captureFiles.viewOf(args.uri);
  const isMenu = view !== undefined && args.rows === undefined && args.format === undefined;
  if (view !== undefined && !isMenu) throw wouldOverwrite(args.uri);
  const { uri, ...others } = args;
  const given: CommandArguments = isMenu ? { ...others, view } : { ...others, ...(uri === undefined ? {} : { uri }) };
  const target = targetOf(services, given);
  const capture = await heldCapture(target.source);
  const stats = await engine.ask("capture/stats", { capture });
  if (stats.kept === 0) throw new UserError("nothing-to-export", t("There is nothing to export: no row is kept."));
  const wanted = await askWhat(services, given, target, stats);
  if (wanted === undefined) return undefined;
  const exported = await (given.quiet === true
    ? write(services, capture, wanted, crypto.randomUUID())
    : writeWithProgress(services, capture, wanted));
  if (exported !== undefined && given.quiet !== true) void say(exported);
  return exported;
}

/** Writes each frame of a message to a file of its own. Answers with the files. */
export async function saveFrames(
  services: Services,
  args: CommandArguments,
): Promise<readonly vscode.Uri[] | undefined> {
  const { capture, n } = await heldRow(services, args);
  const folder = args.uri ?? (await askFolder(args, n));
  if (folder === undefined) return undefined;
  const names = await services.engine.ask("frames/export", { capture, n, folder: diskPath(folder) });
  const files = names.map((name) => vscode.Uri.joinPath(folder, name));
  if (args.quiet !== true) {
    const first = files[0];
    const said = t(
      files.length === 1 ? "Saved {0} frame of message {1} in {2}" : "Saved {0} frames of message {1} in {2}",
      files.length,
      n,
      folder.fsPath,
    );
    void offer(said, first === undefined ? [] : revealing(first));
  }
  return files;
}

async function askWhat(
  services: Services,
  args: CommandArguments,
  target: Target,
  stats: CaptureStats,
): Promise<Wanted | undefined> {
  const rows = rowsOf(args, target) ?? (await askRows(args, target, stats));
  if (rows === undefined) return undefined;
  const format = exportFormat(args) ?? (await askFormat(args));
  if (format === undefined) return undefined;
  const uri = args.uri ?? (await askPlace(args, target, format));
  if (uri === undefined) return undefined;
  if (services.captureFiles.viewOf(uri) !== undefined) throw wouldOverwrite(uri);
  return { rows, format, uri };
}

/** What the arguments say about the rows, if anything. */
function rowsOf({ rows, filter }: CommandArguments, { view }: Target): ExportedRows | undefined {
  if (rows === undefined) return filter === undefined ? undefined : { kind: "filtered", text: filter };
  if (typeof rows !== "string") return { kind: "selected", rows };
  switch (rows) {
    case "all":
      return { kind: "all" };
    case "filtered":
      return { kind: "filtered", text: filter ?? view?.filter ?? "" };
    case "selected":
      return { kind: "selected", rows: selectedRows(view) };
  }
}

function selectedRows(view: Target["view"]): readonly number[] {
  const { selected = [], activeRow = null } = view ?? {};
  if (selected.length > 0) return selected;
  if (activeRow === null)
    throw new UserError("no-row", t("No message is selected. Select messages in the log first, or export all rows."));
  return [activeRow];
}

async function askRows(
  args: CommandArguments,
  { view, source }: Target,
  stats: CaptureStats,
): Promise<ExportedRows | undefined> {
  if (args.quiet === true) return { kind: "all" };
  const all = { label: t("All {0}", rowsText(stats.kept)), rows: { kind: "all" } as ExportedRows };
  const filter = view?.filter ?? "";
  const hits = view?.hits;
  const filtered = {
    label: hits === null || hits === undefined ? t("Filtered rows") : t("Filtered: {0}", rowsText(hits)),
    description: filter,
    rows: { kind: "filtered", text: filter } as ExportedRows,
  };
  const selected = {
    label: t("Selected: {0}", rowsText(view?.selected.length ?? 0)),
    rows: { kind: "selected", rows: view?.selected ?? [] } as ExportedRows,
  };
  const choices = [all, ...(filter === "" ? [] : [filtered]), ...((view?.selected.length ?? 0) > 1 ? [selected] : [])];
  const title = source.file === null ? t("Export the log") : t("Export {0}", source.file);
  return (await pickOne(choices, { title, placeHolder: t("Which rows?") }))?.rows;
}

function exportFormat({ format }: CommandArguments): ExportFormat | undefined {
  const known = EXPORT_FORMATS.find((one) => one === format);
  if (format !== undefined && known === undefined) {
    throw new UserError(
      "bad-argument",
      `A capture cannot be exported as "${format}". Call the command with a "format" of ${EXPORT_FORMATS.join(", ")}.`,
    );
  }
  return known;
}

async function askFormat({ quiet }: CommandArguments): Promise<ExportFormat | undefined> {
  if (quiet === true) return "pcapng";
  const choices = EXPORT_FORMATS.map((format) => ({ ...FORMATS[format], format }));
  return (await pickOne(choices, { placeHolder: t("Export as") }))?.format;
}

async function askPlace(
  { quiet }: CommandArguments,
  { source }: Target,
  format: ExportFormat,
): Promise<vscode.Uri | undefined> {
  if (quiet === true)
    throw new UserError("argument-missing", 'No file was given. Call the command with a "uri" to export to.');
  const stem =
    source.file === null ? "capture" : `${safeFileName(source.file.replace(/\.[^.]*$/, ""), "capture")}-export`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const name = `${stem}.${format}`;
  return vscode.window.showSaveDialog({
    title: t("Export Capture"),
    filters: { [FORMATS[format].label]: [format] },
    ...(folder?.scheme === "file" ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
  });
}

async function askFolder({ quiet }: CommandArguments, n: number): Promise<vscode.Uri | undefined> {
  if (quiet === true)
    throw new UserError("argument-missing", 'No folder was given. Call the command with a "uri" to save in.');
  const chosen = await vscode.window.showOpenDialog({
    title: t("Save the frames of message {0} in", n),
    openLabel: t("Save Here"),
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return chosen?.[0];
}

async function writeWithProgress(
  services: Services,
  capture: CaptureId,
  wanted: Wanted,
): Promise<Exported | undefined> {
  const { engine } = services;
  const job = crypto.randomUUID();
  const run = async (token: vscode.CancellationToken): Promise<Exported | undefined> => {
    try {
      return await write(services, capture, wanted, job);
    } catch (error) {
      if (token.isCancellationRequested && error instanceof UserError && error.code === "cancelled") return undefined;
      throw error;
    }
  };
  return withJobProgress(engine, { title: t("Exporting"), job }, run, (notice) => {
    if (notice.kind !== "export/advanced" || notice.progress.job !== job) return null;
    const { rows, total } = notice.progress;
    return { message: t("{0} of {1}", rowsText(rows), wholeNumber(total)), done: rows, total };
  });
}

async function write(
  { engine }: Services,
  capture: CaptureId,
  { rows, format, uri }: Wanted,
  job: string,
): Promise<Exported> {
  const done = await engine.ask("capture/export", { job, capture, rows, format, path: diskPath(uri) });
  return { ...done, uri };
}

async function say({ rows, bytes, uri }: Exported): Promise<void> {
  const open = { label: t("Open"), run: () => vscode.commands.executeCommand("vscode.open", uri) };
  await offer(t("Exported {0} ({1}) to {2}", rowsText(rows), formatBytes(bytes), uri.fsPath), [
    open,
    ...revealing(uri),
  ]);
}

type Offer = { readonly label: string; readonly run: () => Thenable<unknown> };

async function offer(said: string, offers: readonly Offer[]): Promise<void> {
  const choice = await vscode.window.showInformationMessage(said, ...offers.map(({ label }) => label));
  await offers.find(({ label }) => label === choice)?.run();
}

/** Shows a file where it lies: in the explorer, or in the system's own one where there is such. */
function revealing(uri: vscode.Uri): readonly Offer[] {
  const isOnDesktop = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  const command =
    vscode.workspace.getWorkspaceFolder(uri) !== undefined
      ? "revealInExplorer"
      : isOnDesktop
        ? "revealFileInOS"
        : undefined;
  return command === undefined ? [] : [{ label: t("Reveal"), run: () => vscode.commands.executeCommand(command, uri) }];
}

/** The engine writes to disks of its own machine. */
function diskPath(uri: vscode.Uri): string {
  if (uri.scheme === "file") return uri.fsPath;
  throw new UserError(
    "not-on-disk",
    t(
      "Nothing can be written to {0}, which is on no disk of the machine that ZMQ Tap runs on. Choose another place.",
      uri.toString(true),
    ),
  );
}

function wouldOverwrite(uri: vscode.Uri | undefined): UserError {
  return new UserError(
    "would-overwrite",
    t(
      "{0} is open as a capture and would be overwritten. Close its editor or choose another file.",
      uri?.fsPath ?? t("The file"),
    ),
  );
}
