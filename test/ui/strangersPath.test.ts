import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { FrameLocator, Locator } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { requireTshark, tshark } from "../interop/support/tshark.ts";
import { CliWebBridge } from "../interop/support/cliWebBridge.ts";
import { documentedFile, DocumentedProgram } from "./support/documented.ts";
import { inspector, keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";
import { ensureClient, servePages } from "./support/webPages.ts";

/*
 * The way of a stranger who has the README and the installed package and nothing else: what it tells to write is
 * written, what it tells to press is pressed, one step after another, from a folder that nobody trusts yet to Wireshark's
 * reader.
 */

let session: Session;
let ports: ReadonlyMap<string, number>;
let panel: FrameLocator;
const programs: DocumentedProgram[] = [];

before(async () => {
  requireTshark();
  ports = new Map(
    await Promise.all(["5556", "5557", "10001", "10002"].map(async (port) => [port, await freePort()] as const)),
  );
  session = await openSession({ restricted: true });
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  for (const program of programs) await program.stop();
});

async function start(page: string, name: string, ...args: readonly string[]): Promise<DocumentedProgram> {
  const program = await DocumentedProgram.start(session.workspace, { page, name, ports }, ...args);
  programs.push(program);
  return program;
}

/** An endpoint of the documentation, with the port that is taken in place of its own. */
const endpoint = (port: string): string => `tcp://127.0.0.1:${ports.get(port)!}`;

const clipboard = (): Promise<string> => session.page.evaluate(() => navigator.clipboard.readText());
const shot = (name: string): Promise<void> =>
  session.workbench.screenshot(join("out", "screenshots", `stranger-${name}-dark.png`));

async function pick(label: string): Promise<void> {
  await session.workbench.quickRows().filter({ hasText: label }).first().click();
}

const treeRow = (text: string | RegExp): Locator =>
  session.page.locator(".customview-tree .monaco-list-row", { hasText: text }).first();

/** Presses Enter in the question that is open, wherever the focus is. */
const accept = (): Promise<void> => session.workbench.quickInput().press("Enter");

/** Attaches a tap, with `Enter` through the other questions, and gives the endpoint that is copied. */
async function attach(server: string): Promise<string> {
  const { workbench } = session;
  await workbench.run("ZMQ Tap: Attach ZMQ Tap");
  await workbench.awaitQuestion("Endpoint of the server");
  await workbench.quickInput().fill(server);
  await workbench.quickRows().filter({ hasText: "use this server" }).waitFor();
  await accept();
  await workbench.awaitQuestion("Where clients will connect instead");
  await accept();
  await workbench.awaitQuestion("What the log and the view Taps call it");
  await accept();
  await workbench.awaitQuestion("Choose what to change");
  await pick("Point the client here");
  const item = await workbench.statusBarItem(/Copied tcp:/);
  const copied = await clipboard();
  assert.ok((await item.textContent())!.includes(copied));
  return copied;
}

test("In a folder that is not trusted, the message of Attach leads to where it is trusted", async () => {
  const { workbench, page } = session;
  await workbench.openContainer("ZMQ Tap");
  await workbench.run("ZMQ Tap: Attach ZMQ Tap");
  await workbench.notification("Restricted Mode");
  await shot("restricted");
  await page.locator(".notification-toast .monaco-button", { hasText: "Manage Workspace Trust" }).first().click();
  await page
    .locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ })
    .first()
    .click();
  await page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor({ state: "detached" });
  await workbench.run("View: Close Editor");
});

test("Attach, and the README's client works through the tap as before", async () => {
  await start("README.md", "server.py");
  const log = await sideBarLog(session);
  const client = await start("README.md", "client.py", await attach(endpoint("5556")));
  await client.says("'result': 3");
  await client.says("There is no such method");
  await rows(log, "multiply").first().waitFor();
  await shot("attached");
});

test("Read and filter: / leads to the filter, Escape takes it away", async () => {
  const { page } = session;
  panel = await inspector(session);
  await rows(panel, '"add"').first().click();
  await panel.locator("#detail-title", { hasText: "Request" }).waitFor();
  await page.keyboard.press("g");
  await panel.locator("#detail-title", { hasText: "Reply" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("status == error");
  await page.keyboard.press("Enter");
  await panel.locator("#filter-progress", { hasText: /[1-9]\d* of \d+/ }).waitFor();
  await rows(panel, "add").first().waitFor({ state: "detached" });
  await rows(panel, "multiply").first().waitFor();
  await shot("filtered");
  await page.keyboard.press("Escape");
  await rows(panel, "add").first().waitFor();
  assert.equal(await panel.locator("#filter").inputValue(), "");
});

test("Replay: R asks the server once more", async () => {
  const { workbench, page } = session;
  await rows(panel, '"add"').first().click();
  await page.keyboard.press("r");
  await workbench.statusBarItem("the answer came after");
  await page.keyboard.press("End");
  await panel.locator(".row .badge", { hasText: "replay" }).first().waitFor();
  await shot("replayed");
});

test("Call: add with 2 and 3 is answered with 5", async () => {
  const { workbench, page } = session;
  await workbench.run("ZMQ Tap: New Call");
  await panel.locator("#call-dialect .select-face", { hasText: "JSON-RPC" }).waitFor();
  await panel.locator("#call-method").fill("add");
  for (const [index, argument] of ["2", "3"].entries()) {
    await panel.locator("#call-add-arg").click();
    await panel.locator(`textarea#call-arg-${index}`).fill(argument);
  }
  const { height } = (await panel.locator("#call-kwargs").boundingBox())!;
  assert.ok(height < 60, `an empty text of two lines is ${height} px high`);
  await page.keyboard.press("Control+Enter");
  await panel.locator(".result-answer", { hasText: "Answered after" }).waitFor();
  await panel.locator("#call-result", { hasText: /^\D*[\d.]+ (?:ms|µs)\D*#\d+\D*#\d+\s*5\b/ }).waitFor();
  await shot("called");
});

test("Export as pcapng is a file that tshark reads", async () => {
  const { workbench } = session;
  await workbench.runPast(() => workbench.run("ZMQ Tap: Export Capture"), "Which rows?", "Export as");
  await pick("pcapng");
  await workbench.takeOfferedFile("Export Capture");
  const file = /to (\S+\.pcapng)/.exec(await workbench.notification("Exported"))![1]!;
  await shot("exported");
  const server = `127.0.0.1:${ports.get("5556")!}`;
  assert.match(tshark(file, "-q", "-z", "conv,tcp"), new RegExp(`<-> ${server} `));
  const said = tshark(file, "-q", "-z", "follow,tcp,ascii,0");
  assert.match(said, /NULL.*READY.*Socket-Type.*REQ/);
  assert.match(said, /\{"jsonrpc": "2\.0", "id": 1, "method": "add", "params": \[1, 2\]\}/);
  assert.match(said, /\{"jsonrpc": "2\.0", "id": 1, "result": 3\}/);
  assert.match(tshark(file, "-Y", 'frame contains "add"'), new RegExp(`→ ${ports.get("5556")!} `));
  const comments = tshark(file, "-Y", "frame.comment", "-T", "fields", "-e", "frame.comment");
  assert.match(comments, /origin: replay/);
  assert.match(comments, /origin: call/);
});

test("CURVE: keys of the workspace are imported and chosen, and what was encrypted is read", async () => {
  const { workbench } = session;
  execFileSync(process.execPath, [resolve("src/cli/main.ts"), "keygen", "backend"], {
    cwd: session.workspace,
    stdio: "ignore",
  });
  await start("docs/curve.md", "curve_server.py");
  const tapEndpoint = await attach(endpoint("5557"));
  const client = await start("docs/curve.md", "curve_client.py", tapEndpoint);
  await client.says("got secret 4");
  await workbench.notification("speaks CURVE");
  await shot("curve-without-keys");
  await workbench.run("ZMQ Tap: Import Keys");
  await workbench.awaitQuestion("Where are the keys?");
  await pick("in the workspace");
  await workbench.awaitQuestion("1 key was recognised");
  await workbench.quickRows().filter({ hasText: "key pair, from a certificate" }).waitFor();
  await accept();
  await workbench.notification('Imported the key pair "backend"');
  await workbench.contextMenu(treeRow(`:${ports.get("5557")!}`), "Choose Keys…");
  await workbench.awaitQuestion("Choose what to set, then Apply");
  await pick("Server key pair");
  await workbench.awaitQuestion("Choose a key");
  await pick("backend");
  await workbench.awaitQuestion("Choose what to set, then Apply");
  await pick("Apply");
  await workbench.notification("uses its new keys");
  const again = await start("docs/curve.md", "curve_client.py", tapEndpoint);
  await again.says("got secret 4");
  await panel.locator("#tab-messages").click();
  await rows(panel, "got secret 4").first().click();
  await panel.locator("dl.facts", { hasText: "CURVE, read with the tap's keys" }).waitFor();
  await workbench.run("Notifications: Clear All Notifications");
  await shot("curve");
});

test("Start Bridge… passes the README's client on to its server", async () => {
  const { workbench } = session;
  await workbench.run("ZMQ Tap: Start Bridge…");
  await workbench.awaitQuestion("What kind of bridge?");
  await pick("REP → REQ");
  await workbench.awaitQuestion("Where callers connect");
  const callers = await workbench.quickInput().inputValue();
  await accept();
  await workbench.awaitQuestion("How do programs get in");
  await pick("No Encryption");
  await workbench.awaitQuestion("Endpoints of the server");
  await workbench.quickInput().fill(endpoint("5556"));
  await workbench.quickRows().filter({ hasText: "use this one" }).waitFor();
  await accept();
  await workbench.awaitQuestion("How does its REQ get in?");
  await pick("No Encryption");
  await workbench.awaitQuestion("Start it, or change what it does first");
  await accept();
  await workbench.notification("runs: REP");
  const client = await start("README.md", "client.py", callers);
  await client.says("'result': 3");
  await treeRow(/counters.*[1-9]\d* delivered/s).waitFor();
  await rows(await sideBarLog(session), "bridge")
    .first()
    .waitFor();
  await shot("bridge");
});

test("The page of the web bridge's documentation adds, and tells its back end's time", async (t) => {
  await ensureClient();
  await start("docs/web-bridge.md", "backend.py");
  const port = await freePort();
  const html = documentedFile("docs/web-bridge.md", "index.html", new Map([...ports, ["8000", port]]));
  const { origin, close } = await servePages({ "/": html });
  t.after(close);
  await CliWebBridge.start(t, ["--port", String(port), "--allow", "tcp://127.0.0.1:*", "--allow-origin", origin], {
    ZMQ_TAP_WEB_TOKEN: "a-token-of-mine",
  });
  const page = await session.page.context().newPage();
  t.after(() => page.close());
  await page.goto(`${origin}/`);
  await page.locator("#time", { hasText: /^\d\d:\d\d:\d\d$/ }).waitFor();
  await page.locator("#add").click();
  await page.locator("#sum", { hasText: "5" }).waitFor();
  await page.screenshot({ path: join("out", "screenshots", "stranger-web-bridge.png") });
  assert.equal(await page.locator("#problem").textContent(), "");
  assert.equal(await page.title(), "bridge: open");
});
