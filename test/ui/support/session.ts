import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { freePort } from "../../../scripts/tasks/freePort.ts";
import { pack } from "../../../scripts/tasks/pack.ts";
import { currentTarget } from "../../../scripts/tasks/zeromqNative.ts";
import { launchBrowser } from "../../../scripts/vscode/browser.ts";
import { installVsCode } from "../../../scripts/vscode/install.ts";
import { makeProfile, type Settings } from "../../../scripts/vscode/profile.ts";
import { installVsix, startServer } from "../../../scripts/vscode/server.ts";
import { type ThemeName, Workbench } from "../../../scripts/vscode/workbench.ts";
import { type EchoServer, startEchoServer } from "./peers.ts";

const FILTER_TRIES = 200;
const FILTER_PAUSE_MS = 50;

/** A VS Code with the packed extension, as a person has it, in a browser. */
export type Session = {
  readonly workbench: Workbench;
  readonly page: Page;
  /** Folder that is opened. */
  readonly workspace: string;
  /** Folder that all of this VS Code lies in: its state and logs, its extensions, the workspace. */
  readonly folder: string;
  /**
   * Takes one picture in each theme (dark and light unless told), into out/screenshots, and goes back to the dark one.
   * `prepare` runs before each picture, as a change of themes closes what is open.
   */
  photograph(name: string, themes?: readonly ThemeName[], prepare?: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly workspaceSettings?: Settings;
  readonly restricted?: boolean;
  /** The display language, such as `de`. VS Code's own texts stay English, as their language pack is not there. */
  readonly language?: string;
  /** Files of the workspace, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** VSIX files of other extensions. */
  readonly extensions?: readonly string[];
};

const SIZE = { width: 1440, height: 900 };

/** Starts it all; the caller closes the session. `npm test` names the VSIX in ZMQ_TAP_VSIX, else it is built. */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const vsix = process.env["ZMQ_TAP_VSIX"] ?? (await pack(currentTarget())).file;
  const vsCode = await installVsCode("current", (line) => process.stdout.write(`${line}\n`));
  const restricted = options.restricted === true;
  const profile = await makeProfile({
    userSettings: { "workbench.colorTheme": "Dark Modern", "security.workspace.trust.enabled": restricted },
    ...(options.workspaceSettings === undefined ? {} : { workspaceSettings: options.workspaceSettings }),
  });
  for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(profile.workspace, name), text);
  for (const extension of [vsix, ...(options.extensions ?? [])]) await installVsix(vsCode, profile, extension);
  const server = await startServer(vsCode, profile, { restricted });
  const browser = await launchBrowser(profile);
  const close = async (): Promise<void> => {
    await browser.close();
    await server.stop();
    await profile.remove();
  };
  try {
    const context = await browser.newContext({ viewport: SIZE, permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    if (options.language !== undefined) await page.addInitScript(setDisplayLanguage, options.language);
    const workbench = await Workbench.open(page, server.urlOf(profile.workspace));
    return {
      workbench,
      page,
      workspace: profile.workspace,
      folder: profile.folder,
      photograph: async (name, themes = ["dark", "light"], prepare) => {
        let shown: ThemeName = "dark";
        for (const theme of themes) {
          if (theme !== shown) await workbench.useTheme(theme);
          shown = theme;
          await prepare?.();
          await workbench.screenshot(join("out", "screenshots", `${name}-${theme.replaceAll(" ", "-")}.png`));
        }
        if (shown !== "dark") await workbench.useTheme("dark");
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs in the page, before VS Code: what a language pack would say of itself. */
function setDisplayLanguage(language: string): void {
  Object.defineProperty(globalThis, "_VSCODE_NLS_LANGUAGE", { get: () => language, set: () => undefined });
}

/** The page inside the side bar's message log, shown first. */
export async function sideBarLog({ workbench }: Session): Promise<FrameLocator> {
  await workbench.openContainer("ZMQ Tap");
  return workbench.webview('body[data-surface="messages"] .app');
}

/** The page inside the inspector panel, opened by its command. */
export async function inspector({ workbench }: Session): Promise<FrameLocator> {
  await workbench.run("ZMQ Tap: Open Inspector");
  return workbench.webview('body[data-surface="inspector"] .app:not(:has(#file-line))');
}

/** Waits until the filter of a view reads like this, or is exactly this text. */
export async function filterReads(panel: FrameLocator, expected: string | RegExp): Promise<void> {
  const text = (): Promise<string> => panel.locator("#filter").inputValue();
  const isIt = (read: string): boolean => (typeof expected === "string" ? read === expected : expected.test(read));
  for (let i = 0; !isIt(await text()); i++) {
    assert.ok(i < FILTER_TRIES, `the filter reads ${await text()}, not ${String(expected)}`);
    await setTimeout(FILTER_PAUSE_MS);
  }
}

/**
 * Empties the filter of a view. Due after a reload of the window too: VS Code writes the state of views in its own time, so
 * that a browser may bring back the filter of a minute ago.
 */
export async function emptyFilter(panel: FrameLocator): Promise<void> {
  await panel.locator("#filter").fill("");
  await panel.locator("#filter").press("Enter");
}

/** A session in whose workspace settings a tap named "echo" stands in front of an echo server, waiting for clients. */
export type EchoSession = {
  readonly session: Session;
  readonly server: EchoServer;
  /** Where the tap listens. */
  readonly listen: string;
  readonly log: FrameLocator;
  close(): Promise<void>;
};

/** `filesFor` says which files the workspace has, for the endpoint of the server. */
export async function openEchoSession(filesFor?: (endpoint: string) => SessionOptions["files"]): Promise<EchoSession> {
  const server = await startEchoServer();
  const listen = `tcp://127.0.0.1:${await freePort()}`;
  const files = filesFor?.(server.endpoint);
  const session = await openSession({
    workspaceSettings: { "zmqTap.taps": [{ name: "echo", server: server.endpoint, listen }] },
    ...(files === undefined ? {} : { files }),
  });
  const log = await sideBarLog(session);
  await log.locator("#empty-no-rows", { hasText: listen }).waitFor();
  const close = async (): Promise<void> => {
    await session.close();
    server.close();
  };
  return { session, server, listen, log, close };
}

/** Rows of a view's list that hold `text` in a cell, newest last. */
export function rows(view: FrameLocator, text: string | RegExp): Locator {
  return view.locator(".row:not([hidden]):not(.loading)", { hasText: text });
}

/** What a hook learns of the test that has just ended, which the types of Node 22 do not know. */
type Ended = { readonly name: string; readonly passed: boolean };

/** Keeps a picture of the window when a test has failed. `context` is what `afterEach` gets. */
export async function keepEvidence({ workbench }: Session, context: unknown): Promise<void> {
  const { name, passed } = context as Ended;
  const file = `failed-${name.replaceAll(/\W+/g, "-").slice(0, 60)}.png`;
  if (!passed) await workbench.screenshot(join("out", "screenshots", file));
}
