import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launchBrowser } from "./vscode/browser.ts";
import { installVsCode, type VsCode } from "./vscode/install.ts";
import { makeProfile, type Profile } from "./vscode/profile.ts";
import { installVsix, startServer } from "./vscode/server.ts";
import { Workbench } from "./vscode/workbench.ts";
import { runScript } from "./tasks/entry.ts";
import { pack } from "./tasks/pack.ts";
import { currentTarget } from "./tasks/zeromqNative.ts";

const STARTS = 5;

type Activation = {
  /** Loading of our code and `activate()`, by the clock of the extension host. */
  readonly ownMs: number;
  /** CPU time of the same in its thread, which does not grow with what else the machine does. */
  readonly cpuMs: number;
  /** What *Running Extensions* shows: the same, and whatever else the extension host did in between. */
  readonly shownMs: number;
};

/**
 * Packs the extension, starts a window with it five times, and prints one JSON line: the VSIX's size and how long the
 * activations took. For `npm run bench`.
 */
async function main(): Promise<void> {
  const vsCode = await installVsCode("current", (line) => void process.stderr.write(`${line}\n`));
  const { file, sizeBytes } = await pack(currentTarget());
  const activations: Activation[] = [];
  for (let start = 0; start < STARTS; start++) activations.push(await activateOnce(vsCode, file));
  const activationMs = activations.map(({ ownMs }) => ownMs);
  const cpuMs = activations.map((activation) => activation.cpuMs);
  const shownMs = activations.map((activation) => activation.shownMs);
  process.stdout.write(`${JSON.stringify({ vsixBytes: sizeBytes, activationMs, cpuMs, shownMs })}\n`);
}

async function activateOnce(vsCode: VsCode, vsix: string): Promise<Activation> {
  const profile = await makeProfile();
  try {
    await installVsix(vsCode, profile, vsix);
    const times = await timeInstalled(profile);
    const server = await startServer(vsCode, profile);
    const browser = await launchBrowser(profile);
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const workbench = await Workbench.open(page, server.urlOf(profile.workspace));
      await workbench.run("Developer: Show Running Extensions");
      const row = page.locator(".runtime-extensions-editor .extension", { hasText: "ZMQ Tap" });
      const shown = row.locator(".activation-time", { hasText: /\d+\s*ms/ });
      await shown.waitFor();
      const shownMs = Number(/(\d+)\s*ms/.exec((await shown.textContent()) ?? "")?.[1]);
      const [ownMs, cpuMs] = JSON.parse(await readFile(times, "utf8")) as [number, number];
      return { ownMs, cpuMs, shownMs };
    } finally {
      await browser.close();
      await server.stop();
    }
  } finally {
    await profile.remove();
  }
}

/**
 * Makes the installed copy of the extension write how long it took to load and to activate; returns the file it writes. The
 * time includes reading and compiling its code, as far as that is done before it runs.
 */
async function timeInstalled(profile: Profile): Promise<string> {
  const folders = await readdir(profile.extensions);
  const folder = folders.find((name) => name.startsWith("zmq-tap."));
  if (folder === undefined) throw new Error(`The VSIX was not installed into ${profile.extensions}.`);
  const dist = join(profile.extensions, folder, "dist");
  const times = join(profile.folder, "activation.txt");
  await rename(join(dist, "extension.cjs"), join(dist, "timed.cjs"));
  const timing = `
    const now = () => {
      const { user, system } = process.threadCpuUsage();
      return [performance.now(), (user + system) / 1000];
    };
    const since = (before) => now().map((ms, i) => ms - before[i]);
    const loadingFrom = now();
    const own = require("./timed.cjs");
    const loaded = since(loadingFrom);
    const activate = (context) => {
      const from = now();
      const api = own.activate(context);
      const times = since(from).map((ms, i) => Math.round(10 * (ms + loaded[i])) / 10);
      require("node:fs").writeFileSync(${JSON.stringify(times)}, JSON.stringify(times));
      return api;
    };
    module.exports = { ...own, activate };
  `;
  await writeFile(join(dist, "extension.cjs"), timing);
  return times;
}

await runScript(main);
