import { join } from "node:path";
import process from "node:process";
import type { Browser, Frame, Page } from "playwright-core";
import { pack } from "../scripts/tasks/pack.ts";
import { currentTarget } from "../scripts/tasks/zeromqNative.ts";
import { launchBrowser } from "../scripts/vscode/browser.ts";
import { installVsCode } from "../scripts/vscode/install.ts";
import { makeProfile, type Settings } from "../scripts/vscode/profile.ts";
import { installVsix, startServer } from "../scripts/vscode/server.ts";
import { Workbench } from "../scripts/vscode/workbench.ts";
import { descendants } from "./machine.ts";

/** An empty log tells of so many taps. */
const TOLD_TAPS = 4;
/** Longest wait for the taps to listen. */
const START_TIMEOUT_MS = 120_000;
const SIZE = { width: 1440, height: 900 };

export type EditorTap = { readonly name: string; readonly server: string; readonly listen: string };

/** Processes of a window with the extension. */
export type EditorProcesses = {
  /** The extension host. */
  readonly host: number;
  readonly engine: number;
  /** The browser's process that draws the window. */
  readonly renderer: number;
};

/** A real VS Code with the packed extension in a real browser, its inspector open. */
export type Editor = {
  readonly browser: Browser;
  readonly page: Page;
  readonly workbench: Workbench;
  /** The inspector's page. */
  readonly inspector: Frame;
  readonly pids: EditorProcesses;
  close(): Promise<void>;
};

/** Packs the extension as it is, and starts a window with these taps in its settings. The first of them listen when it resolves. */
export async function openEditor(taps: readonly EditorTap[], settings: Settings = {}): Promise<Editor> {
  const vsCode = await installVsCode("current", (line) => void process.stderr.write(`${line}\n`));
  const { file } = await pack(currentTarget());
  const profile = await makeProfile({ workspaceSettings: { ...settings, "zmqTap.taps": taps } });
  const closing: (() => Promise<void>)[] = [() => profile.remove()];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    await installVsix(vsCode, profile, file);
    const server = await startServer(vsCode, profile);
    closing.push(() => server.stop());
    const browser = await launchBrowser(profile);
    closing.push(() => browser.close());
    const page = await browser.newPage({ viewport: SIZE });
    const workbench = await Workbench.open(page, server.urlOf(profile.workspace));
    // Its commands are in the palette once its icon is there.
    await page.locator('.part.activitybar .action-label[aria-label^="ZMQ Tap"]').waitFor();
    await workbench.run("ZMQ Tap: Open Inspector");
    const view = await workbench.webview('body[data-surface="inspector"] .app');
    for (const { listen } of taps.slice(0, TOLD_TAPS)) {
      const told = view.locator("#empty-no-rows", { hasText: listen });
      await told.waitFor({ timeout: START_TIMEOUT_MS });
    }
    const body = await view.locator("body").elementHandle();
    const inspector = (await body.ownerFrame())!;
    const host = descendants(server.pid).find(({ command }) => command.includes("--type=extensionHost"));
    if (host === undefined) throw new Error("VS Code's server has no extension host.");
    const engine = descendants(host.pid).find(({ command }) => command.includes(join("dist", "engine.cjs")));
    if (engine === undefined) throw new Error("The extension host has started no engine.");
    const pids = { host: host.pid, engine: engine.pid, renderer: await busiestRenderer(browser) };
    return { browser, page, workbench, inspector, pids, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The renderer that has worked most so far, which is that of the only window. */
async function busiestRenderer(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer").sort((a, b) => b.cpuTime - a.cpuTime);
  if (renderers[0] === undefined) throw new Error("The browser has no renderer.");
  return renderers[0].id;
}
