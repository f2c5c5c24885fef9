import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { Dealer, Reply, Request } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { readXml } from "../support/xml.ts";
import { assertAccessible } from "./support/accessibility.ts";
import { type JsonRpcPair, startJsonRpc } from "./support/dialectPeers.ts";
import { type Publisher, startPublisher, startSubscribers } from "./support/market.ts";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import {
  emptyFilter,
  inspector,
  keepEvidence,
  openSession,
  rows,
  type Session,
  sideBarLog,
} from "./support/session.ts";

const SOCKET = { linger: 0, receiveTimeout: 20_000, sendTimeout: 20_000 };
/** A name of somebody who means harm to whoever shows it. */
const HOSTILE = '</text><script>alert("x")</script>';
const THEMES = ["dark", "light", "high contrast", "high contrast light"] as const;

let echo: EchoServer;
let rpc: JsonRpcPair;
let publisher: Publisher;
let session: Session;
let log: FrameLocator;
let panel: FrameLocator;
const listen = { orders: "", market: "", prices: "", strict: "" };
const open: { close(): void }[] = [];

before(async () => {
  [echo, rpc, publisher] = await Promise.all([startEchoServer(), startJsonRpc(), startPublisher()]);
  for (const name of ["orders", "market", "prices", "strict"] as const)
    listen[name] = `tcp://127.0.0.1:${await freePort()}`;
  // A REP that is sent what is no request has nothing to receive.
  const strict = new Reply(SOCKET);
  open.push(strict);
  await strict.bind("tcp://127.0.0.1:*");
  strict.receive().catch(() => undefined);
  session = await openSession({
    workspaceSettings: {
      "zmqTap.taps": [
        { name: "orders", server: echo.endpoint, listen: listen.orders },
        { name: "market", server: rpc.endpoint, listen: listen.market },
        { name: "prices", server: publisher.endpoint, listen: listen.prices },
        { name: "strict", server: strict.lastEndpoint!, listen: listen.strict },
      ],
    },
  });
  log = await sideBarLog(session);
  await log.locator("#empty-no-rows", { hasText: listen.prices }).waitFor();
  assert.equal(await findingsPane().count(), 0, "the view Findings is there with nothing in it");
  open.push(startSubscribers(listen.prices, 2));
  await publisher.subscribed(2);
  rpc.connect(listen.market);
  const gui = new Request({ ...SOCKET, routingId: "gui-7" });
  const hostile = new Request({ ...SOCKET, routingId: HOSTILE });
  for (const socket of [gui, hostile]) {
    open.push(socket);
    socket.connect(listen.orders);
    await socket.send('{"method":"order","item":"pears"}');
    await socket.receive();
  }
  await rpc.call({ id: "a1", method: "orders.list", params: {} }, { id: "b2", method: "orders.cancel", params: [7] });
  await rpc.answer({ id: "b2", error: { code: -32000, message: "Order 7 is filled already" } });
  await rpc.answer({ id: "a1", result: [{ id: 1 }] });
  await publisher.publish("md.EUR", { bid: 1.1 });
  await publisher.publish("md.USD", { bid: 1.3 });
  await rpc.call({ id: "c3", method: "orders.wait", params: [] });
  panel = await inspector(session);
  await rows(panel, "orders.wait").first().waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  for (const socket of [...open, echo, rpc, publisher]) socket.close();
});

const findingsPane = (): Locator =>
  session.page.locator(".pane", { has: session.page.locator('.pane-header[aria-label^="Findings"]') });
const treeRow = (text: string | RegExp): Locator =>
  findingsPane().locator(".monaco-list-row", { hasText: text }).first();

/** Arrows by what is told of them, since what is drawn may be cut. */
const arrows = (words: string): Locator =>
  panel.locator(`#sequence-list [role="option"][aria-label*=${JSON.stringify(words)}]`);

const option = (n: string | number | null): Locator =>
  panel.locator(`#sequence-list [role="option"][data-n="${n ?? ""}"]`);
const selected = (): Locator => panel.locator('#sequence-list [role="option"][aria-selected="true"]');

async function show(tab: "Messages" | "Sequence" | "Topology"): Promise<void> {
  await panel.locator(`#tab-${tab.toLowerCase()}`).click();
  await panel.locator(`#tab-${tab.toLowerCase()}[aria-selected="true"]`).waitFor();
}

/** Takes the place that VS Code offers for a picture, and gives what was written there. */
async function saved(): Promise<string> {
  const { workbench } = session;
  await workbench.takeOfferedFile("Save Picture");
  const said = await workbench.notification("Saved the picture to");
  const path = /^Saved the picture to (\S+[.](?:svg|mmd))/.exec(said)?.[1];
  assert.ok(path !== undefined, said);
  await workbench.run("Notifications: Clear All Notifications");
  return readFile(path, "utf8");
}

test("Sequence draws messages between their peers: pairs, errors, publications, and what waits", async () => {
  await show("Sequence");
  await panel.locator(".sequence-head text", { hasText: "gui-7" }).waitFor();
  await panel.locator(".sequence-head text", { hasText: "market" }).waitFor();
  await arrows("orders.cancel, error").first().waitFor();
  await arrows("md.EUR").first().waitFor();
  const waiting = arrows("orders.wait, pending");
  await waiting.waitFor();
  await panel.locator(".sequence-row", { hasText: "orders.wait" }).filter({ hasText: "pending" }).waitFor();
  assert.match((await waiting.getAttribute("aria-label")) ?? "", /message from \S+ to market: orders[.]wait, pending/);
  assert.equal(await panel.locator("script", { hasText: "alert" }).count(), 0);
  await session.photograph("sequence", THEMES);
});

test("Sequence follows what comes, and the filter of the log", async () => {
  await ask(listen.orders, "a late one");
  await arrows("re: a late one").waitFor();
  await show("Messages");
  await panel.locator("#filter").fill('method startswith "orders."');
  await panel.locator("#filter").press("Enter");
  await rows(panel, "late one").first().waitFor({ state: "detached" });
  await show("Sequence");
  await panel.locator(".sequence-what", { hasText: 'of method startswith "orders."' }).waitFor();
  await arrows("late one").first().waitFor({ state: "detached" });
  await arrows("orders.cancel").first().waitFor();
  await show("Messages");
  await emptyFilter(panel);
  await rows(panel, "re: a late one").first().waitFor();
  await show("Sequence");
});

test("The keyboard walks along arrows, goes to the partner, and Enter shows the row in the log", async () => {
  const { page } = session;
  await panel.locator("#sequence-list").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await selected().and(panel.locator('[aria-label*="a late one"]')).waitFor();
  const n = Number(await selected().getAttribute("data-n"));
  await page.keyboard.press("g");
  await selected()
    .and(panel.locator(`:not([data-n="${n}"])`))
    .waitFor();
  await page.keyboard.press("g");
  await selected().and(option(n)).waitFor();
  await page.keyboard.press("Enter");
  await panel.locator(`.row.active[data-n="${n}"]`).waitFor();
  await show("Sequence");
});

test("A click on an arrow shows its row in the log", async () => {
  const arrow = arrows("orders.cancel").first();
  const n = await arrow.getAttribute("data-n");
  const box = (await arrow.boundingBox())!;
  await panel.locator("#sequence-list").click({ position: await within(box) });
  await panel.locator(`.row.active[data-n="${n ?? ""}"]`).waitFor();
  await show("Sequence");
});

/** The middle of a box, from the list's corner. */
async function within(box: { x: number; y: number; width: number; height: number }): Promise<{ x: number; y: number }> {
  const list = (await panel.locator("#sequence-list").boundingBox())!;
  return { x: box.x - list.x + box.width / 2, y: box.y - list.y + box.height / 2 };
}

test("A saved sequence is an SVG of its own in which hostile names are text", async () => {
  await panel.locator("#sequence-svg").click();
  const file = await saved();
  const { tags, texts } = readXml(file);
  assert.deepEqual([...new Set(tags)].sort(), ["g", "line", "path", "rect", "svg", "text", "title"]);
  assert.ok(texts.some((text) => text.startsWith("</text><scr")));
  assert.ok(texts.includes("orders.cancel"));
  assert.match(file, /fill="#[0-9a-f]{6}"/);
  assert.doesNotMatch(file, /var\(|<script/);
  await panel.locator(".sequence-said", { hasText: "Saved all" }).waitFor();
});

test("A selection is copied as Mermaid, and says how much it is", async () => {
  const { page } = session;
  await panel.locator("#sequence-list").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+ArrowUp");
  await panel.locator("#sequence-copy").click();
  await panel.locator(".sequence-said", { hasText: /^Copied 2 of \d+ rows, from #/ }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^sequenceDiagram\n {2}participant p1 as /);
  assert.equal(text.trimEnd().split("\n").length, 5);
});

test("Sequence has no serious accessibility fault", () => assertAccessible(panel));

test("Topology draws who talks to whom, and a link leads to its messages", async () => {
  await show("Topology");
  await panel.locator(".topology-node", { hasText: "market" }).first().waitFor();
  await panel.locator(".topology-node", { hasText: "prices" }).first().waitFor();
  await session.photograph("topology", THEMES);
  await panel.locator(".topology-hit").first().focus();
  await session.page.keyboard.press("ArrowRight");
  await panel.locator(".topology-frame:focus").waitFor();
  await session.page.keyboard.press("ArrowLeft");
  await panel.locator(".topology-hit:focus").waitFor({ state: "attached" });
  await assertAccessible(panel);
  await session.page.keyboard.press("Enter");
  await panel.locator('#tab-messages[aria-selected="true"]').waitFor();
  assert.notEqual(await panel.locator("#filter").inputValue(), "");
  await emptyFilter(panel);
});

test("Topology is a table, too, and an SVG file", async () => {
  await show("Topology");
  await panel.locator("zmq-topology .table-toggle").click();
  await panel.locator("#topology-table tbody tr", { hasText: "market" }).first().waitFor();
  await session.photograph("topology-table", ["dark"]);
  await assertAccessible(panel);
  await panel.locator("zmq-topology .table-toggle").click();
  await panel.locator("#topology-svg").click();
  const file = await saved();
  assert.match(file, />market</);
  assert.doesNotMatch(file, /var\(|<script/);
  await show("Messages");
});

test("What is wrong stands in the view Findings, on rows and in their details", async () => {
  const { page, workbench } = session;
  // A DEALER without the empty delimiter, whose request a REP drops.
  const dealer = new Dealer(SOCKET);
  open.push(dealer);
  dealer.connect(listen.strict);
  await dealer.send("hello?");
  // Its number is seen on the icon and in the status bar; the view takes room from the taps only when it is wanted.
  await findingsPane().locator('.pane-header[aria-expanded="false"]').waitFor();
  await (await workbench.statusBarItem(/\d findings?/)).click();
  await findingsPane().locator('.pane-header[aria-expanded="true"]').waitFor();
  // All of it is looked at, in the room of the others.
  for (const view of ["Taps", "Messages"]) await page.locator(`.pane-header[aria-label^="${view}"]`).click();
  panel = await workbench.webview('body[data-surface="inspector"] .app');
  const finding = treeRow("sends requests without");
  await finding.waitFor();
  await finding.locator(".monaco-tl-twistie").click();
  await treeRow("hello?").waitFor();
  await treeRow("Waiting for a Reply").locator(".monaco-tl-twistie").click();
  await treeRow(/orders.wait.* s · no reply yet · market/).waitFor();
  await session.photograph("findings", THEMES);
  await treeRow(/orders.wait.* s · /).click();
  await panel.locator(".row.active", { hasText: "orders.wait" }).waitFor();
  await finding.hover();
  await finding.locator('.action-label[aria-label="Jump to Row"]').click();
  await panel.locator(".row.active .finding-mark").waitFor();
  await panel.locator(".row-finding-title").first().waitFor();
  await session.photograph("finding-detail", THEMES);
  await assertAccessible(panel);
  await panel.locator(".row-finding .link-button", { hasText: "What Does This Mean" }).first().click();
  const preview = page.locator('.tab[aria-label*="findings.md"]');
  await preview.waitFor();
  await preview.click({ button: "middle" });
  // Its page was thrown away while it was hidden.
  panel = await workbench.webview('body[data-surface="inspector"] .app');
  await rows(panel, "orders.wait").first().waitFor();
  await panel.locator(".row-finding-title").first().waitFor();
  await finding.hover();
  await finding.locator('.action-label[aria-label="Filter by This"]').click();
  await rows(panel, "orders.wait").first().waitFor({ state: "detached" });
  assert.equal(await panel.locator("#filter").inputValue(), 'finding == "rep-missing-delimiter"');
  await rows(panel, "hello?").first().waitFor();
  await workbench.contextMenu(finding, "Switch Off This Rule");
  await finding.waitFor({ state: "detached" });
  await panel.locator("#empty-filter").waitFor();
  await emptyFilter(panel);
});
