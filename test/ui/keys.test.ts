import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { curveKeyPair, Request } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import { type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, type Session } from "./support/session.ts";

const serverKeys = curveKeyPair();
let server: EchoServer;
let session: Session;
let client: Request;

before(async () => {
  server = await startEchoServer(serverKeys.secretKey);
  const listen = `tcp://127.0.0.1:${await freePort()}`;
  session = await openSession({
    workspaceSettings: { "zmqTap.taps": [{ name: "guarded", server: server.endpoint, listen }] },
  });
  await session.workbench.openContainer("ZMQ Tap");
  const { publicKey, secretKey } = curveKeyPair();
  client = new Request({
    linger: 0,
    curveServerKey: serverKeys.publicKey,
    curvePublicKey: publicKey,
    curveSecretKey: secretKey,
  });
  client.connect(listen);
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  client.close();
  await session.close();
  server.close();
});

const row = (text: string | RegExp): Locator =>
  session.page.locator(".customview-tree .monaco-list-row", { hasText: text }).first();

const pressInNotification = (button: string): Promise<void> =>
  session.page.locator(".notification-toast .monaco-button", { hasText: button }).first().click();

test("A link that speaks CURVE offers to import keys, and the clipboard's certificate is recognised", async () => {
  const { workbench, page } = session;
  assert.match(await workbench.notification("speaks CURVE"), /^"guarded" speaks CURVE; its messages cannot be read/);
  await session.photograph("curve-notice", ["dark"]);
  await page.evaluate((text) => navigator.clipboard.writeText(text), writeZcert(serverKeys, "backend"));
  await pressInNotification("Import Keys…");
  await workbench.awaitQuestion("Where are the keys?");
  await workbench.quickRows().filter({ hasText: "From the Clipboard" }).click();
  await workbench.awaitQuestion("1 key was recognised");
  await workbench.quickRows().filter({ hasText: "key pair, from a certificate" }).waitFor();
  await workbench.screenshot("out/screenshots/keys-recognised-dark.png");
  await page.keyboard.press("Enter");
  await workbench.answer("Whose key it is", "backend");
  assert.equal(await workbench.notification("Imported"), 'Imported the key pair "backend".');
});

test("A tap is given its keys in a menu, and the view Keys says that it uses them", async () => {
  const { workbench, page } = session;
  await workbench.contextMenu(row(/^guarded/), "Choose Keys…");
  await workbench.awaitQuestion("Choose what to set, then Apply");
  await workbench.screenshot("out/screenshots/tap-keys-dark.png");
  await workbench.quickRows().filter({ hasText: "Server key pair" }).first().click();
  await workbench.awaitQuestion("Choose a key");
  await workbench.quickRows().filter({ hasText: "backend" }).click();
  await workbench.awaitQuestion("Choose what to set, then Apply");
  await workbench.quickRows().filter({ hasText: "Apply" }).first().click();
  assert.match(await workbench.notification("uses its new keys"), /new links.*zmqTap\.taps/);
  await page.locator(".pane-header", { hasText: "Keys" }).click();
  await row(/backend.*used by guarded/).waitFor();
  await session.photograph("keys");
});

test("Keys come back after the window is reloaded", async () => {
  await session.workbench.reload();
  await session.workbench.openContainer("ZMQ Tap");
  await row(/^backend/).waitFor();
});

test("Keys are renamed from the command palette", async () => {
  const { workbench } = session;
  await workbench.run("ZMQ Tap: Rename Key");
  await workbench.awaitQuestion("Rename which key?");
  await workbench.quickRows().filter({ hasText: "backend" }).click();
  await workbench.answer("The new name", "server");
  await row(/^server/).waitFor();
});

test("Secret keys are exported only after a dialog, and keys deleted after another", async () => {
  const { workbench, page } = session;
  await workbench.contextMenu(row(/^server/), "Export Key Pair…");
  await workbench.dialog().filter({ hasText: "Write the secret key" }).waitFor();
  await workbench.screenshot("out/screenshots/export-secret-dark.png");
  await workbench.pressInDialog("Cancel");
  await workbench.contextMenu(row(/^server/), "Delete Key");
  await workbench.dialog().filter({ hasText: "No tap or bridge uses it" }).waitFor();
  await workbench.pressInDialog("Delete");
  await page.locator(".pane-body", { hasText: "CURVE is ZeroMQ's encryption" }).waitFor();
});
