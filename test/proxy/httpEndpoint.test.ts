import assert from "node:assert/strict";
import { test } from "node:test";
import { endpointDestination, httpStream, httpTarget, textDestination } from "../../src/proxy/httpEndpoint.ts";
import { callDialect, type CallDestination } from "../../src/proxy/rpc/dialectCall.ts";
import type { CallBody, CallOutcome } from "../../src/shared/calls.ts";
import type { CallSocket } from "../../src/shared/model.ts";
import { httpServer } from "../support/httpServers.ts";
import { loopbackServer } from "../support/loopback.ts";
import { NO_SECURITY } from "../support/security.ts";

const PLAIN = { ...NO_SECURITY, plain: { user: "me", password: "p:w" } };
const RESPONSE = "<methodResponse><params><param><value><int>15</int></value></param></params></methodResponse>";
const never = new AbortController().signal;

function xmlRpcCall(to: CallDestination, timeoutMs = 5000, socket?: CallSocket): Promise<CallOutcome> {
  const call = { method: "function", args: [5, 10], kwargs: {}, fields: {} };
  const body: CallBody = { kind: "dialect", dialect: "xml-rpc", call, ...(socket === undefined ? {} : { socket }) };
  return callDialect({ to, body, timeoutMs, retries: 0 }, never);
}

test("A call to an HTTP endpoint is a request to its path, with the user and password that were given", async (t) => {
  const { url, requests } = await httpServer(t, (_request, response) => response.end(RESPONSE));
  const outcome = await xmlRpcCall(textDestination(`${url}/pyblish`, PLAIN));
  assert.deepEqual([outcome.kind, outcome.reply?.said?.json, outcome.attempts], ["ok", "15", 1]);
  const [{ method, url: path, headers }] = requests as [(typeof requests)[0]];
  assert.deepEqual([method, path, headers.host], ["POST", "/pyblish", url.slice("http://".length)]);
  assert.equal(headers.authorization, `Basic ${Buffer.from("me:p:w").toString("base64")}`);
  const anonymous = await xmlRpcCall(textDestination(url, null));
  assert.equal(anonymous.kind, "ok");
  assert.deepEqual([requests[1]!.url, requests[1]!.headers.authorization], ["/RPC2", undefined]);
});

test("What an HTTP server refuses, or says that is no XML, is told", async (t) => {
  const { url } = await httpServer(t, ({ url: path }, response) => {
    if (path === "/missing") response.writeHead(404).end("<html>no</html>");
    else if (path === "/broken") response.writeHead(500).end();
    else response.end("hello");
  });
  const missing = await xmlRpcCall(textDestination(`${url}/missing`, null));
  assert.deepEqual(
    [missing.kind, missing.reply?.said?.code, missing.reply?.said?.problem],
    ["error", "404", "The HTTP server answered 404 Not Found."],
  );
  const broken = await xmlRpcCall(textDestination(`${url}/broken`, null));
  assert.deepEqual([broken.kind, broken.reply?.said?.code], ["error", "500"]);
  const text = await xmlRpcCall(textDestination(url, null));
  assert.deepEqual([text.kind, text.reply?.said], ["error", null]);
  assert.match(text.reply!.problem!, /not well-formed XML/);
});

test("A server that is not there, that closes, or that says nothing is told", async (t) => {
  await assert.rejects(xmlRpcCall(textDestination("http://127.0.0.1:1", null)), {
    code: "server-unreachable",
    message: /^Nothing was sent: http:\/\/127\.0\.0\.1:1 cannot be reached: nothing listens there\./,
  });
  const listener = await loopbackServer(t);
  const closing = xmlRpcCall(textDestination(`http://127.0.0.1:${listener.port}`, null));
  (await listener.next()).once("data", function (this: { destroy(): void }) {
    this.destroy();
  });
  await assert.rejects(closing, { code: "call-failed", message: /closed the connection before it answered/ });
  const silent = xmlRpcCall(textDestination(`http://127.0.0.1:${listener.port}`, null), 50);
  (await listener.next()).resume();
  assert.equal((await silent).kind, "timeout");
  const odd = xmlRpcCall(textDestination(`http://127.0.0.1:${listener.port}`, null));
  (await listener.next()).end("SSH-2.0\r\n");
  await assert.rejects(odd, { code: "call-failed", message: /The server does not speak HTTP/ });
});

test("An HTTP endpoint takes no CURVE keys and no socket but a REQ, and any other endpoint is ZeroMQ's", async () => {
  const keys = { ...NO_SECURITY, serverKey: "k" };
  assert.throws(() => textDestination("http://127.0.0.1:1", keys), { code: "bad-keys" });
  assert.throws(() => textDestination("nothing", null), { code: "bad-endpoint" });
  await assert.rejects(xmlRpcCall(textDestination("http://127.0.0.1:1", null), 50, "PUSH"), {
    code: "bad-call",
    message: /a PUSH cannot speak to it/,
  });
  const endpoint = { transport: "tcp", host: "h", port: 1, source: null } as const;
  assert.deepEqual(endpointDestination(endpoint, keys), { kind: "endpoint", endpoint: "tcp://h:1", security: keys });
});

test("An address that is no name or number of a host is one that cannot be reached", async () => {
  const endpoint = { transport: "http", host: "::1%none", port: 1, source: null, path: "" } as const;
  const { link } = httpStream(endpoint, httpTarget(endpoint, null));
  await assert.rejects(link, { code: "server-unreachable" });
  assert.equal(httpTarget(endpoint, null).host, "[::1%none]:1");
});
