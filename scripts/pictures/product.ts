import type { FrameLocator, Locator, Page } from "playwright-core";
import { pack } from "../tasks/pack.ts";
import { currentTarget } from "../tasks/zeromqNative.ts";
import { launchBrowser } from "../vscode/browser.ts";
import { installVsCode } from "../vscode/install.ts";
import { makeProfile } from "../vscode/profile.ts";
import { installVsix, startServer } from "../vscode/server.ts";
import { Workbench } from "../vscode/workbench.ts";

/** The packed extension in a real VS Code, in a window of that size. The caller closes it. */
export type Product = { readonly workbench: Workbench; readonly page: Page; close(): Promise<void> };

export async function openProduct(vsix: string, size: { width: number; height: number }): Promise<Product> {
  const vsCode = await installVsCode("current", (line) => console.log(line));
  const profile = await makeProfile({ userSettings: { "workbench.colorTheme": "Dark Modern" } });
  await installVsix(vsCode, profile, vsix);
  const server = await startServer(vsCode, profile);
  const browser = await launchBrowser(profile);
  const close = async (): Promise<void> => {
    await browser.close();
    await server.stop();
    await profile.remove();
  };
  try {
    const page = await browser.newPage({ viewport: size });
    const workbench = await Workbench.open(page, server.urlOf(profile.workspace));
    return { workbench, page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The VSIX that is photographed: the one that ZMQ_TAP_VSIX names, else a fresh one. */
export async function vsixOfTheDay(): Promise<string> {
  return process.env["ZMQ_TAP_VSIX"] ?? (await pack(currentTarget())).file;
}

export function sideBarLog({ workbench }: Product): Promise<FrameLocator> {
  return workbench.webview('body[data-surface="messages"] .app');
}

export async function inspector({ workbench }: Product): Promise<FrameLocator> {
  await workbench.run("ZMQ Tap: Open Inspector");
  return workbench.webview('body[data-surface="inspector"] .app:not(:has(#file-line))');
}

/** Rows of a log that hold a text, newest last. */
export function rows(view: FrameLocator, text: string | RegExp): Locator {
  return view.locator(".row:not([hidden]):not(.loading)", { hasText: text });
}

/** Pages of the list that are looked through for a row. */
const PAGES = 8;

/** Chooses a row that holds a text. The list follows the newest message until any row is chosen, so it takes two clicks. */
export async function choose(view: FrameLocator, text: string | RegExp): Promise<Locator> {
  await rows(view, /./).nth(2).click();
  const row = rows(view, text).first();
  for (let page = 0; page < PAGES && (await row.count()) === 0; page++) {
    await view.locator(".row.active").first().press("PageUp");
    await view.locator("#detail-title").waitFor();
  }
  await row.click();
  await view.locator("#detail-title").waitFor();
  return row;
}

/** Empties the filter of a view. */
export async function showAll(view: FrameLocator): Promise<void> {
  await view.locator("#filter").fill("");
  await view.locator("#filter").press("Enter");
  await view.locator("#filter-progress", { hasText: /^\s*$/ }).waitFor({ state: "attached" });
  await rows(view, /./).first().waitFor();
}

/** Shows a tab of the inspector. */
export async function showTab(panel: FrameLocator, tab: string): Promise<void> {
  await panel.locator(`#tab-${tab}`).click();
  await panel.locator(`#tab-${tab}[aria-selected="true"]`).waitFor();
}
