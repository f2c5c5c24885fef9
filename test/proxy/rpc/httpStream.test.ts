import assert from "node:assert/strict";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { type HttpConnection, HttpStream } from "../../../src/proxy/rpc/httpStream.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { httpServer } from "../../support/httpServers.ts";
import { loopbackServer, readBytes } from "../../support/loopback.ts";
import { until } from "../../support/until.ts";
import { ZmtpPeer } from "../../support/zmtpPeer.ts";

const TARGET = { host: "h:1", path: "", authorization: null };

/** A REQ that speaks to an HTTP server on this port, and the connections that were made for it. */
function speaking(
  t: TestContext,
  port: number,
  socket: SocketType = "REQ",
): { req: ZmtpPeer; http: HttpStream; opened: () => number } {
  let opened = 0;
  const open = (): HttpConnection => {
    opened++;
    const stream = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    t.after(() => stream.destroy());
    const link = new Promise((resolve, reject) => {
      stream.once("connect", resolve);
      stream.once("error", reject);
    });
    link.catch(() => undefined);
    return { stream, link };
  };
  const http = new HttpStream(open(), open, TARGET);
  t.after(() => http.near.destroy());
  return { req: new ZmtpPeer(http.near, socket), http, opened: () => opened };
}

test("A message of a REQ becomes a request, and the response a message, over one connection as long as it lasts", async (t) => {
  const { port, requests, connections } = await httpServer(t, ({ body }, response) => {
    if (body === "nothing") response.writeHead(204).end();
    else response.writeHead(200, body === "last" ? { connection: "close" } : {}).end(`re: ${body}`);
  });
  const { req, opened } = speaking(t, port);
  await req.ready();
  req.send("", "one");
  await req.until(1);
  req.send("", "PUT /x HTTP/1.1\r\nX-Own: 1\r\nContent-Length: 99", "two");
  await req.until(2);
  assert.equal(connections(), 1);
  req.send("", "nothing");
  await req.until(3);
  req.send("", "last");
  await req.until(4);
  req.send("", "after");
  const messages = await req.until(5);
  assert.deepEqual(
    messages.map(([delimiter, head, body]) => [delimiter, head!.split("\r\n")[0], body]),
    [
      ["", "HTTP/1.1 200 OK", "re: one"],
      ["", "HTTP/1.1 200 OK", "re: two"],
      ["", "HTTP/1.1 204 No Content", undefined],
      ["", "HTTP/1.1 200 OK", "re: last"],
      ["", "HTTP/1.1 200 OK", "re: after"],
    ],
  );
  assert.deepEqual([connections(), opened()], [2, 2]);
  assert.deepEqual([requests[1]!.method, requests[1]!.url, requests[1]!.headers["x-own"]], ["PUT", "/x", "1"]);
  req.stream.end();
  await until(() => req.hasEnded);
});

test("A server that closes without a word ends who waits, and one that closes between requests is asked anew", async (t) => {
  const listener = await loopbackServer(t);
  const { req, http } = speaking(t, listener.port);
  const first = await listener.next();
  await req.ready();
  first.end();
  await until(() => first.readableEnded || first.read() === null);
  first.resume();
  await new Promise((resolve) => first.once("close", resolve));
  req.send("", "again");
  const second = await listener.next();
  await readBytes(second, 1);
  second.destroy();
  await until(() => req.hasEnded);
  assert.deepEqual([req.messages, http.problem], [[], null]);
});

test("A response to the end of the connection is whole with it", async (t) => {
  const listener = await loopbackServer(t);
  const { req } = speaking(t, listener.port);
  const server = await listener.next();
  await req.ready();
  req.send("", "q");
  await readBytes(server, 1);
  server.end("HTTP/1.0 200 OK\r\n\r\nto the end");
  assert.deepEqual(await req.until(1), [["", "HTTP/1.0 200 OK", "to the end"]]);
});

test("What cannot be sent or read ends the stream with the reason", async (t) => {
  const listener = await loopbackServer(t);
  const ending = async (frames: string[], answer: string | null): Promise<string> => {
    const { req, http } = speaking(t, listener.port);
    const server = await listener.next();
    await req.ready();
    req.send(...frames);
    if (answer !== null) {
      await readBytes(server, 1);
      server.write(answer);
    }
    await until(() => req.hasEnded);
    return http.problem!.message;
  };
  assert.match(await ending(["", "a", "b"], null), /^Nothing was sent: An HTTP request is one frame/);
  assert.match(await ending(["", "a"], "SSH-2.0\r\n"), /cannot be read\. The server does not speak HTTP/);
  const large = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + "x".repeat(61 * 1024 * 1024);
  assert.match(await ending(["", "a"], large), /larger than 62914560 octets/);
});

test("A stream whose connection never opens ends, and so does one of a wrong socket", async (t) => {
  const refused = speaking(t, 1);
  await until(() => refused.req.hasEnded);
  assert.equal(refused.http.problem, null);
  const { port } = await loopbackServer(t);
  const { req: push, http } = speaking(t, port, "PUSH");
  await until(() => push.hasEnded);
  assert.match(http.problem!.message, /cannot talk to the server's socket/);
});
