import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { assertAccessible, pageOf } from "./support/accessibility.ts";
import { ask, type EchoServer } from "./support/peers.ts";
import {
  type EchoSession,
  emptyFilter,
  inspector,
  keepEvidence,
  openEchoSession,
  rows,
  type Session,
} from "./support/session.ts";

let echo: EchoSession;
let server: EchoServer;
let session: Session;
let log: FrameLocator;
let panel: FrameLocator;

const SHORTCUTS = "recdfgm/?";

before(async () => {
  echo = await openEchoSession();
  ({ session, server, log } = echo);
  await ask(echo.listen, '{"method":"add","args":[1,2]}', "apples", "pears");
  panel = await inspector(session);
  await rows(panel, "re: pears").waitFor();
});

afterEach((context) => keepEvidence(session, context));

after(() => echo.close());

/** The first row that a replay made, with this text: for an answer, the server has got the request by then. */
function replayed(view: FrameLocator, text: string): Locator {
  const badge = view.locator(".badge", { hasText: "replay" });
  return rows(view, text).filter({ has: badge }).first();
}

test("A chosen row shows its frames, its value as a tree, its link and its partner", async () => {
  await rows(panel, '"add"').first().click();
  await panel.locator("zmq-value-tree", { hasText: "method" }).waitFor();
  await panel.locator("dl.facts", { hasText: "NULL" }).waitFor();
  await session.photograph("detail", ["dark", "light", "high contrast"]);
  await panel.locator(".partner-link").click();
  await panel.locator("#detail-title", { hasText: "Reply" }).waitFor();
});

test("The filter bar leaves the rows whose payload holds the text, and says how many", async () => {
  await panel.locator("#filter").fill("PEARS");
  await rows(panel, "apples").first().waitFor({ state: "detached" });
  await rows(panel, "re: pears").waitFor();
  await panel.locator("#filter-progress", { hasText: "2" }).waitFor();
  await session.photograph("filter", ["dark"]);
  await panel.locator("#filter").press("Escape");
  await rows(panel, "apples").first().waitFor();
});

test("Letters that are shortcuts of the list do nothing while they are typed into the filter bar", async () => {
  const before = server.requests.length;
  const filter = panel.locator("#filter");
  await rows(panel, "apples").first().click();
  await filter.click();
  await session.page.keyboard.type(SHORTCUTS);
  await session.page.keyboard.press("Space");
  await session.page.keyboard.press("Delete");
  assert.equal(await filter.inputValue(), `${SHORTCUTS} `);
  await panel.locator("#empty-filter").waitFor();
  assert.equal(await panel.locator("#pause-button").getAttribute("aria-pressed"), "false");
  assert.equal(await session.page.locator(".quick-input-widget:visible, .notification-toast").count(), 0);
  assert.equal(server.requests.length, before);
  await filter.press("Escape");
  await rows(panel, "apples").first().waitFor();
});

test("Replay Message from the context menu of a row in the inspector sends it again, by the mouse", async () => {
  await session.workbench.contextMenu(rows(panel, "apples").first(), "Replay Message");
  await replayed(panel, "re: apples").waitFor();
  await session.workbench.statusBarItem(/answer/i);
  assert.deepEqual(server.requests.slice(-1), ["apples"]);
});

test("Replay Message from the context menu of a row in the side bar sends it again, by the keyboard", async () => {
  const { page, workbench } = session;
  const before = server.requests.length;
  await rows(log, "pears").first().click();
  await page.keyboard.press("Shift+F10");
  await workbench.screenshot("out/screenshots/context-menu-dark.png");
  await workbench.pickInMenuByKeyboard("Replay Message");
  // A list whose row was chosen follows no longer.
  await log.locator("#follow-button").click();
  await replayed(log, "re: pears").waitFor();
  await workbench.statusBarItem(/answer/i);
  assert.deepEqual(server.requests.slice(before), ["pears"]);
});

test("The list moves by keys, and stops following when the user does", async () => {
  const { page } = session;
  await rows(panel, "re: pears").first().click();
  await page.keyboard.press("Home");
  await panel.locator('.row.active[data-n="1"]').waitFor();
  await page.keyboard.press("End");
  await panel.locator('.row.active[data-n="1"]').waitFor({ state: "detached" });
  await page.keyboard.press("ArrowUp");
  assert.equal(await panel.locator(".row.active").count(), 1);
  assert.ok(Number(await panel.locator('[role="grid"]').getAttribute("aria-rowcount")) > 6);
});

test("Whoever reads the page aloud is told the order that rows are seen in", async () => {
  const frame = await pageOf(panel);
  const order = await frame.evaluate(async () => {
    document.body.classList.add("vscode-using-screen-reader");
    const viewport = document.querySelector(".list-viewport")!;
    for (const key of ["Home", "End"]) {
      viewport.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
    }
    const ids = viewport.getAttribute("aria-owns")?.split(" ") ?? [];
    return ids.map((id) => Number(document.getElementById(id)!.getAttribute("aria-rowindex")));
  });
  assert.ok(order.length > 6, order.join());
  assert.deepEqual(
    order,
    order.toSorted((one, other) => one - other),
  );
});

test("Neither view has a serious accessibility fault", async () => {
  for (const view of [log, panel]) await assertAccessible(view);
});

test("The views come back after the window is reloaded, with the log as it was", async () => {
  const known = panel.locator(".row:not([hidden]):not(.loading)").first();
  const number = await known.getAttribute("aria-rowindex");
  assert.notEqual(number, null);
  await session.workbench.reload();
  panel = await session.workbench.webview('body[data-surface="inspector"] .app');
  await emptyFilter(panel);
  await panel.locator(`.row:not([hidden]):not(.loading)[aria-rowindex="${number!}"]`).waitFor();
  assert.equal(await panel.locator(".banner").count(), 0);
});
