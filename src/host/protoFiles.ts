import * as vscode from "vscode";
import type { Engine } from "./engine.ts";

const NOT_IN = "**/{node_modules,.git,.venv,venv,__pycache__}/**";
const DEFAULT_FILES = "**/*.proto";
const MAX_FILES = 500;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_ALL_BYTES = 8 * 1024 * 1024;

/**
 * The `.proto` files of the workspace, as the setting `zmqTap.protobuf.files` names them. Read and handed to the engine when
 * a message type is first needed, and again after a file, the setting or the engine has changed. Nothing in them is run.
 */
export class ProtoFiles implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #log: vscode.LogOutputChannel;
  readonly #own: vscode.Disposable;
  #watcher: vscode.Disposable | undefined;
  #loaded: Promise<readonly string[]> | undefined;

  constructor(engine: Engine, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#log = log;
    this.#own = vscode.Disposable.from(
      engine.onDidStart(() => this.#forget()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("zmqTap.protobuf")) this.#forget();
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
    this.#forget();
  }

  /** Full names of all messages, in order. When it resolves, the engine knows them. Rejects with a UserError. */
  async types(): Promise<readonly string[]> {
    if (!this.#engine.isRunning) this.#forget();
    const loading = (this.#loaded ??= this.#load());
    try {
      return await loading;
    } catch (error) {
      if (this.#loaded === loading) this.#forget();
      throw error;
    }
  }

  async #load(): Promise<readonly string[]> {
    const pattern = filesSetting();
    this.#watch(pattern);
    const found = await vscode.workspace.findFiles(pattern, NOT_IN, MAX_FILES);
    const files: { path: string; text: string }[] = [];
    let left = MAX_ALL_BYTES;
    for (const uri of found.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const path = vscode.workspace.asRelativePath(uri);
      const text = await this.#read(uri, path, Math.min(left, MAX_FILE_BYTES));
      if (text === undefined) continue;
      left -= text.length;
      files.push({ path, text });
    }
    const { types, problems } = await this.#engine.ask("proto/load", { files });
    for (const problem of problems) this.#log.warn(problem);
    return types;
  }

  async #read(uri: vscode.Uri, path: string, maxBytes: number): Promise<string | undefined> {
    try {
      const { size } = await vscode.workspace.fs.stat(uri);
      if (size <= maxBytes) return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      this.#log.warn(`${path} was left out: .proto files are read up to 1 MiB each and 8 MiB in all.`);
    } catch (error) {
      this.#log.warn(`${path} cannot be read.`, error);
    }
    return undefined;
  }

  #watch(pattern: string): void {
    this.#watcher?.dispose();
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const forget = (): void => this.#forget();
    this.#watcher = vscode.Disposable.from(
      watcher,
      watcher.onDidChange(forget),
      watcher.onDidCreate(forget),
      watcher.onDidDelete(forget),
    );
  }

  #forget(): void {
    this.#loaded = undefined;
    this.#watcher?.dispose();
    this.#watcher = undefined;
  }
}

function filesSetting(): string {
  const pattern: unknown = vscode.workspace.getConfiguration("zmqTap").get("protobuf.files");
  return typeof pattern === "string" && pattern.trim() !== "" ? pattern : DEFAULT_FILES;
}
