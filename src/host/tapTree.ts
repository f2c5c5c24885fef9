import * as vscode from "vscode";
import { clientEndpoint } from "../shared/endpoint.ts";
import { whereLine } from "../shared/machine.ts";
import type { FailingClient, LinkState, TapConfig, TapId, TapState, TapStatus } from "../shared/model.ts";
import {
  describeFailing,
  describeLink,
  describeLinkTraffic,
  describeTap,
  explainFailing,
  explainLink,
  passedByLine,
  sayTap,
  STATUS_WORDS,
  watchLine,
} from "../shared/tapText.ts";
import type { WaitingClient } from "../shared/security.ts";
import type { BridgeElement } from "./bridgeElement.ts";
import type { Bridges } from "./bridges.ts";
import { socksAddress } from "../shared/socks.ts";
import type { KeyStore } from "./keyStore.ts";
import { thisMachine } from "./machine.ts";
import { clientName } from "./tapKeys.ts";
import { failingId, tapsShape } from "./tapsShape.ts";
import type { Taps } from "./taps.ts";
import type { WebBridgeList } from "./webBridgeList.ts";
import type { WebBridges } from "./webBridges.ts";
import { t } from "../shared/l10n.ts";

/** A tree that is refreshed faster loses clicks (microsoft/vscode#153982). */
const REFRESH_INTERVAL_MS = 200;
/** Counts and rates alone change the tree only this often, since each refresh redraws all of it. */
const TRAFFIC_INTERVAL_MS = 1_000;

/**
 * An element is a name, not a state, so that VS Code keeps selection and expansion. Menus hand it to commands. With a link
 * it is that link, with the public key of a client that client, which waits, with `failing` a client whose handshakes
 * fail; else the tap.
 */
export type TapElement = {
  readonly tap: TapId;
  readonly link: number | null;
  readonly client: string | null;
  readonly failing?: string;
};

/** A web bridge. */
type WebBridgeElement = { readonly webBridge: string };
type Element = TapElement | BridgeElement | WebBridgeElement;
type ShownWebBridges = Pick<WebBridgeList<WebBridges>, "ids" | "item" | "onDidChange">;

const WARNING = new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
const ICONS: Readonly<Record<TapStatus, vscode.ThemeIcon>> = {
  starting: new vscode.ThemeIcon("loading~spin"),
  listening: new vscode.ThemeIcon("pass-filled", new vscode.ThemeColor("testing.iconPassed")),
  "server-down": WARNING,
  stopped: new vscode.ThemeIcon("circle-outline"),
  failed: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
};

/** The view Taps: taps, and below each the clients that wait and its links; then bridges with their legs and queues, and web bridges. */
export class TapTree implements vscode.TreeDataProvider<Element>, vscode.Disposable {
  readonly #taps: Taps;
  readonly #bridges: Bridges;
  readonly #keys: KeyStore;
  readonly #webBridges: ShownWebBridges;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  readonly onDidChangeTreeData = this.#changes.event;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the refresh under way has nothing but traffic to show. */
  #isTrafficOnly = false;
  #shape = "";
  #shownCount = -1;

  constructor(taps: Taps, bridges: Bridges, keys: KeyStore, webBridges: ShownWebBridges) {
    this.#taps = taps;
    this.#bridges = bridges;
    this.#keys = keys;
    this.#webBridges = webBridges;
    this.#own = vscode.Disposable.from(
      this.#changes,
      taps.onDidChange(() => this.#refreshSoon()),
      bridges.onDidChange(() => this.#refreshSoon()),
      webBridges.onDidChange(() => this.#refreshSoon()),
      keys.onDidChange(() => this.#changes.fire(undefined)),
      vscode.window.registerTreeDataProvider("zmqTap.taps", this),
    );
    this.#setCount();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#own.dispose();
  }

  getChildren(element?: Element): Element[] {
    if (element === undefined) {
      return [
        ...this.#tapsBehind(undefined),
        ...(this.#bridges.running?.children(null) ?? []),
        ...this.#webBridges.ids.map((id) => ({ webBridge: id })),
      ];
    }
    if ("webBridge" in element) return [];
    if ("bridge" in element) return [...(this.#bridges.running?.children(element) ?? [])];
    const { tap } = element;
    const isTap = element.link === null && element.client === null && element.failing === undefined;
    const state = isTap ? this.#state(element) : undefined;
    if (state === undefined) return [];
    return [
      ...this.#tapsBehind(tap),
      // The newest stand last, and are what the user has just seen fail.
      ...state.waiting.toReversed().map(({ client }) => ({ tap, link: null, client })),
      ...failingOf(state).map((client) => ({ tap, link: null, client: null, failing: failingId(client) })),
      ...state.links.map(({ link }) => ({ tap, link, client: null })),
    ];
  }

  getTreeItem(element: Element): vscode.TreeItem {
    if ("bridge" in element) return this.#bridges.running?.treeItem(element) ?? new vscode.TreeItem(t("removed"));
    if ("webBridge" in element) return this.#webBridges.item(element.webBridge);
    const tap = this.#state(element);
    if (tap === undefined) return new vscode.TreeItem(t("removed"));
    if (element.client !== null) {
      const waiting = tap.waiting.find(({ client }) => client === element.client);
      if (waiting === undefined) return new vscode.TreeItem(t("gone"));
      return waitingItem(tap, waiting, clientName(waiting.client, this.#keys.known));
    }
    if (element.failing !== undefined) {
      const client = tap.failing.find((one) => failingId(one) === element.failing);
      return client === undefined ? new vscode.TreeItem(t("gone")) : failingItem(tap, client);
    }
    if (element.link === null) return tapItem(tap);
    const link = tap.links.find((one) => one.link === element.link);
    return link === undefined ? new vscode.TreeItem(t("closed")) : linkItem(tap, link);
  }

  /** The taps of a SOCKS server's destinations; those that clients connect to themselves for `undefined`. */
  #tapsBehind(door: TapId | undefined): TapElement[] {
    const taps = this.#taps.list().filter(({ config }) => config.door === door);
    return taps.map(({ config }) => ({ tap: config.id, link: null, client: null }));
  }

  #state(element: TapElement): TapState | undefined {
    return this.#taps.list().find(({ config }) => config.id === element.tap);
  }

  #shapeNow(): string {
    const web = this.#webBridges.ids.map((id) => `${id} ${this.#webBridges.item(id).contextValue ?? ""}`);
    return tapsShape(this.#taps.list()) + (this.#bridges.running?.shape ?? "") + web.join();
  }

  #refreshSoon(): void {
    this.#setCount();
    const shape = this.#shapeNow();
    const isTrafficOnly = shape === this.#shape;
    if (this.#timer !== undefined && (isTrafficOnly || !this.#isTrafficOnly)) return;
    clearTimeout(this.#timer);
    this.#isTrafficOnly = isTrafficOnly;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#shape = this.#shapeNow();
        this.#changes.fire(undefined);
      },
      isTrafficOnly ? TRAFFIC_INTERVAL_MS : REFRESH_INTERVAL_MS,
    );
  }

  #setCount(): void {
    const count = this.#taps.list().length;
    if (count === this.#shownCount) return;
    this.#shownCount = count;
    void vscode.commands.executeCommand("setContext", "zmqTap.tapCount", count);
  }
}

/** Failing clients of a tap but for those that wait, which have rows of their own. */
function failingOf({ failing }: TapState): readonly FailingClient[] {
  return failing.filter(({ verdict }) => verdict.id !== "client-waiting");
}

/** How a tap looks in the tree. Its id is the tap's, so that VS Code keeps selection and expansion. */
export function tapItem(tap: TapState): vscode.TreeItem {
  // Expanded from the start: a state that comes with the first link would be ignored for a row that is there already.
  const item = new vscode.TreeItem(tap.config.name, vscode.TreeItemCollapsibleState.Expanded);
  item.id = tap.config.id;
  item.description = describeTap(tap);
  item.iconPath = ICONS[tap.status];
  if (tap.config.door !== undefined && tap.status === "listening") item.iconPath = new vscode.ThemeIcon("server");
  const isStopped = tap.status === "stopped" || tap.status === "failed";
  const isUncaptured = !isStopped && tap.config.isCaptured === false;
  if (isUncaptured && tap.status === "listening") item.iconPath = new vscode.ThemeIcon("eye-closed");
  const running = `${publisherPart(tap)}running${isUncaptured ? ".uncaptured" : ""}`;
  item.contextValue = `${kindOf(tap.config)}.${isStopped ? "stopped" : running}`;
  item.tooltip = [
    `${tap.config.name}: ${STATUS_WORDS[tap.status]}`,
    whereClientsConnect(tap),
    serverLine(tap.config),
    ...(tap.problem === null ? [] : [tap.problem]),
    ...(tap.passedBy === undefined || tap.config.door !== undefined ? [] : [passedByLine(tap.passedBy)]),
    ...(tap.watch === undefined ? [] : [watchLine(tap.watch)]),
    ...(tap.moreLinks > 0 ? [t("{0} older links are not shown", tap.moreLinks)] : []),
    whereLine(tap.listening || tap.config.listen, thisMachine()),
  ]
    .filter((line) => line !== "")
    .join("\n");
  item.accessibilityInformation = { label: sayTap(tap) };
  return item;
}

/** What menus tell taps apart by. */
function kindOf(config: TapConfig): "tap" | "standIn" | "socks" | "destination" {
  if (config.socks !== undefined) return "socks";
  if (config.door !== undefined) return "destination";
  return hasServer(config) ? "tap" : "standIn";
}

/** Whether menus offer to watch all topics, or to stop that. A tap that had no client yet may well have a publisher. */
function publisherPart({ config, links, watch }: TapState): string {
  if (watch !== undefined) return "watching.";
  const known = links.find(({ sockets }) => sockets.server !== null)?.sockets.server;
  const isPublisher = known === undefined ? config.standIn === undefined : known === "PUB" || known === "XPUB";
  return isPublisher && config.socks === undefined ? "publisher." : "";
}

function whereClientsConnect({ config, listening }: TapState): string {
  const endpoint = listening || config.listen;
  if (config.socks !== undefined) return t("Programs connect through the SOCKS server at {0}", socksAddress(endpoint));
  if (config.door !== undefined) return t("Programs come through the SOCKS server at {0}", socksAddress(endpoint));
  return t("Clients connect to {0}", clientEndpoint(config.server, endpoint));
}

/** Whether a program listens behind the tap, and not a socket of ours. */
function hasServer({ standIn }: TapConfig): boolean {
  return standIn === undefined || (standIn.kind === "signals" && standIn.connects);
}

function serverLine(config: TapConfig): string {
  if (config.socks !== undefined)
    return config.socks.allow.length === 0
      ? t("They may connect to everything")
      : t("They may connect to {0}", config.socks.allow.join(", "));
  if (hasServer(config)) return t("Server {0}", config.server);
  return config.standIn?.kind === "answers"
    ? t("ZMQ Tap answers in place of a server")
    : t("ZMQ Tap takes the signals");
}

/** How a client that the allow-list keeps out looks below its tap. */
export function waitingItem(
  tap: TapState,
  { client, address, attempts, isDenied }: WaitingClient,
  name: string,
): vscode.TreeItem {
  const item = new vscode.TreeItem(isDenied ? t("client {0} is denied", name) : t("client {0} waits", name));
  item.id = `${tap.config.id}/${client}`;
  item.description = [t(attempts === 1 ? "{0} attempt" : "{0} attempts", attempts), address]
    .filter((part) => part !== "")
    .join(" · ");
  item.iconPath = new vscode.ThemeIcon(isDenied ? "circle-slash" : "person-add");
  item.contextValue = isDenied ? "client.denied" : "client.waiting";
  item.tooltip = [
    t("Public key {0}", client),
    isDenied
      ? t("You denied it: at its next attempt it is told so, after which ZeroMQ gives up.")
      : t("It is not among the tap's allowed clients and keeps trying. Allow lets its next attempt in."),
  ].join("\n");
  return item;
}

/** How a link looks below its tap. */
export function linkItem(tap: TapState, link: LinkState): vscode.TreeItem {
  const item = new vscode.TreeItem(describeLink(link));
  item.id = `${tap.config.id}/${link.link}`;
  item.description = describeLinkTraffic(link);
  item.iconPath = linkIcon(link);
  item.contextValue = "link";
  item.tooltip = explainLink(link);
  return item;
}

function linkIcon({ handshake, verdict }: LinkState): vscode.ThemeIcon {
  if (handshake === "failed") return new vscode.ThemeIcon("debug-disconnect");
  return verdict === null ? new vscode.ThemeIcon("arrow-swap") : WARNING;
}

/** How a client whose handshakes fail looks below its tap. */
export function failingItem(tap: TapState, client: FailingClient): vscode.TreeItem {
  const item = new vscode.TreeItem(client.client);
  item.id = `${tap.config.id}/failing/${failingId(client)}`;
  item.description = describeFailing(client);
  item.iconPath = WARNING;
  item.contextValue = "failing";
  item.tooltip = explainFailing(client);
  return item;
}
