import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { after, test, type TestContext } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { curveKeyPair } from "zeromq";
import { probe } from "../../src/proxy/relay/probe.ts";
import { plainAuthenticate } from "../../src/proxy/wire/probe.ts";
import { isProblem, parseEndpoint, type Endpoint } from "../../src/shared/endpoint.ts";
import type { ProbeResult } from "../../src/shared/model.ts";
import { makeCertificate } from "../support/certificate.ts";
import { text, type PeerOptions, type SocketKind } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { runCli } from "./support/cliTap.ts";

const python = new PythonPeer();
const refusing = new PythonPeer();
after(async () => {
  await python.stop();
  await refusing.stop();
});

const keys = curveKeyPair();
const curve: PeerOptions = { curveServer: true, curveSecretKey: keys.secretKey };
const credentials = (password: string) => plainAuthenticate({ user: "admin", password });

function at(endpoint: string): Endpoint {
  const parsed = parseEndpoint(endpoint, "server");
  assert.ok(!isProblem(parsed));
  return parsed;
}

async function serve(t: TestContext, kind: SocketKind, options: PeerOptions = {}, peer = python) {
  const server = await peer.open(kind, options);
  t.after(() => server.close());
  return { server, endpoint: await server.bind("tcp://127.0.0.1:*") };
}

const seen = ({ kind, version, mechanism, socket, access, refusal }: ProbeResult): unknown => ({
  kind,
  version,
  mechanism,
  socket,
  access,
  refusal,
});

for (const kind of ["REP", "ROUTER", "PUB", "XPUB", "SUB", "PULL", "PUSH", "DEALER", "PAIR"] as const) {
  test(`A probe tells that a NULL server is a ${kind}, and its program sees no peer`, async (t) => {
    const { server, endpoint } = await serve(t, kind);
    assert.deepEqual(seen(await probe(at(endpoint), null)), {
      kind: "zmtp",
      version: "3.1",
      mechanism: "NULL",
      socket: kind,
      access: "not-tried",
      refusal: null,
    });
    await server.events.until("handshake-failed");
    assert.equal(server.events.count("handshake"), 0);
  });
}

test("A probe is handed no message by a PUSH, a DEALER or a PAIR: 50 of 50 reach the real peer", async (t) => {
  for (const [kind, worker] of [
    ["PUSH", "PULL"],
    ["DEALER", "ROUTER"],
    ["PAIR", "PAIR"],
  ] as const) {
    const { server, endpoint } = await serve(t, kind);
    const jobs = Array.from({ length: 50 }, (_, job) => text(`job ${job}`));
    // The jobs wait at the server for whoever may take them, before, while and after the probe is there.
    const sending = server.send(...jobs);
    await probe(at(endpoint), null);
    await probe(at(endpoint), credentials("x"));
    const real = await python.open(worker);
    t.after(() => real.close());
    await real.connect(endpoint);
    const received = (await real.receive(50)).map((frames) => frames.at(-1)!.toString());
    await sending;
    assert.deepEqual(
      received,
      jobs.map(([frame]) => frame!.toString()),
    );
  }
});

test("A probe tells a CURVE server by its greeting, and goes no further without its keys", async (t) => {
  const { endpoint } = await serve(t, "REP", curve);
  const { mechanism, socket, access } = await probe(at(endpoint), credentials("x"));
  assert.deepEqual([mechanism, socket, access], ["CURVE", null, "not-tried"]);
});

test("A probe shows PLAIN credentials, and learns whether they get in and what is behind", async (t) => {
  await python.authenticate({ passwords: { admin: "right" } });
  const open = (kind: SocketKind) => serve(t, kind, { plainServer: true, zapDomain: "test" });
  const result = async (server: { endpoint: string }, password: string) => {
    const { socket, access, refusal } = await probe(at(server.endpoint), credentials(password));
    return [socket, access, refusal];
  };
  const [rep, pub, push] = [await open("REP"), await open("PUB"), await open("PUSH")];
  assert.deepEqual(await result(rep, "right"), ["REP", "accepted", null]);
  assert.deepEqual(await result(pub, "right"), ["PUB", "accepted", null]);
  // Neither a REQ nor a SUB fits a PUSH, which tells them nothing.
  assert.deepEqual(await result(push, "right"), [null, "accepted", null]);
  assert.deepEqual(await result(rep, "wrong"), [null, "refused", "400"]);
  const { access, mechanism } = await probe(at(rep.endpoint), null);
  assert.deepEqual([mechanism, access], ["PLAIN", "not-tried"]);
});

test("A probe tells a NULL server whose authenticator refuses this address", async (t) => {
  await refusing.authenticate({ addresses: ["10.9.8.7"] });
  const { endpoint } = await serve(t, "REP", { zapDomain: "test" }, refusing);
  const { access, refusal, socket } = await probe(at(endpoint), null);
  assert.deepEqual([access, refusal, socket], ["refused", "400", null]);
});

test("zmq-tap probe prints what it found in words or as JSON, and its exit code says whether it is ZeroMQ", async (t) => {
  const { server, endpoint } = await serve(t, "PUSH");
  const words = await runCli(["probe", endpoint]);
  assert.deepEqual([words.code, words.stderr], [0, ""]);
  assert.match(words.stdout, /is a ZeroMQ server: ZMTP 3\.1, NULL, a PUSH socket\.\n {2}Protocol: /);
  const json = await runCli(["probe", endpoint, "--json"]);
  const { kind, socket, summary } = JSON.parse(json.stdout) as ProbeResult & { summary: string };
  assert.deepEqual([json.code, kind, socket], [0, "zmtp", "PUSH"]);
  assert.match(summary, /PUSH/);
  assert.equal(server.events.count("handshake"), 0);

  const http = createHttpServer((_request, response) => response.end());
  const tls = createTlsServer(makeCertificate());
  tls.on("tlsClientError", () => undefined);
  for (const [other, name] of [
    [http, /HTTP server|TLS/],
    [tls, /TLS/],
  ] as const) {
    other.on("connection", (socket: Socket) => socket.on("error", () => undefined));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    t.after(() => other.close());
    const { code, stdout } = await runCli(["probe", `tcp://127.0.0.1:${(other.address() as AddressInfo).port}`]);
    assert.equal(code, 1);
    assert.match(stdout, name);
  }
});

test("zmq-tap probe says that nothing listens", async () => {
  const place = createServer().listen(0, "127.0.0.1");
  await once(place, "listening");
  const { port } = place.address() as AddressInfo;
  place.close();
  await once(place, "close");
  const { code, stdout } = await runCli(["probe", `tcp://127.0.0.1:${port}`]);
  assert.equal(code, 1);
  assert.match(stdout, /cannot be reached: nothing listens there/);
});
