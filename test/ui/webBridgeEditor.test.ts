import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { SeedProgram } from "../interop/support/seedProgram.ts";
import { inspector, keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";
import { clientPage, servePages } from "./support/webPages.ts";

let session: Session;
const ending: (() => Promise<void> | void)[] = [];
const lasting = { after: (end: () => Promise<void>) => void ending.push(end) };

before(async () => {
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  for (const end of ending.reverse()) await end();
  await session.close();
});

test("Start Web Bridge asks for endpoints, origins and port; its item has the URL, counts, and what to copy", async () => {
  const { workbench, page } = session;
  const server = new SeedProgram(lasting, "zmqWebBridge", ["server", "tcp://127.0.0.1:*"]);
  const [endpoint] = await server.bound();
  const log = await sideBarLog(session);
  const port = String(await freePort());
  const tree = page.locator(".customview-tree .monaco-list-row");

  await workbench.run("ZMQ Tap: Start Web Bridge…");
  await workbench.awaitQuestion("Endpoints that pages may use");
  assert.equal(await workbench.quickInput().inputValue(), "tcp://127.0.0.1:*");
  await workbench.quickInput().fill("nonsense");
  await page.locator(".quick-input-message", { hasText: "is no pattern of endpoints" }).waitFor();
  await workbench.screenshot("out/screenshots/web-bridge-question-dark.png");
  await workbench.answer("is no pattern of endpoints", "tcp://127.0.0.1:*");
  await workbench.answer("Where the pages come from", "http://127.0.0.1:*");
  await workbench.answer("Port of 127.0.0.1", port);
  await workbench.notification(`Pages reach ZeroMQ at http://127.0.0.1:${port}`);
  const item = tree.filter({ hasText: "web bridge" }).first();
  await item.filter({ hasText: `http://127.0.0.1:${port}` }).waitFor();
  await page.locator(".notification-toast .monaco-button", { hasText: "Copy Token" }).first().click();
  const token = await readClipboard(/^[\w-]{32}$/);

  const run = `
    const context = new Context("http://127.0.0.1:${port}", { token: "${token}" });
    const socket = context.socket("REQ");
    await socket.connect("${endpoint}");
    window.client = new RpcClient(socket);
    await context.socket("SUB").connect("tcp://10.0.0.1:5").catch(() => {});
    window.said = [await window.client.call("add", [1, 2])];
  `;
  const { origin, close } = await servePages({ "/": clientPage(`http://127.0.0.1:${port}`, run) });
  ending.push(close);
  const other = await page.context().newPage();
  await other.goto(`${origin}/`);
  await other.waitForFunction(() => "said" in window);
  assert.deepEqual(await other.evaluate(() => (window as { said?: unknown[] }).said), [3]);

  // A page behind another one takes no clicks.
  await page.bringToFront();
  await item.filter({ hasText: "1 browser · 1 socket · 2 messages · 1 refused" }).waitFor();
  await rows(log, "add").first().waitFor();
  const panel = await inspector(session);
  await rows(panel, "connect refused").first().waitFor();
  await rows(panel, "add").first().click();
  await panel.getByText("ZmqWebBridge RPC").first().waitFor();
  await session.photograph("web-bridge", ["dark", "light"]);

  await workbench.contextMenu(item, "Copy Web Bridge URL");
  await workbench.statusBarItem(`Copied http://127.0.0.1:${port}`);
  await workbench.contextMenu(item, "Copy Web Bridge Token");
  await workbench.statusBarItem('Copied the token of "web bridge"');
  assert.equal(await readClipboard(/^[\w-]{32}$/), token);
  await workbench.contextMenu(item, "Stop Web Bridge");
  await item.filter({ hasText: "stopped" }).waitFor();
  await workbench.contextMenu(item, "Start Web Bridge Again");
  // The page comes back by itself.
  await item.filter({ hasText: "1 browser" }).waitFor();
  await other.close();
  await workbench.contextMenu(item, "Remove Web Bridge");
  await item.waitFor({ state: "detached" });
});

/** Copying takes a moment, of which nothing is shown. */
async function readClipboard(wanted: RegExp): Promise<string> {
  const { page } = session;
  const text = await page.waitForFunction(async (source) => {
    const copied = await navigator.clipboard.readText();
    return new RegExp(source).test(copied) && copied;
  }, wanted.source);
  return String(await text.jsonValue());
}
