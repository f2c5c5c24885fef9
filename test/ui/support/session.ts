import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { pack } from "../../../scripts/tasks/pack.ts";
import { currentTarget } from "../../../scripts/tasks/zeromqNative.ts";
import { launchBrowser } from "../../../scripts/vscode/browser.ts";
import { installVsCode } from "../../../scripts/vscode/install.ts";
import { makeProfile, type Settings } from "../../../scripts/vscode/profile.ts";
import { installVsix, startServer } from "../../../scripts/vscode/server.ts";
import { THEMES, type ThemeName, Workbench } from "../../../scripts/vscode/workbench.ts";

/** A VS Code with the packed extension, as a person has it, in a browser. */
export type Session = {
  readonly workbench: Workbench;
  readonly page: Page;
  /** Takes one picture in each theme, into out/screenshots, and goes back to the first. */
  photograph(name: string, themes?: readonly ThemeName[]): Promise<void>;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly workspaceSettings?: Settings;
  readonly restricted?: boolean;
};

const FIRST_THEME: ThemeName = "dark";
const SIZE = { width: 1440, height: 900 };

/** Starts it all; the caller closes the session. `npm test` names the VSIX in ZMQ_TAP_VSIX, else it is built. */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const vsix = process.env["ZMQ_TAP_VSIX"] ?? (await pack(currentTarget())).file;
  const vsCode = await installVsCode("current", (line) => process.stdout.write(`${line}\n`));
  const restricted = options.restricted === true;
  const settings = (theme: ThemeName): Settings => ({
    "workbench.colorTheme": THEMES[theme].setting,
    "security.workspace.trust.enabled": restricted,
  });
  const profile = await makeProfile({
    userSettings: settings(FIRST_THEME),
    ...(options.workspaceSettings === undefined ? {} : { workspaceSettings: options.workspaceSettings }),
  });
  await installVsix(vsCode, profile, vsix);
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
    const workbench = await Workbench.open(page, server.urlOf(profile.workspace));
    return {
      workbench,
      page,
      photograph: async (name, themes = ["dark", "light", "high contrast"]) => {
        for (const theme of themes) {
          await profile.useSettings(settings(theme));
          await workbench.themeShown(theme);
          await workbench.screenshot(join("out", "screenshots", `${name}-${theme.replaceAll(" ", "-")}.png`));
        }
        await profile.useSettings(settings(FIRST_THEME));
        await workbench.themeShown(FIRST_THEME);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The page inside the side bar's message log, shown first. */
export async function sideBarLog({ workbench }: Session): Promise<FrameLocator> {
  await workbench.openContainer("ZMQ Tap");
  return workbench.webview('body[data-surface="messages"] .app');
}

/** The page inside the inspector panel, opened by its command. */
export async function inspector({ workbench }: Session): Promise<FrameLocator> {
  await workbench.run("ZMQ Tap: Open Inspector");
  return workbench.webview('body[data-surface="inspector"] .app');
}

/** Rows of a view's list that hold `text` in a cell, newest last. */
export function rows(view: FrameLocator, text: string | RegExp): Locator {
  return view.locator(".row:not([hidden]):not(.loading)", { hasText: text });
}

/** Keeps a picture of a session whose test failed. */
export async function keepEvidence({ page }: Session, name: string): Promise<void> {
  const file = join("out", "screenshots", `failed-${name}.png`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await page.screenshot());
}
