import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { assertAccessible } from "./support/accessibility.ts";
import { type FrontendBackend, type JsonRpcPair, startFrontendBackend, startJsonRpc } from "./support/dialectPeers.ts";
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

let peers: FrontendBackend;
let rpc: JsonRpcPair;
let warehouse: EchoServer;
let session: Session;
let log: FrameLocator;
let panel: FrameLocator;
const listen = { calls: "", signals: "", rpc: "", warehouse: "" };

/** A dialect of the user's. */
const WAREHOUSE = `const text = (octets) => new TextDecoder().decode(octets);
export default {
  title: "Warehouse",
  decode({ payload }) {
    const [word, ...rest] = text(payload[0] ?? new Uint8Array()).split(" ");
    if (word === "GET") return { kind: "call", method: word, args: rest };
    return word === "re:" ? { kind: "error", problem: "no " + rest.at(-1) } : null;
  },
};
`;

before(async () => {
  [peers, rpc, warehouse] = await Promise.all([startFrontendBackend(), startJsonRpc(), startEchoServer()]);
  for (const name of ["calls", "signals", "rpc", "warehouse"] as const)
    listen[name] = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: {
      "zmqTap.taps": [
        { name: "calls", server: peers.calls, listen: listen.calls },
        { name: "signals", server: peers.signals, listen: listen.signals },
        { name: "rpc", server: rpc.endpoint, listen: listen.rpc },
        { name: "warehouse", server: warehouse.endpoint, listen: listen.warehouse },
      ],
      "zmqTap.dialects": [{ name: "warehouse", module: "warehouse.mjs" }],
    },
    files: { "warehouse.mjs": WAREHOUSE },
  });
  log = await sideBarLog(session);
  await log.locator("#empty-no-rows", { hasText: listen.rpc }).waitFor();
  rpc.connect(listen.rpc);
  await peers.call(listen.calls, '{"api_method": "add", "arguments": {"a": 2, "b": 2}}');
  for (let beats = 0; beats < 3; beats++) await peers.call(listen.calls, "PING");
  await peers.call(listen.calls, '{"api_method": "get_stored_data", "arguments": {}}');
  await peers.signal(listen.signals, '{"signal": "add_result", "data": 4}');
  await peers.call(listen.calls, '{"api_method": "forgotten", "arguments": {}}');
  await rpc.call(
    { id: "a1", method: "orders.list", params: { state: "open" } },
    { id: "b2", method: "orders.cancel", params: [7] },
  );
  await rpc.answer({ id: "b2", error: { code: -32000, message: "Order 7 is filled already" } });
  await rpc.answer({ id: "a1", result: [{ id: 1, price: 12.5 }] });
  await rpc.call({ id: "c3", method: "orders.wait", params: [] }, { id: "c3", method: "orders.wait", params: [] });
  await rpc.answer({ id: "c3", result: null });
  panel = await inspector(session);
  await rows(panel, "orders.cancel").first().waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  peers.close();
  rpc.close();
  warehouse.close();
});

/** What a column says of the rows that hold a text. */
const cells = (view: FrameLocator, text: string | RegExp, column: string): Locator =>
  rows(view, text).locator(`.cell-${column}`);

test("Rows say method and status, and an error that its client may hide looks like one", async () => {
  await cells(panel, "orders.cancel", "status").filter({ hasText: "error" }).first().waitFor();
  assert.match((await rows(panel, "filled already").first().getAttribute("class")) ?? "", /look-failure/);
  await cells(panel, "orders.list", "status").filter({ hasText: "ok" }).first().waitFor();
  await cells(panel, "get_stored_data", "status").filter({ hasText: "pending" }).waitFor();
  await cells(panel, /"add"/, "status").filter({ hasText: "ok" }).waitFor();
  await cells(panel, "orders.wait", "status")
    .filter({ hasText: "timed out" })
    .or(cells(panel, "orders.wait", "status").filter({ hasText: "repeated" }))
    .first()
    .waitFor();
  await rows(panel, "filled already").first().click();
  await panel.locator("#says .says-problem", { hasText: "Order 7 is filled already" }).waitFor();
  await panel.locator("#detail-title").waitFor();
  await session.photograph("dialects", ["dark", "light", "high contrast"]);
});

test("Heartbeats are folded with a count, and come back", async () => {
  await rows(panel, "PING").nth(2).waitFor();
  await panel.locator("#fold-heartbeats-button").click();
  await rows(panel, "PING").first().waitFor({ state: "detached" });
  await panel.locator("#footer-folded", { hasText: "6 heartbeats folded" }).waitFor();
  await session.photograph("heartbeats", ["dark"]);
  await panel.locator("#fold-heartbeats-button").click();
  await rows(panel, "PING").nth(2).waitFor();
});

test("A call leads to its signal on the other tap", async () => {
  await rows(panel, /"api_method": "add"/)
    .first()
    .click();
  await panel.locator(".outcome-link").click();
  await panel.locator("#says", { hasText: "add_result" }).waitFor();
  await session.photograph("signal", ["dark"]);
});

test("Filter by This works on method and status", async () => {
  const { workbench } = session;
  await rows(panel, "orders.cancel").first().locator(".cell-method").click({ button: "right" });
  await workbench.menuItems().filter({ hasText: "Filter by This" }).first().hover();
  await workbench.pickInMenu("Equals");
  await rows(panel, "orders.list").first().waitFor({ state: "detached" });
  await emptyFilter(panel);
  await panel.locator("#filter").fill("status == error");
  await panel.locator("#filter").press("Enter");
  await rows(panel, "filled already").first().waitFor();
  await rows(panel, "orders.list").first().waitFor({ state: "detached" });
  await emptyFilter(panel);
  await rows(panel, "orders.list").first().waitFor();
});

test("The side bar shows methods and errors in its room", async () => {
  await cells(log, "orders.cancel", "latency").filter({ hasText: "error" }).first().waitFor();
  await session.photograph("dialects-sidebar", ["dark", "light"]);
});

async function setDialect(name: string): Promise<void> {
  const { workbench } = session;
  await workbench.contextMenu(rows(panel, "orders.list").first(), "Set Dialect…");
  await workbench.quickRows().filter({ hasText: name }).first().click();
}

test("Set Dialect reads a channel as something else, and is found out again", async () => {
  await setDialect("raw");
  await cells(panel, "orders.list", "method").filter({ hasText: "orders.list" }).first().waitFor({ state: "detached" });
  await setDialect("Detect");
  await cells(panel, "orders.list", "method").filter({ hasText: "orders.list" }).first().waitFor();
});

test("A wide list has room for all columns and for the words of the status", async () => {
  await panel.locator(".detail-close").click();
  await panel.locator(".header-cell.cell-sockets").waitFor();
  const label = cells(panel, "orders.cancel", "status").first().locator(".label");
  await label.filter({ hasText: "error" }).waitFor();
  assert.ok((await label.boundingBox())!.width > 20);
  await session.photograph("dialects-wide", ["dark"]);
});

test("A dialect of the user's, a module of the workspace, says what messages are", async () => {
  await ask(listen.warehouse, "GET pears");
  // The list follows no longer since a row was chosen.
  await panel.locator("#new-rows-button").click();
  const call = cells(panel, /^(?!.*re:).*GET pears/, "method");
  await call.filter({ hasText: "GET" }).first().waitFor();
  await rows(panel, "re: GET pears").first().click();
  await session.page.keyboard.press("Enter");
  await panel.locator("#says", { hasText: "Warehouse" }).waitFor();
  await panel.locator("#says .says-problem", { hasText: "no pears" }).waitFor();
  await session.photograph("own-dialect", ["dark", "light", "high contrast"]);
});

test("Neither view has a serious accessibility fault", async () => {
  for (const view of [log, panel]) await assertAccessible(view);
});
