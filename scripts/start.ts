import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startDemo, tapSettings } from "./tasks/demo.ts";
import { runScript } from "./tasks/entry.ts";
import { pack } from "./tasks/pack.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";
import { installVsCode } from "./vscode/install.ts";
import { makeProfile, type Profile } from "./vscode/profile.ts";
import { installVsix, startServer, stopChild } from "./vscode/server.ts";

const { values } = parseArgs({ options: { desktop: { type: "boolean", default: false } } });

const PARENT_POLL_MS = 500;

/** What was started, newest last; stopped in reverse order. */
const started: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (let stop = started.pop(); stop !== undefined; stop = started.pop()) await stop();
  })();
  return stopping;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    void stopAll().then(() => process.exit(0));
  });
}

// npm hands a SIGTERM to its shell, which dies without a word to this process.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
}, PARENT_POLL_MS).unref();

/** Shows a line of what is going on, and ends quietly when the user has asked for the end meanwhile. */
function say(line: string): void {
  if (stopping === undefined) console.log(line);
}

async function main(): Promise<void> {
  if (values.desktop && spawnSync("code", ["--version"], { shell: process.platform === "win32" }).status !== 0) {
    throw new Error("The command `code` was not found. Install VS Code, or run `npm start` without --desktop.");
  }
  const vsCode = values.desktop ? undefined : await installVsCode("current", say);
  say("building ZMQ Tap…");
  const { file } = await pack(currentTarget());
  say("starting the demo peers…");
  const demo = await startDemo();
  started.push(() => demo.stop());
  const profile = await makeProfile({ workspaceSettings: tapSettings(demo.taps) });
  started.push(() => profile.remove());
  for (const { name, server, listen } of demo.taps) say(`  tap "${name}": ${listen} → ${server}`);
  if (vsCode === undefined) {
    await openDesktop(profile, file);
    return;
  }
  say("starting VS Code…");
  await installVsix(vsCode, profile, file);
  const server = await startServer(vsCode, profile);
  started.push(() => server.stop());
  say(`\nOpen ${server.urlOf(profile.workspace)}`);
  say("The messages are under ZMQ Tap's icon, the last one on the left.\n\nCtrl-C stops everything.");
}

/** Opens the desktop VS Code in the throwaway profile; what was started ends with its window. */
async function openDesktop(profile: Profile, vsix: string): Promise<void> {
  const args = ["--user-data-dir", profile.userData, "--extensions-dir", profile.extensions];
  const options = { stdio: "inherit", shell: process.platform === "win32" } as const;
  if (spawnSync("code", [...args, "--install-extension", resolve(vsix)], options).status !== 0) {
    throw new Error(`\`code --install-extension ${vsix}\` failed.`);
  }
  const code = spawn(
    "code",
    [...args, "--disable-workspace-trust", "--wait", "--new-window", join(profile.workspace)],
    options,
  );
  started.push(() => stopChild(code));
  say("VS Code is open. Ctrl-C stops everything.");
  await once(code, "exit");
  await stopAll();
}

await runScript(async () => {
  try {
    await main();
  } catch (error) {
    // A signal ends what main() is waiting for; that is no failure.
    const isEnding = stopping !== undefined;
    await stopAll();
    if (!isEnding) throw error;
  }
});
