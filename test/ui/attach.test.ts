import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { ask, type EchoServer, startEchoServer } from "./support/peers.ts";
import { inspector, keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

let server: EchoServer;
let session: Session;

before(async () => {
  server = await startEchoServer();
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  server.close();
});

test("Attach ZMQ Tap from the palette shows a real client's messages in the side bar and in the inspector", async () => {
  const { workbench, page } = session;
  const log = await sideBarLog(session);
  await log.locator("#empty-no-taps").waitFor();
  await session.photograph("empty", ["dark"]);

  await workbench.run("ZMQ Tap: Attach ZMQ Tap");
  await workbench.awaitQuestion("Endpoint of the server");
  await workbench.quickInput().fill("nonsense");
  await workbench.quickRows().filter({ hasText: "Not an endpoint yet" }).waitFor();
  await workbench.quickInput().fill(server.endpoint);
  await workbench.quickRows().filter({ hasText: "use this server" }).waitFor();
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("Where clients will connect instead");
  const listen = await workbench.quickInput().inputValue();
  assert.match(listen, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await page.keyboard.press("Enter");
  await workbench.answer("What the log and the view Taps call it", "echo");

  await workbench.awaitQuestion("Choose what to change");
  await workbench.screenshot("out/screenshots/what-to-change-dark.png");
  // A VS Code that is served to a browser is on another machine, as far as it knows.
  const where = workbench.quickRows().filter({ hasText: "The port is on the machine of VS Code's server" });
  await where.filter({ hasText: "through SSH" }).waitFor();
  await workbench.quickRows().filter({ hasText: "Point the client here" }).click();
  await workbench.statusBarItem(`Copied ${listen} (on the machine of VS Code's server`);
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), listen);
  await log.locator("#empty-no-rows", { hasText: listen }).waitFor();

  assert.deepEqual(await ask(listen, "good morning", "good night"), ["re: good morning", "re: good night"]);
  assert.deepEqual(server.requests, ["good morning", "good night"]);
  await rows(log, "re: good night").waitFor();
  await rows(log, /good morning/)
    .first()
    .waitFor();

  const panel = await inspector(session);
  await rows(panel, "re: good night").waitFor();
  await rows(panel, "REQ").first().waitFor();
  await session.photograph("attached");
});

test("The tap can be stopped and started again from its item in the side bar", async () => {
  const { workbench, page } = session;
  const item = page.locator(".customview-tree .monaco-list-row", { hasText: "echo" }).first();
  await workbench.contextMenu(item, "Stop Tap");
  await page.locator(".customview-tree .monaco-list-row", { hasText: /stopped/i }).waitFor();
  await workbench.contextMenu(item, "Start Tap");
  await page.locator(".customview-tree .monaco-list-row", { hasText: /stopped/i }).waitFor({ state: "detached" });
});
