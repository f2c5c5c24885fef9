import * as vscode from "vscode";
import { type BridgeConfig, type BridgeState, readBridge } from "../shared/bridges.ts";
import { describeBridge, shortLegs, endpointsOf, suggestBridgeName } from "../shared/bridgeText.ts";
import { t } from "../shared/l10n.ts";
import { UserError } from "../shared/userError.ts";
import { askBridge } from "./askBridge.ts";
import { isAgreed } from "./asking.ts";
import type { CommandArguments } from "./commandArguments.ts";
import { copyEndpointText } from "./machine.ts";
import type { Services } from "./services.ts";
import { chooseTap } from "./tapCommands.ts";
import { requireTrust } from "./trust.ts";
import { webBridgeOf } from "./webBridgeCommands.ts";

/** Starts a bridge and answers with it; `undefined` when the user leaves the questions. */
export async function startBridge(services: Services, args: CommandArguments): Promise<BridgeState | undefined> {
  requireTrust(t("Start Bridge"));
  if (args.config === undefined && args.quiet === true) {
    throw new UserError(
      "argument-missing",
      'No bridge was given. Call the command with {"config": {"kind": "rep-req", "in": "tcp://127.0.0.1:*", "out": "tcp://127.0.0.1:5556"}}.',
    );
  }
  const config = args.config === undefined ? await askBridge(services) : givenBridge(services, args);
  if (config === undefined) return undefined;
  const confirmed = args.confirmed === true;
  const running = await services.bridges.load();
  const bridge = await running.start(config, { owner: "user", keepFailed: false, confirmed });
  if (args.quiet !== true) void sayWhereToConnect(bridge);
  return bridge;
}

export async function stopBridge(services: Services, args: CommandArguments): Promise<BridgeState | undefined> {
  const bridge = await chooseBridge(services, args, t("Stop which bridge?"), (state) => !isIdle(state));
  return bridge && (await services.bridges.load()).stop(bridge.config.id);
}

export async function restartBridge(services: Services, args: CommandArguments): Promise<BridgeState | undefined> {
  requireTrust(t("Start Bridge Again"));
  const bridge = await chooseBridge(services, args, t("Start which bridge?"), isIdle);
  return bridge && (await services.bridges.load()).restart(bridge.config.id);
}

/** Removes a bridge, and what its queue has on disk, once that is agreed to. Answers whether it was removed. */
export async function removeBridge(services: Services, args: CommandArguments): Promise<boolean> {
  const bridge = await chooseBridge(services, args, t("Remove which bridge?"));
  if (bridge === undefined) return false;
  const { id, name } = bridge.config;
  const bridges = await services.bridges.load();
  const isKept = await bridges.hasKept(id);
  const isWanted =
    !isKept ||
    (await isAgreed(args, {
      message: t('Remove the bridge "{0}" and the messages in its queue?', name),
      detail: t("They are on disk, were not delivered yet, and would be lost. Stop the bridge instead to keep them."),
      button: t("Remove"),
    }));
  if (!isWanted) return false;
  await bridges.remove(id);
  // What came in the last moment, before anybody could be asked, stays where it is.
  if (isKept || !(await bridges.hasKept(id))) await bridges.discardKept(id);
  return true;
}

/** Copies an endpoint of the leg that was given, else the first that others connect to. */
export async function copyBridgeEndpoint(services: Services, args: CommandArguments): Promise<string | undefined> {
  const bridge = await chooseBridge(services, args, t("Copy the endpoint of which bridge?"));
  if (bridge === undefined) return undefined;
  const bound = (["in", "out"] as const).find((leg) => bridge.config[leg].attach === "bind");
  const leg = args.part === "in" || args.part === "out" ? args.part : (bound ?? "in");
  const endpoint = endpointsOf(bridge, leg)[0]!;
  await copyEndpointText(endpoint);
  return endpoint;
}

/** Shows only the messages of a tap or bridge in the log. Answers with the filter. */
export async function showMessages(services: Services, args: CommandArguments): Promise<string | undefined> {
  if (args.webBridge !== undefined) return showMessagesOf(services, webBridgeOf(services, args.webBridge).name);
  const question = t("Show the messages of which one?");
  const [taps, bridges] = [services.taps.list(), services.bridges.list()];
  if (args.bridge === undefined && args.tap === undefined && taps.length > 0 && bridges.length > 0) {
    if (args.quiet === true) {
      throw new UserError("which-tap", 'There are several. Call the command with {"tap": "its name"} or "bridge".');
    }
    const choices = [
      ...taps.map(({ config }) => ({ label: config.name, description: config.server })),
      ...bridges.map((bridge) => ({ label: bridge.config.name, description: describeBridge(bridge) })),
    ];
    const chosen = await vscode.window.showQuickPick(choices, { placeHolder: question });
    return chosen && showMessagesOf(services, chosen.label);
  }
  const isBridge = args.bridge !== undefined || (args.tap === undefined && taps.length === 0);
  const shown = await (isBridge ? chooseBridge(services, args, question) : chooseTap(services, args, question));
  return shown && showMessagesOf(services, shown.config.name);
}

async function showMessagesOf(services: Services, name: string): Promise<string> {
  const { filterByThis } = await import("../shared/filterText.ts");
  const text = filterByThis("", "tap", name, true);
  await services.messagesView.tell({ kind: "filter/set", text });
  return text;
}

function givenBridge({ bridges }: Services, { config = {} }: CommandArguments): BridgeConfig {
  const named = { name: "new", ...config };
  const read = readBridge(named, crypto.randomUUID());
  if ("problem" in read) throw new UserError("bad-bridge", `The bridge "${shortName(named.name)}" ${read.problem}`);
  if (config["name"] !== undefined) return read;
  const taken = bridges.list().map(({ config: { name } }) => name);
  return { ...read, name: suggestBridgeName(read.kind, read.in.endpoints[0]!.endpoint, taken) };
}

function shortName(name: unknown): string {
  return typeof name === "string" ? name.slice(0, 80) : "new";
}

/** Not waited for: the bridge runs, and where to connect can be read later. */
async function sayWhereToConnect(bridge: BridgeState): Promise<void> {
  const { name } = bridge.config;
  const copy = t("Copy Endpoint");
  const said = t('The bridge "{0}" runs: {1}.', name, shortLegs(bridge));
  if ((await vscode.window.showInformationMessage(said, copy)) === copy)
    await vscode.commands.executeCommand("zmqTap.copyEndpoint", { bridge: bridge.config.id });
}

function isIdle({ status }: BridgeState): boolean {
  return status === "stopped" || status === "failed";
}

/** The bridge that was given, the only one there is, or the one the user picks. */
async function chooseBridge(
  { bridges }: Services,
  args: CommandArguments,
  question: string,
  isFit: (bridge: BridgeState) => boolean = () => true,
): Promise<BridgeState | undefined> {
  if (args.bridge !== undefined) return (await bridges.load()).find(args.bridge);
  const fit = bridges.list().filter(isFit);
  if (fit.length === 0) throw new UserError("no-bridge", t("There is no bridge for this. Start one first."));
  if (fit.length === 1) return fit[0];
  if (args.quiet === true)
    throw new UserError("which-bridge", 'There are several bridges. Call the command with {"bridge": "its name"}.');
  const choices = fit.map((bridge) => ({ label: bridge.config.name, description: describeBridge(bridge), bridge }));
  return (await vscode.window.showQuickPick(choices, { placeHolder: question }))?.bridge;
}
