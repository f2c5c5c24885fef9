import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as zmq from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { toDetail } from "../../src/proxy/details.ts";
import { WebBridges } from "../../src/proxy/webBridges.ts";
import type { WebBridgeConfig, WebBridgeState } from "../../src/shared/webBridge.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";
import { OPEN_ACCESS, Page, REP, REQ, startPublisher, startRouter, startWebBridge, SUB } from "../support/webBridge.ts";

const A = "AAAAAAAAAAAA4AAA8AAAAAAAAAAAAAAA";
const CONFIG: WebBridgeConfig = {
  id: "web",
  name: "pages",
  port: 0,
  highWaterMark: 100,
  timeoutMs: 5_000,
  access: OPEN_ACCESS,
};

test("A page's socket is one link of the log: its identity, the call with method and arguments, the reply with latency", async (t) => {
  const { url, engine, rows, until: untilEngine } = await startWebBridge(t);
  const backEnd = await startRouter(t, (content) =>
    content.includes("add") ? ['{"returnval": 3}'] : ['{"status":"error","error_msg":"unknown error"}'],
  );
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  await page.ask(A, '{"funcname":"add","args":[1,2],"kwargs":{}}');
  await page.ask(A, '{"funcname":"fail","args":[],"kwargs":{}}');
  page.socket.close();
  await untilEngine(() => rows().some(({ event }) => event === "link-closed"));
  await (await engine.dialogue).settled();
  const all = rows();
  assert.deepEqual(new Set(all.map(({ tapName, origin }) => `${tapName} ${origin}`)), new Set(["pages bridge"]));
  const messages = all.filter(({ kind }) => kind === "message");
  assert.deepEqual(
    messages.map(({ from, dialect, saidKind, method, exchange, isDuplicate }) => [
      from,
      dialect,
      saidKind,
      method,
      exchange,
      isDuplicate,
    ]),
    [
      ["client", "zmq-web-bridge", "call", "add", "answered", false],
      ["server", "zmq-web-bridge", "reply", "add", "reply", false],
      ["client", "zmq-web-bridge", "call", "fail", "answered", false],
      ["server", "zmq-web-bridge", "error", "fail", "reply", false],
    ],
  );
  assert.equal(messages[3]!.problem, "unknown error");
  assert.ok(messages[1]!.latencyMs! >= 0);
  assert.deepEqual(messages[0]!.sockets, { client: "REQ", server: "REP" });
  const detail = toDetail(engine.capture, messages[0]!.n)!;
  assert.deepEqual([detail.said?.dialect, detail.said?.method], ["zmq-web-bridge", "add"]);
  assert.ok(JSON.stringify(detail.link).includes(A), "the link is known by the page's identity");
});

test("A reply that does not come ends its link, and the next request is paired on a new one", async (t) => {
  const { url, rows, until: untilEngine } = await startWebBridge(t, { timeoutMs: 100 });
  const backEnd = await startRouter(t);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  page.send(A, "never");
  await page.next();
  page.send(A, "then");
  await (await backEnd.next(2)).answer("fine");
  const messages = await untilEngine(() => {
    const said = rows().filter(({ kind }) => kind === "message");
    return said.length === 3 && said;
  });
  assert.deepEqual(
    messages.map(({ exchange }) => exchange),
    ["lost", "answered", "reply"],
  );
  assert.notEqual(messages[0]!.link, messages[1]!.link);
});

test("Publications and calls of back ends are links with the page's identity, too", async (t) => {
  const { url, engine, rows, until: untilEngine } = await startWebBridge(t);
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const bound = `tcp://127.0.0.1:${await freePort()}`;
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, SUB);
  await subscribed();
  await publisher.send('{"funcname":"add","args":[1,2]}');
  await page.next();
  await page.connect("B", bound, REP);
  const request = new zmq.Request({ linger: 0 });
  t.after(() => request.close());
  request.connect(bound);
  await request.send(['{"funcname":"ask","args":[1]}', "B"]);
  const [handle] = JSON.parse((await page.next()).content) as string[];
  page.send("B", JSON.stringify([handle, "", '{"returnval":1}']));
  await request.receive();
  await untilEngine(() => rows().filter(({ kind }) => kind === "message").length === 3);
  await (await engine.dialogue).settled();
  const said = rows().filter(({ kind }) => kind === "message");
  assert.deepEqual(
    said.map(({ sockets, from, saidKind, method, exchange }) => [sockets.client, from, saidKind, method, exchange]),
    [
      ["SUB", "server", "signal", "add", "none"],
      ["REQ", "client", "call", "ask", "answered"],
      ["REQ", "server", "reply", "ask", "reply"],
    ],
  );
  for (const [at, identity] of [A, "B", "B"].entries()) {
    assert.ok(JSON.stringify(toDetail(engine.capture, said[at]!.n)!.link).includes(identity), `row ${at}`);
  }
});

test("Refusals without end are counted, and leave room in the log", async (t) => {
  const { url, bridge, rows } = await startWebBridge(t);
  const page = await Page.open(t, url);
  const count = 500;
  for (let at = 0; at < count; at++) page.send(A, "{}", "connect");
  for (let at = 0; at < count; at++) await page.next();
  assert.equal(bridge().refused, count);
  const told = rows().filter(({ event }) => event === "refused").length;
  assert.ok(told >= 10 && told <= 100, `${told} rows`);
});

test("WebBridges starts, stops and starts again on its port, removes, and tells of it", async (t) => {
  const { engine } = tappedEngine(t);
  const told: (readonly WebBridgeState[])[] = [];
  const folder = await mkdtemp(join(tmpdir(), "web-client-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "zmq.js"), "export const client = 1;");
  const bridges = new WebBridges(engine, { clientFolder: folder, onChange: (states) => told.push(states) });
  t.after(() => bridges.dispose());
  const port = await freePort();
  const state = await bridges.start({ ...CONFIG, port });
  assert.deepEqual([state.status, state.url], ["listening", `http://127.0.0.1:${port}`]);
  assert.ok(!JSON.stringify(state).includes(OPEN_ACCESS.token!), "a state holds no token");
  assert.deepEqual(await bridges.start({ ...CONFIG, port }), state);
  const both = [bridges.start({ ...CONFIG, id: "twice" }), bridges.start({ ...CONFIG, id: "twice" })];
  const [one, same] = await Promise.all(both);
  assert.deepEqual(one, same);
  assert.match(one!.url, /^http/);
  await bridges.remove("twice");
  const starting = bridges.start({ ...CONFIG, id: "hasty" });
  assert.equal((await bridges.stop("hasty")).status, "stopped");
  assert.deepEqual([(await starting).status, (await starting).url], ["stopped", ""]);
  await bridges.remove("hasty");
  assert.equal(await (await fetch(`${state.url}/zmq.js`)).text(), "export const client = 1;");
  assert.equal((await fetch(`${state.url}/zmq.d.ts`)).status, 404);
  const page = await Page.open(t, state.url);
  assert.deepEqual([(await bridges.stop("web")).status, bridges.list()[0]!.browsers], ["stopped", 0]);
  await page.closed;
  assert.equal((await bridges.start({ ...CONFIG, port })).url, state.url);
  await bridges.remove("web");
  await bridges.remove("web");
  assert.deepEqual(bridges.list(), []);
  await until(() => told.at(-1)?.length === 0);
  await assert.rejects(bridges.stop("web"), /This web bridge was removed/);
});

test("WebBridges says why one cannot start, and takes twenty", async (t) => {
  const { engine } = tappedEngine(t);
  const bridges = new WebBridges(engine, { clientFolder: tmpdir(), onChange: () => undefined });
  t.after(() => bridges.dispose());
  const { url } = await bridges.start(CONFIG);
  const port = Number(new URL(url).port);
  await assert.rejects(bridges.start({ ...CONFIG, id: "other", port }), /another program is using it/);
  const { status, problem } = bridges.list()[1]!;
  assert.equal(status, "failed");
  assert.match(problem ?? "", /another program is using it/);
  for (let at = 2; at < 20; at++) await bridges.start({ ...CONFIG, id: String(at) });
  await assert.rejects(bridges.start({ ...CONFIG, id: "one more" }), /20 web bridges are there already/);
});
