import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { test, type TestContext } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { TapConfig, TapState } from "../../src/shared/model.ts";
import { ANY_DESTINATION } from "../../src/shared/socks.ts";
import { loopbackServer, readAll } from "../support/loopback.ts";
import { NO_SECURITY } from "../support/security.ts";
import { askSocks, portOf } from "../support/socks.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

const config = (allow: readonly string[] = [], listen = "tcp://127.0.0.1:*"): TapConfig => ({
  id: "door",
  name: "socks",
  server: ANY_DESTINATION,
  listen,
  socks: { allow },
});

type SocksEngine = TappedEngine & { readonly door: number; readonly socks: () => NonNullable<TapState["socks"]> };

async function startSocks(t: TestContext, allow: readonly string[] = []): Promise<SocksEngine> {
  const tapped = tappedEngine(t);
  const { listening } = await tapped.engine.startTap(config(allow));
  return { ...tapped, door: portOf(listening), socks: () => tapped.state("door").socks! };
}

/** A server of one socket type that says `world` to what it is asked. */
async function repServer(t: TestContext): Promise<number> {
  const { port, server } = await loopbackServer(t);
  server.on("connection", (socket) => {
    const peer = new ZmtpPeer(socket, "REP");
    peer.answer = () => ["", "world"];
  });
  return port;
}

const faults = (tapped: TappedEngine): string[] =>
  tapped
    .rows()
    .filter(({ event }) => event === "fault")
    .map(({ tapName, preview }) => `${tapName}: ${preview}`);

test("SocksTaps gives each destination a tap of its name, and its clients links of that", async (t) => {
  const tapped = await startSocks(t);
  const ports = [await repServer(t), await repServer(t)];
  const asking = [
    ["127.0.0.1", ports[0]!],
    ["127.0.0.1", ports[0]!],
    ["LOCALHOST", ports[0]!],
    ["127.0.0.1", ports[1]!],
  ] as const;
  for (const [host, port] of asking) {
    const { code, socket } = await askSocks(t, tapped.door, host, port);
    assert.equal(code, 0);
    const peer = await new ZmtpPeer(socket, "REQ").ready();
    peer.send("", "hello");
    assert.deepEqual(await peer.until(1), [["", "world"]]);
  }
  const names = [`tcp://127.0.0.1:${ports[0]}`, `tcp://localhost:${ports[0]}`, `tcp://127.0.0.1:${ports[1]}`];
  const taps = tapped.engine.taps.filter(({ config: { door } }) => door === "door");
  assert.deepEqual(
    taps.map(({ config: { id, name, server, listen }, links, status }) => [
      id,
      name,
      server,
      portOf(listen),
      links.length,
      status,
    ]),
    names.map((name, at) => [`door/${name}`, name, name, tapped.door, at === 0 ? 2 : 1, "listening"]),
  );
  const messages = tapped.rows().filter(({ kind }) => kind === "message");
  assert.deepEqual(
    names.map((name) => messages.filter(({ tapName }) => tapName === name).length),
    [4, 2, 2],
  );
  assert.deepEqual(tapped.socks(), {
    destinations: 3,
    connections: 4,
    made: 4,
    denied: 0,
    unreached: 0,
    faulty: 0,
    surplus: 0,
  });
});

test("SocksTaps tells the first client that nothing listens, and lets those that ask again wait until something does", async (t) => {
  const tapped = await startSocks(t);
  const port = await freePort();
  assert.equal((await askSocks(t, tapped.door, "127.0.0.1", port)).code, 5);
  assert.equal(tapped.socks().unreached, 1);
  const name = `tcp://127.0.0.1:${port}`;
  assert.equal(tapped.state(`door/${name}`).status, "server-down");
  const again = askSocks(t, tapped.door, "127.0.0.1", port);
  await tapped.until(() => tapped.socks().unreached === 2);
  await loopbackServer(t, port);
  assert.equal((await again).code, 0);
  assert.equal(tapped.state(`door/${name}`).status, "listening");
  assert.deepEqual(
    tapped
      .rows()
      .filter(({ event }) => event === "server-down")
      .map(({ tapName, preview }) => [tapName, preview.slice(0, 18)]),
    [
      [name, "the server is down"],
      [name, "the server is back"],
    ],
  );
});

test("SocksTaps tells a client that a host has no address", async (t) => {
  const tapped = await startSocks(t);
  assert.equal((await askSocks(t, tapped.door, "nowhere.invalid", 5556)).code, 4);
  assert.match(tapped.state("door/tcp://nowhere.invalid:5556").problem ?? "", /has no address/);
});

test("SocksTaps turns away who asks for what is not allowed, and tells of each destination once", async (t) => {
  const { port } = await loopbackServer(t);
  const tapped = await startSocks(t, [`127.0.0.1:${port}`, "*.example.org"]);
  assert.equal((await askSocks(t, tapped.door, "127.0.0.1", port)).code, 0);
  assert.equal((await askSocks(t, tapped.door, "localhost", port)).code, 2);
  assert.equal((await askSocks(t, tapped.door, "127.0.0.1", 1)).code, 2);
  // Who asks again is told later, and counted at once.
  askSocks(t, tapped.door, "localhost", port).then(
    () => assert.fail("it was told at once"),
    () => undefined,
  );
  await tapped.until(() => tapped.socks().denied === 3);
  const { denied, destinations } = tapped.socks();
  assert.deepEqual({ denied, destinations }, { denied: 3, destinations: 1 });
  assert.equal(faults(tapped).length, 2);
  assert.match(
    faults(tapped)[0]!,
    /^socks: tcp:\/\/localhost:\d+ is not allowed here, so a client from 127.0.0.1:\d+ was turned away[.]$/,
  );
});

test("SocksTaps leads nobody to itself", async (t) => {
  const tapped = await startSocks(t);
  for (const host of ["127.0.0.1", "localhost"]) {
    assert.equal((await askSocks(t, tapped.door, host, tapped.door)).code, 2);
  }
  assert.match(faults(tapped)[0]!, /is this SOCKS server itself, so a client/);
});

test("SocksTaps leads to the endpoint of another tap, whose links are then links of both", async (t) => {
  const tapped = await startSocks(t);
  const other = await tapped.attach(`tcp://127.0.0.1:${await repServer(t)}`);
  const { socket } = await askSocks(t, tapped.door, "127.0.0.1", portOf(other));
  const peer = await new ZmtpPeer(socket, "REQ").ready();
  peer.send("", "hello");
  await peer.until(1);
  assert.deepEqual(new Set(tapped.rows().map(({ tapName }) => tapName)), new Set(["tap", other]));
  // A tap in front of the SOCKS server's own port is no loop either, only of no use.
  await tapped.engine.startTap({
    id: "before",
    name: "before",
    server: `tcp://127.0.0.1:${tapped.door}`,
    listen: "tcp://127.0.0.1:*",
  });
});

test("SocksTaps counts clients that speak something else, and tells of each kind once", async (t) => {
  const tapped = await startSocks(t);
  const { connect } = await import("node:net");
  for (const words of ["GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "\xff\0\0\0\0\0\0\0\x01\x7f"]) {
    const socket = connect(tapped.door, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.end(Buffer.from(words, "latin1"));
    await new Promise((resolve) => socket.once("close", resolve).resume());
  }
  assert.equal(tapped.socks().faulty, 3);
  assert.equal(faults(tapped).length, 2);
  assert.match(faults(tapped)[1]!, /speaks ZeroMQ at once/);
});

test("SocksTaps does not start where it would be open to other machines without a rule, nor with rules or keys that are none", async (t) => {
  const { engine } = tappedEngine(t);
  for (const listen of ["tcp://*:*", "tcp://0.0.0.0:*"]) {
    await assert.rejects(engine.startTap(config([], listen)), { code: "socks-open-to-all" });
  }
  assert.equal(engine.taps[0]?.status, "failed");
  await assert.rejects(engine.startTap(config([], "ipc:///tmp/socks")), { code: "socks-needs-tcp" });
  await assert.rejects(engine.startTap(config(["a b"])), {
    code: "bad-pattern",
    message: /^"a b" stands for no destinations: /,
  });
  const bad = { ...NO_SECURITY, serverPair: { publicKey: "x", secretKey: "y" } };
  await assert.rejects(engine.startTap(config(), bad), { code: "bad-key" });
  const rule = { pattern: "127.0.0.1", security: bad };
  await assert.rejects(engine.startTap(config(), null, undefined, [rule]), { code: "bad-key" });
  assert.equal((await engine.startTap(config(["*"], "tcp://*:*"))).status, "listening");
});

test("SocksTaps ends all its taps when it stops, keeps its counts, and starts again on the same port", async (t) => {
  const tapped = await startSocks(t);
  const { engine, door } = tapped;
  const { socket } = await askSocks(t, door, "127.0.0.1", await repServer(t));
  const peer = await new ZmtpPeer(socket, "REQ").ready();
  peer.send("", "hello");
  await peer.until(1);
  const stopped = await engine.stopTap("door");
  assert.ok(peer.hasEnded || socket.readableEnded || (await readAll(socket)).length === 0);
  assert.deepEqual([stopped.status, stopped.listening, stopped.messages], ["stopped", "", 2]);
  assert.equal(engine.taps.length, 1);
  const again = await engine.startTap(config([], `tcp://127.0.0.1:${door}`));
  assert.deepEqual([again.status, portOf(again.listening), again.messages], ["listening", door, 2]);
  assert.equal(await engine.startTap(config()).then(({ listening }) => portOf(listening)), door, "it runs already");
  await engine.removeTap("door");
  assert.deepEqual(engine.taps, []);
});

test("SocksTaps gives a destination whose tap was ended a new one with its next client", async (t) => {
  const tapped = await startSocks(t);
  const port = await repServer(t);
  const id = `door/tcp://127.0.0.1:${port}`;
  await askSocks(t, tapped.door, "127.0.0.1", port);
  await tapped.engine.removeTap(id);
  assert.equal(tapped.state(id), undefined);
  assert.equal((await askSocks(t, tapped.door, "127.0.0.1", port)).code, 0);
  assert.equal(tapped.state(id).links.length, 1);
});

test("The tap of a destination cannot be pointed elsewhere, and the SOCKS server is no tap to send through", async (t) => {
  const tapped = await startSocks(t);
  const port = await repServer(t);
  await askSocks(t, tapped.door, "127.0.0.1", port);
  assert.throws(() => tapped.engine.retargetTap(`door/tcp://127.0.0.1:${port}`, "tcp://127.0.0.1:1"), {
    code: "destination-is-fixed",
  });
  assert.throws(() => tapped.engine.tap("door"), { code: "is-socks-server" });
});

const KEYS = { ...NO_SECURITY, clientLeg: "NULL", serverLeg: "NULL" } as const;

test("SocksTaps gives destinations the keys of the first pattern that fits, else those for all", async (t) => {
  const tapped = tappedEngine(t);
  const { engine } = tapped;
  const rules = [
    { pattern: "localhost:*", security: null },
    { pattern: "127.0.0.1", security: { ...KEYS, plain: { user: "a", password: "b" } } },
    { pattern: "*", security: KEYS },
  ];
  const { listening } = await engine.startTap(config(), null, undefined, rules);
  const { port } = await loopbackServer(t);
  const keysOf = (host: string) => engine.tap(`door/tcp://${host}:${port}`).keys;
  for (const host of ["localhost", "127.0.0.1"]) await askSocks(t, portOf(listening), host, port);
  assert.equal(keysOf("localhost"), null);
  assert.deepEqual(keysOf("127.0.0.1")?.credentials === null, false);
});

test("Keys for all reach destinations without their own; those of a destination stay when its tap is ended", async (t) => {
  const tapped = await startSocks(t);
  const { engine, door } = tapped;
  const { port } = await loopbackServer(t);
  const idOf = (host: string): string => `door/tcp://${host}:${port}`;
  for (const host of ["localhost", "127.0.0.1"]) await askSocks(t, door, host, port);
  await engine.secureTap(idOf("localhost"), KEYS);
  const own = engine.tap(idOf("localhost")).keys;
  assert.ok(own !== null);
  await engine.secureTap("door", KEYS);
  assert.ok(engine.tap(idOf("127.0.0.1")).keys !== null);
  assert.equal(engine.tap(idOf("localhost")).keys, own);
  await engine.secureTap("door", null);
  assert.equal(engine.tap(idOf("127.0.0.1")).keys, null);
  await engine.removeTap(idOf("localhost"));
  await askSocks(t, door, "localhost", port);
  assert.ok(engine.tap(idOf("localhost")).keys !== null);
});

/** Servers on so many ports; closed after the test. */
async function servers(t: TestContext, count: number): Promise<number[]> {
  const open: Server[] = [];
  for (let at = 0; at < count; at++) open.push(createServer((socket) => socket.on("error", () => undefined).resume()));
  t.after(() => open.map((server) => server.close()));
  return Promise.all(
    open.map(async (server) => {
      await once(server.listen(0, "127.0.0.1"), "listening");
      return (server.address() as AddressInfo).port;
    }),
  );
}

test("SocksTaps has 256 destinations at most: the one that was not used for longest makes room, unless all have clients", async (t) => {
  const tapped = await startSocks(t);
  const { door, until, socks } = tapped;
  const [first, second, ...others] = await servers(t, 258);
  const asked = async (port: number) => askSocks(t, door, "127.0.0.1", port);
  const idOf = (port: number): string => `door/tcp://127.0.0.1:${port}`;
  for (const port of [first!, second!]) {
    const { code, socket } = await asked(port);
    assert.equal(code, 0);
    socket.destroy();
  }
  await until(() => socks().connections === 0);
  (await asked(first!)).socket.destroy();
  await until(() => socks().connections === 0);
  for (const port of others.slice(0, 254)) assert.equal((await asked(port)).code, 0);
  assert.equal(socks().destinations, 256);
  assert.equal((await asked(others[254]!)).code, 0);
  assert.equal(tapped.state(idOf(second!)), undefined, "the second was used least recently");
  assert.equal(tapped.state(idOf(first!)).status, "listening");
  assert.equal((await asked(others[255]!)).code, 0);
  assert.equal(tapped.state(idOf(first!)), undefined);
  assert.equal((await asked(first!)).code, 1);
  assert.deepEqual([socks().destinations, socks().surplus], [256, 1]);
  assert.match(faults(tapped)[0]!, /256 destinations have clients already[.]$/);
});

test("SocksTaps only relays for all its destinations while capturing is stopped, those that come later too", async (t) => {
  const tapped = await startSocks(t);
  const ports = [await repServer(t), await repServer(t)];
  const converse = async (port: number): Promise<void> => {
    const { socket } = await askSocks(t, tapped.door, "127.0.0.1", port);
    const peer = await new ZmtpPeer(socket, "REQ").ready();
    peer.send("", "hello");
    await peer.until(1);
  };
  await converse(ports[0]!);
  const id = `door/tcp://127.0.0.1:${ports[0]}`;
  assert.throws(() => tapped.engine.captureTap(id, false), { code: "captured-by-its-server" });
  const stopped = tapped.engine.captureTap("door", false);
  assert.deepEqual([stopped.config.isCaptured, stopped.passedBy?.messages], [false, 0]);
  for (const port of ports) await converse(port);
  await tapped.until(() => tapped.state("door").passedBy?.messages === 4);
  assert.equal(tapped.state(id).config.isCaptured, false);
  assert.equal(tapped.engine.captureTap("door", true).config.isCaptured, undefined);
  assert.equal(tapped.state(id).config.isCaptured, undefined);
  await converse(ports[1]!);
  const words = tapped.rows().filter(({ kind, event }) => kind === "message" || event === "capturing");
  assert.deepEqual(
    words.map(({ event, preview }) => event ?? preview),
    ["hello", "world", "capturing", "capturing", "hello", "world"],
  );
  assert.deepEqual((await tapped.engine.fidelity("door")).problems, []);
});
