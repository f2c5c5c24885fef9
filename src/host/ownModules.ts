import * as vscode from "vscode";
import type { OwnModule } from "../shared/ownDialects.ts";
import { toRefusal } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import { reportWarning } from "./reportFailure.ts";
import { readSettings } from "./settings.ts";
import type { Views } from "./views.ts";

/** A module that is saved is loaded again this long after, since editors write files in several steps. */
const SAVED_MS = 300;

/**
 * Hands the dialects and decoders of the setting `zmqTap.dialects` to each engine, in trusted workspaces only, and again
 * when the setting changes or a module is saved. An engine is never started for them.
 */
export class OwnModules implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #views: Views;
  readonly #log: vscode.LogOutputChannel;
  readonly #own: vscode.Disposable;
  readonly #changes = new vscode.EventEmitter<undefined>();
  #watchers: readonly vscode.Disposable[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Whether the engine that runs may have modules. */
  #hasGiven = false;

  constructor(engine: Engine, views: Views, log: vscode.LogOutputChannel) {
    this.#engine = engine;
    this.#views = views;
    this.#log = log;
    this.#own = vscode.Disposable.from(
      this.#changes,
      engine.onDidStart(({ isAdopted }) => {
        this.#hasGiven = isAdopted;
        this.#give();
      }),
      engine.onDidNotify((notice) => {
        if (notice.kind === "dialect/failed") reportWarning(log, notice.message);
        if (notice.kind === "dialects/late") this.#changed();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#give()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("zmqTap.dialects")) this.#give();
      }),
    );
  }

  /** Rows may say something else than before. */
  get onDidChange(): vscode.Event<undefined> {
    return this.#changes.event;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#own.dispose();
  }

  #changed(): void {
    this.#views.notify({ kind: "dialects/changed" });
    this.#changes.fire(undefined);
  }

  #give(): void {
    this.#unwatch();
    if (!vscode.workspace.isTrusted || !this.#engine.isRunning) return;
    const folder = vscode.workspace.workspaceFolders?.[0];
    const { ownModules } = readSettings().settings;
    if (folder?.uri.scheme !== "file" || (ownModules.length === 0 && !this.#hasGiven)) return;
    this.#hasGiven = ownModules.length > 0;
    const modules = ownModules.map((module) => this.#watched(module, folder));
    this.#engine
      .ask("dialects/own", { modules })
      .then(() => this.#changed())
      .catch((error: unknown) => this.#log.error(`Own dialects were not loaded. ${toRefusal(error).message}`));
  }

  #watched(module: OwnModule, folder: vscode.WorkspaceFolder): OwnModule {
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, module.module));
    const saved = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#give(), SAVED_MS);
    };
    this.#watchers = [...this.#watchers, watcher, watcher.onDidChange(saved), watcher.onDidCreate(saved)];
    return { ...module, module: vscode.Uri.joinPath(folder.uri, module.module).fsPath };
  }

  #unwatch(): void {
    vscode.Disposable.from(...this.#watchers).dispose();
    this.#watchers = [];
  }
}
