import * as vscode from "vscode";
import { checkSettings, type Settings } from "../shared/settingsCheck.ts";

/** Reads the configuration once. What cannot be used comes out as sentences for the user. */
export function readSettings(): { readonly settings: Settings; readonly problems: readonly string[] } {
  const configuration = vscode.workspace.getConfiguration("zmqTap");
  return checkSettings({
    taps: configuration.get("taps"),
    maxBytes: configuration.get("capture.maxBytes"),
    maxDiskBytes: configuration.get("capture.maxDiskBytes"),
    maxFrameBytes: configuration.get("curve.maxFrameBytes"),
    savedFilters: configuration.get("filters.saved"),
  });
}

/**
 * Where the live capture of this workspace is kept on disk. A window without a workspace has no such place, and keeps its
 * capture in memory only.
 */
export function captureFolder(storage: vscode.Uri | undefined): string | null {
  return storage?.scheme === "file" ? vscode.Uri.joinPath(storage, "capture").fsPath : null;
}
