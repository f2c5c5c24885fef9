import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Request } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { InspectorKeys } from "./support/inspectorKeys.ts";
import type { Keyboard } from "./support/keyboard.ts";
import { type Publisher, startPublisher, startSubscribers } from "./support/market.ts";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, type Session } from "./support/session.ts";

// Nothing here presses a mouse button: every task of a user's is done by keys, and what came of it is looked at.

let server: EchoServer;
let publisher: Publisher;
let session: Session;
let keys: Keyboard;
let inspector: InspectorKeys;
let listen = "";
const open: { close(): void }[] = [];

before(async () => {
  [server, publisher] = await Promise.all([startEchoServer(), startPublisher()]);
  listen = `tcp://127.0.0.1:${await freePort()}`;
  const prices = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: {
      "zmqTap.taps": [
        { name: "prices", server: publisher.endpoint, listen: prices },
        { name: "echo", server: server.endpoint, listen },
      ],
    },
  });
  inspector = new InspectorKeys(session);
  ({ keys } = inspector);
  await session.workbench.statusBarItem("ZMQ 2");
  open.push(startSubscribers(prices, 1));
  await publisher.subscribed(1);
  await publisher.publish("md.xetra.SAP", { bid: 100 });
  await publisher.publish("md.nyse.IBM", { bid: 200 });
  await ask(listen, "apples", "pears");
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  for (const each of [...open, server, publisher]) each.close();
});

test("Overview: a stretch of time of a chart is chosen, and filters the log", async () => {
  await inspector.open();
  await inspector.toTab("overview");
  await inspector.panel.locator("#overview-panel canvas").first().waitFor();
  await keys.tabTo(inspector.panel.locator('#overview-panel .tap-charts[data-tap="echo"] zmq-chart').first());
  await keys.press("Home", "Shift+End");
  await inspector.panel.locator("#overview-panel .chart-readout", { hasText: "/s" }).first().waitFor();
  await keys.press("Enter");
  await inspector.filtered(/tap == "echo" and time >= /);
});

test("Latency: sorted by a column, and the slowest exchange is shown", async () => {
  await inspector.open();
  await inspector.toTab("latency");
  const latency = inspector.panel.locator("#latency-panel");
  await latency.locator("tr[data-method]").first().waitFor();
  await keys.tabTo(latency.locator('.sort-button[data-column="maxMs"]'));
  await keys.press("Enter");
  await latency.locator('th[aria-sort="descending"] [data-column="maxMs"]').waitFor();
  await keys.tabTo(latency.locator("#slowest .row-link").first(), "Shift+Tab");
  await keys.press("Enter");
  await inspector.panel.locator('#tab-messages[aria-selected="true"]').waitFor();
  await inspector.activeRow.and(inspector.panel.locator(":focus")).waitFor();
});

test("Sequence: an arrow is chosen and shown in the log", async () => {
  await inspector.open();
  await inspector.toTab("sequence");
  const arrows = inspector.panel.locator("#sequence-list");
  await arrows.locator('[role="option"]').first().waitFor();
  await keys.tabTo(arrows);
  await keys.press("End");
  const n = await arrows.locator('[role="option"][aria-selected="true"]').getAttribute("data-n");
  await keys.press("Enter");
  await inspector.panel.locator(`.row.active[data-n="${n!}"]:focus`).waitFor();
});

test("Topology: a peer is chosen, and filters the log", async () => {
  await inspector.open();
  await inspector.toTab("topology");
  await inspector.panel.locator("#topology-panel .topology-frame").first().waitFor();
  await keys.tabTo(inspector.panel.locator('#topology-panel [data-spot][tabindex="0"]'));
  await keys.press("ArrowDown", "Enter");
  await inspector.filtered(/\w/);
});

test("Topics: a level is opened, and a topic filters the log", async () => {
  await inspector.open();
  await inspector.toTab("topics");
  await inspector.panel.locator("#topics-panel .topic-row").first().waitFor();
  await keys.tabTo(inspector.panel.locator("#topics-panel .topic-row[tabindex='0']"));
  await keys.press("ArrowRight");
  await inspector.panel.locator("#topics-panel .topic-row").nth(1).waitFor();
  await keys.press("ArrowDown", "Enter");
  await inspector.filtered(/^topic /);
});

test("Links: a link's messages are shown", async () => {
  await inspector.open();
  await inspector.toTab("links");
  await inspector.panel.locator("#links-panel .link-row").first().waitFor();
  await keys.tabTo(inspector.panel.locator("#links-panel .link-row .row-link").first());
  await keys.press("Enter");
  await inspector.filtered(/^conn == \d+$/);
});

test("Columns are moved, sized and hidden", async () => {
  await inspector.open();
  const shown = (): Promise<string[]> => inspector.panel.locator(".header-cell .header-label").allTextContents();
  const before = await shown();
  await keys.tabTo(inspector.panel.locator('.header-label[tabindex="0"]'), "Shift+Tab");
  await keys.press("Alt+ArrowRight");
  assert.deepEqual((await shown()).slice(0, 2), [before[1], before[0]]);
  await keys.press("Alt+ArrowLeft");
  assert.deepEqual(await shown(), before);
  const width = async (): Promise<number> =>
    (await inspector.panel.locator(".header-cell").first().boundingBox())!.width;
  const narrow = await width();
  await keys.press("Shift+ArrowRight", "Shift+ArrowRight");
  assert.ok((await width()) > narrow);
  await keys.tabTo(inspector.panel.locator("#columns-button"));
  await keys.press("Enter");
  await keys.tabTo(inspector.panel.locator('#column-chooser [data-column="size"]'));
  await keys.press("Space");
  await inspector.panel.locator(".header-cell.cell-size").waitFor({ state: "detached" });
  await keys.tabTo(inspector.panel.locator("#column-chooser .link-button"));
  await keys.press("Enter");
  await inspector.panel.locator(".header-cell.cell-size").waitFor();
  await inspector.focusOn(inspector.panel.locator("#columns-button"));
  await keys.tabTo(inspector.list);
});

test("Hold and release", async () => {
  await inspector.open();
  const client = new Request({ linger: 0, receiveTimeout: 20_000 });
  open.push(client);
  client.connect(listen);
  await keys.run("ZMQ Tap: Hold Messages…");
  await keys.walkTo("Hold messages of which tap?", "echo");
  await keys.walkTo("A held request keeps its REQ waiting", "From the Client");
  await keys.answer("Each goes on by itself after", 'body contains "hold"');
  await inspector.panel.locator("#banner-interventions").waitFor();
  await client.send("please hold");
  await inspector.row("held: please hold").waitFor();
  await keys.run("ZMQ Tap: Focus on Held Messages View");
  const held = session.page.locator(".pane", {
    has: session.page.locator('[aria-label="Held Messages Section"]'),
  });
  await held.locator(".monaco-list-row", { hasText: "please hold" }).waitFor();
  await keys.press("Home");
  await keys.pickInMenu("Release");
  assert.equal(String((await client.receive())[0]), "re: please hold");
  await keys.run("ZMQ Tap: Stop All Interventions");
  await inspector.panel.locator("#banner-interventions").waitFor({ state: "detached" });
});

test("The side bar's log: read, filter and open a row in the inspector", async () => {
  await keys.run("ZMQ Tap: Focus on Messages View");
  const log = await session.workbench.webview('body[data-surface="messages"] .app');
  await inspector.focusOn(log.locator(".list-viewport"));
  await keys.press("/");
  await keys.type("apples");
  await keys.press("Enter");
  await log.locator("#filter-progress", { hasText: /^\s*[1-9]\d* of/ }).waitFor();
  await keys.press("ArrowDown");
  await inspector.toFirst(log, "apples");
  await log.locator(".row.active:focus", { hasText: "apples" }).waitFor();
  await keys.press("Enter");
  const panel = await session.workbench.webview('body[data-surface="inspector"] .app');
  await panel.locator(".row.active:focus", { hasText: "apples" }).waitFor();
});

test("A palette keeps the keyboard while messages push the active row out of sight", async () => {
  await inspector.open();
  await keys.press("End");
  await inspector.activeRow.and(inspector.panel.locator(":focus")).waitFor();
  await keys.press("F1");
  const palette = session.workbench.quickInput();
  await palette.waitFor();
  await ask(listen, ...Array.from({ length: 40 }, (_, n) => `question ${n}`));
  await inspector.row("re: question 39").waitFor();
  await keys.type("zmq");
  assert.equal(await palette.inputValue(), ">zmq");
  await keys.press("Escape");
  await inspector.focusOn(inspector.list);
});
