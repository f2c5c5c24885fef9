import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { Request } from "zeromq";
import { type EchoServer, startEchoServer } from "./support/peers.ts";
import { keepEvidence, openSession, rows, type Session, sideBarLog } from "./support/session.ts";

let servers: EchoServer[];
let session: Session;
const programs: Request[] = [];

before(async () => {
  servers = await Promise.all([startEchoServer(), startEchoServer(), startEchoServer()]);
  session = await openSession();
});

afterEach((context) => keepEvidence(session, context));

after(async () => {
  for (const program of programs) program.close();
  await session.close();
  for (const server of servers) server.close();
});

function treeItem(text: string | RegExp): Locator {
  return session.page.locator(".customview-tree .monaco-list-row", { hasText: text }).first();
}

/** A program with the copied line in it, which stays connected. */
async function ask(proxy: string, endpoint: string, text: string, receiveTimeout = 10_000): Promise<string> {
  const socket = new Request({ linger: 0, receiveTimeout, sendTimeout: 10_000 });
  programs.push(socket);
  socket.socksProxy = proxy;
  socket.connect(endpoint);
  await socket.send(text);
  return String((await socket.receive())[0]);
}

test("Every connection of a program is attached from Attach ZMQ Tap, and its servers stand below the SOCKS server", async () => {
  const { workbench, page } = session;
  const log = await sideBarLog(session);
  await log.locator("#empty-no-taps").waitFor();
  await workbench.run("ZMQ Tap: Attach ZMQ Tap");
  await workbench.awaitQuestion("Endpoint of the server");
  await workbench.quickRows().filter({ hasText: "Every connection of a program (SOCKS)" }).click();
  await workbench.awaitQuestion("Where programs find the SOCKS server");
  assert.match(await workbench.quickInput().inputValue(), /^tcp:\/\/127\.0\.0\.1:\d+$/);
  await workbench.quickInput().fill("tcp://127.0.0.1:*");
  await page.keyboard.press("Enter");
  await workbench.awaitQuestion("What programs may connect to");
  await workbench.quickInput().fill("a b");
  await page.getByText('"a b" stands for no destinations').first().waitFor();
  await workbench.quickInput().fill("127.0.0.1:*");
  await page.keyboard.press("Enter");

  await workbench.awaitQuestion("Choose the line to copy");
  await workbench.screenshot("out/screenshots/socks-lines-dark.png");
  await workbench.quickRows().filter({ hasText: "socket.setsockopt(zmq.SOCKS_PROXY" }).click();
  await workbench.statusBarItem("Copied socket.setsockopt");
  const line = await page.evaluate(() => navigator.clipboard.readText());
  const [, proxy] = /^socket\.setsockopt\(zmq\.SOCKS_PROXY, b"(127\.0\.0\.1:\d+)"\)$/.exec(line) ?? [];
  assert.ok(proxy !== undefined, line);
  await log.locator("#empty-no-rows", { hasText: proxy }).waitFor();
  await session.photograph("socks-waits");

  for (const [at, { endpoint }] of servers.entries()) {
    assert.equal(await ask(proxy, endpoint, `question ${at}`), `re: question ${at}`);
    await treeItem(endpoint).waitFor();
  }
  await assert.rejects(ask(proxy, servers[0]!.endpoint.replace("127.0.0.1", "localhost"), "hello", 1_000));
  await rows(log, "is not allowed").first().waitFor();
  await treeItem(/3 destinations · 4 connections · \d+ denied/).waitFor();
  await rows(log, "re: question 2").waitFor();
  await session.photograph("socks");
});

test("The line is shown again from the SOCKS server, and a destination can be given keys", async () => {
  const { workbench, page } = session;
  await workbench.contextMenu(treeItem("SOCKS"), "Copy Endpoint");
  await workbench.awaitQuestion("Choose the line to copy");
  await page.keyboard.press("Escape");
  await workbench.contextMenu(treeItem(servers[1]!.endpoint), "Choose Keys…");
  await workbench.awaitQuestion("Choose what to set, then Apply");
  await page.keyboard.press("Escape");
});

test("Stopping the SOCKS server takes its destinations away", async () => {
  const { workbench } = session;
  // libzmq aborts when a socket is closed whose SOCKS server is gone.
  for (const program of programs.splice(0)) program.close();
  await treeItem(/3 destinations · 0 connections/).waitFor();
  await workbench.contextMenu(treeItem("SOCKS"), "Stop Tap");
  await treeItem(/stopped/).waitFor();
  await treeItem(servers[0]!.endpoint).waitFor({ state: "detached" });
});
