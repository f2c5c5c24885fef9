import * as vscode from "vscode";
import { formatEndpoint, isLoopback, isProblem, parseEndpoint } from "../shared/endpoint.ts";
import type { TapConfig, TapId, TapState } from "../shared/model.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";

/** Who wants a tap: taps of the demo end with it, all others come back after a reload. */
export type TapOwner = "user" | "settings" | "demo";

type Entry = {
  /** With the endpoint really listened on, once there is one, so that a restart takes the same. */
  config: TapConfig;
  readonly owner: TapOwner;
  /** Whether it shall run, whatever state it is in. */
  isWanted: boolean;
  state: TapState;
};

const REMEMBERED_KEY = "zmqTap.running";
const ALLOWED_KEY = "zmqTap.allowedListen";
const MAX_REMEMBERED = 100;

export type StartOptions = {
  readonly owner: TapOwner;
  /** The user agreed to listen beyond loopback. */
  readonly confirmed?: boolean;
  /** A tap that does not start is kept in the list with its problem, instead of being forgotten. */
  readonly keepFailed: boolean;
};

/** The taps of this window: what the user wants, and what the engine says about it. */
export class Taps implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #memory: vscode.Memento;
  readonly #entries = new Map<TapId, Entry>();
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  readonly onDidChange = this.#changes.event;
  #rememberedText = "";

  constructor(engine: Engine, memory: vscode.Memento) {
    this.#engine = engine;
    this.#memory = memory;
    this.#own = vscode.Disposable.from(
      this.#changes,
      engine.onDidNotify((notice) => {
        if (notice.kind === "tap/changed") this.#update(notice.taps);
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  list(): readonly TapState[] {
    return [...this.#entries.values()].map((entry) => entry.state);
  }

  /** The tap of that id, else the first of that name. Throws when there is none. */
  find(idOrName: string): TapState {
    const entry =
      this.#entries.get(idOrName) ?? [...this.#entries.values()].find((one) => one.config.name === idOrName);
    if (entry !== undefined) return entry.state;
    throw new UserError("no-such-tap", `There is no tap "${idOrName}". Look into the view Taps for those there are.`);
  }

  has(tap: TapId): boolean {
    return this.#entries.has(tap);
  }

  /** Ids of the taps of one owner. */
  ownedBy(owner: TapOwner): readonly TapId[] {
    return [...this.#entries].filter(([, entry]) => entry.owner === owner).map(([id]) => id);
  }

  /** Starts a tap. Rejects with what failed, why and what to do. */
  async start(config: TapConfig, options: StartOptions): Promise<TapState> {
    const entry: Entry = { config, owner: options.owner, isWanted: true, state: idleState(config, "starting", null) };
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

  /** Starts a stopped or failed tap again, on the endpoint it had. */
  async restart(id: TapId): Promise<TapState> {
    const entry = this.#entry(id);
    await this.#confirmListen(entry.config, false);
    entry.isWanted = true;
    return this.#run(entry);
  }

  async stop(id: TapId): Promise<TapState> {
    const entry = this.#entry(id);
    entry.isWanted = false;
    if (this.#engine.isRunning) this.#take(entry, await this.#engine.ask("tap/stop", { tap: id }));
    else
      entry.state = {
        ...idleState(entry.config, "stopped", null),
        messages: entry.state.messages,
        bytes: entry.state.bytes,
      };
    this.#changed();
    return entry.state;
  }

  async stopAll(): Promise<void> {
    for (const [id, entry] of this.#entries) if (entry.isWanted) await this.stop(id);
  }

  /** Stops a tap and forgets it. What was captured stays in the log. */
  async remove(id: TapId): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#changed();
    if (this.#engine.isRunning) {
      try {
        await this.#engine.ask("tap/remove", { tap: id });
      } catch (error) {
        // The engine does not know a tap that never started, or it has just ended: either way the tap is gone.
        if (!(error instanceof UserError)) throw error;
      }
    }
  }

  /** Points a tap at another server; open links stay with the old one. */
  async retarget(id: TapId, server: string): Promise<TapState> {
    const entry = this.#entry(id);
    if (this.#engine.isRunning) this.#take(entry, await this.#engine.ask("tap/retarget", { tap: id, server }));
    entry.config = { ...entry.config, server };
    entry.state = { ...entry.state, config: { ...entry.state.config, server } };
    this.#changed();
    return entry.state;
  }

  /** Starts every wanted tap in a new engine, each on the endpoint it had. Says which came back and which did not. */
  async reattach(): Promise<{ readonly back: readonly TapState[]; readonly failed: readonly TapState[] }> {
    const wanted = [...this.#entries.values()].filter((entry) => entry.isWanted);
    const back: TapState[] = [];
    const failed: TapState[] = [];
    for (const entry of wanted) {
      try {
        back.push(await this.#run(entry));
      } catch {
        failed.push(entry.state); // Its problem is in its state, which the caller reports.
      }
    }
    return { back, failed };
  }

  /** The engine is gone: what it said about links and rates is no longer so. */
  engineEnded(): void {
    for (const entry of this.#entries.values()) {
      entry.state = idleState(entry.config, entry.isWanted ? "starting" : "stopped", null);
    }
    this.#changed();
  }

  /** The wanted taps that have not come back, as failed, for an engine that is not started again. */
  giveUp(problem: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.isWanted) entry.state = idleState(entry.config, "failed", problem);
    }
    this.#changed();
  }

  /** Taps that ran in this workspace when the window was last closed or reloaded. */
  remembered(): readonly TapConfig[] {
    const stored = this.#memory.get<unknown>(REMEMBERED_KEY);
    return Array.isArray(stored) ? (stored as readonly unknown[]).filter(isTapConfig) : [];
  }

  #entry(id: TapId): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new UserError("no-such-tap", "This tap was removed. Attach a new one.");
    return entry;
  }

  async #run(entry: Entry): Promise<TapState> {
    try {
      const state = await this.#engine.ask("tap/start", { config: entry.config, security: null });
      this.#take(entry, state);
      this.#changed();
      if (state.status === "failed")
        throw new UserError("tap-failed", state.problem ?? `The tap "${entry.config.name}" failed.`);
      return entry.state;
    } catch (error) {
      if (entry.state.status !== "failed") entry.state = idleState(entry.config, "failed", toRefusal(error).message);
      this.#changed();
      throw error;
    }
  }

  #update(states: readonly TapState[]): void {
    for (const state of states) {
      const entry = this.#entries.get(state.config.id);
      if (entry !== undefined) this.#take(entry, state);
    }
    this.#changed();
  }

  #take(entry: Entry, state: TapState): void {
    entry.state = state;
    if (state.listening !== "") entry.config = { ...entry.config, listen: state.listening };
  }

  /** Listening on anything but loopback lets other machines in, so the user is asked once per endpoint. */
  async #confirmListen(config: TapConfig, isConfirmed: boolean): Promise<void> {
    const endpoint = parseEndpoint(config.listen, "listen");
    if (isProblem(endpoint)) return; // The engine refuses it in its own words.
    const isOpen = endpoint.transport === "tcp" && (endpoint.host === "*" || !isLoopback(endpoint));
    if (!isOpen || isConfirmed) return;
    const listen = formatEndpoint(endpoint);
    const allowed = this.#memory.get<readonly string[]>(ALLOWED_KEY, []);
    if (allowed.includes(listen)) return;
    const choice = await vscode.window.showWarningMessage(
      `Let other machines reach the tap "${config.name}"?`,
      { modal: true, detail: `It would listen on ${listen}, and whoever connects there reaches ${config.server}.` },
      "Listen",
    );
    if (choice !== "Listen") {
      throw new UserError(
        "not-confirmed",
        `The tap "${config.name}" was not started, since listening on ${listen} was not agreed to. Listen on 127.0.0.1 instead.`,
      );
    }
    await this.#memory.update(ALLOWED_KEY, [...allowed, listen].slice(-MAX_REMEMBERED));
  }

  #changed(): void {
    this.#remember();
    this.#changes.fire(undefined);
  }

  #remember(): void {
    const running = [...this.#entries.values()]
      .filter((entry) => entry.isWanted && entry.owner !== "demo")
      .map((entry) => entry.config)
      .slice(0, MAX_REMEMBERED);
    const text = JSON.stringify(running);
    if (text === this.#rememberedText) return;
    this.#rememberedText = text;
    void this.#memory.update(REMEMBERED_KEY, running);
  }
}

function idleState(config: TapConfig, status: TapState["status"], problem: string | null): TapState {
  return {
    config,
    status,
    listening: "",
    problem,
    messages: 0,
    bytes: 0,
    messagesPerSecond: 0,
    links: [],
    moreLinks: 0,
    failing: [],
    waiting: [],
  };
}

function isTapConfig(value: unknown): value is TapConfig {
  if (typeof value !== "object" || value === null) return false;
  const { id, name, server, listen } = value as Record<string, unknown>;
  return [id, name, server, listen].every((part) => typeof part === "string" && part !== "");
}
