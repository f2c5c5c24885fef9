import * as vscode from "vscode";
import { findEndpoints } from "../shared/endpointSearch.ts";
import { t } from "../shared/l10n.ts";

export type WorkspaceEndpoint = { readonly server: string; readonly where: string };

const FILES =
  "**/*.{py,js,mjs,cjs,ts,tsx,jsx,c,cc,cpp,cxx,h,hpp,go,rs,java,kt,cs,rb,php,lua,jl,json,jsonc,yaml,yml,toml,ini,cfg,conf,env,properties,xml,md,txt,sh}";
const NOT_IN = "**/{node_modules,.git,dist,out,build,target,.venv,venv,__pycache__}/**";
const MAX_FILES = 300;
const MAX_FILE_BYTES = 256 * 1024;
const MAX_TIME_MS = 1000;
const MAX_ENDPOINTS = 50;
const READERS = 8;

/** Endpoints that the workspace's own files name: 300 files of 256 KiB and, unless told, one second at most. Never rejects. */
export async function endpointsInWorkspace(limitMs = MAX_TIME_MS): Promise<readonly WorkspaceEndpoint[]> {
  const found = new Map<string, WorkspaceEndpoint>();
  const stop = new vscode.CancellationTokenSource();
  const timer = setTimeout(() => stop.cancel(), limitMs);
  try {
    const files = [...(await vscode.workspace.findFiles(FILES, NOT_IN, MAX_FILES, stop.token))];
    const read = async (): Promise<void> => {
      for (let file = files.pop(); file !== undefined && !stop.token.isCancellationRequested; file = files.pop()) {
        for (const { server, written } of findEndpoints(await textOf(file))) {
          const path = vscode.workspace.asRelativePath(file);
          const where = written === server ? t("in {0}", path) : t("{0} in {1}", written, path);
          if (found.size < MAX_ENDPOINTS && !found.has(server)) found.set(server, { server, where });
        }
      }
    };
    const readers = Promise.all(Array.from({ length: READERS }, read));
    const outOfTime = new Promise<void>((resolve) => stop.token.onCancellationRequested(() => resolve()));
    await Promise.race([readers, outOfTime]);
  } finally {
    clearTimeout(timer);
    stop.dispose();
  }
  return [...found.values()];
}

/** Empty for a file that is too large, gone or unreadable: offers are a help, not a promise. */
async function textOf(file: vscode.Uri): Promise<string> {
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    if (size > MAX_FILE_BYTES) return "";
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  } catch {
    return "";
  }
}
