import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, test, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { launchBrowser } from "../../scripts/vscode/browser.ts";
import { makeProfile, type Profile } from "../../scripts/vscode/profile.ts";
import { findPython } from "../interop/peers/python.ts";
import { CliWebBridge } from "../interop/support/cliWebBridge.ts";
import { SeedProgram } from "../interop/support/seedProgram.ts";
import { clientPage, ensureClient, envelopePage, servePages } from "./support/webPages.ts";

const ANYWHERE = "tcp://127.0.0.1:*";
const ALLOW = ["--allow", "REQ,SUB,REP=tcp://127.0.0.1:*", "--allow-origin", "http://127.0.0.1:*"];

let profile: Profile;
let browser: Browser;

before(async () => {
  await ensureClient();
  profile = await makeProfile();
  browser = await launchBrowser(profile);
});

after(async () => {
  await browser.close();
  await profile.remove();
});

/** Has a publisher call `tick(7)` until the test ends: made before the publisher, so that it ends before that does. */
function ticks(t: TestContext): (publisher: SeedProgram) => void {
  let timer: NodeJS.Timeout | undefined;
  t.after(() => clearInterval(timer));
  return (publisher) => {
    timer = setInterval(() => publisher.tell(["tick", 7]), 20);
  };
}

/** What a page has put into `window.said`, once `count` of it is there. */
async function said(html: string, count: number): Promise<unknown[]> {
  const { origin, close } = await servePages({ "/": html });
  const page = await browser.newPage();
  try {
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(`${origin}/`);
    await page.waitForFunction((wanted) => ((window as { said?: unknown[] }).said?.length ?? 0) >= wanted, count);
    assert.deepEqual(errors, []);
    return await page.evaluate(() => (window as { said?: unknown[] }).said ?? []);
  } finally {
    await page.close();
    close();
  }
}

test("A page of another origin imports the client, calls by promises and callbacks, listens, answers, and times out", async (t) => {
  const publishTo = ticks(t);
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const publisher = new SeedProgram(t, "zmqWebBridge", ["publisher", ANYWHERE]);
  const [[rep], [pub]] = [await server.bound(), await publisher.bound()];
  const bridge = await CliWebBridge.start(t, ALLOW);
  const bound = `tcp://127.0.0.1:${await freePort()}`;
  const nobody = `tcp://127.0.0.1:${await freePort()}`;
  publishTo(publisher);
  const run = `
    window.said = [];
    const context = new Context("${bridge.address.href}");
    const socket = context.socket("REQ");
    await socket.connect("${rep}");
    const client = new RpcClient(socket);
    said.push(await client.call("add", [1, 2]));
    client.rpc("echo", ["by callback"], {}, (error, value) => {
      said.push([error, value]);
      client.rpc("secret", [], {}, (failed) => said.push([failed.code, failed.message]));
    });
    const silent = context.socket("REQ");
    await silent.connect("${nobody}");
    await silent.request("hello", { timeoutMs: 50 }).catch(({ code }) => said.push(code));
    await context.socket("SUB").connect("tcp://10.0.0.1:5").catch(({ code, message }) => said.push([code, message]));
    const feed = context.socket("SUB");
    const ticked = new Promise((resolve) => new PubRpcServer(feed, { tick: resolve }));
    await feed.connect("${pub}");
    said.push(await ticked);
    const answering = context.socket("REP");
    new RpcServer(answering, { title: () => document.title });
    await answering.connect("${bound}");
    said.push(answering.identity);
    // Stays open for the back end.
    await new Promise((resolve) => { answering.onerror = resolve; });
  `;
  const { origin, close } = await servePages({ "/": clientPage(bridge.url, run) });
  t.after(close);
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => ((window as { said?: unknown[] }).said?.length ?? 0) >= 7);
  const all = await page.evaluate(() => (window as { said?: unknown[] }).said ?? []);
  const identity = all.pop() as string;
  const text = new Set(all.map((one) => JSON.stringify(one)));
  assert.deepEqual(
    text,
    new Set([
      "3",
      '[null,"by callback"]',
      '["remote","unauthorized access"]',
      '"timeout"',
      '["refused","The web bridge does not allow SUB on tcp://10.0.0.1:5."]',
      "7",
    ]),
  );
  const caller = new SeedProgram(t, "zmqWebBridge", ["client", bound, identity]);
  caller.tell(["title"]);
  assert.deepEqual(await caller.said("returned"), ["client"]);
});

test("A page comes back by itself when the bridge does", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const [rep] = await server.bound();
  const port = String(await freePort());
  const args = [...ALLOW, "--port", port, "--token", "token-for-both"];
  const bridge = await CliWebBridge.start(t, args);
  const run = `
    window.said = [];
    const context = new Context("${bridge.url}", { token: "token-for-both", reconnect: { minMs: 20, maxMs: 100 } });
    context.onstate = (state) => said.push(state);
    const socket = context.socket("REQ");
    await socket.connect("${rep}");
    window.client = new RpcClient(socket);
  `;
  const { origin, close } = await servePages({ "/": clientPage(bridge.url, run) });
  t.after(close);
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`${origin}/`);
  const call = (text: string): Promise<unknown> =>
    page.evaluate(
      (value) =>
        (window as unknown as { client: { call(...args: unknown[]): Promise<unknown> } }).client.call("echo", [value]),
      text,
    );
  await page.waitForFunction(() => "client" in window);
  assert.equal(await call("before"), "before");
  await bridge.stop();
  await page.waitForFunction(() => (window as { said?: unknown[] }).said?.at(-1) === "connecting");
  const waiting = call("waited");
  await CliWebBridge.start(t, args);
  assert.equal(await waiting, "waited");
  assert.equal(await call("after"), "after");
});

for (const edition of ["first", "later"] as const) {
  test(`A page that speaks the envelope of the ${edition} edition by hand calls, listens and answers`, async (t) => {
    const publishTo = ticks(t);
    const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
    const publisher = new SeedProgram(t, "zmqWebBridge", ["publisher", ANYWHERE]);
    const [[rep], [pub]] = [await server.bound(), await publisher.bound()];
    const bridge = await CliWebBridge.start(t, ALLOW);
    const address = `ws://${bridge.address.host}/data${bridge.address.search}`;
    publishTo(publisher);
    const run = `
      const said = [];
      const req = await connect(3, "${rep}", (content) => {
        said.push(content);
        if (said.length === 2) req.send(JSON.stringify({ funcname: "secret", args: [] }));
      });
      said.push(JSON.stringify(req.answer));
      req.send(JSON.stringify({ funcname: "add", args: [1, 2], kwargs: {} }));
      const denied = await connect(2, "tcp://10.0.0.1:5", () => {});
      const sub = await connect(2, "${pub}", (content) => { window.tick ??= content; });
      const wait = () => {
        if (said.length < 3 || window.tick === undefined) return setTimeout(wait, 10);
        window.said = [...said, JSON.stringify(denied.answer), window.tick];
      };
      wait();
    `;
    // Python's JSON has spaces in some versions.
    const contents = await said(envelopePage(address, edition, run), 5);
    assert.deepEqual(
      contents.map((content) => JSON.parse(String(content)) as unknown),
      [
        { status: "success" },
        { returnval: 3 },
        { status: "error", error_msg: "unauthorized access" },
        { status: "error", error_msg: "The web bridge does not allow SUB on tcp://10.0.0.1:5." },
        { funcname: "tick", args: [7] },
      ],
    );
  });
}

test("A REP of the later edition is called by its identity", async (t) => {
  const bridge = await CliWebBridge.start(t, ALLOW);
  const address = `ws://${bridge.address.host}/data${bridge.address.search}`;
  const bound = `tcp://127.0.0.1:${await freePort()}`;
  const run = `
    const rep = await connect(4, "${bound}", (text) => {
      const parts = JSON.parse(text);
      const { funcname, args } = JSON.parse(parts[parts.length - 1]);
      rep.send(JSON.stringify([parts[0], "", JSON.stringify({ returnval: funcname + args.join() })]));
    });
    window.said = [rep.identity];
  `;
  const { origin, close } = await servePages({ "/": envelopePage(address, "later", run) });
  t.after(close);
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => "said" in window);
  const [identity] = await page.evaluate(() => (window as { said?: string[] }).said ?? []);
  const caller = new SeedProgram(t, "zmqWebBridge", ["client", bound, identity!]);
  caller.tell(["ask", 1, 2]);
  assert.deepEqual(await caller.said("returned"), ["ask1,2"]);
});

test("A browser is told why it may not come in: no token, a wrong one, a foreign origin", async (t) => {
  const strict = await CliWebBridge.start(t, ["--allow", "tcp://127.0.0.1:*"]);
  const open = await CliWebBridge.start(t, ALLOW);
  const closing = (address: string): string => `<!doctype html><script>
    const connection = new WebSocket(${JSON.stringify(address)});
    connection.onclose = ({ code, reason }) => { window.said = [code, reason]; };
  </script>`;
  const { host, search } = strict.address;
  const [code, reason] = await said(closing(`ws://${host}/${search}`), 2);
  assert.equal(code, 4403);
  assert.match(String(reason), /^pages of http:\/\/127\.0\.0\.1:\d+ are not allowed$/);
  assert.deepEqual(await said(closing(`ws://${open.address.host}/`), 2), [4401, "the token is missing"]);
  assert.deepEqual(await said(closing(`ws://${open.address.host}/?token=wrong`), 2), [4401, "the token is wrong"]);
  const told = await said(
    clientPage(
      open.url,
      `const context = new Context("${open.url}", { token: "wrong-token" });
       context.onerror = ({ code, message }) => { window.said = [code, message]; };`,
    ),
    2,
  );
  assert.deepEqual(told, ["refused", "The web bridge refuses this page: the token is wrong."]);
});

test("The example of the documentation works as it is written there", async (t) => {
  const text = await readFile("docs/web-bridge.md", "utf8");
  const block = (language: string): string => new RegExp("```" + language + "\n([^]*?)```").exec(text)![1]!;
  const [rep, pub] = [String(await freePort()), String(await freePort())];
  const bridge = await CliWebBridge.start(t, ["--allow", "tcp://127.0.0.1:*", "--allow-origin", "http://127.0.0.1:*"], {
    ZMQ_TAP_WEB_TOKEN: "a-token-of-mine",
  });
  const onFreePorts = (code: string): string =>
    code.replaceAll("10001", rep).replaceAll("10002", pub).replaceAll("http://127.0.0.1:8000", bridge.url);
  const backEnd = spawn(findPython(), ["-c", onFreePorts(block("python"))], { stdio: "inherit" });
  t.after(() => backEnd.kill("SIGKILL"));
  const { origin, close } = await servePages({ "/": onFreePorts(block("html")) });
  t.after(close);
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`${origin}/`);
  await page.locator("#time", { hasText: /^\d\d:\d\d:\d\d$/ }).waitFor();
  await page.locator("#add").click();
  await page.locator("#sum", { hasText: /^5$/ }).waitFor();
  assert.equal(await page.title(), "bridge: open");
  assert.equal(await page.locator("#problem").textContent(), "");
});
