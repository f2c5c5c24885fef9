import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { assertAccessible } from "./support/accessibility.ts";
import { type Publisher, startPublisher, startSubscribers } from "./support/market.ts";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import {
  emptyFilter,
  filterReads,
  inspector,
  keepEvidence,
  openSession,
  rows,
  type Session,
  sideBarLog,
} from "./support/session.ts";

const THEMES: readonly ThemeName[] = ["dark", "light", "high contrast"];
const SUBSCRIBERS = 3;

const opened: { close(): void | Promise<void> }[] = [];
let server: EchoServer;
let publisher: Publisher;
let session: Session;
let orders: string;
let log: FrameLocator;
let panel: FrameLocator;

before(async () => {
  server = await startEchoServer();
  opened.push(server);
  publisher = await startPublisher();
  opened.push(publisher);
  orders = `tcp://127.0.0.1:${await freePort()}`;
  const prices = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: {
      "zmqTap.taps": [
        { name: "orders", server: server.endpoint, listen: orders },
        { name: "prices", server: publisher.endpoint, listen: prices },
      ],
    },
  });
  opened.push(session);
  log = await sideBarLog(session);
  await log.locator("#empty-no-rows", { hasText: prices }).waitFor();
  panel = await inspector(session);
  opened.push(startSubscribers(prices, SUBSCRIBERS));
  await publisher.subscribed(SUBSCRIBERS);
  await ask(orders, order("bob", 12), order("alice", 7), order("bob", 3));
  await publisher.publish("md.EUR", { bid: 1.0841, ask: 1.0843, from: { desk: "London" } });
  await publisher.publish("md.USD", { bid: 0.9224, ask: 0.9226, from: { desk: "Boston" } });
  await rows(panel, "Boston").first().waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  for (const each of opened.toReversed()) await each.close();
});

function order(user: string, lots: number): string {
  return JSON.stringify({ method: "order", user, lots, limit: { price: 1.08, currency: "EUR" } });
}

const filter = (): Locator => panel.locator("#filter");
const choices = (): Locator => panel.locator(".filter-choice");
const choice = (label: string): Locator =>
  choices().filter({ has: panel.locator(".choice-label", { hasText: new RegExp(`^\\s*${label}\\s*$`) }) });

/** The bar's text, once it is this one. */
const reads = (text: string): Promise<void> => filterReads(panel, text);

async function clear(): Promise<void> {
  await emptyFilter(panel);
  await panel.locator("#filter-progress", { hasText: /^\s*$/ }).waitFor({ state: "attached" });
  await rows(panel, "alice").first().waitFor();
}

/** Sets a filter and waits until it has looked at everything. */
async function apply(text: string, hits: number): Promise<void> {
  await filter().fill(text);
  await filter().press("Enter");
  await progress(hits);
}

async function progress(hits: number): Promise<void> {
  await panel.locator("#filter-progress", { hasText: new RegExp(`^\\s*${hits} of \\d+`) }).waitFor();
}

/** A picture in each theme of something that a change of themes would close, without a serious accessibility fault. */
function photographEach(name: string, open?: () => Promise<void>): Promise<void> {
  return session.photograph(name, THEMES, async () => {
    await open?.();
    await assertAccessible(panel);
  });
}

test("The bar completes fields, operators and values by the keyboard, and the filter applies with Enter", async () => {
  const { keyboard } = session.page;
  await filter().click();
  await keyboard.type("di");
  await choice("dir").waitFor();
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await reads("dir ");
  await choice("==").waitFor();
  await keyboard.press("Tab");
  await reads("dir == ");
  await choice("s2c").waitFor();
  await keyboard.type("c");
  await choice("c2s").waitFor();
  await keyboard.press("Tab");
  await reads("dir == c2s ");
  await keyboard.press("Enter");
  await rows(panel, "re: ").first().waitFor({ state: "detached" });
  await rows(panel, "alice").first().waitFor();
  await clear();
});

test("The bar completes names and values that were seen, by the mouse", async () => {
  const { keyboard } = session.page;
  await filter().click();
  await keyboard.type("json.");
  await choice("user").click();
  await reads("json.user");
  await keyboard.type(" == ");
  await choice("bob").click();
  await reads('json.user == "bob" ');
  await progress(2);
  await clear();
});

test("Pictures of the completion", async () => {
  await photographEach("filter-fields", async () => {
    await filter().click();
    await filter().fill("");
    await filter().press("Control+Space");
    await choice("dir").waitFor();
    await session.page.keyboard.press("ArrowDown");
  });
  await photographEach("filter-seen", async () => {
    await filter().click();
    await filter().fill("");
    await session.page.keyboard.type("dir == c2s and json.user ==");
    await choice("bob").waitFor();
    await session.page.keyboard.press("ArrowDown");
  });
  await clear();
});

test("An error is underlined and said while the last good filter stays, and its suggestion can be taken", async () => {
  await apply("tap == orders and alice", 2);
  await filter().fill("tap == orders and siez > 10");
  await panel.locator("#filter-error", { hasText: /siez/ }).waitFor();
  await panel.locator(".filter-wrong").waitFor({ state: "attached" });
  assert.equal(await rows(panel, "alice").count(), 2);
  await photographEach("filter-error", async () => {
    await panel.locator("#filter-suggestion").waitFor();
  });
  await panel.locator("#filter-suggestion").click();
  await reads("tap == orders and size > 10");
  await panel.locator("#filter-error").waitFor({ state: "detached" });
  await progress(6);
  await filter().fill("siez > 10");
  await filter().press("Enter");
  await filter().press("Control+.");
  await reads("size > 10");
  await clear();
});

test("Up and Down walk through the filters that were applied", async () => {
  await apply("alice", 2);
  await apply("dir == s2c and bob", 2);
  await filter().fill("");
  await filter().press("Enter");
  await filter().press("ArrowUp");
  await reads("dir == s2c and bob");
  await filter().press("ArrowUp");
  await reads("alice");
  await filter().press("ArrowDown");
  await reads("dir == s2c and bob");
  await filter().press("ArrowDown");
  await reads("");
  await clear();
});

test("A filter is saved by name, put on and off as a chip, is there after a reload, and can be deleted", async () => {
  const chip = (name: string) => panel.locator("#filter-chips .chip", { hasText: name });
  await apply('json.user == "bob"', 2);
  await panel.locator("#filter-save").click();
  await panel.locator("#filter-name").waitFor();
  await photographEach("filter-naming");
  await panel.locator("#filter-name").fill("of bob");
  await panel.locator("#filter-name").press("Enter");
  await chip("of bob").locator('[aria-pressed="true"]').waitFor();
  await apply("dir == s2c and kind == message", 5);
  await panel.locator("#filter-save").click();
  await panel.locator("#filter-name").fill("from servers");
  await panel.locator("#filter-name").press("Enter");
  await chip("from servers").waitFor();
  await photographEach("filter-chips");
  await chip("of bob").locator(".chip-name").click();
  await reads('json.user == "bob"');
  await progress(2);
  await chip("of bob").locator(".chip-name").click();
  await reads("");
  await rows(panel, "alice").first().waitFor();
  await chip("from servers").locator(".chip-delete").click();
  await chip("from servers").waitFor({ state: "detached" });
  await session.workbench.reload();
  panel = await session.workbench.webview('body[data-surface="inspector"] .app');
  await chip("of bob").waitFor();
  await clear();
  await chip("of bob").locator(".chip-name").focus();
  await session.page.keyboard.press("Enter");
  await progress(2);
  await chip("of bob").locator(".chip-name").press("Delete");
  await chip("of bob").waitFor({ state: "detached" });
  await clear();
});

test("Filter by This compares a cell or a part of a decoded value, and narrows what is shown", async () => {
  const { workbench } = session;
  const by = async (target: Locator, entry: string): Promise<void> => {
    await target.click({ button: "right" });
    await workbench.menuItems().filter({ hasText: "Filter by This" }).first().hover();
    await workbench.pickInMenu(entry);
  };
  await by(rows(panel, "London").first().locator(".cell-topic"), "Equals");
  await reads('topic == "md.EUR"');
  await clear();
  await rows(panel, "alice").first().click();
  await panel.locator("zmq-value-tree", { hasText: "currency" }).waitFor();
  await by(panel.locator("zmq-value-tree").getByText('"alice"').first(), "Not Equals");
  await reads('json.user != "alice"');
  await clear();
  await by(panel.locator("zmq-value-tree").getByText('"alice"').first(), "Equals");
  await progress(1);
  await by(rows(panel, "alice").first().locator(".cell-size"), "Only This Conversation");
  await progress(2);
  await clear();
});

test("Follow Conversation shows one topic", async () => {
  const { workbench } = session;
  await rows(panel, "London").first().click({ button: "right" });
  await workbench.menuItems().filter({ hasText: "Follow Conversation" }).first().hover();
  await workbench.pickInMenu("Topic");
  await rows(panel, "Boston").first().waitFor({ state: "detached" });
  await rows(panel, "London").first().waitFor();
  await session.photograph("follow-topic", ["dark"]);
});

test("A filtered list takes in what comes and matches, and copies of a publication are one row", async () => {
  await publisher.publish("md.EUR", { bid: 1.09, ask: 1.091, from: { desk: "Paris" } });
  await publisher.publish("md.USD", { bid: 0.9, ask: 0.91, from: { desk: "Denver" } });
  await rows(panel, "Paris").locator(".cell-latency", { hasText: "→ 3/3" }).waitFor();
  assert.equal(await rows(panel, "Denver").count(), 0);
  assert.equal(await rows(panel, "Paris").count(), 1);
  await clear();
  await apply("copies > 1", 4);
  await panel.locator("#fold-button").click();
  await rows(panel, "Paris").nth(2).waitFor();
  await session.photograph("unfolded", ["dark"]);
  await panel.locator("#fold-button").click();
  await rows(panel, "Paris").nth(1).waitFor({ state: "detached" });
  await clear();
});

test("A message is pinned by key and by menu, and gets a note", async () => {
  const { workbench, page } = session;
  await rows(panel, "London").first().click();
  await page.keyboard.press("m");
  await rows(panel, "London").first().locator(".marks .codicon-pinned").waitFor();
  await workbench.contextMenu(rows(panel, "alice").first(), "Pin Message");
  await rows(panel, "alice").first().locator(".marks .codicon-pinned").waitFor();
  await workbench.contextMenu(rows(panel, "alice").first(), "Edit Note");
  await workbench.answer("Note on message", "Limit is above the market, ask Alice");
  await rows(panel, "alice").first().locator(".marks .codicon-note").waitFor();
  await rows(panel, "alice").first().click();
  await panel.locator("#note-text", { hasText: "ask Alice" }).waitFor();
  await photographEach("pins");
});

test("Chosen rows are pinned and exported together, and the file opened again has pins, notes and the same filters", async () => {
  const { workbench, page } = session;
  await rows(panel, "alice").first().click();
  await rows(panel, "London")
    .first()
    .click({ modifiers: ["Shift"] });
  await panel.locator("#footer-selected", { hasText: /\d selected/ }).waitFor();
  await rows(panel, "Boston")
    .first()
    .click({ modifiers: ["ControlOrMeta"] });
  await page.keyboard.press("m");
  await panel.locator(".row.pinned.selected").nth(5).waitFor();
  await photographEach("selection");
  await workbench.run("ZMQ Tap: Export Capture");
  await workbench.awaitQuestion("Which rows?");
  await workbench.screenshot("out/screenshots/export-dark.png");
  await workbench.quickRows().filter({ hasText: "Selected" }).click();
  await workbench.awaitQuestion("Export as");
  await page.keyboard.press("Enter");
  await workbench.takeOfferedFile("Export Capture");
  await workbench.notification("Exported");
  await page.locator(".notification-toast .monaco-button", { hasText: "Open" }).first().click();
  panel = await workbench.webview("#file-line");
  await rows(panel, "London").first().locator(".marks .codicon-pinned").waitFor();
  await rows(panel, "alice").first().click();
  await panel.locator("#note-text", { hasText: "ask Alice" }).waitFor();
  await photographEach("opened-file");
  await apply("tap == orders", 4);
  await apply("nothing of this kind", 0);
  await panel.locator("#empty-filter").waitFor();
  await session.photograph("no-hits", ["dark"]);
  await workbench.run("View: Close Editor");
  panel = await workbench.webview('body[data-surface="inspector"] .app');
});

test("Everything is within reach of the keyboard alone", async () => {
  const { keyboard } = session.page;
  await rows(panel, "alice").first().click();
  await keyboard.press("/");
  await keyboard.type("~q ~b ali");
  await keyboard.press("Enter");
  await progress(1);
  await keyboard.press("ArrowDown");
  await panel.locator('[role="grid"] .row:focus, [role="grid"]:focus').first().waitFor();
  await keyboard.press("Home");
  await keyboard.press("f");
  await session.workbench.awaitQuestion("Follow which conversation?");
  await session.workbench.screenshot("out/screenshots/follow-dark.png");
  await keyboard.press("Enter");
  await panel.locator("#filter-progress", { hasText: /^\s*9 of/ }).waitFor();
  assert.match(await filter().inputValue(), /^conn == \d+$/);
  await panel.locator('[role="grid"] .row:focus').waitFor();
  await keyboard.press("Control+f");
  await panel.locator("#filter:focus").waitFor();
  await keyboard.press("Escape");
  await reads("");
});

test("The side bar has the same bar, in less room", async () => {
  const { workbench } = session;
  log = await sideBarLog(session);
  await log.locator("#filter").fill("user == 3 and siez");
  await log.locator("#filter-error").waitFor();
  await session.photograph("narrow-error", THEMES);
  await log.locator("#filter").fill("json.user ==");
  await log.locator("#filter").press("Control+Space");
  await log.locator(".filter-choice", { hasText: "bob" }).waitFor();
  await workbench.screenshot("out/screenshots/narrow-completion-dark.png");
});
