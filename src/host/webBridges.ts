import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import {
  describeWebBridge,
  WEB_BRIDGE_STATUS_WORDS,
  type WebBridgeConfig,
  type WebBridgeState,
} from "../shared/webBridge.ts";
import type { Engine } from "./engine.ts";
import type { WebBridgeList } from "./webBridgeList.ts";

type Entry = { readonly config: WebBridgeConfig | null; state: WebBridgeState };

/** A second death of the engine within this time is not followed by another start. */
const AGAIN_WITHIN_MS = 60_000;

/**
 * Web bridges of this window. Their tokens are in memory only: those that the engine of a window before runs on can be used and
 * stopped, and that is all.
 */
export class WebBridges implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #shown: Pick<WebBridgeList<WebBridges>, "show">;
  readonly #own: vscode.Disposable;
  /** Without a `config` where a window before has started it, since that holds its token. */
  readonly #entries = new Map<string, Entry>();
  #lastDeathMs = -Infinity;

  constructor(engine: Engine, shown: Pick<WebBridgeList<WebBridges>, "show">) {
    this.#engine = engine;
    this.#shown = shown;
    this.#own = vscode.Disposable.from(
      engine.onDidNotify((notice) => {
        if (notice.kind === "webBridge/changed") for (const state of notice.bridges) this.#take(state);
      }),
      engine.onDidDie(({ how }) => void this.#again(how)),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  list(): readonly WebBridgeState[] {
    return [...this.#entries.values()].map(({ state }) => state);
  }

  /** What pages of a bridge must show; `null` for nothing. */
  token(id: string): string | null {
    return this.#config(id).access.token;
  }

  /** Takes one over that an engine runs which was adopted. */
  adopt(state: WebBridgeState): void {
    this.#entries.set(state.id, { config: null, state });
    this.#shown.show(state.id, webBridgeItem(state));
  }

  /** Starts one. Rejects with what failed, why and what to do, and forgets it then. */
  async start(config: WebBridgeConfig): Promise<WebBridgeState> {
    const state = await this.#engine.ask("webBridge/start", { config });
    this.#entries.set(config.id, { config: onItsPort(config, state), state });
    this.#shown.show(config.id, webBridgeItem(state));
    return state;
  }

  /** Starts a stopped one again, on the port and with the token that it had. */
  restart(id: string): Promise<WebBridgeState> {
    return this.start(this.#config(id));
  }

  async stop(id: string): Promise<WebBridgeState> {
    const entry = this.#entry(id);
    if (this.#engine.isRunning && entry.state.status === "listening")
      this.#take(await this.#engine.ask("webBridge/stop", { bridge: id }));
    return entry.state;
  }

  async remove(id: string): Promise<void> {
    this.#entries.delete(this.#entry(id).state.id);
    this.#shown.show(id, null);
    if (this.#engine.isRunning) await this.#engine.ask("webBridge/remove", { bridge: id });
  }

  #config(id: string): WebBridgeConfig {
    const { config, state } = this.#entry(id);
    if (config === null) throw new UserError("token-unknown", tokenUnknown(state.name));
    return config;
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new UserError("no-such-bridge", t("This web bridge was removed. Start a new one."));
    return entry;
  }

  #take(state: WebBridgeState): void {
    const entry = this.#entries.get(state.id);
    if (entry === undefined) return;
    entry.state = state;
    this.#shown.show(state.id, webBridgeItem(state));
  }

  /** The engine is gone, and pages with it: they come back by themselves when the bridge does. */
  async #again(how: string): Promise<void> {
    const isAgain = performance.now() - this.#lastDeathMs < AGAIN_WITHIN_MS;
    this.#lastDeathMs = performance.now();
    const wanted = [...this.#entries.values()].filter(({ state }) => state.status === "listening");
    const gone = { url: "", browsers: 0, sockets: 0, problem: t("The ZMQ Tap engine stopped ({0}).", how) };
    for (const { state } of wanted) this.#take({ ...state, ...gone, status: "failed" });
    if (isAgain) return;
    for (const { config, state } of wanted) {
      try {
        await this.start(config ?? this.#config(state.id));
      } catch (error) {
        this.#take({ ...state, ...gone, status: "failed", problem: (error as Error).message });
      }
    }
  }
}

const tokenUnknown = (name: string): string =>
  t(
    'The web bridge "{0}" was started before the window was reloaded, and its token is not kept. Start a new one.',
    name,
  );

/** Pages know the bridge by its port, which it keeps. */
function onItsPort(config: WebBridgeConfig, { url }: WebBridgeState): WebBridgeConfig {
  return { ...config, port: Number(/:(\d+)$/.exec(url)?.[1] ?? config.port) };
}

/** How a web bridge looks in the tree. */
export function webBridgeItem(bridge: WebBridgeState): vscode.TreeItem {
  const { id, name, status, problem } = bridge;
  const item = new vscode.TreeItem(name);
  item.id = id;
  item.description = describeWebBridge(bridge);
  item.iconPath =
    status === "failed"
      ? new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"))
      : new vscode.ThemeIcon("globe");
  item.contextValue = `webBridge.${status === "listening" ? "running" : "stopped"}`;
  item.tooltip = [
    `${name}: ${t("web bridge")}, ${WEB_BRIDGE_STATUS_WORDS[status]}`,
    ...bridge.allowed.map((pattern) => t("Pages may use {0}", pattern)),
    ...(problem === null ? [] : [problem]),
  ].join("\n");
  item.accessibilityInformation = { label: `${name}, ${t("web bridge")}, ${describeWebBridge(bridge)}` };
  return item;
}
