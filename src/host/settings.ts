import * as vscode from "vscode";
import { checkSettings, type Settings } from "../shared/settingsCheck.ts";

type Read = { readonly settings: Settings; readonly problems: readonly string[] };

/**
 * Reads the configuration once. What cannot be used comes out as sentences for the user. Filters are taken as they are:
 * a view says what is wrong with one.
 */
export function readSettings(filterProblem: (text: string) => string | null = () => null): Read {
  const configuration = vscode.workspace.getConfiguration("zmqTap");
  return checkSettings({
    taps: configuration.get("taps"),
    maxBytes: configuration.get("capture.maxBytes"),
    maxDiskBytes: configuration.get("capture.maxDiskBytes"),
    maxFrameBytes: configuration.get("curve.maxFrameBytes"),
    linger: configuration.get("engine.linger"),
    filterProblem,
    savedFilters: configuration.get("filters.saved"),
    ownModules: configuration.get("dialects"),
  });
}

/**
 * Where the live capture of this workspace is kept on disk. A window without a workspace has no such place, and keeps its
 * capture in memory only.
 */
export function captureFolder(storage: vscode.Uri | undefined): string | null {
  return storage?.scheme === "file" ? vscode.Uri.joinPath(storage, "capture").fsPath : null;
}

/** Where queues of bridges are kept that shall outlive the engine; nowhere without a workspace. */
export function queueFolder(storage: vscode.Uri | undefined): string | null {
  return storage?.scheme === "file" ? vscode.Uri.joinPath(storage, "bridges").fsPath : null;
}

/** The same with filters checked; the language is loaded only for settings that have one. */
export async function checkedSettings(): Promise<Read> {
  const read = readSettings();
  const { taps, savedFilters } = read.settings;
  if (savedFilters.length === 0 && taps.every(({ filter }) => filter === undefined)) return read;
  const { filterProblem } = await import("../shared/filterText.ts");
  return readSettings(filterProblem);
}
