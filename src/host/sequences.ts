import * as vscode from "vscode";
import type { Engine } from "./engine.ts";

const SETTING = "zmqTap.findings.sequences";

/** Hands the sequences of the setting to each engine, and again when they change. Without any, nothing more is loaded. */
export function followSequences(engine: Engine, log: vscode.LogOutputChannel): vscode.Disposable {
  // Whether the engine that runs was told of any.
  let hasTold = false;
  const tell = (): void => {
    const wanted = vscode.workspace.getConfiguration().get<unknown>(SETTING);
    const isNone = Array.isArray(wanted) && wanted.length === 0;
    if (!engine.isRunning || (isNone && !hasTold)) return;
    hasTold = true;
    void import("./onDemand.ts").then(({ nameSequences }) => nameSequences(engine, log, wanted));
  };
  return vscode.Disposable.from(
    engine.onDidStart(({ isAdopted }) => {
      hasTold = isAdopted;
      tell();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SETTING)) tell();
    }),
  );
}
