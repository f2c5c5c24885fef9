import assert from "node:assert/strict";
import type { FrameLocator, Locator } from "playwright-core";
import { hasFocus, Keyboard } from "./keyboard.ts";
import { filterReads, rows, type Session } from "./session.ts";

const FOCUS_TRIES = 200;
const FOCUS_PAUSE_MS = 50;
const TABS = 8;

/** The inspector as whoever has no mouse uses it. */
export class InspectorKeys {
  readonly keys: Keyboard;
  readonly #session: Session;
  #panel: FrameLocator | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.keys = new Keyboard(session.workbench);
  }

  get panel(): FrameLocator {
    assert.ok(this.#panel !== undefined, "The inspector is not open.");
    return this.#panel;
  }

  get list(): Locator {
    return this.panel.locator("#message-list .list-viewport");
  }

  get activeRow(): Locator {
    return this.panel.locator(".row.active:not([hidden])");
  }

  /** The first row with this text. */
  row(text: string): Locator {
    return rows(this.panel, text).first();
  }

  filterText(): Promise<string> {
    return this.panel.locator("#filter").inputValue();
  }

  /** Waits until the filter reads like this. */
  reads(expected: RegExp): Promise<void> {
    return filterReads(this.panel, expected);
  }

  /** Opens the inspector with all rows, whose list then has the keyboard. */
  async open(): Promise<void> {
    await this.keys.run("ZMQ Tap: Open Inspector");
    await this.#find();
    if ((await this.panel.locator('#tab-messages[aria-selected="true"]').count()) === 0) {
      await this.toTab("messages");
      await this.keys.tabTo(this.list);
    }
    await this.focusOn(this.list);
    if ((await this.filterText()) !== "") await this.showAll();
  }

  /** An editor in front of the inspector is closed, whose list has the keyboard again. */
  async closeEditor(): Promise<void> {
    await this.keys.run("View: Close Editor");
    await this.#find();
    await this.focusOn(this.list);
  }

  async #find(): Promise<void> {
    this.#panel = await this.#session.workbench.webview(
      'body[data-surface="inspector"] .app:not(:has(#file-line)):has(.list-viewport)',
    );
  }

  /** Waits until the target, or something in it, has the keyboard. */
  async focusOn(target: Locator): Promise<void> {
    for (let i = 0; !(await hasFocus(target)); i++) {
      assert.ok(i < FOCUS_TRIES, `${String(target)} did not get the keyboard`);
      await this.#session.page.waitForTimeout(FOCUS_PAUSE_MS);
    }
  }

  /** Empties the filter and goes back to the list. */
  async showAll(): Promise<void> {
    await this.keys.press("/", "Delete", "Enter", "ArrowDown");
    await this.focusOn(this.list);
  }

  /** Filters to the rows with this text and goes to the first of them. */
  async goTo(text: string): Promise<void> {
    await this.keys.press("/");
    await this.keys.type(text);
    await this.keys.press("Enter");
    await this.hits();
    await this.keys.press("ArrowDown");
    await this.focusOn(this.list);
    await this.toFirst(this.panel, text);
  }

  /**
   * From the list to its first row, which has this text once a filter has been applied: the rows of the filter before may
   * still be there, and what was chosen goes with them.
   */
  async toFirst(view: FrameLocator, text: string): Promise<void> {
    const found = view.locator(".row.active:not([hidden])", { hasText: text });
    for (let i = 0; (await found.count()) === 0; i++) {
      assert.ok(i < FOCUS_TRIES, `no row with "${text}" became active`);
      await this.keys.press("Home");
      await this.#session.page.waitForTimeout(FOCUS_PAUSE_MS);
    }
  }

  /** Waits until a filter lets some rows through. */
  async hits(): Promise<void> {
    await this.panel.locator("#filter-progress", { hasText: /^\s*[1-9]\d* of/ }).waitFor();
  }

  /** From the list to a tab: the tabs are a stop in front of it. */
  async toTab(tab: string): Promise<void> {
    await this.keys.tabTo(this.panel.locator('[role="tab"][aria-selected="true"]'), "Shift+Tab");
    await this.keys.press("Home");
    const wanted = this.panel.locator(`#tab-${tab}`);
    for (let i = 0; i < TABS && !(await hasFocus(wanted)); i++) await this.keys.press("ArrowRight");
    await this.panel.locator(`#tab-${tab}[aria-selected="true"]:focus`).waitFor();
  }

  /** A filter that was made in another tab shows its rows, and the list has the keyboard. */
  async filtered(expected: RegExp): Promise<void> {
    await this.panel.locator('#tab-messages[aria-selected="true"]').waitFor();
    await this.focusOn(this.list);
    await this.reads(expected);
  }
}
