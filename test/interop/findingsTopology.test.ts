import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { after, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { foundBy, onlyFindings, onlyFound } from "./support/findings.ts";
import { SeedProgram } from "./support/seedProgram.ts";

// Systems that are broken as their users' reports say, with libzmq at both ends: each gets its finding and no other.

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const ANYWHERE = "tcp://127.0.0.1:*";
const call = (id: string): string => JSON.stringify({ jsonrpc: "2.0", id, method: "add", params: [1, 2] });
const result = (id: string): string => JSON.stringify({ jsonrpc: "2.0", id, result: 3 });

/** Resolves once so many links have their handshake. */
const connected = (tap: EngineTap, count: number) => tap.untilEvents("handshake", count);

/** A DEALER asks a ROUTER, which answers it. */
async function exchanges(dealer: PythonSocket, router: PythonSocket, count: number): Promise<void> {
  for (let time = 0; time < count; time++) {
    await dealer.send(text(`order ${time}`));
    const [[id] = assert.fail()] = await router.receive();
    await router.send([id!, Buffer.from("done")]);
    await dealer.receive();
  }
}

// zeromq/libzmq#4503: "the first connected DEALER works fine, while the other one does connect, but no message arrives".
test("Two DEALERs with one identity at a ROUTER are told as such", async (t) => {
  const router = await python.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  const [first, second] = [
    await python.open("DEALER", { identity: "worker" }),
    await python.open("DEALER", { identity: "worker" }),
  ];
  await first.connect(tap.endpoint);
  await connected(tap, 1);
  await second.connect(tap.endpoint);
  await connected(tap, 2);
  await second.send(text("order 0"));
  await exchanges(first, router, 5);
  const rows = tap.rows();
  const [found] = await onlyFound(tap, ["duplicate-identity"]);
  assert.match(found!.text, /identity worker already \(link 1\)/);
  assert.deepEqual(
    found!.evidence,
    rows.filter(({ event }) => event === "handshake").map(({ n }) => n),
  );
  for (const socket of [first, second, router]) await socket.close();
});

// zeromq/libzmq#1728: a reply without the routing id of its request "gets discarded and the dealer will wait forever".
test("A ROUTER that addresses a reply to nobody is told to answer some and not others", async (t) => {
  const router = await python.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  const [answered, waiting] = [await python.open("DEALER"), await python.open("DEALER")];
  await answered.connect(tap.endpoint);
  await exchanges(answered, router, 5);
  await waiting.connect(tap.endpoint);
  await waiting.send(text("order 1"));
  await router.receive();
  await router.send([Buffer.from("nobody"), Buffer.from("done")]);
  await exchanges(answered, router, 5);
  const asked = await tap.untilRow(({ link, kind }) => link === 2 && kind === "message");
  const [found] = await onlyFindings(tap, ["router-never-answers"]);
  assert.deepEqual([found!.link, found!.evidence, found!.severity], [2, [asked.n], "warning"]);
  assert.match(found!.text, /it may have dropped the reply/);
  for (const socket of [answered, waiting, router]) await socket.close();
});

// The same of a server that keeps the routing id in a variable, which the next request overwrites.
test("A ROUTER that answers another client than the one that had asked is told as such", async (t) => {
  const router = await python.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  const [first, second] = [await python.open("DEALER"), await python.open("DEALER")];
  let id: Buffer = Buffer.alloc(0);
  const ask = async (dealer: PythonSocket, what: string): Promise<void> => {
    await dealer.send(text(call(what)));
    const [frames] = await router.receive();
    id = frames![0]!;
  };
  for (const dealer of [first, second]) await dealer.connect(tap.endpoint);
  for (const [number, dealer] of [first, second, first, second].entries()) {
    await ask(dealer, `warm-${number}`);
    await router.send([id, Buffer.from(result(`warm-${number}`))]);
    await dealer.receive();
  }
  await ask(first, "slow");
  await ask(second, "quick");
  await router.send([id, Buffer.from(result("slow"))]);
  await router.send([id, Buffer.from(result("quick"))]);
  await second.receive(2);
  const [found] = await onlyFound(tap, ["reply-for-other-identity"]);
  assert.equal(found!.count, 1);
  for (const socket of [first, second, router]) await socket.close();
});

// zeromq/libzmq#20: "what should happen when sockets try to connect to sockets of incompatible types".
test("A SUB that connects to a REP is told that the two do not fit", async (t) => {
  const rep = await python.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const sub = await python.open("SUB");
  await sub.subscribe("");
  await sub.connect(tap.endpoint);
  const [found] = await onlyFound(tap, ["incompatible-sockets"]);
  assert.match(found!.text, /socket types do not fit/);
  for (const socket of [sub, rep]) await socket.close();
});

// zeromq/libzmq#2975: zmq_send of a PUSH does not come back, and nothing says that its PULL is gone.
test("The last worker that leaves a PUSH in the middle of its work is told", async (t) => {
  const push = await python.open("PUSH");
  const tap = await startEngineTap(t, await push.bind(ANYWHERE));
  const workers = [await python.open("PULL"), await python.open("PULL")];
  for (const worker of workers) await worker.connect(tap.endpoint);
  await connected(tap, 2);
  const paced = push.pace(20);
  await tap.until(() => tap.rows().filter(({ kind }) => kind === "message").length >= 40);
  await workers[0]!.close();
  await tap.untilEvents("link-closed", 1);
  await tap.until(() => tap.rows().filter(({ kind }) => kind === "message").length >= 60);
  await workers[1]!.close();
  await tap.untilEvents("link-closed", 2);
  const closed = tap.rows().filter(({ event }) => event === "link-closed");
  const [found] = await onlyFindings(tap, ["last-worker-left"]);
  assert.deepEqual([found!.evidence, found!.isOpen], [[closed[1]!.n], true]);
  await push.halt();
  await paced;
  await push.close();
});

// zeromq/libzmq#4226: ZMQ_HEARTBEAT_TTL of 65600 and more "causes clients to disconnect at every PING heartbeat".
test("A heartbeat's time to live of 66 s is told, which makes libzmq cut the connection", async (t) => {
  const router = await python.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  const dealer = await python.open("DEALER", { heartbeatMs: 1_500, heartbeatTtlMs: 66_000 });
  await dealer.connect(tap.endpoint);
  const [end] = await tap.untilEvents<{ by: string }>("link-closed");
  assert.equal(end!.by, "server");
  const [found] = await onlyFound(tap, ["heartbeat-ttl-overflow"]);
  assert.match(found!.text, /The client \(DEALER\) asks .* 66 s, which libzmq reads as 0\.464 s/);
  for (const socket of [dealer, router]) await socket.close();
});

// zeromq/libzmq#2227: with a wrong server key "exactly the same behavior as if the server is down".
test("A client with another server's CURVE key is told to have the wrong one", async (t) => {
  const [server, client, stranger] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
  const rep = await python.open("REP", { curveServer: true, curveSecretKey: server.secretKey });
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const req = await python.open("REQ", {
    curveServerKey: stranger.publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  });
  await req.connect(tap.endpoint);
  // The second row stands for all attempts behind the first one.
  await tap.untilEvents("handshake", 2);
  const [found] = await onlyFound(tap, ["handshake-failed"]);
  assert.match(found!.text, /^The client has the wrong server key/);
  assert.ok(found!.count > 2, String(found!.count));
  assert.deepEqual([found!.severity, found!.isOpen], ["error", true]);
  for (const socket of [req, rep]) await socket.close();
});

// What Voisietequi's commander publishes: a channel for replies that is not tapped.
test("An endpoint that a message names is told until there is a tap for it", async (t) => {
  const commander = new SeedProgram(t, "voisietequi", ["commander", ANYWHERE, ANYWHERE]);
  const [commands, answers] = (await commander.bound(2)) as [string, string];
  const tapped = tappedEngine(t);
  const [pub, pull] = [await tapped.attach(commands, "commands"), await tapped.attach(answers, "answers")];
  const saver = new SeedProgram(t, "voisietequi", ["saver", ANYWHERE]);
  const [results] = (await saver.bound()) as [string];
  const computer = new SeedProgram(t, "voisietequi", ["computer", pub, pull, results]);
  await tapped.until(() => tapped.rows().some(({ event }) => event === "subscribe"));
  // It names a server behind a tap first, and then one that has none.
  commander.tell({ cmd: "configure", response_channel: answers.replace("127.0.0.1", "localhost") });
  await computer.said("received");
  commander.tell({ cmd: "configure", response_channel: "tcp://localhost:5557" });
  await computer.said("received", 2);
  const [found] = await onlyFound(tapped, ["untapped-endpoint"]);
  assert.deepEqual([found!.endpoint, found!.severity, found!.tapName], ["tcp://localhost:5557", "note", "commands"]);
});

test("A server that nobody has started is told after a while, and that it is there", async (t) => {
  const tapped = tappedEngine(t);
  const server = `tcp://127.0.0.1:${await freePort()}`;
  const endpoint = await tapped.attach(server);
  const req = await python.open("REQ");
  await req.connect(endpoint);
  await tapped.until(() => tapped.state().status === "server-down");
  const watch = await tapped.engine.watch;
  await tapped.until(() => watch.state().findings.length > 0);
  assert.equal(watch.state().findings[0]!.isOpen, true);
  const rep = await python.open("REP");
  await rep.bind(server);
  await tapped.until(() => !watch.state().findings[0]!.isOpen);
  const [found] = await onlyFindings(tapped, ["server-down"]);
  assert.equal(found!.text, `Nothing listens on ${server}: connection refused.`);
  for (const socket of [req, rep]) await socket.close();
});

// libzmq takes whoever speaks first for ZMTP 1.0, and hands it messages.
test("An SSH server is told to be none of ZeroMQ's", async (t) => {
  const ssh = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write("SSH-2.0-OpenSSH_9.2\r\n");
  });
  ssh.listen(0, "127.0.0.1");
  await once(ssh, "listening");
  t.after(() => ssh.close());
  const tap = await startEngineTap(t, `tcp://127.0.0.1:${(ssh.address() as AddressInfo).port}`);
  const req = await python.open("REQ");
  await req.connect(tap.endpoint);
  await req.send(text("secret order"));
  const [found] = await onlyFound(tap, ["not-zeromq"]);
  assert.equal(found!.text, "The server is an SSH server, not a ZeroMQ peer.");
  await req.close();
});

test("A second client of a PAIR is told that it has its peer", async (t) => {
  const pair = await python.open("PAIR");
  const tap = await startEngineTap(t, await pair.bind(ANYWHERE));
  const clients = [await python.open("PAIR"), await javascript.open("PAIR")];
  for (const [number, client] of clients.entries()) {
    await client.connect(tap.endpoint);
    await connected(tap, number + 1);
  }
  const [found] = await onlyFound(tap, ["pair-taken"]);
  assert.equal(found!.severity, "error");
  for (const socket of [...clients, pair]) await socket.close();
});

// What is sent before the other workers are there goes to the first: zeromq/pyzmq#96 asks who gets what.
test("A worker that got all that was sent before the others were there is told", async (t) => {
  const push = await python.open("PUSH");
  const tap = await startEngineTap(t, await push.bind(ANYWHERE));
  const workers = [await python.open("PULL"), await python.open("PULL"), await python.open("PULL")];
  await workers[0]!.connect(tap.endpoint);
  const jobs = (count: number) => Array.from({ length: count }, (_, number) => text(`job ${number}`));
  await push.send(...jobs(300));
  for (const worker of workers.slice(1)) await worker.connect(tap.endpoint);
  await connected(tap, 3);
  await push.send(...jobs(30));
  const [found] = await onlyFindings(tap, ["uneven-work"]);
  assert.match(found!.text, /^Of 330 messages that the PUSH .* gave to 3 workers, link 1 got 310, and link [23] 10\.$/);
  for (const socket of [...workers, push]) await socket.close();
});

test("A server that is halted is told not to answer heartbeats", async (t) => {
  const greeter = new SeedProgram(t, "voisietequi", ["greeter", ANYWHERE]);
  const [endpoint] = (await greeter.bound()) as [string];
  const tap = await startEngineTap(t, endpoint);
  const req = await javascript.open("REQ", { heartbeatMs: 200, heartbeatTtlMs: 1_000, reconnectMs: 600_000 });
  await req.connect(tap.endpoint);
  await tap.untilRow(({ event }) => event === "pong");
  await greeter.kill("SIGSTOP");
  const [found] = await onlyFindings(tap, ["heartbeat-missed"]);
  assert.match(found!.text, /^Nothing has come from the server for [2-9]\.\d s since the client's heartbeat/);
  await req.close();
});

test("A client that connects again and again and says nothing is told", async (t) => {
  const router = await python.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  for (let time = 1; time <= 12; time++) {
    const dealer = await javascript.open("DEALER");
    await dealer.connect(tap.endpoint);
    await connected(tap, time);
    await dealer.close();
    await tap.untilEvents("link-closed", time);
  }
  const [found] = await onlyFound(tap, ["reconnect-storm"]);
  assert.equal(found!.count, 12);
  await router.close();
});

test("A REQ whose program writes the delimiter as well is told", async (t) => {
  const rep = await python.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const req = await python.open("REQ");
  await req.connect(tap.endpoint);
  for (let time = 0; time < 5; time++) {
    await req.send(text("", `ask ${time}`));
    const [frames] = await rep.receive();
    assert.equal(frames!.length, 2);
    await rep.send(text("answer"));
    await req.receive();
  }
  const [found] = await onlyFound(tap, ["extra-delimiter"]);
  assert.equal(found!.count, 5);
  for (const socket of [req, rep]) await socket.close();
});

// usnistgov/dastard#198 and its fix: now and then one frame where there should be two.
test("A message without its topic in a stream of two frames is told", async (t) => {
  const push = await python.open("PUSH");
  const tap = await startEngineTap(t, await push.bind(ANYWHERE));
  const pull = await javascript.open("PULL");
  await pull.connect(tap.endpoint);
  const records = (count: number) =>
    Array.from({ length: count }, (_, number) => text(`ch${number % 4}`, `x${number}`));
  await push.send(...records(60), text("x60"), ...records(40));
  await pull.receive(101);
  const [found] = await onlyFound(tap, ["frame-count-differs"]);
  const odd = tap.rows().find(({ frames, kind }) => kind === "message" && frames === 1);
  assert.deepEqual(found!.evidence, [odd!.n]);
  for (const socket of [push, pull]) await socket.close();
});

test("A CURVE server without a list of clients is told by a tap that showed it a fresh key", async (t) => {
  const [server, client] = [curveKeyPair(), curveKeyPair()];
  const rep = await python.open("REP", { curveServer: true, curveSecretKey: server.secretKey });
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE), { serverPair: server });
  const req = await javascript.open("REQ", {
    curveServerKey: server.publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  });
  await req.connect(tap.endpoint);
  await req.send(text("ask"));
  await rep.receive();
  await rep.send(text("answer"));
  await req.receive();
  const [found] = await onlyFound(tap, ["curve-any-client"]);
  assert.equal(found!.severity, "note");
  for (const socket of [req, rep]) await socket.close();
});

test("A tap that listens on all interfaces is told until it is stopped", async (t) => {
  const rep = await python.open("REP");
  const tapped = tappedEngine(t);
  const server = await rep.bind(ANYWHERE);
  await tapped.engine.startTap({ id: "tap", name: "tap", server, listen: "tcp://*:*" });
  const watch = await tapped.engine.watch;
  await tapped.until(() => watch.state().findings.length > 0);
  await tapped.engine.stopTap("tap");
  await tapped.until(() => !watch.state().findings[0]!.isOpen);
  await onlyFindings(tapped, ["bound-to-all"]);
  await rep.close();
});

test("The same systems get no finding once they are put right", async (t) => {
  const router = await python.open("ROUTER");
  const tap = await startEngineTap(t, await router.bind(ANYWHERE));
  const dealers = [
    await python.open("DEALER", { identity: "one", heartbeatMs: 100, heartbeatTtlMs: 65_000 }),
    await python.open("DEALER", { identity: "two" }),
    await python.open("DEALER"),
  ];
  for (const dealer of dealers) await dealer.connect(tap.endpoint);
  for (let round = 0; round < 3; round++) for (const dealer of dealers) await exchanges(dealer, router, 5);
  const push = await python.open("PUSH");
  const work = await tap.attach(await push.bind(ANYWHERE), "work");
  const workers = [await python.open("PULL"), await python.open("PULL")];
  for (const worker of workers) await worker.connect(work);
  await connected(tap, 5);
  await push.send(...Array.from({ length: 200 }, (_, number) => text(`job ${number}`)));
  for (const worker of workers) await worker.receive(100);
  await push.send(text("END"), text("END"));
  for (const worker of workers) {
    await worker.receive();
    await worker.close();
  }
  for (const socket of [...dealers, router, push]) await socket.close();
  await tap.untilEvents("link-closed", 5);
  const { findings } = await foundBy(tap);
  assert.deepEqual(findings, []);
});
