import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import type { TapConfig } from "../shared/model.ts";
import type { ConfiguredTap } from "../shared/settingsCheck.ts";
import { isSameSecurity } from "../shared/keys/securityNames.ts";
import { withCaptured } from "../shared/tapConfig.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import { reportWarning } from "./reportFailure.ts";
import { checkedSettings, readSettings } from "./settings.ts";
import type { TakeOverParts } from "./takeOver.ts";
import type { TapOwner, Taps } from "./taps.ts";

type StartupParts = TakeOverParts & { readonly log: vscode.LogOutputChannel };

/** How long a window that was reloaded waits for the old engine to let go of its ports. */
const OLD_ENGINE_TRIES = 5;
const OLD_ENGINE_WAIT_MS = 200;

/**
 * Starts the taps of the settings and those that ran when the window was reloaded, as soon as the workspace is trusted,
 * and follows changes of the settings. With no taps it does nothing and starts no engine. Where the engine of the window before
 * runs on, its taps go on instead.
 */
export function startWithWorkspace(parts: StartupParts): vscode.Disposable {
  const { engine, taps, log } = parts;
  // Read before the first change of `taps` overwrites it.
  const remembered = taps.remembered();
  let followed: readonly ConfiguredTap[] = [];
  // One after the other: a change must not remove what the one before it is about to start.
  let work = Promise.resolve();
  const queue = (job: () => Promise<void>): void => {
    work = work.then(job).catch((error: unknown) => log.error("Following the settings failed.", error));
  };
  const begin = (): void =>
    queue(async () => {
      const { settings, problems } = await checkedSettings();
      for (const problem of problems) reportWarning(log, problem);
      followed = settings.taps;
      const wanted = [...fromSettings(settings.taps, remembered), ...fromMemory(remembered)];
      if (await engine.adopt()) await (await import("./adoption.ts")).takeOver(parts, wanted, remembered);
      await startAll(parts, wanted);
    });
  if (vscode.workspace.isTrusted) begin();
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(begin),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration("zmqTap")) return;
      const isLimit = change.affectsConfiguration("zmqTap.capture") || change.affectsConfiguration("zmqTap.curve");
      if (isLimit && engine.isRunning) {
        engine
          .ask("engine/limit", readSettings().settings.limits)
          .catch((error: unknown) => log.error(toRefusal(error).message));
      }
      if (change.affectsConfiguration("zmqTap.engine") && engine.isRunning) {
        engine
          .ask("engine/linger", { ms: readSettings().settings.lingerMs })
          .catch((error: unknown) => log.error(toRefusal(error).message));
      }
      const isTaps = change.affectsConfiguration("zmqTap.taps") && vscode.workspace.isTrusted;
      queue(async () => {
        const { settings, problems } = await checkedSettings();
        for (const problem of problems) reportWarning(log, problem);
        if (!isTaps) return;
        const before = followed;
        followed = settings.taps;
        await followSettings(parts, before, settings.taps);
      });
    }),
  );
}

type Wanted = { readonly config: TapConfig; readonly owner: TapOwner };

function settingsId(tap: ConfiguredTap): string {
  return `settings:${tap.name}`;
}

function fromSettings(taps: readonly ConfiguredTap[], remembered: readonly TapConfig[]): readonly Wanted[] {
  return taps.map((tap) => {
    const id = settingsId(tap);
    const before = remembered.find((config) => config.id === id && config.server === tap.server);
    // A free port is looked for once; after that its clients expect the tap where it was.
    const isFree = /:(?:\*|0)$|^ipc:\/\/\*$/.test(tap.listen);
    const config = { id, ...tap, listen: isFree && before !== undefined ? before.listen : tap.listen };
    return { config: withCaptured(config, before?.isCaptured !== false), owner: "settings" };
  });
}

function fromMemory(remembered: readonly TapConfig[]): readonly Wanted[] {
  return remembered.filter(({ id }) => !id.startsWith("settings:")).map((config) => ({ config, owner: "user" }));
}

async function startAll({ taps, log }: StartupParts, wanted: readonly Wanted[]): Promise<void> {
  for (const { config, owner } of wanted) {
    if (taps.has(config.id)) continue;
    try {
      await startOne(taps, config, owner);
    } catch (error) {
      const { code, message } = toRefusal(error);
      reportWarning(log, t('The tap "{0}" did not start with the workspace. {1}', config.name, message), code);
    }
  }
}

async function startOne(taps: Taps, config: TapConfig, owner: TapOwner): Promise<void> {
  for (let left = OLD_ENGINE_TRIES; ; left--) {
    try {
      if (left === OLD_ENGINE_TRIES) await taps.start(config, { owner, keepFailed: true });
      // The user may have removed it meanwhile.
      else if (taps.has(config.id)) await taps.restart(config.id);
      return;
    } catch (error) {
      // After a reload the engine of the window before may hold the port for some milliseconds more.
      const mayPass = error instanceof UserError && error.code === "port-in-use" && left > 1;
      if (!mayPass) throw error;
      await new Promise((resolve) => setTimeout(resolve, OLD_ENGINE_WAIT_MS));
    }
  }
}

/** Makes the taps of the settings what the settings now say; taps of the user stay. */
async function followSettings(
  parts: StartupParts,
  before: readonly ConfiguredTap[],
  wanted: readonly ConfiguredTap[],
): Promise<void> {
  for (const old of before) {
    const same = wanted.find((tap) => tap.name === old.name);
    if (same?.server !== old.server || same.listen !== old.listen) await parts.taps.remove(settingsId(old));
    else {
      if (same.filter !== old.filter && parts.taps.has(settingsId(same)))
        parts.taps.setFilter(settingsId(same), same.filter);
      if (same.dialect !== old.dialect && parts.taps.has(settingsId(same)))
        parts.taps.setDialect(settingsId(same), same.dialect);
      if (!isSameSecurity(same.security, old.security)) await changeKeys(parts, same);
    }
  }
  await startAll(
    parts,
    wanted.map((tap) => ({ config: { id: settingsId(tap), ...tap }, owner: "settings" })),
  );
}

/** Links that are open keep their keys. */
async function changeKeys({ taps, log }: StartupParts, tap: ConfiguredTap): Promise<void> {
  const id = settingsId(tap);
  if (!taps.has(id)) return;
  try {
    await taps.secure(id, tap.security ?? null);
  } catch (error) {
    const { code, message } = toRefusal(error);
    reportWarning(log, t('The tap "{0}" keeps the keys that it had. {1}', tap.name, message), code);
  }
}
