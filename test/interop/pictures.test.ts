import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { Captures } from "../../src/proxy/captures.ts";
import { Exports } from "../../src/proxy/exports.ts";
import type { Pictures } from "../../src/proxy/pictures.ts";
import { LIVE_CAPTURE } from "../../src/shared/model.ts";
import { ANY_DESTINATION } from "../../src/shared/socks.ts";
import type { Fidelity } from "../../src/shared/pictures.ts";
import { until } from "../support/until.ts";
import { type PeerOptions, type PeerSocket, type SocketKind, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import type { TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const onLinux = { skip: process.platform === "linux" ? false : "only Linux tells of the programs at far ends" };

type Drawn = EngineTap & {
  readonly server: PeerSocket;
  readonly pictures: Pictures;
  readonly client: (kind: SocketKind, options?: PeerOptions) => Promise<PeerSocket>;
  /** Once all rows so far are counted. */
  readonly settled: () => Promise<void>;
  readonly fidelity: () => Promise<Fidelity>;
};

/** A tap in front of a pyzmq socket, with clients of zeromq.js. */
async function tapped(
  t: TestContext,
  kind: SocketKind,
  {
    options,
    keys,
    peer = python,
    bind = "tcp://127.0.0.1:*",
  }: { options?: PeerOptions; keys?: TapKeys; peer?: PythonPeer; bind?: string } = {},
): Promise<Drawn> {
  const server = await peer.open(kind, options);
  if (peer === python) t.after(() => server.close());
  const tap = await startEngineTap(t, await server.bind(bind), keys);
  const pictures = (await tap.engine.pictures)!;
  return {
    ...tap,
    server,
    pictures,
    client: async (clientKind, clientOptions) => {
      const socket = await javascript.open(clientKind, clientOptions);
      t.after(() => socket.close());
      await socket.connect(tap.endpoint);
      return socket;
    },
    settled: async () => (await tap.engine.watch).settled(),
    fidelity: () => tap.engine.fidelity("tap"),
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Messages of the one tap over time, added up. */
const drawnMessages = ({ pictures }: Drawn): number[] =>
  pictures.overview().taps.flatMap(({ messages }) => messages.map(sum));

/** Octets that came and went, once nothing is under way any more; equations must hold all the time. */
async function settledFidelity({ fidelity }: Drawn): Promise<Fidelity> {
  return until(async () => {
    const now = await fidelity();
    assert.deepEqual(now.problems, []);
    return sum(now.queued) === 0 ? now : null;
  });
}

test("Pictures of REQ and REP have each exchange with its latency, and who talks to whom", async (t) => {
  const drawn = await tapped(t, "REP");
  const { server, client, pictures } = drawn;
  const req = await client("REQ", { identity: "gui" });
  for (let n = 0; n < 20; n++) {
    await req.send(text(`question ${n}`));
    await server.receive();
    await server.send(text(`answer ${n}`));
    await req.receive();
  }
  await drawn.settled();
  assert.deepEqual(drawnMessages(drawn), [20, 20]);
  const { methods, slowest } = pictures.latency();
  assert.deepEqual(
    methods.map(({ tapName, replies, errors }) => [tapName, replies, errors]),
    [["tap", 20, 0]],
  );
  assert.equal(sum(methods[0]!.histogram), 20);
  assert.ok(methods[0]!.minMs > 0 && methods[0]!.minMs <= methods[0]!.p50Ms && methods[0]!.p99Ms <= methods[0]!.maxMs);
  assert.equal(slowest.length, 20);
  assert.equal(slowest[0]!.latencyMs, methods[0]!.maxMs);
  const replies = new Map(drawn.rows().map(({ n, latencyMs }) => [n, latencyMs]));
  for (const { reply, latencyMs } of slowest) assert.ok(Math.abs(replies.get(reply)! - latencyMs) < 0.01);
  const [link] = pictures.links().links;
  assert.deepEqual(
    [link!.messages, link!.sockets, link!.identity.client, link!.verdict, link!.closedMs],
    [[20, 20], { client: "REQ", server: "REP" }, "gui", "connected", null],
  );
  if (process.platform === "linux") {
    // The client is of the test's own process, which taps as well.
    const found = await until(() => pictures.links().links.find((row) => row.process.server !== "")?.process);
    assert.match(found.server, /^python\S* peer\.py \(\d+\)$/);
    assert.equal(found.client, "ZMQ Tap");
  }
  const { nodes, edges } = pictures.topology();
  assert.deepEqual(nodes.map(({ kind, socket, status }) => [kind, socket, status]).sort(), [
    ["client", "REQ", "open"],
    ["server", "REP", "open"],
    ["tap", null, "listening"],
  ]);
  assert.deepEqual(
    edges.map(({ messages, mechanism, filter }) => [messages, mechanism, filter]),
    [
      [[20, 20], "NULL", "conn == 1"],
      [[20, 20], "NULL", "conn == 1"],
    ],
  );
  const { received, sent, seen } = await settledFidelity(drawn);
  assert.deepEqual([received, seen], [sent, 40]);
});

test("Pictures of PUB and SUB count each publication once, and who is subscribed", async (t) => {
  const drawn = await tapped(t, "XPUB");
  const { server, client, pictures } = drawn;
  const subscribers = [await client("SUB"), await client("SUB")];
  for (const [at, sub] of subscribers.entries()) {
    await sub.subscribe("plant/");
    // An XPUB tells of a topic only once, so that each subscriber also has one of its own.
    await sub.subscribe(`own ${at}`);
    for (let told = ""; told !== `\x01own ${at}`;) told = String((await server.receive())[0]![0]);
  }
  for (let n = 0; n < 30; n++) await server.send(text(`plant/${n % 3}`, `${n}`));
  for (const sub of subscribers) assert.equal((await sub.receive(30)).length, 30);
  await drawn.settled();
  assert.deepEqual(drawnMessages(drawn), [0, 60]);
  const [plant] = pictures.topics("").topics;
  assert.deepEqual(
    [plant!.topic, plant!.hasChildren, plant!.messages, plant!.subscribers, plant!.lastValue],
    ["plant/", true, 30, 2, "29"],
  );
  assert.deepEqual(
    pictures.topics("plant/").topics.map(({ topic, messages, subscribers: count }) => [topic, messages, count]),
    [
      ["plant/0", 10, 2],
      ["plant/1", 10, 2],
      ["plant/2", 10, 2],
    ],
  );
  await subscribers[0]!.close();
  await until(() => pictures.topics("").topics[0]!.subscribers === 1);
  const rows = pictures.links().links;
  assert.deepEqual(rows.map(({ closedBy }) => closedBy).sort(), ["", "client"]);
  assert.deepEqual(
    rows.map(({ subscriptionCount }) => subscriptionCount),
    [2, 2],
  );
  await settledFidelity(drawn);
});

test("Pictures of a capture file are those of the capture that it was exported from", async (t) => {
  const drawn = await tapped(t, "REP");
  const req = await drawn.client("REQ", { identity: "gui" });
  for (let n = 0; n < 10; n++) {
    await req.send(text(`question ${n}`));
    await drawn.server.receive();
    await drawn.server.send(text(`answer ${n}`));
    await req.receive();
  }
  await req.close();
  await until(() => drawn.engine.openLinks.all.size === 0);
  await drawn.settled();
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-pictures-"));
  t.after(() => rm(folder, { recursive: true }));
  const captures = new Captures(drawn.engine, { onGrew: () => undefined, onFilterAdvanced: () => undefined });
  t.after(() => captures.stop());
  const path = join(folder, "capture.pcapng");
  const rows = { kind: "all" } as const;
  await new Exports(captures, () => undefined).run({ job: "j", capture: LIVE_CAPTURE, rows, format: "pcapng", path });
  const { capture } = await captures.open(path, "file");
  const file = await captures.pictures(capture);
  const link = await until(() => file.links().links.find(({ closedMs }) => closedMs !== null));
  const live = drawn.pictures.links().links[0]!;
  for (const name of [
    "tapName",
    "client",
    "server",
    "sockets",
    "identity",
    "version",
    "messages",
    "closedBy",
  ] as const) {
    assert.deepEqual(link[name], live[name], name);
  }
  assert.deepEqual(
    file.overview().taps.map(({ tapName, messages }) => [tapName, messages.map(sum)]),
    [["tap", [10, 10]]],
  );
  const [recorded, written] = [drawn.pictures.latency().methods[0]!, file.latency().methods[0]!];
  assert.equal(written.replies, 10);
  assert.ok(Math.abs(written.maxMs - recorded.maxMs) < 0.01);
});

test("A tap that ends the security protocol is compared by its messages", async (t) => {
  const serverPair = curveKeyPair();
  const drawn = await tapped(t, "PULL", { options: curveServer(serverPair), keys: { serverPair } });
  const push = await drawn.client("PUSH", curveClient(serverPair.publicKey, curveKeyPair()));
  await push.send(...Array.from({ length: 50 }, (_, n) => text(`job ${n}`)));
  assert.equal((await drawn.server.receive(50)).length, 50);
  await drawn.settled();
  const { rekeyed, received, seen, kept, problems } = await drawn.fidelity();
  assert.deepEqual([problems, received, rekeyed.links, seen, kept], [[], [0, 0], 1, 50, 50]);
  assert.ok(rekeyed.received[0] > 50 * 30 && rekeyed.sent[0] > 50 * 30);
  assert.deepEqual(drawnMessages(drawn), [50, 0]);
  assert.equal(drawn.pictures.links().links[0]!.mechanism, "CURVE");
});

test("Equations hold while a receiver does not take, and after it has taken all", async (t) => {
  const drawn = await tapped(t, "PULL", { options: { receiveHwm: 1 } });
  const push = await drawn.client("PUSH", { sendHwm: 1 });
  const payload = Buffer.alloc(1024 * 1024);
  const jobs = 64;
  const sending = push.send(...Array.from({ length: jobs }, () => [payload]));
  const held = await until(async () => {
    const now = await drawn.fidelity();
    assert.deepEqual(now.problems, []);
    return now.heldUpMs[0] > 20 && now.queued[0] > 0 ? now : null;
  });
  assert.equal(held.heldUpMs[1], 0);
  const row = drawn.pictures.links().links[0]!;
  assert.ok(row.queued[0] > 0 && row.heldUpMs[0] >= held.heldUpMs[0]);
  assert.equal((await drawn.server.receive(jobs)).length, jobs);
  await sending;
  const { received, sent, undelivered } = await settledFidelity(drawn);
  assert.deepEqual([received, undelivered], [sent, [0, 0]]);
  assert.ok(received[0] > jobs * payload.length);
  await drawn.settled();
  assert.deepEqual(drawnMessages(drawn), [jobs, 0]);
});

test("Equations hold when a receiver is killed under way", onLinux, async (t) => {
  const victim = new PythonPeer();
  const drawn = await tapped(t, "PULL", { options: { receiveHwm: 1 }, peer: victim });
  const push = await drawn.client("PUSH", { sendHwm: 1 });
  const sending = push.send(...Array.from({ length: 64 }, () => [Buffer.alloc(1024 * 1024)]));
  sending.catch(() => undefined);
  const { server } = await until(() => drawn.pictures.links().links.find((row) => row.process.server !== "")?.process);
  await until(async () => (await drawn.fidelity()).queued[0] > 0);
  process.kill(Number(/\((\d+)\)$/.exec(server)![1]), "SIGKILL");
  await until(() => drawn.engine.openLinks.all.size === 0);
  const { received, sent, undelivered, problems, seen, kept, evicted } = await drawn.fidelity();
  assert.deepEqual(problems, []);
  assert.ok(undelivered[0] > 0);
  assert.equal(received[0], sent[0] + undelivered[0]);
  assert.equal(seen, kept + evicted);
  const [row] = drawn.pictures.links().links;
  assert.match(row!.closedBy, /^server/);
});

test("Equations hold of a tap with keys whose peers use none", async (t) => {
  const drawn = await tapped(t, "PULL", { keys: { serverPair: curveKeyPair() } });
  const push = await drawn.client("PUSH");
  await push.send(text("job"));
  await drawn.server.receive();
  await push.close();
  await until(() => drawn.engine.openLinks.all.size === 0);
  const { received, sent, rekeyed } = await settledFidelity(drawn);
  assert.deepEqual([received, rekeyed.links], [sent, 0]);
  assert.ok(received[0] > 64);
});

test("A server behind ipc is found by its path", onLinux, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-ipc-"));
  t.after(() => rm(folder, { recursive: true }));
  const drawn = await tapped(t, "PULL", { bind: `ipc://${join(folder, "pull")}` });
  const push = await drawn.client("PUSH");
  await push.send(text("job"));
  await drawn.server.receive();
  const found = await until(() => drawn.pictures.links().links.find((row) => row.process.server !== ""));
  assert.match(found.process.server, /^python\S* peer\.py \(\d+\)$/);
  assert.equal(drawn.pictures.topology().nodes.find(({ kind }) => kind === "server")!.label, "ipc");
  await settledFidelity(drawn);
});

test("What a client and a SOCKS server say to each other is no part of a link", async (t) => {
  const drawn = await tapped(t, "PULL");
  const config = { id: "s", name: "s", server: ANY_DESTINATION, listen: "tcp://127.0.0.1:*", socks: { allow: [] } };
  const { listening } = await drawn.engine.startTap(config);
  const push = await python.open("PUSH");
  t.after(() => push.close());
  const { config: destination } = drawn.state();
  await push.connect(destination.server, listening.replace("tcp://", ""));
  await push.send(text("job"));
  await drawn.server.receive();
  const found = await drawn.engine.fidelity("s");
  const { received, sent, problems, seen } = found;
  assert.deepEqual([problems, received, seen], [[], sent, 1]);
  // A greeting, READY and the message, and no octet more.
  const link = drawn.pictures.links().links.find(({ tapName }) => tapName !== "tap")!;
  assert.deepEqual(received, link.bytes);
  assert.deepEqual([link.sockets.client, link.messages], ["PUSH", [1, 0]]);
});

test("What a replay puts into a link is told apart from what its sender said", async (t) => {
  const drawn = await tapped(t, "XPUB");
  const sub = await drawn.client("SUB");
  await sub.subscribe("a");
  await drawn.server.receive();
  await drawn.server.send(text("a", "job"));
  await sub.receive();
  await drawn.settled();
  const { n } = drawn.rows().find(({ kind }) => kind === "message")!;
  await drawn.sender.replay({ n });
  assert.deepEqual(await sub.receive(), [text("a", "job")]);
  const { added, received, sent } = await settledFidelity(drawn);
  // Two frames, each with a header of two octets.
  assert.deepEqual([added, sent[0] - received[0], sent[1] - received[1]], [[0, 8], 0, 8]);
});
