import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import {
  type BridgeConfig,
  type BridgeId,
  type BridgeLeg,
  bridgeSockets,
  type BridgeSecurity,
  type BridgeState,
  noCounts,
  readBridge,
} from "../shared/bridges.ts";
import { isOfSettings } from "../shared/bridgeSettings.ts";
import { bridgeParts, bridgeSentence, endpointsOf } from "../shared/bridgeText.ts";
import { bridgeUsesKey, keysOfLeg, withBridgeKeyRenamed } from "../shared/bridgeKeys.ts";
import { t } from "../shared/l10n.ts";
import type { CallTarget } from "../shared/model.ts";
import type { TapSecurity } from "../shared/security.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import { type BridgeElement, REMEMBERED_KEY } from "./bridgeElement.ts";
import { bridgeItem, bridgePartItem, shapeOfBridges } from "./bridgeRows.ts";
import type { Engine } from "./engine.ts";
import type { KeyStore } from "./keyStore.ts";
import { confirmListen } from "./openListening.ts";

/** Who wants a bridge. Both come back after a reload. */
export type BridgeOwner = "user" | "settings";

type Entry = {
  /** With the endpoints really listened on, once there are any, so that a restart takes the same. */
  config: BridgeConfig;
  readonly owner: BridgeOwner;
  /** Whether it shall run, whatever state it is in. */
  isWanted: boolean;
  state: BridgeState;
  /** It failed because the key store lacks its keys, and starts again once they are there. */
  lacksKeys: boolean;
};

export type BridgesOptions = {
  readonly engine: Engine;
  readonly memory: vscode.Memento;
  readonly keys: KeyStore;
  /** Folder of this workspace for queues that are kept; `null` where there is none. */
  readonly storage: string | null;
};

export type StartBridgeOptions = {
  readonly owner: BridgeOwner;
  /** The user agreed to listen beyond loopback. */
  readonly confirmed?: boolean;
  /** A bridge that does not start is kept in the list with its problem, instead of being forgotten. */
  readonly keepFailed: boolean;
};

const MAX_REMEMBERED = 100;
const LEGS = ["in", "out"] as const;

/** The bridges of this window: what the user wants, and what the engine says about it. */
export class RunningBridges implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #memory: vscode.Memento;
  readonly #keys: KeyStore;
  readonly #storage: string | null;
  readonly #entries = new Map<BridgeId, Entry>();
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  readonly onDidChange = this.#changes.event;
  #rememberedText = "";
  #shownCount = 0;

  constructor({ engine, memory, keys, storage }: BridgesOptions) {
    this.#engine = engine;
    this.#memory = memory;
    this.#keys = keys;
    this.#storage = storage;
    this.#own = vscode.Disposable.from(
      this.#changes,
      engine.onDidNotify((notice) => {
        if (notice.kind === "bridge/changed") this.#update(notice.bridges);
      }),
      keys.onDidChange(() => void this.#startWithNewKeys()),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  list(): readonly BridgeState[] {
    return [...this.#entries.values()].map((entry) => entry.state);
  }

  /** Elements of the view Taps: the bridges, or the rows below one. */
  children(element: BridgeElement | null): readonly BridgeElement[] {
    if (element === null) return [...this.#entries.keys()].map((bridge) => ({ bridge, part: null }));
    const state = this.#entries.get(element.bridge)?.state;
    if (state === undefined || element.part !== null) return [];
    return bridgeParts(state).map((part) => ({ ...element, part }));
  }

  treeItem({ bridge, part }: BridgeElement): vscode.TreeItem {
    const state = this.#entries.get(bridge)?.state;
    if (state === undefined) return new vscode.TreeItem("removed");
    return part === null ? bridgeItem(state) : bridgePartItem(state, part);
  }

  get sentences(): readonly string[] {
    return this.list().map(bridgeSentence);
  }

  /** All that the view Taps shows but traffic. */
  get shape(): string {
    return shapeOfBridges(this.list());
  }

  /** The bridge of that id, else the first of that name. Throws when there is none. */
  find(idOrName: string): BridgeState {
    const entry =
      this.#entries.get(idOrName) ?? [...this.#entries.values()].find((one) => one.config.name === idOrName);
    if (entry !== undefined) return entry.state;
    throw new UserError(
      "no-such-bridge",
      t('There is no bridge "{0}". Look into the view Taps for those there are.', idOrName),
    );
  }

  /** Where a call comes to the same as one through this bridge: what callers connect to, else the first server. */
  targetOf(id: BridgeId): CallTarget | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const leg = bridgeSockets(entry.config.kind).in === "REP" ? "in" : "out";
    return { kind: "endpoint", endpoint: endpointsOf(entry.state, leg)[0]! };
  }

  has(id: BridgeId): boolean {
    return this.#entries.has(id);
  }

  /** Who wants a bridge. Throws when it is gone. */
  ownerOf(id: BridgeId): BridgeOwner {
    return this.#entry(id).owner;
  }

  /** Starts a bridge. Rejects with what failed, why and what to do. */
  async start(config: BridgeConfig, options: StartBridgeOptions): Promise<BridgeState> {
    const state = idleState(config, "starting", null);
    const entry: Entry = { config, owner: options.owner, isWanted: true, lacksKeys: false, state };
    this.#entries.set(config.id, entry);
    this.#changed();
    try {
      await this.#confirmListen(config, options.confirmed === true);
      return await this.#run(entry);
    } catch (error) {
      if (!options.keepFailed) await this.remove(config.id);
      throw error;
    }
  }

  /**
   * Takes over the bridges of an engine that was adopted: those that are still what is `wanted` or was `remembered` go on, and
   * the others end.
   */
  async adopt(
    wanted: readonly { readonly config: BridgeConfig; readonly owner: BridgeOwner }[],
    remembered: readonly BridgeConfig[],
  ): Promise<void> {
    for (const state of (await this.#engine.ask("engine/running", null)).bridges) {
      const { id } = state.config;
      const mine = wanted.find(({ config }) => config.id === id);
      const before = remembered.find((config) => config.id === id) ?? state.config;
      const isWanted = mine === undefined ? !isOfSettings(id) : JSON.stringify(mine.config) === JSON.stringify(before);
      if (isWanted && isRunning(state)) {
        const entry: Entry = { config: before, owner: mine?.owner ?? "user", isWanted: true, lacksKeys: false, state };
        this.#entries.set(id, entry);
        this.#take(entry, state);
      } else if (!isWanted || mine === undefined) await this.#engine.ask("bridge/remove", { bridge: id });
    }
    this.#changed();
  }

  /** Starts a stopped or failed bridge again, on the endpoints it had. */
  async restart(id: BridgeId): Promise<BridgeState> {
    const entry = this.#entry(id);
    await this.#confirmListen(entry.config, false);
    entry.isWanted = true;
    return this.#run(entry);
  }

  async stop(id: BridgeId): Promise<BridgeState> {
    const entry = this.#entry(id);
    entry.isWanted = false;
    if (this.#engine.isRunning && isRunning(entry.state))
      this.#take(entry, await this.#engine.ask("bridge/stop", { bridge: id }));
    else entry.state = { ...entry.state, status: "stopped", problem: null, messagesPerSecond: 0 };
    this.#changed();
    return entry.state;
  }

  /** Stops a bridge and forgets it. What was captured stays in the log, and what its queue has on disk there. */
  async remove(id: BridgeId): Promise<void> {
    if (!this.#entries.delete(id)) return;
    this.#changed();
    if (!this.#engine.isRunning) return;
    try {
      await this.#engine.ask("bridge/remove", { bridge: id });
    } catch (error) {
      // The engine does not know a bridge that never started, or it has just ended: either way the bridge is gone.
      if (!(error instanceof UserError)) throw error;
    }
  }

  /** Whether messages wait on disk for a bridge. One that runs has files of messages that are done, too. */
  async hasKept(id: BridgeId): Promise<boolean> {
    const folder = this.#folderOf(id);
    const entry = this.#entries.get(id);
    if (folder === null) return false;
    if (entry !== undefined && isRunning(entry.state)) return entry.config.persist && entry.state.queue.messages > 0;
    const names: readonly string[] = await readdir(folder).catch(() => []);
    return names.some((name) => name.endsWith(".queue"));
  }

  /** Deletes what a bridge that was removed has on disk. */
  async discardKept(id: BridgeId): Promise<void> {
    const folder = this.#folderOf(id);
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }

  /** The bridges that refer to a key, by its name or by itself. */
  usersOf(name: string, publicKey: string | null): readonly BridgeState[] {
    return this.list().filter(({ config }) => bridgeUsesKey(config, name, publicKey));
  }

  /** Follows a key that got another name. Bridges of the settings keep the names that stand there. */
  keyRenamed(from: string, to: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.owner === "settings") continue;
      entry.config = withBridgeKeyRenamed(entry.config, from, to);
      entry.state = { ...entry.state, config: entry.config };
    }
    this.#changed();
  }

  /** Starts every wanted bridge in a new engine, each on the endpoints it had. Says which came back and which did not. */
  async reattach(): Promise<{ readonly back: readonly BridgeState[]; readonly failed: readonly BridgeState[] }> {
    const back: BridgeState[] = [];
    const failed: BridgeState[] = [];
    for (const entry of [...this.#entries.values()].filter(({ isWanted }) => isWanted)) {
      try {
        back.push(await this.#run(entry));
      } catch {
        failed.push(entry.state); // Its problem is in its state, which the caller reports.
      }
    }
    return { back, failed };
  }

  /** The engine is gone: what it said about queues and rates is no longer so. */
  engineEnded(): void {
    for (const entry of this.#entries.values())
      entry.state = idleState(entry.config, entry.isWanted ? "starting" : "stopped", null);
    this.#changed();
  }

  /** The wanted bridges that have not come back, as failed, for an engine that is not started again. */
  giveUp(problem: string): void {
    for (const entry of this.#entries.values())
      if (entry.isWanted) entry.state = idleState(entry.config, "failed", problem);
    this.#changed();
  }

  /** Bridges that ran in this workspace when the window was last closed or reloaded. */
  remembered(): readonly BridgeConfig[] {
    const stored = this.#memory.get<unknown>(REMEMBERED_KEY);
    return Array.isArray(stored) ? (stored as readonly unknown[]).flatMap(readRemembered) : [];
  }

  #entry(id: BridgeId): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new UserError("no-such-bridge", t("This bridge was removed. Start a new one."));
    return entry;
  }

  async #run(entry: Entry): Promise<BridgeState> {
    entry.lacksKeys = false;
    try {
      const { config } = entry;
      const folder = config.persist ? this.#folderOf(config.id) : null;
      if (config.persist && folder === null) throw noStorage(config.name);
      const security: BridgeSecurity = {
        in: await this.#resolve(entry, config.in),
        out: await this.#resolve(entry, config.out),
      };
      const state = await this.#engine.ask("bridge/start", { config, security, folder });
      this.#take(entry, state);
      this.#changed();
      if (state.status === "failed")
        throw new UserError("bridge-failed", state.problem ?? t('The bridge "{0}" failed.', config.name));
      return entry.state;
    } catch (error) {
      if (entry.state.status !== "failed") entry.state = idleState(entry.config, "failed", toRefusal(error).message);
      this.#changed();
      throw error;
    }
  }

  async #resolve(entry: Entry, leg: BridgeLeg): Promise<TapSecurity | null> {
    const names = keysOfLeg(leg);
    if (names === null) return null;
    try {
      return await this.#keys.resolve(names);
    } catch (error) {
      entry.lacksKeys = error instanceof UserError && error.code === "keys-missing";
      throw error;
    }
  }

  /** Bridges that failed for want of keys, as soon as they can have them. */
  async #startWithNewKeys(): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (!entry.lacksKeys || !entry.isWanted) continue;
      try {
        await this.#run(entry);
      } catch {
        // Its state says what is still missing.
      }
    }
  }

  /** Names of bridges hold what no file name may, so their folders have names of their own. */
  #folderOf(id: BridgeId): string | null {
    const name = createHash("sha256").update(id).digest("hex").slice(0, 32);
    return this.#storage === null ? null : join(this.#storage, name);
  }

  #update(states: readonly BridgeState[]): void {
    for (const state of states) {
      const entry = this.#entries.get(state.config.id);
      if (entry !== undefined) this.#take(entry, state);
    }
    this.#changed();
  }

  /** What is wanted is the host's: the engine may have been told other names of keys. */
  #take(entry: Entry, state: BridgeState): void {
    entry.config = withRealEndpoints(entry.config, state);
    entry.state = { ...state, config: entry.config };
  }

  async #confirmListen(config: BridgeConfig, isConfirmed: boolean): Promise<void> {
    if (isConfirmed) return;
    const what = t('bridge "{0}"', config.name);
    for (const leg of LEGS) {
      if (config[leg].attach !== "bind") continue;
      const other = config[leg === "in" ? "out" : "in"].endpoints.map(({ endpoint }) => endpoint).join(", ");
      const reached = leg === "in" ? other : t("what comes from {0}", other);
      for (const { endpoint } of config[leg].endpoints) await confirmListen(this.#memory, { endpoint, what, reached });
    }
  }

  #changed(): void {
    this.#remember();
    this.#setCount();
    this.#changes.fire(undefined);
  }

  #setCount(): void {
    const count = this.#entries.size;
    if (count === this.#shownCount) return;
    this.#shownCount = count;
    void vscode.commands.executeCommand("setContext", "zmqTap.bridgeCount", count);
  }

  #remember(): void {
    const running = [...this.#entries.values()]
      .filter(({ isWanted }) => isWanted)
      .map(({ config }) => config)
      .slice(0, MAX_REMEMBERED);
    const text = JSON.stringify(running);
    if (text === this.#rememberedText) return;
    this.#rememberedText = text;
    void this.#memory.update(REMEMBERED_KEY, running);
  }
}

function isRunning({ status }: BridgeState): boolean {
  return status === "starting" || status === "running";
}

function idleState(config: BridgeConfig, status: BridgeState["status"], problem: string | null): BridgeState {
  const queue = { messages: 0, bytes: 0, oldestMs: 0 };
  return { config, status, problem, in: [], out: [], queue, counters: noCounts(), messagesPerSecond: 0 };
}

/** The same bridge with the ports that its legs listen on. */
function withRealEndpoints(config: BridgeConfig, state: BridgeState): BridgeConfig {
  const leg = (name: "in" | "out"): BridgeLeg => {
    const { attach, endpoints } = config[name];
    const real = state[name];
    if (attach !== "bind" || real.length !== endpoints.length) return config[name];
    return { ...config[name], endpoints: endpoints.map((one, index) => ({ ...one, endpoint: real[index]! })) };
  };
  return { ...config, in: leg("in"), out: leg("out") };
}

/** The bridge that was remembered; none when it cannot be used. */
function readRemembered(value: unknown): readonly BridgeConfig[] {
  if (typeof value !== "object" || value === null) return [];
  const { id } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== "string" || id === "") return [];
  const config = readBridge(value, id);
  return "problem" in config ? [] : [config];
}

function noStorage(name: string): UserError {
  return new UserError(
    "no-storage",
    t(
      'The bridge "{0}" cannot keep its queue on disk, since no folder or workspace is open whose storage it could use. Open one, or let the queue be in memory.',
      name,
    ),
  );
}
