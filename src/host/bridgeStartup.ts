import * as vscode from "vscode";
import type { BridgeConfig, BridgeLeg } from "../shared/bridges.ts";
import { checkBridges, isOfSettings } from "../shared/bridgeSettings.ts";
import { t } from "../shared/l10n.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";
import { reportWarning } from "./reportFailure.ts";
import type { BridgeOwner, RunningBridges } from "./runningBridges.ts";

type BridgeStartupParts = {
  readonly engine: Engine;
  readonly bridges: RunningBridges;
  readonly log: vscode.LogOutputChannel;
};

/** How long a window that was reloaded waits for the old engine to let go of ports and queues. */
const OLD_ENGINE_TRIES = 15;
const OLD_ENGINE_WAIT_MS = 200;
/** What passes when that engine has ended: its ports, and its lock on a queue. */
const PASSING: readonly string[] = ["bridge-cannot-bind", "queue-in-use"];

/**
 * Starts the bridges of the settings and those that ran when the window was reloaded, as soon as the workspace is trusted,
 * and follows changes of the settings. What is wrong there is told.
 */
export function startBridgesWithWorkspace(parts: BridgeStartupParts): vscode.Disposable {
  const { engine, bridges, log } = parts;
  // Read before the first change of `bridges` overwrites it.
  const remembered = bridges.remembered();
  let followed: readonly BridgeConfig[] = [];
  let work = Promise.resolve();
  const queue = (job: () => Promise<void>): void => {
    work = work.then(job).catch((error: unknown) => log.error("Following the settings failed.", error));
  };
  const read = (): readonly BridgeConfig[] => {
    const { bridges: wanted, problems } = checkBridges(vscode.workspace.getConfiguration("zmqTap").get("bridges"));
    for (const problem of problems) reportWarning(log, problem);
    return wanted;
  };
  const begin = (): void =>
    queue(async () => {
      followed = read();
      const ofSettings = followed.map((config) => onKnownPorts(config, remembered));
      const ofUser = remembered.filter(({ id }) => !isOfSettings(id));
      if (await engine.adopt()) {
        const owned = (owner: BridgeOwner) => (config: BridgeConfig) => ({ config, owner });
        await bridges.adopt([...ofSettings.map(owned("settings")), ...ofUser.map(owned("user"))], remembered);
      }
      await startAll(parts, ofSettings, "settings");
      await startAll(parts, ofUser, "user");
    });
  if (vscode.workspace.isTrusted) begin();
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(begin),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration("zmqTap.bridges") || !vscode.workspace.isTrusted) return;
      queue(async () => {
        const before = followed;
        followed = read();
        const isSame = (one: BridgeConfig): boolean =>
          followed.some((config) => JSON.stringify(config) === JSON.stringify(one));
        for (const old of before) if (!isSame(old)) await bridges.remove(old.id);
        await startAll(parts, followed, "settings");
      });
    }),
  );
}

async function startAll(
  { bridges, log }: BridgeStartupParts,
  wanted: readonly BridgeConfig[],
  owner: BridgeOwner,
): Promise<void> {
  for (const config of wanted) {
    if (bridges.has(config.id)) continue;
    try {
      await startOne(bridges, config, owner);
    } catch (error) {
      const { code, message } = toRefusal(error);
      reportWarning(log, t('The bridge "{0}" did not start with the workspace. {1}', config.name, message), code);
    }
  }
}

async function startOne(bridges: RunningBridges, config: BridgeConfig, owner: BridgeOwner): Promise<void> {
  for (let left = OLD_ENGINE_TRIES; ; left--) {
    try {
      if (left === OLD_ENGINE_TRIES) await bridges.start(config, { owner, keepFailed: true });
      // The user may have removed it meanwhile.
      else if (bridges.has(config.id)) await bridges.restart(config.id);
      return;
    } catch (error) {
      const mayPass = error instanceof UserError && PASSING.includes(error.code) && left > 1;
      if (!mayPass) throw error;
      await new Promise((resolve) => setTimeout(resolve, OLD_ENGINE_WAIT_MS));
    }
  }
}

/** A free port is looked for once; after that whoever connects expects the bridge where it was. */
function onKnownPorts(config: BridgeConfig, remembered: readonly BridgeConfig[]): BridgeConfig {
  const before = remembered.find(({ id }) => id === config.id);
  if (before === undefined) return config;
  const leg = (name: "in" | "out"): BridgeLeg => {
    const { attach, endpoints } = config[name];
    const known = before[name].endpoints;
    if (attach !== "bind" || before[name].attach !== "bind" || known.length !== endpoints.length) return config[name];
    const isFree = ({ endpoint }: { readonly endpoint: string }): boolean => /:(?:[*]|0)$|^ipc:\/\/[*]$/.test(endpoint);
    return { ...config[name], endpoints: endpoints.map((one, index) => (isFree(one) ? known[index]! : one)) };
  };
  return { ...config, in: leg("in"), out: leg("out") };
}
