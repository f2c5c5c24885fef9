import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";

/** VS Code's own themes: what they are called in the list of themes, and the class of a workbench that shows one. */
const THEMES = {
  dark: { label: "Dark Modern", className: "vs-dark" },
  light: { label: "Light Modern", className: "vs" },
  "high contrast": { label: "Dark High Contrast", className: "hc-black" },
  "high contrast light": { label: "Light High Contrast", className: "hc-light" },
} as const;

export type ThemeName = keyof typeof THEMES;

/** Longest wait for anything to appear; a VS Code on two busy cores is slow. */
const PATIENCE_MS = 30_000;

/** A palette that was opened before the extensions of a window that is reloaded knows none of their commands. */
const PALETTE_MS = 5_000;

/** A menu ignores the mouse in its first tenth of a second. */
const MENU_CLICK_INTERVAL_MS = 150;
const MENU_CLICKS = 20;

/** Drives the workbench of a page as a person does: by mouse, keyboard and what is to be seen. */
export class Workbench {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens an address of a VsCodeServer and waits until the workbench is drawn. */
  static async open(page: Page, url: string): Promise<Workbench> {
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(url);
    const workbench = new Workbench(page);
    await workbench.waitUntilDrawn();
    return workbench;
  }

  async waitUntilDrawn(): Promise<void> {
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    await this.page.locator(".monaco-workbench .part.activitybar .action-item").first().waitFor();
  }

  /** Picks a command in the palette, by the words it is listed under. */
  async run(command: string): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      try {
        await this.#pickCommand(command, Math.min(PALETTE_MS, Math.max(1, deadline - Date.now())));
        return;
      } catch (error) {
        if (Date.now() >= deadline) throw new Error(`The palette does not list ${command}.`, { cause: error });
        // To a walkthrough without a palette before it, the key would mean to go back.
        if (await this.quickInput().isVisible()) await this.page.keyboard.press("Escape");
      }
    }
  }

  /** Opens the palette and picks a command. A webview that is just being drawn may take the focus and so close it. */
  async #pickCommand(command: string, timeout: number): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.quickInput().fill(`>${command}`, { timeout });
    await this.quickRows().filter({ hasText: command }).first().click({ timeout });
  }

  /** The text field of the palette, of a quick pick or of an input box. */
  quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible input[type='text'], .quick-input-widget:visible input.input");
  }

  quickRows(): Locator {
    return this.page.locator(".quick-input-widget:visible .quick-input-list .monaco-list-row");
  }

  /** Waits for the input box or quick pick whose prompt or placeholder holds `about`, and types an answer into it. */
  async answer(about: string, text: string): Promise<void> {
    await this.awaitQuestion(about);
    await this.quickInput().fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Waits for the input box or quick pick whose title, prompt or placeholder holds `about`. */
  async awaitQuestion(about: string, timeout?: number): Promise<void> {
    const widget = this.page.locator(".quick-input-widget:visible");
    const byText = widget.filter({ hasText: about });
    const byPlaceholder = widget.filter({ has: this.page.locator(`input[placeholder*=${JSON.stringify(about)}]`) });
    await byText
      .or(byPlaceholder)
      .first()
      .waitFor(timeout === undefined ? {} : { timeout });
  }

  /**
   * Takes what the first question of a command offers, with `run`, until the question `next` follows. On a busy machine a
   * webview takes the keyboard late from a question that has just come, which closes it (microsoft/vscode#75209).
   */
  async runPast(run: () => Promise<void>, question: string, next: string): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      await run();
      await this.awaitQuestion(question);
      await this.page.keyboard.press("Enter");
      try {
        await this.awaitQuestion(next, PALETTE_MS);
        return;
      } catch (error) {
        if (Date.now() >= deadline) throw error;
      }
    }
  }

  /** Takes the place that a save dialog of that title offers. It ignores Enter as long as it looks at the folder. */
  async takeOfferedFile(title: string): Promise<void> {
    await this.awaitQuestion(title);
    const dialog = this.page.locator(".quick-input-widget:visible", { hasText: title });
    for (let i = 0; i < MENU_CLICKS && (await dialog.count()) > 0; i++) {
      await this.page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached", timeout: 1000 }).catch(() => undefined);
    }
  }

  /** Shows the side bar's view container of that name. */
  async openContainer(name: string): Promise<void> {
    const icon = this.page.locator(`.action-label[aria-label^=${JSON.stringify(name)}]`);
    const item = this.page.locator(".part.activitybar .action-item").filter({ has: icon });
    const title = this.page.locator(".part.sidebar .composite.title", { hasText: name });
    // A click hides what a reload has just brought back, so it may take a second one.
    while (!(await title.isVisible())) {
      if (!((await item.getAttribute("class")) ?? "").includes("checked")) await item.click();
      await title.waitFor({ timeout: 5_000 }).catch(() => undefined);
    }
  }

  /** The document inside a webview that holds an element matching `selector`. */
  async webview(selector: string): Promise<FrameLocator> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      // By name, since the place of one among them changes when another comes or goes.
      for (const webview of await this.page.locator("iframe.webview").all()) {
        const name = await webview.getAttribute("name", { timeout: 1_000 }).catch(() => null);
        if (name === null) continue;
        const frame = this.page.locator(`iframe.webview[name="${name}"]`).contentFrame();
        const inner = frame.frameLocator("iframe#active-frame");
        if ((await inner.locator(selector).count()) > 0) return inner;
      }
      if (Date.now() > deadline) throw new Error(`No webview shows ${selector}.`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Opens the context menu of an element by the mouse and picks an entry. */
  async contextMenu(target: Locator, entry: string): Promise<void> {
    await target.click({ button: "right" });
    await this.pickInMenu(entry);
  }

  /** The entries of the open menu. */
  menuItems(): Locator {
    return this.page.locator(".monaco-menu .action-menu-item .action-label");
  }

  async pickInMenu(entry: string): Promise<void> {
    const item = this.menuItems().filter({ hasText: entry }).first();
    await item.waitFor();
    for (let i = 0; i < MENU_CLICKS; i++) {
      await this.page.waitForTimeout(MENU_CLICK_INTERVAL_MS);
      await item.click({ timeout: 1000 }).catch(() => undefined);
      if ((await item.count()) === 0) return;
    }
    throw new Error(`The menu stayed open after "${entry}" was clicked.`);
  }

  /** Walks the open menu by keyboard to an entry and presses Enter. */
  async pickInMenuByKeyboard(entry: string): Promise<void> {
    await this.menuItems().filter({ hasText: entry }).first().waitFor();
    const focused = this.page.locator(".monaco-menu .action-item.focused .action-label");
    for (let i = 0; i < MENU_CLICKS; i++) {
      await this.page.keyboard.press("ArrowDown");
      if (((await focused.first().textContent()) ?? "").includes(entry)) {
        await this.page.keyboard.press("Enter");
        return;
      }
    }
    throw new Error(`The keyboard did not reach "${entry}" in the menu.`);
  }

  /** Waits for a notification that holds `text`, and returns the whole of it. */
  async notification(text: string): Promise<string> {
    const toast = this.page.locator(".notification-toast .notification-list-item-message", { hasText: text }).first();
    await toast.waitFor();
    return ((await toast.textContent()) ?? "").trim();
  }

  /** The modal dialog that is open. */
  dialog(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  async pressInDialog(button: string): Promise<void> {
    await this.dialog().locator(".monaco-button", { hasText: button }).first().click();
    await this.dialog().waitFor({ state: "detached" });
  }

  /** Waits until a status bar item holds `text`. */
  async statusBarItem(text: string | RegExp): Promise<Locator> {
    const item = this.page.locator(".part.statusbar .statusbar-item", { hasText: text }).first();
    await item.waitFor();
    return item;
  }

  /** Saves a picture of the window, with what is fading at its end; notifications and menus stay on it. */
  async screenshot(file: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await this.page.screenshot({ path: file, animations: "disabled" });
  }

  /** Chooses a theme as a person does, and waits until it is shown. */
  async useTheme(theme: ThemeName): Promise<void> {
    const { label, className } = THEMES[theme];
    await this.run("Preferences: Color Theme");
    await this.awaitQuestion("Color Theme");
    await this.quickInput().fill(label);
    await this.page.locator(".quick-input-widget .monaco-list-row.focused", { hasText: label }).waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await this.page.locator(`.monaco-workbench.${className}`).waitFor();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.waitUntilDrawn();
  }
}
