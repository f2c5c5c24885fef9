import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { WebRouters } from "../../../src/proxy/bridge/webRep.ts";
import { type WebFile, WebServer } from "../../../src/proxy/bridge/webServer.ts";
import { openWebContext } from "../../../src/proxy/bridge/webSocketKinds.ts";
import type { WebRefusal, WebServices } from "../../../src/proxy/bridge/webSession.ts";
import { OPEN_ACCESS, Page, TOKEN } from "../../support/webBridge.ts";
import { until } from "../../support/until.ts";
import type { TestContext } from "node:test";

const FILES: ReadonlyMap<string, WebFile> = new Map([["/zmq.js", { type: "text/javascript", text: "export {};\n" }]]);

async function start(
  t: TestContext,
  pingMs?: number,
): Promise<{ server: WebServer; url: string; refusals: WebRefusal[] }> {
  const refusals: WebRefusal[] = [];
  const maker = { ...(await openWebContext()), highWaterMark: 10, timeoutMs: 1_000 };
  const services: WebServices = {
    access: OPEN_ACCESS,
    maker,
    routers: new WebRouters(maker),
    counts: { sockets: 0, messages: 0, dropped: 0, refused: 0, timedOut: 0 },
    openLink: () => ({ message: () => undefined, close: () => undefined }),
    onRefused: (refusal) => refusals.push(refusal),
    onChange: () => undefined,
  };
  const server = await WebServer.listen(0, services, FILES, pingMs);
  t.after(() => server.close());
  return { server, url: server.url, refusals };
}

/** fetch() sets its own Host. */
function get(url: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on("error", reject)
      .end();
  });
}

test("WebServer serves the client to pages of any origin, and nothing else", async (t) => {
  const { url } = await start(t);
  const file = await fetch(`${url}/zmq.js?x`);
  assert.deepEqual([file.status, await file.text()], [200, "export {};\n"]);
  assert.equal(file.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(file.headers.get("access-control-allow-origin"), "*");
  assert.equal(file.headers.get("x-content-type-options"), "nosniff");
  assert.equal(await get(`${url}/zmq.js`, {}, "HEAD"), 200);
  for (const path of ["/", "/../package.json", "/zmq.js/", "//zmq.js", "/%2e%2e/x"]) {
    const other = await fetch(url + path);
    assert.equal(other.status, 404, path);
    assert.match(await other.text(), /There is only \/zmq\.js here/);
  }
  assert.equal(await get(`${url}/zmq.js`, {}, "POST"), 405);
  assert.equal(await get(`${url}/zmq.js`, { Host: "rebound.example" }), 403);
});

test("WebServer takes the token of the address, or of a subprotocol, on any path", async (t) => {
  const { url, server } = await start(t);
  await Page.open(t, url, { path: `/data?token=${TOKEN}` });
  const page = await Page.open(t, url, { path: "/" }, ["zmq-tap", `token.${TOKEN}`]);
  assert.equal(page.socket.protocol, "zmq-tap");
  assert.equal(server.browsers, 2);
});

test("WebServer closes a connection that is refused with the reason, and tells of it without the token", async (t) => {
  const { url, server, refusals } = await start(t);
  for (const [options, code, reason] of [
    [{ path: "/" }, 4401, "the token is missing"],
    [{ path: "/?token=wrong-token" }, 4401, "the token is wrong"],
    [{ origin: "http://evil.example" }, 4403, "pages of http://evil.example are not allowed"],
    [{ headers: { Host: "rebound.example" } }, 4403, "this host name is not the web bridge's own"],
  ] as const) {
    const page = await Page.open(t, url, options);
    // What a refused page sends meanwhile is not read.
    page.send("A", "{}", "connect");
    assert.deepEqual(await page.closed, { code, reason });
    assert.deepEqual(page.messages, []);
    const { what, browser, reason: told } = refusals.pop()!;
    assert.deepEqual([what, told], ["connection", reason]);
    assert.match(browser, /^127\.0\.0\.1:\d+$/);
  }
  await until(() => server.browsers === 0);
});

test("WebServer takes 256 connections, and refuses one more", async (t) => {
  const { url } = await start(t);
  const pages = await Promise.all(Array.from({ length: 256 }, () => Page.open(t, url)));
  const more = await Page.open(t, url);
  assert.deepEqual(await more.closed, { code: 1013, reason: "the web bridge has 256 connections already" });
  pages[0]!.socket.close();
  await pages[0]!.closed;
  const next = await Page.open(t, url);
  next.send("A", "hello");
  assert.match((await next.next()).content, /No socket of this identity/);
});

test("WebServer lets go of a page that has vanished without a word, and keeps one that answers", async (t) => {
  const { url, server } = await start(t, 100);
  const silent = await Page.open(t, url, { autoPong: false });
  const page = await Page.open(t, url);
  await silent.closed;
  await until(() => server.browsers === 1);
  // It has been asked as often as the one that is gone.
  page.send("A", "hello");
  assert.match((await page.next()).content, /No socket of this identity/);
});

test("Connections that are refused take no page's place", async (t) => {
  const { url, server } = await start(t);
  await Promise.all(Array.from({ length: 200 }, () => Page.open(t, url, { path: "/" })));
  const pages = await Promise.all(Array.from({ length: 100 }, () => Page.open(t, url)));
  for (const page of pages) page.send("A", "hello");
  await Promise.all(pages.map((page) => page.next()));
  assert.equal(server.browsers, 100);
});

test("WebServer says that a port is taken, and lets go of its own", async (t) => {
  const { server, url } = await start(t);
  const port = Number(new URL(url).port);
  const services = {} as WebServices;
  await assert.rejects(
    WebServer.listen(port, services, FILES),
    /The web bridge cannot listen on 127\.0\.0\.1:\d+: another program is using it\. Give it another port/,
  );
  const page = await Page.open(t, url);
  await server.close();
  assert.equal((await page.closed).code, 1006);
  const again = await WebServer.listen(port, services, FILES);
  await again.close();
});
