import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { curveKeyPair, Request } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import { pageOf } from "./support/accessibility.ts";
import { hasFocus, Keyboard } from "./support/keyboard.ts";
import { type Publisher, startPublisher, startSubscribers } from "./support/market.ts";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, rows, type Session } from "./support/session.ts";

// Nothing here presses a mouse button: every task of a user's is done by keys, and what came of it is looked at.

let server: EchoServer;
let publisher: Publisher;
let session: Session;
let keys: Keyboard;
let panel: FrameLocator;
let listen = "";
let exported = "";
const open: { close(): void }[] = [];

before(async () => {
  [server, publisher] = await Promise.all([startEchoServer(), startPublisher()]);
  const prices = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: { "zmqTap.taps": [{ name: "prices", server: publisher.endpoint, listen: prices }] },
  });
  keys = new Keyboard(session.workbench);
  await keys.run("ZMQ Tap: Focus on Taps View");
  await session.page.locator(".customview-tree .monaco-list-row", { hasText: "prices" }).waitFor();
  open.push(startSubscribers(prices, 1));
  await publisher.subscribed(1);
  await publisher.publish("md.xetra.SAP", { bid: 100 });
  await publisher.publish("md.nyse.IBM", { bid: 200 });
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  for (const each of [...open, server, publisher]) each.close();
});

const row = (text: string): Locator => rows(panel, text).first();
const activeRow = (): Locator => panel.locator(".row.active:not([hidden])");
const filterText = (): Promise<string> => panel.locator("#filter").inputValue();

const list = (): Locator => panel.locator("#message-list .list-viewport");

/** Opens the inspector, whose list then has the keyboard. */
async function toList(): Promise<void> {
  await keys.run("ZMQ Tap: Open Inspector");
  panel = await session.workbench.webview('body[data-surface="inspector"] .app:not(:has(#file-line))');
  if ((await panel.locator('#tab-messages[aria-selected="true"]').count()) === 0) {
    await toTab("messages");
    await keys.tabTo(list());
  }
  await focusOn(list());
}

/** Waits until the target has the keyboard. */
async function focusOn(target: Locator): Promise<void> {
  for (let i = 0; !(await hasFocus(target)); i++) {
    assert.ok(i < 100, `${String(target)} did not get the keyboard`);
    await session.page.waitForTimeout(50);
  }
}

/** Leaves the filtered list with all rows, and the keyboard in it. */
async function showAll(): Promise<void> {
  await keys.press("/", "Delete", "Enter", "ArrowDown");
  await focusOn(list());
}

/** Filters to the rows with this text and goes to the first of them. */
async function goTo(text: string): Promise<void> {
  await keys.press("/");
  await keys.type(text);
  await keys.press("Enter");
  await panel.locator("#filter-progress", { hasText: /^\s*[1-9]\d* of/ }).waitFor();
  await keys.press("ArrowDown");
  await focusOn(list());
  await keys.press("Home");
  await activeRow().filter({ hasText: text }).waitFor();
}

/** From the list to a tab: the tabs are a stop in front of it. */
async function toTab(tab: string): Promise<void> {
  await keys.tabTo(panel.locator('[role="tab"][aria-selected="true"]'), "Shift+Tab");
  await keys.press("Home");
  for (let i = 0; i < 8 && !(await hasFocus(panel.locator(`#tab-${tab}`))); i++) {
    await keys.press("ArrowRight");
  }
  await panel.locator(`#tab-${tab}[aria-selected="true"]:focus`).waitFor();
}

/** The Messages tab comes with a filter that was made in another one. */
async function filteredFromTab(expected: RegExp): Promise<void> {
  await panel.locator('#tab-messages[aria-selected="true"]').waitFor();
  await focusOn(list());
  assert.match(await filterText(), expected);
  await showAll();
}

test("Attach", async () => {
  await keys.run("ZMQ Tap: Attach ZMQ Tap");
  await session.workbench.awaitQuestion("Endpoint of the server");
  await keys.type(server.endpoint);
  await session.workbench.quickRows().filter({ hasText: "use this server" }).waitFor();
  await keys.press("Enter");
  await session.workbench.awaitQuestion("Where clients will connect instead");
  listen = await session.workbench.quickInput().inputValue();
  await keys.press("Enter");
  await keys.answer("What the log and the view Taps call it", "echo");
  await keys.choose("Choose what to change", "Point the client here");
  await session.workbench.statusBarItem(`Copied ${listen}`);
  assert.deepEqual(await ask(listen, '{"method":"add","args":[1,2]}', "apples", "pears"), [
    're: {"method":"add","args":[1,2]}',
    "re: apples",
    "re: pears",
  ]);
});

test("Read: from the list into the details and back", async () => {
  await toList();
  await row("re: pears").waitFor();
  await keys.press("Home");
  await panel.locator('.row.active[data-n="1"]:focus').waitFor();
  await goTo('"add"');
  await keys.press("Enter");
  await panel.locator("zmq-value-tree", { hasText: "method" }).waitFor();
  await keys.tabTo(panel.locator('[role="treeitem"][tabindex="0"]'));
  await keys.press("ArrowDown", "ArrowDown");
  await panel.locator('[role="treeitem"]:focus', { hasText: "args" }).waitFor();
  await keys.press("ArrowLeft");
  await panel.locator('[role="treeitem"][aria-expanded="false"]:focus', { hasText: "args" }).waitFor();
  await keys.press("Escape");
  await activeRow().and(panel.locator(":focus")).waitFor();
  await keys.press("g");
  await panel.locator("#detail-title", { hasText: "Reply" }).waitFor();
  await showAll();
});

test("What the keys do is shown by a key, and left by another one", async () => {
  await keys.press("?");
  await panel.locator("#key-help", { hasText: "Replay the message" }).waitFor();
  await keys.press("Escape");
  await panel.locator("#key-help").waitFor({ state: "detached" });
  await focusOn(list());
});

test("A banner is closed, and the keyboard is in the list again", async () => {
  const frame = await pageOf(panel);
  await frame.evaluate(() => Object.assign(document.querySelector("zmq-tap-app")!, { problem: "Nothing, in truth." }));
  await keys.tabTo(panel.locator("#banner-problem button"), "Shift+Tab");
  await keys.press("Enter");
  await panel.locator("#banner-problem").waitFor({ state: "detached" });
  await focusOn(list());
});

test("Filter, and save a filter", async () => {
  await goTo("apples");
  assert.equal(await rows(panel, "pears").count(), 0);
  await keys.press("/");
  await keys.tabTo(panel.locator("#filter-save"));
  await keys.press("Enter");
  await panel.locator("#filter-name:focus").waitFor();
  await keys.type("fruit");
  await keys.press("Enter");
  const chip = panel.locator("#filter-chips .chip-name", { hasText: "fruit" });
  await panel.locator('#filter-chips [aria-pressed="true"]', { hasText: "fruit" }).waitFor();
  await panel.locator("#filter:focus").waitFor();
  await keys.tabTo(chip);
  await keys.press("Enter");
  await row("pears").waitFor();
  await keys.press("Enter");
  await row("pears").waitFor({ state: "detached" });
  await keys.press("Delete");
  await chip.waitFor({ state: "detached" });
  await keys.tabTo(list());
  await showAll();
});

test("Filter by what a row says, from its menu", async () => {
  await goTo("apples");
  await keys.pickInMenu("Only This Conversation", "Filter by This");
  await panel.locator("#filter-progress", { hasText: /^\s*[1-9]\d* of/ }).waitFor();
  await focusOn(list());
  assert.match(await filterText(), /conn ==/);
  await showAll();
});

test("Replay", async () => {
  await goTo("apples");
  await keys.press("r");
  await session.workbench.statusBarItem(/answer/i);
  assert.deepEqual(server.requests.slice(-1), ["apples"]);
  await focusOn(list());
  await showAll();
});

test("Edit and replay", async () => {
  await goTo("pears");
  await keys.press("e");
  const editor = session.page.locator(".editor-instance", { hasText: "pears" });
  await editor.waitFor();
  await focusOn(editor);
  await keys.press("ControlOrMeta+End");
  await keys.type(", edited");
  await keys.run("ZMQ Tap: Send Edited Message");
  await session.workbench.statusBarItem(/answer/i);
  assert.match(server.requests.at(-1)!, /pears.*, edited/s);
  await keys.run("View: Close Editor");
  await toList();
  await showAll();
});

test("Call", async () => {
  await keys.run("ZMQ Tap: New Call");
  await focusOn(panel.locator("#call-form"));
  await keys.tabTo(panel.locator("#call-target"), "Shift+Tab");
  await keys.press("ArrowDown", "ArrowDown", "Enter");
  await panel.locator("#call-target .select-face", { hasText: "echo" }).waitFor();
  await keys.tabTo(panel.locator(".call-text"));
  await keys.type("how are you?");
  await keys.press("ControlOrMeta+Enter");
  await panel.locator("#call-result", { hasText: "how are you?" }).waitFor();
  assert.equal(server.requests.at(-1), "how are you?");
  await keys.press("Escape");
  await toTab("messages");
  await keys.tabTo(list());
});

test("Compare", async () => {
  await goTo("apples");
  await keys.pickInMenu("Select for Compare");
  await focusOn(list());
  await goTo("re: pears");
  await keys.press("d");
  await session.page.locator(".monaco-diff-editor .line-insert").first().waitFor();
  await keys.run("View: Close Editor");
  await toList();
  await showAll();
});

test("Pin, with a note", async () => {
  await goTo("apples");
  await keys.press("m");
  await row("apples").locator(".marks .codicon-pinned").waitFor();
  await keys.pickInMenu("Edit Note");
  await keys.answer("Note on message", "ask Alice");
  await row("apples").locator(".marks .codicon-note").waitFor();
  await focusOn(list());
  await showAll();
});

test("Follow", async () => {
  await goTo("apples");
  await keys.press("f");
  await session.workbench.awaitQuestion("Follow which conversation?");
  await keys.press("Enter");
  await panel.locator("#filter-progress", { hasText: /^\s*[1-9]\d* of/ }).waitFor();
  await focusOn(list());
  assert.match(await filterText(), /^conn == \d+$/);
  await showAll();
});

test("Export", async () => {
  await keys.run("ZMQ Tap: Export Capture…");
  await keys.answer("Which rows?");
  await keys.answer("Export as");
  await session.workbench.takeOfferedFile("Export Capture");
  const said = await session.workbench.notification("Exported");
  exported = /to (\S+\.pcapng)/.exec(said)![1]!;
  assert.ok((await stat(exported)).size > 0);
  await keys.run("Notifications: Clear All Notifications");
});

test("Open a capture", async () => {
  await keys.run("ZMQ Tap: Open Capture…");
  await keys.answerFile("Open Capture", basename(exported));
  const file = await session.workbench.webview("#file-line");
  await file.locator("#file-line", { hasText: "capture.pcapng" }).waitFor();
  await focusOn(file.locator(".list-viewport"));
  await keys.press("End", "Home");
  await file.locator('.row.active[data-n="1"]:focus').waitFor();
  await keys.run("View: Close Editor");
  await toList();
});

test("Import keys", async () => {
  const file = `${exported}.key_secret`;
  await writeFile(file, writeZcert(curveKeyPair(), "backend"));
  await keys.run("ZMQ Tap: Import Keys…");
  await keys.choose("Where are the keys?", "From a File");
  await keys.answerFile("Import Keys", basename(file));
  await keys.answer("Choose what to import");
  await session.workbench.notification("Imported the key pair");
  await keys.run("ZMQ Tap: Focus on Keys View");
  const key = session.page.locator(".customview-tree .monaco-list-row", { hasText: "capture.pcapng" });
  await key.waitFor();
  await keys.press("Home");
  await keys.pickInMenu("Copy Public Key");
  await keys.run("Notifications: Clear All Notifications");
});

test("Overview: a stretch of time of a chart is chosen, and filters the log", async () => {
  await toList();
  await toTab("overview");
  await panel.locator("#overview-panel canvas").first().waitFor();
  await keys.tabTo(panel.locator('#overview-panel .tap-charts[data-tap="echo"] zmq-chart').first());
  await keys.press("Home", "Shift+End");
  await panel.locator("#overview-panel .chart-readout", { hasText: "/s" }).first().waitFor();
  await keys.press("Enter");
  await filteredFromTab(/tap == "echo" and time >= /);
});

test("Latency: sorted by a column, and the slowest exchange is shown", async () => {
  await toTab("latency");
  const latency = panel.locator("#latency-panel");
  await latency.locator("tr[data-method]").first().waitFor();
  await keys.tabTo(latency.locator('.sort-button[data-column="maxMs"]'));
  await keys.press("Enter");
  await latency.locator('th[aria-sort="descending"] [data-column="maxMs"]').waitFor();
  await keys.tabTo(latency.locator("#slowest .row-link").first(), "Shift+Tab");
  await keys.press("Enter");
  await panel.locator('#tab-messages[aria-selected="true"]').waitFor();
  await activeRow().and(panel.locator(":focus")).waitFor();
});

test("Sequence: an arrow is chosen and shown in the log", async () => {
  await toTab("sequence");
  const arrows = panel.locator("#sequence-list");
  await arrows.locator('[role="option"]').first().waitFor();
  await keys.tabTo(arrows);
  await keys.press("End");
  const n = await arrows.locator('[role="option"][aria-selected="true"]').getAttribute("data-n");
  await keys.press("Enter");
  await panel.locator(`.row.active[data-n="${n!}"]:focus`).waitFor();
});

test("Topology: a peer is chosen, and filters the log", async () => {
  await toTab("topology");
  await panel.locator("#topology-panel .topology-frame").first().waitFor();
  await keys.tabTo(panel.locator('#topology-panel [data-spot][tabindex="0"]'));
  await keys.press("ArrowDown", "Enter");
  await filteredFromTab(/\w/);
});

test("Topics: a level is opened, and a topic filters the log", async () => {
  await toTab("topics");
  await panel.locator("#topics-panel .topic-row").first().waitFor();
  await keys.tabTo(panel.locator("#topics-panel .topic-row[tabindex='0']"));
  await keys.press("ArrowRight");
  await panel.locator("#topics-panel .topic-row").nth(1).waitFor();
  await keys.press("ArrowDown", "Enter");
  await filteredFromTab(/^topic /);
});

test("Links: a link's messages are shown", async () => {
  await toTab("links");
  await panel.locator("#links-panel .link-row").first().waitFor();
  await keys.tabTo(panel.locator("#links-panel .link-row .row-link").first());
  await keys.press("Enter");
  await filteredFromTab(/^conn == \d+$/);
});

test("Columns are moved, sized and hidden", async () => {
  const shown = (): Promise<string[]> => panel.locator(".header-cell .header-label").allTextContents();
  const before = await shown();
  await keys.tabTo(panel.locator('.header-label[tabindex="0"]'), "Shift+Tab");
  await keys.press("Alt+ArrowRight");
  assert.deepEqual((await shown()).slice(0, 2), [before[1], before[0]]);
  await keys.press("Alt+ArrowLeft");
  assert.deepEqual(await shown(), before);
  const width = async (): Promise<number> => (await panel.locator(".header-cell").first().boundingBox())!.width;
  const narrow = await width();
  await keys.press("Shift+ArrowRight", "Shift+ArrowRight");
  assert.ok((await width()) > narrow);
  await keys.tabTo(panel.locator("#columns-button"));
  await keys.press("Enter");
  await keys.tabTo(panel.locator('#column-chooser [data-column="size"]'));
  await keys.press("Space");
  await panel.locator(".header-cell.cell-size").waitFor({ state: "detached" });
  await keys.tabTo(panel.locator("#column-chooser .link-button"));
  await keys.press("Enter");
  await panel.locator(".header-cell.cell-size").waitFor();
  await focusOn(panel.locator("#columns-button"));
  await keys.tabTo(list());
});

test("Hold and release", async () => {
  const client = new Request({ linger: 0, receiveTimeout: 20_000 });
  open.push(client);
  client.connect(listen);
  await keys.run("ZMQ Tap: Hold Messages…");
  await keys.walkTo("Hold messages of which tap?", "echo");
  await keys.walkTo("A held request keeps its REQ waiting", "From the Client");
  await keys.answer("Each goes on by itself after", 'body contains "hold"');
  await panel.locator("#banner-interventions").waitFor();
  await client.send("please hold");
  await row("held: please hold").waitFor();
  await keys.run("ZMQ Tap: Focus on Held Messages View");
  const held = session.page.locator(".pane", {
    has: session.page.locator('[aria-label="Held Messages Section"]'),
  });
  await held.locator(".monaco-list-row", { hasText: "please hold" }).waitFor();
  await keys.press("Home");
  await keys.pickInMenu("Release");
  assert.equal(String((await client.receive())[0]), "re: please hold");
  await keys.run("ZMQ Tap: Stop All Interventions");
  await panel.locator("#banner-interventions").waitFor({ state: "detached" });
});

test("The side bar's log: read, filter and open a row in the inspector", async () => {
  await keys.run("ZMQ Tap: Focus on Messages View");
  const log = await session.workbench.webview('body[data-surface="messages"] .app');
  await focusOn(log.locator(".list-viewport"));
  await keys.press("/");
  await keys.type("apples");
  await keys.press("Enter");
  await log.locator("#filter-progress", { hasText: /^\s*[1-9]\d* of/ }).waitFor();
  await keys.press("ArrowDown", "Home");
  await log.locator(".row.active:focus", { hasText: "apples" }).waitFor();
  await keys.press("Enter");
  panel = await session.workbench.webview('body[data-surface="inspector"] .app');
  await panel.locator(".row.active:focus", { hasText: "apples" }).waitFor();
});
