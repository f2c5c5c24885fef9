import * as vscode from "vscode";
import type { BridgeState } from "../shared/bridges.ts";
import { REMEMBERED_KEY } from "./bridgeElement.ts";
import type { Engine } from "./engine.ts";
import type { KeyStore } from "./keyStore.ts";
import type { RunningBridges } from "./runningBridges.ts";

type BridgesParts = {
  readonly engine: Engine;
  readonly memory: vscode.Memento;
  readonly keys: KeyStore;
  /** Folder of this workspace for queues that are kept; `null` where there is none. */
  readonly storage: string | null;
  readonly log: vscode.LogOutputChannel;
};

/** The bridges of this window. What runs them is loaded once there is one in the settings, in memory, or by a command. */
export class Bridges implements vscode.Disposable {
  readonly #parts: BridgesParts;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #settings: vscode.Disposable;
  readonly onDidChange = this.#changes.event;
  #own: vscode.Disposable | undefined;
  #running: RunningBridges | undefined;
  #loading: Promise<RunningBridges> | undefined;
  #isDisposed = false;

  constructor(parts: BridgesParts) {
    this.#parts = parts;
    this.#settings = vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("zmqTap.bridges")) this.#loadWhenWanted();
    });
    this.#loadWhenWanted();
  }

  dispose(): void {
    this.#isDisposed = true;
    vscode.Disposable.from(this.#settings, this.#changes).dispose();
    this.#own?.dispose();
  }

  list(): readonly BridgeState[] {
    return this.#running?.list() ?? [];
  }

  /** What each does, for a log that is empty. */
  get sentences(): readonly string[] {
    return this.#running?.sentences ?? [];
  }

  /** What runs them, as far as it is loaded. */
  get running(): RunningBridges | undefined {
    return this.#running;
  }

  load(): Promise<RunningBridges> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<RunningBridges> {
    const { makeBridges } = await import("./loadedBridges.ts");
    const { bridges, own } = makeBridges(this.#parts);
    this.#running = bridges;
    this.#own = vscode.Disposable.from(
      bridges.onDidChange(() => this.#changes.fire(undefined)),
      own,
    );
    if (this.#isDisposed) this.#own.dispose();
    return bridges;
  }

  #loadWhenWanted(): void {
    const wanted = [
      vscode.workspace.getConfiguration("zmqTap").get<unknown>("bridges"),
      this.#parts.memory.get<unknown>(REMEMBERED_KEY),
    ];
    const isWanted = wanted.some((list) => list != null && !(Array.isArray(list) && list.length === 0));
    if (isWanted) this.load().catch((error: unknown) => this.#parts.log.error("Loading bridges failed.", error));
  }
}
