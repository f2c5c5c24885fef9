import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { probe } from "../../../src/proxy/relay/probe.ts";
import { plainAuthenticate } from "../../../src/proxy/wire/probe.ts";
import { encodeCommand, encodeGreeting, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { Endpoint } from "../../../src/shared/endpoint.ts";
import { makeCertificate } from "../../support/certificate.ts";
import { loopbackServer } from "../../support/loopback.ts";

/** Long enough for an answer on loopback, short enough for those that never come. */
const STEP_MS = 300;
const at = (port: number): Endpoint => ({ transport: "tcp", host: "127.0.0.1", port, source: null });

async function listening(t: TestContext, server: Server): Promise<Endpoint> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return at((server.address() as AddressInfo).port);
}

test("probe names an HTTP server, which says nothing before it is asked", async (t) => {
  const http = createHttpServer((_request, response) => response.writeHead(404, { Server: "tiny" }).end());
  // Node's own server would answer what is no request with an error at once; most servers wait for a whole line.
  http.on("clientError", () => undefined);
  const { kind, name } = await probe(await listening(t, http), null, STEP_MS);
  assert.deepEqual([kind, name], ["http", "an HTTP server (tiny)"]);
});

test("probe names a TLS server, which resets what is no TLS", async (t) => {
  const tls = createTlsServer(makeCertificate());
  tls.on("tlsClientError", () => undefined);
  tls.on("connection", (socket: Socket) => socket.on("error", () => undefined));
  assert.equal((await probe(await listening(t, tls), null, STEP_MS)).kind, "tls");
});

test("probe names a server that speaks first", async (t) => {
  const ssh = createServer((socket) => socket.on("error", () => undefined).write("SSH-2.0-OpenSSH_9.2\r\n"));
  const { kind, name } = await probe(await listening(t, ssh), null, STEP_MS);
  assert.deepEqual([kind, name], ["other", "an SSH server"]);
});

test("probe tells a server that is silent from one that closes", async (t) => {
  const silent = await loopbackServer(t);
  assert.equal((await probe(at(silent.port), null, STEP_MS)).kind, "silent");
  const closing = createServer((socket) => socket.on("error", () => undefined).resetAndDestroy());
  assert.equal((await probe(await listening(t, closing), null, STEP_MS)).kind, "closed");
});

test("probe says why there is no connection", async (t) => {
  const gone = await loopbackServer(t);
  gone.server.close();
  await once(gone.server, "close");
  const { kind, problem, endpoint } = await probe(at(gone.port), null, STEP_MS);
  assert.deepEqual([kind, endpoint], ["nothing", `tcp://127.0.0.1:${gone.port}`]);
  assert.match(problem, /connection refused/);
  const nowhere: Endpoint = { transport: "ipc", path: "/nonexistent/zmq", abstract: false };
  assert.match((await probe(nowhere, null, STEP_MS)).problem, /no such socket file/);
  const unknown: Endpoint = { transport: "tcp", host: "no-such-host.invalid", port: 1, source: null };
  assert.match((await probe(unknown, null, STEP_MS)).problem, /no address/);
});

test("probe tries credentials as REQ, then as SUB, and keeps what the first try proved", async (t) => {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(encodeGreeting("PLAIN"));
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      if (text.includes("HELLO")) socket.write(encodeCommand("WELCOME", new Uint8Array(0)));
      const declared = /INITIATE.*?(REQ|SUB)/s.exec(text)?.[1];
      if (declared === undefined) return;
      asked.push(declared);
      if (declared === "SUB") socket.write(encodeReady("PUB"));
      else socket.end();
    });
  });
  const authenticate = plainAuthenticate({ user: "u", password: "p" });
  const { access, socket, mechanism } = await probe(await listening(t, server), authenticate, STEP_MS);
  assert.deepEqual([access, socket, mechanism, asked], ["accepted", "PUB", "PLAIN", ["REQ", "SUB"]]);
});

test("probe calls access unknown when a server closes on credentials", async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (++connections === 1) socket.write(encodeGreeting("PLAIN"));
    else socket.resetAndDestroy();
  });
  const authenticate = plainAuthenticate({ user: "u", password: "p" });
  assert.equal((await probe(await listening(t, server), authenticate, STEP_MS)).access, "unknown");
});
