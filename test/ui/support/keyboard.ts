import type { Locator } from "playwright-core";
import type { Workbench } from "../../../scripts/vscode/workbench.ts";

/** More stops than any view has between two of its parts. */
const MAX_STOPS = 80;
const PALETTES = 6;
const PALETTE_MS = 5_000;
const TYPED_TRIES = 20;
const TYPED_PAUSE_MS = 50;

/** Drives VS Code by its keyboard and by nothing else; what is there is read from the page. */
export class Keyboard {
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#workbench.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.#workbench.page.keyboard.type(text);
  }

  /** Runs a command of the palette, by the words it is listed under. A palette that was opened before there was one has none. */
  async run(command: string): Promise<void> {
    for (let i = 0; i < PALETTES; i++) {
      await this.press("F1");
      // A view that is just loading does not hand it on.
      const isOpen = await isTrue(this.#workbench.quickInput().waitFor({ timeout: PALETTE_MS }));
      if (!isOpen) continue;
      // VS Code focuses a view that was just shown a moment later, which takes the keyboard from a palette that is so fast.
      const isTyped =
        (await this.#typeInto("", command.slice(0, 1))) &&
        (await this.#typeInto(command.slice(0, 1), command.slice(1)));
      if (!isTyped) {
        // Pressed again, F1 gives it back, with what was typed.
        await this.press("F1", "Escape");
        continue;
      }
      const listed = this.#workbench.quickRows().filter({ hasText: command }).first().waitFor({ timeout: PALETTE_MS });
      if (await isTrue(listed)) {
        await this.#walkTo(command);
        return;
      }
      await this.press("Escape");
    }
    throw new Error(`The palette has no "${command}".`);
  }

  /** Types into the palette behind what is there already, and returns whether that is where it went. */
  async #typeInto(before: string, text: string): Promise<boolean> {
    const input = this.#workbench.quickInput();
    await this.type(text);
    for (let i = 0; i < TYPED_TRIES; i++) {
      const value = await input.inputValue({ timeout: PALETTE_MS }).catch(() => "");
      if (value === `>${before}${text}`) return true;
      await this.#workbench.page.waitForTimeout(TYPED_PAUSE_MS);
    }
    return false;
  }

  /** Chooses in the quick pick whose title or placeholder holds `about`, by typing words of the choice. */
  async choose(about: string, words: string): Promise<void> {
    await this.#workbench.awaitQuestion(about);
    await this.press("ControlOrMeta+a");
    await this.type(words);
    await this.#focusedChoice(words).waitFor();
    await this.press("Enter");
  }

  /** Walks down the quick pick whose title or placeholder holds `about`, for choices that cannot be typed to. */
  async walkTo(about: string, words: string): Promise<void> {
    await this.#workbench.awaitQuestion(about);
    await this.#walkTo(words);
  }

  /** Types an answer into the input box whose prompt or placeholder holds `about`; without one it takes what is offered. */
  async answer(about: string, text?: string): Promise<void> {
    await this.#workbench.awaitQuestion(about);
    if (text !== undefined) {
      await this.press("ControlOrMeta+a");
      await this.type(text);
    }
    await this.press("Enter");
  }

  /** Types a file's name into the file dialog of this title, which shows its folder. It ignores Enter as long as it looks there. */
  async answerFile(title: string, name: string): Promise<void> {
    await this.#workbench.awaitQuestion(title);
    const listed = this.#workbench.quickRows().filter({ hasText: name }).first();
    await listed.waitFor();
    await this.press("End");
    await this.type(name);
    await listed.waitFor();
    for (let i = 0; i < MAX_STOPS && (await listed.count()) > 0; i++) {
      await this.press("Enter");
      await listed.waitFor({ state: "detached", timeout: 1000 }).catch(() => undefined);
    }
  }

  /** Opens the menu of what has the focus, and picks an entry; `within` names the submenu that holds it. */
  async pickInMenu(entry: string, within?: string): Promise<void> {
    await this.press("Shift+F10");
    if (within !== undefined) {
      await this.#walkMenu(within);
      await this.press("ArrowRight");
    }
    await this.#walkMenu(entry);
    await this.press("Enter");
  }

  /** Presses Tab, or `key`, until the target or something in it has the focus. */
  async tabTo(target: Locator, key = "Tab"): Promise<void> {
    for (let i = 0; i < MAX_STOPS; i++) {
      if (await hasFocus(target)) return;
      await this.press(key);
    }
    throw new Error(`${MAX_STOPS} times ${key} did not lead to ${String(target)}.`);
  }

  async #walkTo(words: string): Promise<void> {
    for (let i = 0; i < MAX_STOPS; i++) {
      if ((await this.#focusedChoice(words).count()) > 0) {
        await this.press("Enter");
        return;
      }
      await this.press("ArrowDown");
    }
    throw new Error(`The keyboard did not reach "${words}" in the list.`);
  }

  #focusedChoice(words: string): Locator {
    return this.#workbench.page.locator(".quick-input-widget:visible .quick-input-list .monaco-list-row.focused", {
      hasText: words,
    });
  }

  async #walkMenu(entry: string): Promise<void> {
    const { page } = this.#workbench;
    await this.#workbench.menuItems().filter({ hasText: entry }).first().waitFor();
    const focused = page.locator(".monaco-menu .action-item.focused .action-label");
    for (let i = 0; i < MAX_STOPS; i++) {
      if (
        (
          await focused
            .last()
            .textContent({ timeout: 1000 })
            .catch(() => "")
        )?.includes(entry) === true
      )
        return;
      await this.press("ArrowDown");
    }
    throw new Error(`The keyboard did not reach "${entry}" in the menu.`);
  }
}

/** Whether it came about. */
function isTrue(hope: Promise<void>): Promise<boolean> {
  return hope.then(
    () => true,
    () => false,
  );
}

/** Whether the target, or something in it, has the keyboard. */
export async function hasFocus(target: Locator): Promise<boolean> {
  if ((await target.count()) === 0) return false;
  return target.first().evaluate((element) => {
    const active = element.ownerDocument.activeElement;
    return element.ownerDocument.hasFocus() && active !== null && (element === active || element.contains(active));
  });
}
