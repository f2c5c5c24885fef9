import * as vscode from "vscode";
import { startBridgesWithWorkspace } from "./bridgeStartup.ts";
import { type BridgesOptions, RunningBridges } from "./runningBridges.ts";

/** The bridges of this window, with those of the settings and of the window before under way, and what ends it. */
export function makeBridges(options: BridgesOptions & { readonly log: vscode.LogOutputChannel }): {
  readonly bridges: RunningBridges;
  readonly own: vscode.Disposable;
} {
  const bridges = new RunningBridges(options);
  const { engine, log } = options;
  return { bridges, own: vscode.Disposable.from(startBridgesWithWorkspace({ engine, bridges, log }), bridges) };
}
