import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { Pull, Push } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { ThemeName } from "../../scripts/vscode/workbench.ts";
import { assertAccessible } from "./support/accessibility.ts";
import { type JsonRpcPair, startJsonRpc } from "./support/dialectPeers.ts";
import { type Publisher, startPublisher, startSubscribers } from "./support/market.ts";
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

const THEMES: readonly ThemeName[] = ["dark", "light", "high contrast", "high contrast light"];
const FAST_CALLS = 20;
const TICKS = 5;
const JOBS = 200_000;
/** How long a tab may take from the click to its first picture. */
const FIRST_PAINT_MS = 200;
const PAINTS = 5;

let session: Session;
let panel: FrameLocator;
let rpc: JsonRpcPair;
let market: Publisher;
let subscribers: { close(): void };
let sink: Pull;
const listen = { rpc: "", market: "", jobs: "" };

before(async () => {
  sink = new Pull({ linger: 0 });
  await sink.bind("tcp://127.0.0.1:*");
  [rpc, market] = await Promise.all([startJsonRpc(), startPublisher()]);
  for (const name of ["rpc", "market", "jobs"] as const) listen[name] = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: {
      "zmqTap.taps": [
        { name: "rpc", server: rpc.endpoint, listen: listen.rpc },
        { name: "market", server: market.endpoint, listen: listen.market },
        { name: "jobs", server: sink.lastEndpoint!, listen: listen.jobs },
      ],
    },
  });
  await sideBarLog(session);
  panel = await inspector(session);
  await panel.locator("#empty-no-rows", { hasText: listen.rpc }).waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  rpc.close();
  subscribers.close();
  market.close();
  sink.close();
});

async function show(tab: string): Promise<Locator> {
  await panel.locator(`#tab-${tab}`).click();
  await panel.locator(`#tab-${tab}[aria-selected="true"]`).waitFor();
  return panel.locator(`#${tab}-panel`);
}

const messagesShown = (): Promise<void> => panel.locator('#tab-messages[aria-selected="true"]').waitFor();

/** Reads a number that stands among other words. */
const numberIn = (text: string | null, unit: string): number =>
  Number(new RegExp(`([\\d,]+) ${unit}`).exec(text ?? "")?.[1]?.replaceAll(",", "") ?? NaN);

test("Before there is anything to draw, each tab says what will be there", async () => {
  for (const tab of ["overview", "latency", "topics"]) {
    const shown = await show(tab);
    await shown.locator(".picture-empty").waitFor();
  }
  await show("messages");
});

test("Arrow keys, Home and End go through the tabs", async () => {
  await panel.locator("#tab-messages").focus();
  for (const [key, tab] of [
    ["ArrowLeft", "call"],
    ["ArrowRight", "messages"],
    ["End", "call"],
    ["Home", "messages"],
    ["ArrowRight", "overview"],
  ] as const) {
    await session.page.keyboard.press(key);
    await panel.locator(`#tab-${tab}[aria-selected="true"]:focus`).waitFor();
    await panel.locator(`#${tab}-panel:not([hidden])`).waitFor();
    assert.equal(await panel.locator('[role="tab"][tabindex="0"]').count(), 1);
  }
});

test("Overview draws what goes through each tap, and tells it as a table", async () => {
  rpc.connect(listen.rpc);
  await rpc.call({ id: "slow", method: "orders.wait", params: [] });
  for (let i = 0; i < FAST_CALLS; i++) {
    await rpc.call({ id: i, method: "orders.list", params: [i] });
    await rpc.answer(
      i === 3 ? { id: i, error: { code: -32000, message: "Order 3 is filled already" } } : { id: i, result: i },
    );
  }
  await rpc.answer({ id: "slow", result: null });
  subscribers = startSubscribers(listen.market, 2);
  await market.subscribed(2);
  for (let i = 0; i < TICKS; i++) {
    await market.publish("md.xetra.SAP", { bid: 100 + i });
    await market.publish("md.nyse.IBM", { bid: 200 + i });
    await market.publish("news", { headline: `Number ${i}` });
  }
  const overview = await show("overview");
  const charts = overview.locator('.tap-charts[data-tap="rpc"]');
  await charts.locator(".picture-facts", { hasText: `${2 * (FAST_CALLS + 1)} messages` }).waitFor();
  await charts.locator(".picture-facts", { hasText: "1 error" }).waitFor();
  await charts.locator('[data-measure="latency"] canvas').waitFor();
  const box = (await charts.locator('[data-measure="messages"] canvas').boundingBox())!;
  assert.ok(box.width > 300 && box.height > 40, JSON.stringify(box));
  await charts.locator(".table-toggle").click();
  const cells = (column: number): Promise<string[]> =>
    charts.locator(`tbody tr > :nth-child(${column})`).allTextContents();
  const sum = (texts: string[]): number => texts.reduce((total, text) => total + Number(text), 0);
  assert.equal(sum(await cells(2)), FAST_CALLS + 1);
  assert.equal(sum(await cells(3)), FAST_CALLS + 1);
  assert.equal(sum(await cells(6)), 1);
  await session.photograph("overview-table", ["dark"]);
  await charts.locator(".table-toggle").click();
  await session.photograph("overview", THEMES);
  await assertAccessible(panel);
});

test("A stretch of time that is dragged over a chart, or chosen by keyboard, filters the log", async () => {
  const overview = await show("overview");
  const plot = overview.locator('.tap-charts[data-tap="rpc"] [data-measure="messages"] .u-over');
  const { x, y, width, height } = (await plot.boundingBox())!;
  const { mouse } = session.page;
  await mouse.move(x + width - 2, y + height / 2);
  await mouse.down();
  await mouse.move(x + 20, y + height / 2, { steps: 5 });
  await mouse.up();
  await messagesShown();
  await filterReads(panel, /^tap == "rpc" and time >= \d{4}-\d\d-\d\dT[\d:.]+ and time < \d{4}-/);
  await rows(panel, "orders.list").first().waitFor();
  await show("overview");
  await overview.locator('.tap-charts[data-tap="market"] zmq-chart').first().focus();
  for (const key of ["Home", "Shift+End", "Enter"]) await session.page.keyboard.press(key);
  await messagesShown();
  await filterReads(panel, /^tap == "market" and time >= /);
  await rows(panel, "md.xetra.SAP").first().waitFor();
  await emptyFilter(panel);
});

test("Latency shows how it is spread by method, and the slowest exchange is one click away", async () => {
  const latency = await show("latency");
  const method = latency.locator('tr[data-method="orders.list"]');
  await method.waitFor();
  assert.deepEqual((await method.locator("td").allTextContents()).slice(1, 3), [String(FAST_CALLS), "1"]);
  await latency.locator('.sort-button[data-column="maxMs"]').click();
  await latency.locator('th[aria-sort="descending"] [data-column="maxMs"]').waitFor();
  assert.equal(await latency.locator("tr[data-method]").first().getAttribute("data-method"), "orders.wait");
  await method.locator(".link-button").click();
  await latency.locator("#latency-of", { hasText: "orders.list" }).waitFor();
  await session.photograph("latency", THEMES);
  await assertAccessible(panel);
  await latency.locator(".table-toggle").click();
  const counts = await latency.locator(".latency-histogram tbody td:nth-child(2)").allTextContents();
  assert.equal(
    counts.reduce((total, text) => total + Number(text), 0),
    FAST_CALLS,
  );
  await latency.locator(".table-toggle").click();
  await latency.locator("#slowest tbody tr").first().locator(".row-link").first().click();
  await messagesShown();
  await panel.locator("#says", { hasText: "orders.wait" }).waitFor();
});

test("Topics are a tree with what came last, and filter the log", async () => {
  const topics = await show("topics");
  const row = (topic: string): Locator => topics.locator(`.topic-row[data-topic="${topic}"]`);
  const texts = (topic: string): Promise<string[]> => row(topic).locator("td").allInnerTexts();
  await row("md.").waitFor();
  assert.equal((await texts("md."))[0]?.trim(), String(2 * TICKS));
  assert.equal((await texts("news"))[3]?.trim(), "2");
  // Payloads are read in their turn.
  await row("news").locator(".value-cell", { hasText: "Number 4" }).waitFor();
  await row("md.").focus();
  await session.page.keyboard.press("ArrowRight");
  await row("md.xetra.").waitFor();
  await session.page.keyboard.press("ArrowRight");
  await topics.locator(".topic-row:focus").waitFor();
  for (const topic of ["md.nyse.", "md.xetra."]) {
    await row(topic).focus();
    await session.page.keyboard.press("ArrowRight");
  }
  await row("md.xetra.SAP").waitFor();
  await session.photograph("topics", THEMES);
  await assertAccessible(panel);
  await row("md.xetra.SAP").locator(".row-action").click();
  await messagesShown();
  await filterReads(panel, 'topic == "md.xetra.SAP"');
  await rows(panel, "md.xetra.SAP").first().waitFor();
  await emptyFilter(panel);
  await show("topics");
  const { workbench } = session;
  await row("news").click({ button: "right" });
  await workbench.menuItems().filter({ hasText: "Filter by This" }).first().hover();
  await workbench.pickInMenu("Equals");
  await messagesShown();
  await filterReads(panel, 'topic == "news"');
  await emptyFilter(panel);
});

test("Links are listed with what became of them, and a tap's promises with their numbers", async () => {
  const links = await show("links");
  const fidelity = links.locator('.fidelity tr[data-tap="rpc"]');
  await fidelity.waitFor();
  const [toServer = ""] = await fidelity.locator("td").allTextContents();
  assert.match(toServer, /^\s*([\d,]+) received = \1 sent\s*$/);
  assert.equal(await links.locator(".unfaithful").count(), 0);
  const own = links.locator(".link-row", { hasText: "DEALER" });
  assert.equal(await own.count(), 1);
  assert.ok((await own.innerText()).includes(String(FAST_CALLS + 1)));
  await session.photograph("links", THEMES);
  await assertAccessible(panel);
  subscribers.close();
  await links.locator(".link-row.closed", { hasText: "SUB" }).nth(1).waitFor();
  await links.locator('[data-choice="open"]').click();
  await links.locator(".link-row", { hasText: "SUB" }).first().waitFor({ state: "detached" });
  await own.locator(".row-link").click();
  await messagesShown();
  await filterReads(panel, /^conn == \d+$/);
  await rows(panel, "orders.list").first().waitFor();
  await emptyFilter(panel);
});

test("A tab of a large capture is there within a fifth of a second", async () => {
  const source = new Push({ linger: 0, sendHighWaterMark: 10_000 });
  source.connect(listen.jobs);
  const received = (async () => {
    for (let i = 0; i < JOBS; i++) await sink.receive();
  })();
  const job = Buffer.alloc(64, 0x61);
  for (let i = 0; i < JOBS; i++) await source.send(job);
  await received;
  source.close();
  const overview = await show("overview");
  const facts = overview.locator('.tap-charts[data-tap="jobs"] .picture-facts');
  await facts.filter({ hasText: `${JOBS.toLocaleString("en")} messages` }).waitFor();
  assert.equal(numberIn(await facts.textContent(), "messages"), JOBS);
  await session.photograph("overview-large", ["dark"]);
  for (const tab of ["overview", "latency", "topics", "links"]) {
    const tries: number[] = [];
    // What else the machine does is not the tab's.
    for (let i = 0; i < PAINTS; i++) {
      await show("messages");
      tries.push(await firstPaintMs(tab));
    }
    process.stdout.write(`${tab}: ${tries.map((ms) => ms.toFixed(0)).join(", ")} ms\n`);
    assert.ok(Math.min(...tries) < FIRST_PAINT_MS, `${tab} took ${tries.join(", ")} ms`);
  }
});

/** From the click on a tab to the frame that shows a fresh picture, measured in the page. */
async function firstPaintMs(tab: string): Promise<number> {
  const body = await panel.locator("body").elementHandle();
  const frame = (await body.ownerFrame())!;
  return frame.evaluate(async (name) => {
    const picture = document.querySelector<HTMLElement & { forget(): void; answer: unknown }>(`zmq-${name}`)!;
    // What is shown again would else be what was drawn before.
    picture.forget();
    await new Promise(requestAnimationFrame);
    const began = performance.now();
    document.getElementById(`tab-${name}`)!.click();
    while (picture.answer === null || picture.clientHeight === 0) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
  }, tab);
}
