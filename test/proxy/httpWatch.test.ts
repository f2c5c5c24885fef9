import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { HttpWatch } from "../../src/proxy/httpWatch.ts";
import type { LinkLog } from "../../src/proxy/linkLog.ts";
import { toDetail } from "../../src/proxy/details.ts";
import { httpServer } from "../support/httpServers.ts";
import { loopbackClient, loopbackServer, readAll, readBytes } from "../support/loopback.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";

const portOf = (endpoint: string): number => Number(endpoint.split(":").at(-1));
const messages = ({ rows }: TappedEngine) => rows().filter(({ kind }) => kind === "message");

/** All frames of a message as latin-1 text. */
function framesOf({ engine }: TappedEngine, n: number): string[] {
  const { frames } = engine.capture.frames(n, 10);
  return frames.map(({ sizeBytes }, at) =>
    Buffer.from(engine.capture.readFrame(n, at, 0, sizeBytes)).toString("latin1"),
  );
}

/** A tap of an HTTP server and a client of it, whose octets are written by hand. */
async function tapped(t: TestContext) {
  const server = await loopbackServer(t);
  const tap = tappedEngine(t);
  const client = await loopbackClient(t, portOf(await tap.attach(`http://127.0.0.1:${server.port}/RPC2`)));
  return { tap, client, server: await server.next() };
}

test("A tap of an HTTP server passes the octets on as they are, and shows requests and responses as pairs", async (t) => {
  const { tap, client, server } = await tapped(t);
  const secret = "Authorization: Basic c2VjcmV0";
  const request = `POST /RPC2 HTTP/1.1\r\n${secret}\r\nContent-Length: 4\r\n\r\ncall`;
  client.write(request);
  assert.equal((await readBytes(server, request.length)).toString(), request);
  const response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  server.write(response);
  assert.equal((await readBytes(client, response.length)).toString(), response);
  const [asked, answered] = await tap.until(() => messages(tap).length === 2 && messages(tap));
  assert.deepEqual([asked!.exchange, asked!.partner, answered!.latencyMs! > 0], ["answered", answered!.n, true]);
  assert.deepEqual([asked!.preview, answered!.preview], ["POST /RPC2 | call", "200 OK | abc"]);
  assert.deepEqual(framesOf(tap, asked!.n), [
    "",
    "POST /RPC2 HTTP/1.1\r\nAuthorization: Basic ********\r\nContent-Length: 4",
    "call",
  ]);
  const { bytes, messages: count, links } = tap.state();
  assert.deepEqual([bytes, count], [request.length + response.length, 2]);
  assert.deepEqual([links[0]!.mechanism, links[0]!.sockets], ["HTTP", { client: "REQ", server: "REP" }]);
  const handshake = tap.rows().find(({ event }) => event === "handshake");
  assert.equal(handshake!.preview, "HTTP/1, shown as REQ → REP");
  const detail = toDetail(tap.engine.capture, asked!.n);
  assert.ok(JSON.stringify(detail).includes("HTTP/1, shown as REQ and REP"));
});

test("A response without a length is whole once the server has closed, and not when it was reset", async (t) => {
  for (const isReset of [false, true]) {
    const { tap, client, server } = await tapped(t);
    client.write("GET / HTTP/1.0\r\n\r\n");
    await readBytes(server, 18);
    server.write("HTTP/1.0 200 OK\r\n\r\nto the end");
    await readBytes(client, 29);
    if (isReset) server.resetAndDestroy();
    else server.end();
    client.on("error", () => undefined);
    client.end();
    client.resume();
    await tap.until(() => tap.rows().some(({ event }) => event === "link-closed"));
    assert.deepEqual(
      messages(tap).map(({ preview, exchange }) => `${preview} ${exchange}`),
      isReset ? ["GET / lost"] : ["GET / answered", "200 OK | to the end reply"],
    );
  }
});

test("What is no HTTP flows on, is one fault, and nothing of it is kept", async (t) => {
  const { tap, client, server } = await tapped(t);
  client.write("\u0016\u0003\u0001 secret hello");
  assert.match((await readBytes(server, 16)).toString("latin1"), /secret hello/);
  server.end("secret answer");
  assert.equal((await readAll(client)).toString(), "secret answer");
  client.end();
  await tap.until(() => tap.rows().some(({ event }) => event === "link-closed"));
  const faults = tap.rows().filter(({ event }) => event === "fault");
  assert.deepEqual(
    faults.map(({ preview }) => preview),
    ["The client speaks TLS (https), which cannot be read here. Use plain http."],
  );
  assert.equal(messages(tap).length, 0);
  const slabs = tap.engine.capture.store.segments.flatMap(({ slab }) => slab?.bytes ?? []);
  assert.equal(slabs.length > 0 && slabs.every((bytes) => !bytes.includes("secret")), true);
});

test("Taps of HTTP servers have no keys, no signals, and stay with HTTP", async (t) => {
  const { url } = await httpServer(t, (_request, response) => response.end());
  const { engine, attach } = tappedEngine(t);
  const config = { id: "tap", name: "tap", server: url, listen: "tcp://127.0.0.1:*" };
  const security = {
    clientLeg: null,
    serverLeg: null,
    serverPair: null,
    serverKey: null,
    clientPair: null,
    clientPairs: [],
    plain: null,
    allow: null,
  };
  await assert.rejects(engine.startTap(config, security), { code: "http-has-no-keys" });
  await assert.rejects(
    engine.startTap({ ...config, standIn: { kind: "signals", as: "SUB", connects: true, topics: [""] } as never }),
    {
      code: "bad-endpoint",
    },
  );
  await attach(url);
  await assert.rejects(engine.secureTap("tap", security), { code: "http-has-no-keys" });
  assert.throws(() => engine.retargetTap("tap", "tcp://127.0.0.1:1"), { code: "other-protocol" });
  assert.equal(engine.retargetTap("tap", "http://127.0.0.1:1/x").config.server, "http://127.0.0.1:1/x");
  await attach("tcp://127.0.0.1:1", "zmq");
  assert.throws(() => engine.retargetTap("zmq", url), { code: "other-protocol" });
});

test("A bug in watching ends the watching of that link only", () => {
  const bugs: unknown[] = [];
  const told: string[] = [];
  const counters = { messages: 0, bytes: 0, passedBy: 0 };
  const log = {
    received: () => {
      if (told.length === 0) throw new Error("a bug");
    },
    giveUp: (_direction: number, code: string) => told.push(code),
    beforeClosed: null,
  } as unknown as LinkLog;
  const observer = new HttpWatch(counters, (error) => bugs.push(error)).observe(log);
  observer.received(0, Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  observer.injected(0, Buffer.from("x"), "replay");
  log.beforeClosed!({ by: "server", reset: false, bytesLost: 0 });
  assert.deepEqual([bugs.length, told, counters.bytes], [1, ["bug"], 19]);
  assert.equal(observer.gapIn(0, Buffer.from("x")), -1);
});

test("Many small requests on one connection are each a pair", async (t) => {
  const { tap, client, server } = await tapped(t);
  const count = 500;
  client.write("GET /a HTTP/1.1\r\n\r\n".repeat(count));
  await readBytes(server, count * 19);
  server.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".repeat(count));
  await readBytes(client, count * 39);
  const all = await tap.until(() => messages(tap).length === 2 * count && messages(tap));
  assert.ok(all.every(({ exchange }) => exchange === "answered" || exchange === "reply"));
});
