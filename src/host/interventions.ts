import * as vscode from "vscode";
import { type HeldMessage, type InterventionState, interventionsSentence } from "../shared/interventions.ts";
import type { EngineNotice } from "../shared/engineProtocol.ts";
import { t } from "../shared/l10n.ts";
import { formatBytes } from "../shared/tapText.ts";
import type { Engine } from "./engine.ts";
import type { Views } from "./views.ts";

/** What the tree of held messages hands to commands. */
type HeldElement = { readonly held: number };

/**
 * What changes traffic in this window, for as long as anything does: says it in the views, in the status bar and in the tree
 * of held messages. Made with the first intervention; the engine knows what is under way.
 */
export class Interventions implements vscode.TreeDataProvider<HeldElement>, vscode.Disposable {
  readonly #engine: Engine;
  readonly #views: Views;
  readonly #log: vscode.LogOutputChannel;
  readonly #item: vscode.StatusBarItem;
  readonly #tree: vscode.TreeView<HeldElement>;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #own: vscode.Disposable;
  #states: readonly InterventionState[] = [];
  #held: readonly HeldMessage[] = [];
  /** Counts notices, so that a late answer about held messages is known as one. */
  #told = 0;

  constructor({ engine, views, log }: { engine: Engine; views: Views; log: vscode.LogOutputChannel }) {
    this.#engine = engine;
    this.#views = views;
    this.#log = log;
    this.#item = vscode.window.createStatusBarItem("zmqTap.interventions", vscode.StatusBarAlignment.Left, 9);
    this.#item.name = t("ZMQ Tap Interventions");
    this.#item.command = "zmqTap.stopInterventions";
    this.#item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    this.#tree = vscode.window.createTreeView("zmqTap.held", { treeDataProvider: this });
    this.#own = vscode.Disposable.from(
      this.#item,
      this.#tree,
      this.#changes,
      engine.onDidNotify((notice) => void this.#take(notice)),
      engine.onDidDie(() => this.#show([], [])),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  get states(): readonly InterventionState[] {
    return this.#states;
  }

  get held(): readonly HeldMessage[] {
    return this.#held;
  }

  /** What the banner of a view says; empty while nothing changes traffic. */
  get sentence(): string {
    return interventionsSentence(this.#states);
  }

  getChildren(element?: HeldElement): HeldElement[] {
    return element === undefined ? this.#held.map(({ id }) => ({ held: id })) : [];
  }

  getTreeItem({ held }: HeldElement): vscode.TreeItem {
    const message = this.#held.find(({ id }) => id === held);
    return message === undefined ? new vscode.TreeItem(t("gone")) : heldItem(message);
  }

  async #take(notice: EngineNotice): Promise<void> {
    if (notice.kind !== "interventions/changed") return;
    const told = ++this.#told;
    try {
      const held = notice.held === 0 ? [] : (await this.#engine.ask("held/list", null)).messages;
      if (told === this.#told) this.#show(notice.interventions, held);
    } catch (error) {
      // The engine is going, which is told by itself.
      this.#log.debug(`Held messages were not listed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #show(states: readonly InterventionState[], held: readonly HeldMessage[]): void {
    const before = this.sentence;
    const hadHeld = this.#held.length;
    const isOther = idsOf(held) !== idsOf(this.#held);
    this.#states = states;
    this.#held = held;
    const { sentence } = this;
    if (sentence !== before) {
      this.#views.notifyLive({ kind: "interventions/changed", text: sentence });
      void vscode.commands.executeCommand("setContext", "zmqTap.interventions", states.length);
    }
    if (held.length !== hadHeld) {
      void vscode.commands.executeCommand("setContext", "zmqTap.heldMessages", held.length);
      this.#tree.badge =
        held.length === 0
          ? undefined
          : {
              value: held.length,
              tooltip: t(held.length === 1 ? "{0} message is held" : "{0} messages are held", held.length),
            };
    }
    const count = t(states.length === 1 ? "{0} intervention" : "{0} interventions", states.length);
    this.#item.text = `$(warning) ${count}`;
    this.#item.tooltip = [sentence, ...states.map(describe), t("Click to stop all.")].join("\n");
    if (states.length === 0) this.#item.hide();
    else this.#item.show();
    // A tree that is refreshed without need loses clicks, and what is held stays as it is (microsoft/vscode#153982).
    if (isOther) this.#changes.fire(undefined);
  }
}

function idsOf(held: readonly HeldMessage[]): string {
  return held.map(({ id }) => id).join();
}

/** One line about an intervention. */
function describe({ tapName, spec, acts, problem }: InterventionState): string {
  const times = t(acts === 1 ? "{0} time" : "{0} times", acts);
  return `${tapName}: ${spec} (${times})${problem === null ? "" : ` — ${problem}`}`;
}

/** How a held message looks in its tree. */
function heldItem(message: HeldMessage): vscode.TreeItem {
  const { id, topic, preview, from, frames, sizeBytes, tapName, link, releasesAtMs } = message;
  const item = new vscode.TreeItem(topic === "" || preview.startsWith(topic) ? preview : `${topic} | ${preview}`);
  const isFromClient = from === "client";
  const until = new Date(releasesAtMs).toLocaleTimeString();
  item.id = `held/${id}`;
  item.description = t(isFromClient ? "until {0} · from the client" : "until {0} · from the server", until);
  item.tooltip = [
    t(isFromClient ? "{0}, link {1}, from the client" : "{0}, link {1}, from the server", tapName, link),
    `${t(frames === 1 ? "{0} frame" : "{0} frames", frames)}, ${formatBytes(sizeBytes)}`,
    t("Goes on by itself at {0}", until),
    preview,
  ].join("\n");
  item.iconPath = new vscode.ThemeIcon("debug-pause");
  item.contextValue = "held";
  item.accessibilityInformation = {
    label: t(isFromClient ? "Held message from the client: {0}" : "Held message from the server: {0}", preview),
  };
  return item;
}
