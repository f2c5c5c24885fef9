import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { askAsCurveClient, type CurveClient, newPair, startCurveServer } from "./support/curvePeers.ts";
import { inspector, keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

let server: Awaited<ReturnType<typeof startCurveServer>>;
let session: Session;
let listen: string;
let log: FrameLocator;

before(async () => {
  server = await startCurveServer();
  listen = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: { "zmqTap.taps": [{ name: "backend", server: server.endpoint, listen }] },
  });
  log = await sideBarLog(session);
  await log.locator("#empty-no-rows", { hasText: listen }).waitFor();
});

afterEach(async (context) => {
  for (const client of clients.splice(0)) client.close();
  await keepEvidence(session, context);
});

after(async () => {
  await session.close();
  server.close();
});

const clients: CurveClient[] = [];

/** A client that is closed when its test ends. */
function ask(...how: Parameters<typeof askAsCurveClient>): CurveClient {
  const client = askAsCurveClient(...how);
  clients.push(client);
  return client;
}

/** An item of a tree in the side bar. */
function treeItem(text: string | RegExp): Locator {
  return session.page.locator(".customview-tree .monaco-list-row", { hasText: text }).first();
}

async function pick(label: string): Promise<void> {
  const row = session.workbench.quickRows().filter({ hasText: label }).first();
  await row.waitFor();
  await row.click();
}

test("A CURVE link without keys shows encrypted frames, and keys are asked for and imported from there", async () => {
  const { workbench, page } = session;
  const client = ask(listen, server.pair.publicKey, "is it you?");
  assert.equal(await client.answer, "re: is it you?");
  await rows(log, "encrypted").first().waitFor();
  const toast = page.locator(".notification-toast", { hasText: "speaks CURVE" });
  await toast.waitFor();
  await workbench.screenshot("out/screenshots/curve-without-keys-dark.png");
  await toast.locator(".monaco-button", { hasText: "Choose Keys" }).click();

  await workbench.awaitQuestion("Choose what to set");
  await workbench.screenshot("out/screenshots/choose-keys-dark.png");
  await pick("Server key pair");
  await page.evaluate(
    (text) => navigator.clipboard.writeText(text),
    `BACKEND_PUBLIC_KEY=${server.pair.publicKey}\nBACKEND_SECRET_KEY=${server.pair.secretKey}\n`,
  );
  await pick("Import Keys");
  await pick("From the Clipboard");
  await workbench.awaitQuestion("recognised");
  await workbench.screenshot("out/screenshots/import-keys-dark.png");
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("Choose what to set");
  await pick("Server key pair");
  await workbench.awaitQuestion("Choose a key");
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("Choose what to set");
  await pick("Apply");
  await workbench.notification("uses its new keys");
});

test("With the server's key pair every frame of a CURVE link is readable in the side bar and in the inspector", async () => {
  const client = ask(listen, server.pair.publicKey, '{"method":"add","args":[1,2]}');
  assert.equal(await client.answer, 're: {"method":"add","args":[1,2]}');
  await rows(log, '"add"').first().waitFor();
  const panel = await inspector(session);
  await rows(panel, '"add"').first().click();
  await panel.locator("dl.facts", { hasText: "CURVE, read with the tap's keys" }).waitFor();
  await panel.locator(".row .cell-sockets .codicon-lock").first().waitFor();
  await session.page.locator(".pane-header", { hasText: "Keys" }).click();
  await treeItem("used by backend").waitFor();
  await session.workbench.run("Notifications: Clear All Notifications");
  await session.photograph("curve", ["dark", "light", "high contrast"]);
});

test("Probe Endpoint… says what a server is, and then whether a key gets in", async () => {
  const { workbench, page } = session;
  await workbench.run("ZMQ Tap: Probe Endpoint");
  await workbench.answer("Probing opens a few short connections", server.endpoint);
  await workbench.dialog().filter({ hasText: "is a ZeroMQ server: ZMTP 3.1, CURVE" }).waitFor();
  await session.photograph("probe", ["dark"]);
  await workbench.pressInDialog("Try Keys");
  await workbench.awaitQuestion("Which is the server's public key");
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("Whose key pair shall the server see");
  await page.keyboard.press("Enter");
  await workbench.dialog().filter({ hasText: "a REP socket, credentials accepted" }).waitFor();
  await page.keyboard.press("Escape");
  await workbench.dialog().waitFor({ state: "detached" });
});

test("A client with another server key is told in words in the side bar and in the log", async () => {
  ask(listen, newPair().publicKey, "wrong");
  await treeItem(/server key/i).waitFor();
  await rows(log, /server key/i)
    .first()
    .waitFor();
  await session.photograph("curve-wrong-key", ["dark"]);
});

test("A client that is not on the list waits, and gets in once it is allowed", async () => {
  const { workbench, page } = session;
  await workbench.contextMenu(treeItem("backend"), "Choose Keys");
  await workbench.awaitQuestion("Choose what to set");
  await pick("Allowed clients");
  await pick("Only those that I list");
  await workbench.awaitQuestion("Who may connect");
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("Choose what to set");
  await pick("Apply");
  await workbench.notification("uses its new keys");
  const client = ask(listen, server.pair.publicKey, "may I?");
  await treeItem("waits").waitFor();
  await session.photograph("curve-waiting", ["dark"]);
  await workbench.contextMenu(treeItem("waits"), "Allow");
  assert.equal(await client.answer, "re: may I?");
  await rows(log, "re: may I?").waitFor();
});
