import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator } from "playwright-core";
import * as zmq from "zeromq";
import { type EchoSession, inspector, keepEvidence, openEchoSession, rows, sideBarLog } from "./support/session.ts";

let echo: EchoSession;
let panel: FrameLocator;
let client: zmq.Request;

before(async () => {
  echo = await openEchoSession();
  client = new zmq.Request({ linger: 0 });
  client.connect(echo.listen);
  await client.send("before");
  await client.receive();
  panel = await inspector(echo.session);
  await rows(panel, "re: before").waitFor();
});

afterEach((context) => keepEvidence(echo.session, context));

after(async () => {
  client.close();
  await echo.close();
});

test("Hold Messages holds what matches until it is released, edited and released, or dropped, and says so everywhere", async () => {
  const { session } = echo;
  const { workbench, page } = session;
  const quick = page.locator(".quick-input-widget:visible");
  await workbench.run("ZMQ Tap: Hold Messages…");
  await quick.getByText("A held request keeps its REQ waiting.").waitFor();
  await workbench.screenshot("out/screenshots/hold-dark.png");
  await page.keyboard.press("Enter");
  const filter = quick.locator("input");
  await quick.getByText("Each goes on by itself after 30 s").waitFor();
  await filter.fill("topix == 1");
  await quick.getByText("At character").waitFor();
  await filter.fill('body contains "hold"');
  await page.keyboard.press("Enter");
  await panel.locator("#banner-interventions", { hasText: '1 intervention is changing traffic on "echo"' }).waitFor();
  await workbench.statusBarItem("1 intervention");
  // A view that is opened later says it, too.
  const log = await sideBarLog(session);
  await log.locator("#banner-interventions").waitFor();

  await client.send("please hold one");
  const tree = page.locator(".pane", { has: page.locator('[aria-label="Held Messages Section"]') });
  const held = (text: string) => tree.locator(".monaco-list-row", { hasText: text });
  await held("please hold one").waitFor();
  await rows(panel, "held: please hold one").waitFor();
  assert.deepEqual(echo.server.requests, ["before"]);
  await held("please hold one").hover();
  await session.photograph("held", ["dark", "light", "high contrast"]);

  await held("please hold one").hover();
  await held("please hold one").locator('.action-label[aria-label="Edit and Release"]').click();
  const editor = page.locator(".editor-instance", { hasText: "Held message 1" });
  await editor.waitFor();
  await editor.getByText("please hold one", { exact: true }).click();
  await page.keyboard.press("End");
  await page.keyboard.type(", edited");
  await workbench.screenshot("out/screenshots/held-edited-dark.png");
  await page.locator('.editor-actions .action-label[aria-label*="Send Edited Message"]').click();
  assert.equal(String((await client.receive())[0]), "re: please hold one, edited");
  await page
    .locator(".pane", { has: page.locator('[aria-label="Held Messages Section"]') })
    .waitFor({ state: "hidden" });

  await client.send("hold two");
  await held("hold two").hover();
  await held("hold two").locator('.action-label[aria-label="Release"]').click();
  assert.equal(String((await client.receive())[0]), "re: hold two");
  // By hand, and not since it has waited for long enough.
  await rows(log, /released after (?!30)[\d.]+ m?s: hold two/)
    .first()
    .waitFor({ state: "attached" });
  assert.equal(await page.locator(".notification-toast").count(), 0);

  await client.send("hold three");
  await held("hold three").waitFor();
  await log.locator("#stop-interventions").click();
  assert.equal(String((await client.receive())[0]), "re: hold three");
  await log.locator("#banner-interventions").waitFor({ state: "detached" });
});

test("Inject Fault offers what there is with what it does to REQ and REP, and checks what is typed", async () => {
  const { workbench, page } = echo.session;
  const quick = page.locator(".quick-input-widget:visible");
  await workbench.run("ZMQ Tap: Inject Fault…");
  await quick.getByText("a REQ discards the second reply").waitFor();
  await workbench.screenshot("out/screenshots/faults-dark.png");
  await page.keyboard.type("Delay");
  await quick.locator(".focused", { hasText: "delay 200ms" }).waitFor();
  await page.keyboard.press("Enter");
  const spec = quick.locator("input");
  await quick.getByText("Behind it can stand c2s or s2c").waitFor();
  assert.equal(await spec.inputValue(), "delay 200ms ±50ms");
  await spec.fill("delay soon");
  await quick.getByText("Write for example delay 200ms ±50ms").waitFor();
  await spec.fill("delay 300ms s2c");
  await page.keyboard.press("Enter");
  const panelNow = await inspector(echo.session);
  await panelNow.locator("#banner-interventions").waitFor();
  const began = performance.now();
  await client.send("late");
  assert.equal(String((await client.receive())[0]), "re: late");
  assert.ok(performance.now() - began >= 290);
  await rows(panelNow, /delayed by .*re: late/).waitFor();
  await workbench.run("ZMQ Tap: Stop All Interventions");
  await panelNow.locator("#banner-interventions").waitFor({ state: "detached" });
});
