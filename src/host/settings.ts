import * as vscode from "vscode";
import { checkSettings, type Settings } from "../shared/settingsCheck.ts";

/** Reads the configuration once. What cannot be used comes out as sentences for the user. */
export function readSettings(): { readonly settings: Settings; readonly problems: readonly string[] } {
  const configuration = vscode.workspace.getConfiguration("zmqTap");
  return checkSettings({
    taps: configuration.get("taps"),
    maxBytes: configuration.get("capture.maxBytes"),
    maxFrameBytes: configuration.get("curve.maxFrameBytes"),
  });
}
