import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { PythonPeer, type PythonSocket } from "../interop/peers/python.ts";
import { newPair } from "./support/curvePeers.ts";
import { keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

const python = new PythonPeer();
let session: Session;

before(async () => {
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  await session.close();
  await python.stop();
});

const treeRow = (text: string | RegExp): Locator =>
  session.page.locator(".customview-tree .monaco-list-row", { hasText: text }).first();

/** Chooses a kind by what it does, takes the port that is offered, and names the server; both legs by `key`. */
async function answerQuestions(does: string, server: string, key = "No Encryption"): Promise<string> {
  const { workbench, page } = session;
  await workbench.run("ZMQ Tap: Start Bridge…");
  await workbench.awaitQuestion("What kind of bridge?");
  await workbench.quickRows().filter({ hasText: does }).click();
  await workbench.awaitQuestion("Where callers connect");
  const endpoint = await workbench.quickInput().inputValue();
  assert.match(endpoint, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("How do programs get in");
  await workbench.quickRows().filter({ hasText: key }).click();
  await workbench.awaitQuestion("Endpoints of the server");
  await workbench.quickInput().fill(server);
  await workbench.quickRows().filter({ hasText: "use this one" }).waitFor();
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("How does its REQ get in?");
  await workbench.quickRows().filter({ hasText: key }).click();
  if (key !== "No Encryption") {
    await workbench.awaitQuestion("Which key pair shall the other side see?");
    await workbench.quickRows().filter({ hasText: "A fresh one" }).click();
  }
  await workbench.awaitQuestion("Start it, or change what it does first");
  return endpoint;
}

async function call(client: PythonSocket, ...frames: readonly string[]): Promise<string[]> {
  await client.send(frames.map((frame) => Buffer.from(frame)));
  const [reply] = await client.receive();
  return reply!.map(String);
}

test("Start Bridge makes a REP → REQ bridge between two pyzmq programs, whose messages are in the log", async () => {
  const { workbench } = session;
  const server = await python.open("REP");
  const remote = await server.bind("tcp://127.0.0.1:*");
  const log = await sideBarLog(session);
  const endpoint = await answerQuestions("the caller always gets an answer", remote);
  await workbench.screenshot("out/screenshots/bridge-options-dark.png");
  await workbench.quickRows().filter({ hasText: "Start" }).first().click();
  await workbench.notification(`REP ${endpoint.replace("tcp://127.0.0.1", "")} → REQ`);
  await treeRow(/rep-req.*\d\/s/s).waitFor();

  const echoing = server.echo();
  const client = await python.open("REQ");
  await client.connect(endpoint);
  assert.deepEqual(await call(client, "first part", "second part"), ["first part", "second part"]);
  await rows(log, "first part").first().waitFor();
  await treeRow(/counters.*1 delivered.*1 received/s).waitFor();
  await treeRow(/in REP.*binds/s).waitFor();
  await treeRow(/out REQ.*connects/s).waitFor();
  await server.halt();
  await echoing;
  await client.close();
  await server.close();
});

test("A buffered bridge says OK while the server is down, shows its queue grow, and drains it afterwards", async () => {
  const { workbench } = session;
  const remote = `tcp://127.0.0.1:${await freePort()}`;
  const endpoint = await answerQuestions("Says OK at once", remote);
  await workbench.quickRows().filter({ hasText: "Keep the queue on disk" }).click();
  await workbench.quickRows().filter({ hasText: "Keep the queue on disk" }).filter({ hasText: "yes" }).waitFor();
  await workbench.screenshot("out/screenshots/bridge-buffered-options-dark.png");
  await workbench.quickRows().filter({ hasText: "Start" }).first().click();
  const client = await python.open("REQ");
  await client.connect(endpoint);
  for (let count = 1; count <= 3; count++) {
    const [reply = ""] = await call(client, `order ${count}`);
    assert.equal((JSON.parse(reply) as { status_code: number }).status_code, 200);
    await treeRow(new RegExp(`queue.*${count} of 100 k messages.*on disk`, "s")).waitFor();
  }
  await session.photograph("bridges", ["dark", "light", "high contrast"]);

  const server = await python.open("REP");
  await server.bind(remote);
  for (let count = 1; count <= 3; count++) {
    const [request] = await server.receive();
    assert.equal(String(request![0]), `order ${count}`);
    await server.send([Buffer.from('{"status_code": 200, "status_message": "OK"}')]);
  }
  await treeRow(/queue.*empty.*on disk/s).waitFor();
  await treeRow(/counters.*3 delivered/s).waitFor();
  await server.close();
  await client.close();
});

test("What waits on disk is there after a reload, is shown alone, and is removed only when that is agreed to", async () => {
  const { workbench } = session;
  const buffered = (): Locator => treeRow(/^buffered-rep-req/);
  const description = (await buffered().textContent()) ?? "";
  const endpoint = `tcp://127.0.0.1${/REP (:\d+)/.exec(description)![1]!}`;
  const client = await python.open("REQ");
  await client.connect(endpoint);
  await call(client, "kept");
  await treeRow(/queue.*1 of 100 k messages/s).waitFor();

  await workbench.reload();
  const log = await sideBarLog(session);
  await treeRow(/queue.*1 of 100 k messages.*on disk/s).waitFor();
  await call(client, "after the reload");
  await treeRow(/queue.*2 of 100 k messages.*on disk/s).waitFor();

  await workbench.contextMenu(buffered(), "Show Messages");
  await rows(log, "after the reload").first().waitFor();
  await rows(log, "first part").first().waitFor({ state: "detached" });

  await workbench.contextMenu(buffered(), "Remove Bridge");
  await workbench.dialog().filter({ hasText: "the messages in its queue" }).waitFor();
  await workbench.pressInDialog("Cancel");
  await workbench.contextMenu(buffered(), "Stop Bridge");
  await treeRow(/buffered-rep-req.*stopped/s).waitFor();
  await workbench.contextMenu(buffered(), "Start Bridge Again");
  await treeRow(/buffered-rep-req.*\d\/s/s).waitFor();
  await workbench.contextMenu(buffered(), "Remove Bridge");
  await workbench.pressInDialog("Remove");
  await buffered().waitFor({ state: "detached" });
  await client.close();
});

test("Both legs of a bridge speak CURVE with keys of the key store", async () => {
  const { workbench, page } = session;
  const { publicKey, secretKey } = newPair();
  const certificate = `curve\n    public-key = "${publicKey}"\n    secret-key = "${secretKey}"\n`;
  await page.evaluate((text) => navigator.clipboard.writeText(text), certificate);
  await workbench.run("ZMQ Tap: Import Keys…");
  await workbench.awaitQuestion("Where are the keys?");
  await workbench.quickRows().filter({ hasText: "From the Clipboard" }).click();
  await workbench.awaitQuestion("1 key was recognised");
  await page.keyboard.press("Enter");
  await workbench.answer("Whose key it is", "backend");
  await workbench.notification("Imported");

  const server = await python.open("REP", { curveServer: true, curveSecretKey: secretKey });
  const remote = await server.bind("tcp://127.0.0.1:*");
  const endpoint = await answerQuestions("the caller always gets an answer", remote, "CURVE with backend");
  await workbench.quickRows().filter({ hasText: "Start" }).first().click();
  await treeRow(/in REP.*CURVE/s).waitFor();
  await treeRow(/out REQ.*CURVE/s).waitFor();
  const own = newPair();
  const client = await python.open("REQ", {
    curveServerKey: publicKey,
    curvePublicKey: own.publicKey,
    curveSecretKey: own.secretKey,
  });
  await client.connect(endpoint);
  const echoing = server.echo();
  assert.deepEqual(await call(client, "sealed"), ["sealed"]);
  await server.halt();
  await echoing;
  await client.close();
  await server.close();
});
