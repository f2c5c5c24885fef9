import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Folders of one throwaway VS Code, all below `folder`. */
export type Profile = {
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
  readonly home: string;
  readonly workspace: string;
  remove(): Promise<void>;
};

export type Settings = Readonly<Record<string, unknown>>;

export type ProfileOptions = {
  /** On top of what keeps VS Code quiet. */
  readonly userSettings?: Settings;
  readonly workspaceSettings?: Settings;
};

/** Nothing is fetched, nothing pops up, nothing changes by itself. */
const QUIET_SETTINGS: Settings = {
  "telemetry.telemetryLevel": "off",
  "workbench.enableExperiments": false,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "update.mode": "none",
  "chat.disableAIFeatures": true,
  "git.enabled": false,
  "window.commandCenter": false,
  "window.autoDetectColorScheme": false,
  "files.hotExit": "off",
  "remote.autoForwardPorts": false,
};

/** Makes the folders in the system's temporary folder. The caller removes them. */
export async function makeProfile(options: ProfileOptions = {}): Promise<Profile> {
  // Short, since unix sockets lie in it, whose paths may have 107 octets.
  const folder = await mkdtemp(join(tmpdir(), "zt-"));
  const profile: Profile = {
    folder,
    userData: join(folder, "user"),
    extensions: join(folder, "ext"),
    home: join(folder, "home"),
    workspace: join(folder, "workspace"),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  const userSettings = join(profile.userData, "User");
  const workspaceSettings = join(profile.workspace, ".vscode");
  for (const path of [userSettings, workspaceSettings, profile.extensions, profile.home]) {
    await mkdir(path, { recursive: true });
  }
  await writeSettings(userSettings, { ...QUIET_SETTINGS, ...options.userSettings });
  if (options.workspaceSettings !== undefined) await writeSettings(workspaceSettings, options.workspaceSettings);
  return profile;
}

function writeSettings(folder: string, settings: Settings): Promise<void> {
  return writeFile(join(folder, "settings.json"), JSON.stringify(settings, null, 2));
}
