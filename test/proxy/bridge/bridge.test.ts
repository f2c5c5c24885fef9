import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { ask, joined, LOOPBACK, NO_KEYS, peersOf, serve, startBridge } from "../../support/bridges.ts";
import { until } from "../../support/until.ts";

const OK = '{"status_code": 200, "status_message": "OK"}';
const BINARY = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
const statusOf = (reply: readonly string[]): { status_code: number; status_message: string } => {
  assert.equal(reply.length, 1);
  return JSON.parse(reply[0]!) as { status_code: number; status_message: string };
};

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("Bridge passes requests and replies on whole, and shows both sides as links of its own", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const received = serve(server, (frames) => [...frames.toReversed(), ""]);
  const bridge = await startBridge(t, { kind: "rep-req", out: server.lastEndpoint });
  const client = peers.request(bridge.in, { routingId: "gui" });
  await client.send(["first", BINARY, ""]);
  assert.deepEqual(
    await client.receive(),
    ["", BINARY, "first", ""].map((part) => Buffer.from(part)),
  );
  assert.deepEqual(received, [[Buffer.from("first"), BINARY, Buffer.alloc(0)]]);
  await until(() => bridge.rows().filter(({ kind }) => kind === "message").length === 4);
  const shown = bridge.rows().filter(({ kind }) => kind === "message");
  assert.deepEqual(
    shown.map(({ origin, tapName, from, exchange, frames, peer }) => [origin, tapName, from, exchange, frames, peer]),
    [
      ["bridge", "bridged", "client", "answered", 4, "caller 1 (gui)"],
      ["bridge", "bridged", "client", "answered", 4, "ZMQ Tap"],
      ["bridge", "bridged", "server", "reply", 5, server.lastEndpoint.slice(6)],
      ["bridge", "bridged", "server", "reply", 5, bridge.in.slice(6)],
    ],
  );
  const { counters, problem, status, queue } = bridge.state();
  assert.deepEqual([status, problem, queue], ["running", null, { messages: 0, bytes: 0, oldestMs: 0 }]);
  const { received: came, sent, answered, delivered, failed } = counters;
  assert.deepEqual([came, sent, answered, delivered, failed], [1, 1, 1, 1, 0]);
});

test("Bridge answers with a status reply when the remote is silent, does not come late to it, and goes on", async (t) => {
  const peers = peersOf(t);
  const silent = await peers.reply();
  const bridge = await startBridge(t, { kind: "rep-req", out: silent.lastEndpoint, timeoutMs: 200 });
  const client = peers.request(bridge.in);
  const timedOut = statusOf(await ask(client, "lost"));
  assert.equal(timedOut.status_code, 482);
  assert.match(timedOut.status_message, /got the message and did not reply within (1[5-9]\d|200) ms[.]$/);
  assert.match(bridge.state().problem!, /did not reply within/);
  // A REP takes the next one from whoever has asked, and the first one is answered to a socket that is gone.
  const received = serve(silent, ([frame]) => [`re: ${String(frame)}`]);
  assert.deepEqual(await ask(client, "next"), ["re: next"]);
  assert.deepEqual(received.map(String), ["lost", "next"]);
  assert.equal(bridge.state().problem, null);
  const { failed, delivered, recreated } = bridge.state().counters;
  assert.deepEqual([failed, delivered, recreated], [1, 1, 1]);
});

test("Bridge never sends a request that was given up to a server that comes late", async (t) => {
  const peers = peersOf(t);
  const early = await peers.reply();
  const { lastEndpoint } = early;
  await early.unbind(lastEndpoint);
  early.close();
  const bridge = await startBridge(t, { kind: "rep-req", out: lastEndpoint, timeoutMs: 150 });
  const client = peers.request(bridge.in);
  const { status_message: message } = statusOf(await ask(client, "too early"));
  assert.match(message, /did not take the message within 150 ms: nothing accepts a connection there[.]$/);
  const received = serve(await peers.reply({}, lastEndpoint), () => ["late"]);
  await until(async () => (await ask(client, "in time"))[0] === "late");
  assert.ok(received.every(([frame]) => String(frame) === "in time"));
});

test("Bridge tries again as often as it is told, and then answers", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const bridge = await startBridge(t, { kind: "rep-req", out: server.lastEndpoint, timeoutMs: 120, retries: 2 });
  const client = peers.request(bridge.in);
  const { status_code: code } = statusOf(await ask(client, "x"));
  assert.equal(code, 482);
  assert.deepEqual([bridge.state().counters.retried, bridge.state().counters.failed], [2, 1]);
});

test("Bridge answers at once when the remote closes the connection in the middle", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const bridge = await startBridge(t, { kind: "rep-req", out: server.lastEndpoint, timeoutMs: 60_000 });
  const client = peers.request(bridge.in);
  await client.send("x");
  await server.receive();
  server.close();
  const { status_code: code, status_message: message } = statusOf((await client.receive()).map(String));
  assert.equal(code, 482);
  assert.match(message, /closed the connection before it replied[.]$/);
});

test("Bridge answers many callers in each one's order, and those that wait when it stops", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const held: (() => void)[] = [];
  serve(server, async ([frame]) => {
    if (String(frame) === "hold") await new Promise<void>((resolve) => held.push(resolve));
    return [`re: ${String(frame)}`];
  });
  const bridge = await startBridge(t, { kind: "rep-req", out: server.lastEndpoint });
  const dealer = peers.dealer(bridge.in);
  for (let index = 0; index < 50; index++) await dealer.send(["", String(index)]);
  const clients = Array.from({ length: 5 }, () => peers.request(bridge.in));
  const answers = await Promise.all(clients.map((client, index) => ask(client, `c${index}`)));
  assert.deepEqual(
    answers,
    clients.map((_, index) => [`re: c${index}`]),
  );
  for (let index = 0; index < 50; index++) {
    assert.deepEqual((await dealer.receive()).map(String), ["", `re: ${index}`]);
  }
  // What REP would drop.
  await dealer.send(["no delimiter"]);
  await dealer.send(["no body", ""]);
  await until(() => bridge.state().counters.dropped === 2);
  await clients[0]!.send("hold");
  await until(() => held.length === 1);
  await clients[1]!.send("waits");
  await bridge.becomes(({ queue }) => queue.messages === 2);
  await bridge.bridge.stop();
  for (const client of clients.slice(0, 2)) {
    const { status_code: code, status_message: message } = statusOf((await client.receive()).map(String));
    assert.deepEqual([code, message], [482, "The bridge was stopped."]);
  }
  assert.deepEqual([bridge.state().status, bridge.state().in], ["stopped", []]);
  held[0]!();
});

test("Bridge counts an answer that its caller does not wait for any more", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const bridge = await startBridge(t, { kind: "rep-req", out: server.lastEndpoint });
  const client = peers.request(bridge.in);
  await client.send("x");
  await server.receive();
  client.close();
  // Only once its connection is gone is there nobody.
  await until(async () => {
    await server.send("late");
    if (bridge.state().counters.dropped === 1) return true;
    const again = peers.request(bridge.in);
    await again.send("x");
    await server.receive();
    again.close();
    return false;
  });
});

test("Bridge hands requests to several endpoints in turn, and passes over one that is silent", async (t) => {
  const peers = peersOf(t);
  const servers = [await peers.reply(), await peers.reply()];
  servers.forEach((server, index) => serve(server, () => [String(index)]));
  const silent = await peers.reply();
  const out = servers.map(({ lastEndpoint }) => lastEndpoint);
  const bridge = await startBridge(t, { kind: "rep-req", out, timeoutMs: 5_000 });
  const client = peers.request(bridge.in);
  const replies: string[] = [];
  for (let count = 0; count < 4; count++) replies.push(...(await ask(client, "x")));
  assert.deepEqual(replies, ["0", "1", "0", "1"]);
  const other = await startBridge(t, {
    kind: "rep-req",
    out: [silent.lastEndpoint, out[0]],
    timeoutMs: 150,
    retries: 1,
  });
  const second = peers.request(other.in);
  assert.deepEqual(await ask(second, "x"), ["0"]);
  assert.deepEqual(other.state().counters.retried, 1);
});

test("Bridge asks all endpoints, answers with the first one's reply or an error, and asks again only who was silent", async (t) => {
  const peers = peersOf(t);
  const servers = [await peers.reply(), await peers.reply()];
  const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]];
  const error = '{"status_code": 463, "status_message": "boom"}';
  const one = serve(first, () => [OK, "first"]);
  const two = serve(second, ([frame]) => (String(frame) === "fail" ? [error] : ["second"]));
  const out = servers.map(({ lastEndpoint }) => lastEndpoint);
  const bridge = await startBridge(t, { kind: "rep-req", out, fanOut: "all" });
  const client = peers.request(bridge.in);
  assert.deepEqual(await ask(client, "x"), [OK, "first"]);
  assert.deepEqual(await ask(client, "fail"), [error]);
  assert.deepEqual(
    [one.map(String), two.map(String)],
    [
      ["x", "fail"],
      ["x", "fail"],
    ],
  );
  const silent = await peers.reply();
  const other = await startBridge(t, {
    kind: "rep-req",
    out: [silent.lastEndpoint, out[0]],
    fanOut: "all",
    timeoutMs: 150,
    retries: 1,
  });
  const { status_message: message } = statusOf(await ask(peers.request(other.in), "y"));
  assert.match(message, /^1 of 2 remotes failed: .* did not reply within (1[0-4]\d|150) ms[.]$/);
  assert.deepEqual(one.map(String), ["x", "fail", "y"]);
});

test("Bridge republishes what it subscribes to, from several endpoints, whole and with heartbeats", async (t) => {
  const peers = peersOf(t);
  const publishers = [await peers.publisher(), await peers.publisher()];
  const bridge = await startBridge(t, {
    kind: "sub-pub",
    in: publishers.map(({ lastEndpoint }) => lastEndpoint),
    out: LOOPBACK,
  });
  const subscriber = peers.subscriber(bridge.out);
  for (const publisher of publishers) await joined((text) => publisher.send(text), subscriber);
  const before = bridge.state().counters;
  for (const publisher of publishers) {
    await publisher.send(["topic", BINARY, ""]);
    await publisher.send("zmq_sub_heartbeat");
    assert.deepEqual(await subscriber.receive(), [Buffer.from("topic"), BINARY, Buffer.alloc(0)]);
    assert.equal(String(await subscriber.receive()), "zmq_sub_heartbeat");
  }
  const { received, sent, heartbeats } = bridge.state().counters;
  assert.deepEqual([received - before.received, sent - before.sent, heartbeats], [4, 4, 2]);
});

test("Bridge publishes requests, and answers each that it was taken", async (t) => {
  const peers = peersOf(t);
  const bridge = await startBridge(t, { kind: "rep-pub", out: LOOPBACK });
  const subscriber = peers.subscriber(bridge.out);
  const client = peers.request(bridge.in);
  await joined(async (text) => assert.deepEqual(await ask(client, text), [OK]), subscriber);
  assert.deepEqual(await ask(client, "topic", BINARY), [OK]);
  assert.deepEqual(await subscriber.receive(), [Buffer.from("topic"), BINARY]);
  assert.deepEqual(await ask(client, "zmq_sub_heartbeat"), [OK]);
  assert.equal(String(await subscriber.receive()), "zmq_sub_heartbeat");
  assert.equal(bridge.state().counters.heartbeats, 1);
});

test("Bridge answers heartbeats itself where a REP would never, and passes none on", async (t) => {
  const peers = peersOf(t);
  const server = await peers.reply();
  const received = serve(server, () => ["ok"]);
  for (const kind of ["rep-req", "buffered-rep-req"]) {
    const bridge = await startBridge(t, { kind, out: server.lastEndpoint });
    const client = peers.request(bridge.in);
    assert.deepEqual(await ask(client, "zmq_sub_heartbeat"), [OK]);
    await ask(client, kind);
    await bridge.becomes(({ counters }) => counters.delivered === 1);
    assert.equal(bridge.state().counters.heartbeats, 1);
  }
  assert.deepEqual(received.map(String), ["rep-req", "buffered-rep-req"]);
});

test("Bridge brings publications to a REP one by one, tells of errors, and goes on behind a silent one", async (t) => {
  const peers = peersOf(t);
  const publisher = await peers.publisher();
  const server = await peers.reply();
  const error = '{"status_code": 451, "status_message": "not implemented"}';
  let release = (): void => undefined;
  const received = serve(server, async ([frame]) => {
    if (String(frame) === "slow") await new Promise<void>((resolve) => (release = resolve));
    return [String(frame) === "bad" ? error : OK];
  });
  const bridge = await startBridge(t, {
    kind: "sub-req",
    in: publisher.lastEndpoint,
    out: server.lastEndpoint,
    timeoutMs: 1_000,
  });
  await until(async () => {
    await publisher.send("join");
    return received.length > 0;
  });
  await publisher.send("zmq_sub_heartbeat");
  await publisher.send("bad");
  await bridge.becomes(({ counters }) => counters.errors === 1);
  assert.equal(bridge.state().problem, "A remote replied with an error: not implemented");
  await publisher.send("slow");
  await publisher.send("after");
  await until(() => String(received.at(-1)) === "slow");
  await bridge.becomes(({ counters }) => counters.failed === 1);
  assert.match(bridge.state().problem!, /Given up: 1 message[.] .*did not reply within 1 s[.]$/);
  release();
  await until(() => String(received.at(-1)) === "after");
  assert.equal(bridge.state().counters.heartbeats, 1);
});

test("Bridge queues while the remote is away, refuses what is too much, and delivers in order", async (t) => {
  const peers = peersOf(t);
  const early = await peers.reply();
  const { lastEndpoint } = early;
  await early.unbind(lastEndpoint);
  early.close();
  const bridge = await startBridge(t, {
    kind: "buffered-rep-req",
    out: lastEndpoint,
    limits: { maxMessages: 3 },
    timeoutMs: 100,
  });
  const client = peers.request(bridge.in);
  for (const text of ["a", "b", "c"]) assert.deepEqual(await ask(client, text), [OK]);
  const { status_code: code, status_message: message } = statusOf(await ask(client, "d"));
  assert.equal(code, 482);
  assert.match(message, /^The queue is full with 3 of 3 messages/);
  await bridge.becomes(({ counters }) => counters.retried > 1);
  const { queue, counters } = bridge.state();
  assert.deepEqual([queue.messages, counters.queued, counters.refused], [3, 3, 1]);
  const received = serve(await peers.reply({}, lastEndpoint), () => [OK]);
  await bridge.becomes(({ counters: { delivered } }) => delivered === 3);
  assert.deepEqual(received.map(String), ["a", "b", "c"]);
  assert.deepEqual([bridge.state().problem, bridge.state().queue.messages], [null, 0]);
});

test("Bridge gives up what has waited for too long, and says so", async (t) => {
  const peers = peersOf(t);
  const silent = await peers.reply();
  const bridge = await startBridge(t, {
    kind: "buffered-rep-req",
    out: silent.lastEndpoint,
    limits: { maxAgeMs: 300 },
    timeoutMs: 100,
  });
  const client = peers.request(bridge.in);
  await ask(client, "a");
  await ask(client, "b");
  await bridge.becomes(({ counters }) => counters.expired === 2);
  assert.match(bridge.state().problem!, /Given up, since no remote took them in time: /);
  assert.equal(bridge.state().queue.messages, 0);
});

test("Bridge that persists goes on behind a restart with what it was told is taken", async (t) => {
  const peers = peersOf(t);
  const folder = await folderOf(t);
  const early = await peers.reply();
  const { lastEndpoint } = early;
  await early.unbind(lastEndpoint);
  early.close();
  const draft = { kind: "buffered-rep-req", out: lastEndpoint, persist: true };
  const before = await startBridge(t, draft, { folder });
  const client = peers.request(before.in);
  for (let index = 0; index < 20; index++) assert.deepEqual(await ask(client, String(index), BINARY), [OK]);
  await before.bridge.stop();
  const server = await peers.reply({}, lastEndpoint);
  const received = serve(server, () => [OK]);
  const after = await startBridge(t, draft, { folder });
  await after.becomes(({ counters }) => counters.delivered === 20);
  assert.deepEqual(
    received,
    Array.from({ length: 20 }, (_, index) => [Buffer.from(String(index)), BINARY]),
  );
});

test("Bridge makes a silent SUB anew, and only that one", async (t) => {
  const peers = peersOf(t);
  const [silent, other] = [await peers.publisher(), await peers.publisher()];
  const bridge = await startBridge(t, {
    kind: "sub-pub",
    in: [{ endpoint: silent.lastEndpoint, recreateTimeoutMs: 100 }, other.lastEndpoint],
    out: LOOPBACK,
  });
  await until(() => bridge.state().counters.recreated >= 2);
  const subscriber = peers.subscriber(bridge.out);
  await joined((text) => silent.send(text), subscriber);
  await until(() => bridge.rows().some(({ event, peer }) => event === "link-closed" && peer === "ZMQ Tap"));
});

test("Bridge takes legs the other way round", async (t) => {
  const peers = peersOf(t);
  const bridge = await startBridge(t, {
    kind: "sub-req",
    in: { endpoints: LOOPBACK, attach: "bind" },
    out: { endpoints: LOOPBACK, attach: "bind" },
    timeoutMs: 400,
    retries: 3,
  });
  const publisher = await peers.publisher();
  publisher.connect(bridge.in);
  await until(async () => {
    await publisher.send("join");
    return bridge.state().counters.received > 0;
  });
  // Nobody takes the first ones, and the socket is bound anew each time.
  await bridge.becomes(({ counters }) => counters.recreated > 0);
  const { Reply } = await import("zeromq");
  const server = new Reply({ linger: 0 });
  t.after(() => server.close());
  server.connect(bridge.out);
  const received = serve(server, () => [OK]);
  await bridge.becomes(({ counters }) => counters.delivered > 0);
  assert.equal(String(received[0]), "join");
});

test("Bridge speaks PLAIN with credentials of its own on either side, and lets nobody else in", async (t) => {
  const peers = peersOf(t);
  const inner = await startBridge(
    t,
    { kind: "rep-pub", out: LOOPBACK },
    {
      security: { in: { ...NO_KEYS, plain: { user: "inner", password: "pass-2" } }, out: null },
    },
  );
  const outer = await startBridge(
    t,
    { kind: "rep-req", out: inner.in, timeoutMs: 3_000 },
    {
      security: {
        in: { ...NO_KEYS, plain: { user: "outer", password: "pass-1" } },
        out: { ...NO_KEYS, plain: { user: "inner", password: "pass-2" } },
      },
    },
  );
  const allowed = peers.request(outer.in, { plainUsername: "outer", plainPassword: "pass-1" });
  assert.deepEqual(await ask(allowed, "x"), [OK]);
  for (const [plainUsername, plainPassword] of [
    ["outer", "wrong"],
    ["inner", "pass-2"],
  ]) {
    const stranger = peers.request(outer.in, { plainUsername, plainPassword, immediate: true });
    await new Promise<void>((resolve) => stranger.events.on("handshake:error:auth", () => resolve()));
  }
  const wrong = await startBridge(
    t,
    { kind: "rep-req", out: inner.in, timeoutMs: 60_000 },
    {
      security: { in: null, out: { ...NO_KEYS, plain: { user: "inner", password: "pass-3" } } },
    },
  );
  const client = peers.request(wrong.in);
  const { status_message: message } = statusOf(await ask(client, "x"));
  assert.match(message, /cannot be asked: it refuses the credentials[.]$/);
  assert.ok(!JSON.stringify(wrong.rows()).includes("pass-3"));
  assert.deepEqual(statusOf(await ask(client, "y")).status_code, 482);
});

test("Bridge speaks CURVE on either side, with a list of who may connect", async (t) => {
  const peers = peersOf(t);
  const [front, back, friend, stranger] = [curveKeyPair(), curveKeyPair(), curveKeyPair(), curveKeyPair()];
  const server = await peers.reply({ curveServer: true, curveSecretKey: back.secretKey });
  serve(server, ([frame]) => [`re: ${String(frame)}`]);
  const bridge = await startBridge(
    t,
    { kind: "rep-req", out: server.lastEndpoint },
    {
      security: {
        in: { ...NO_KEYS, serverPair: front, allow: [friend.publicKey] },
        out: { ...NO_KEYS, serverKey: back.publicKey },
      },
    },
  );
  const keys = (pair: { publicKey: string; secretKey: string }): object => ({
    curveServerKey: front.publicKey,
    curvePublicKey: pair.publicKey,
    curveSecretKey: pair.secretKey,
  });
  assert.deepEqual(await ask(peers.request(bridge.in, { ...keys(friend) }), "x"), ["re: x"]);
  const refused = peers.request(bridge.in, { ...keys(stranger), immediate: true });
  await new Promise<void>((resolve) => refused.events.on("handshake:error:auth", () => resolve()));
  const open = await startBridge(
    t,
    { kind: "rep-req", out: server.lastEndpoint },
    {
      security: { in: { ...NO_KEYS, serverPair: front }, out: { ...NO_KEYS, serverKey: back.publicKey } },
    },
  );
  assert.deepEqual(await ask(peers.request(open.in, { ...keys(stranger) }), "y"), ["re: y"]);
});

test("Bridge republishes from a CURVE publisher to CURVE subscribers", async (t) => {
  const peers = peersOf(t);
  const [back, front, friend] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
  const publisher = await peers.publisher({ curveServer: true, curveSecretKey: back.secretKey });
  const bridge = await startBridge(
    t,
    { kind: "sub-pub", in: publisher.lastEndpoint, out: LOOPBACK },
    {
      security: {
        in: { ...NO_KEYS, serverKey: back.publicKey },
        out: { ...NO_KEYS, serverPair: front, allow: [friend.publicKey] },
      },
    },
  );
  const subscriber = peers.subscriber(bridge.out, {
    curveServerKey: front.publicKey,
    curvePublicKey: friend.publicKey,
    curveSecretKey: friend.secretKey,
  });
  await joined((text) => publisher.send(text), subscriber);
  await publisher.send(["topic", BINARY]);
  assert.deepEqual(await subscriber.receive(), [Buffer.from("topic"), BINARY]);
});

test("Bridge carries ipc on both sides", async (t) => {
  const peers = peersOf(t);
  const folder = await folderOf(t);
  const server = await peers.reply({}, `ipc://${folder}/out`);
  serve(server, ([frame]) => [`re: ${String(frame)}`]);
  const bridge = await startBridge(t, { kind: "rep-req", in: `ipc://${folder}/in`, out: `ipc://${folder}/out` });
  assert.deepEqual(await ask(peers.request(bridge.in), "x"), ["re: x"]);
});

test("Bridge cannot start on an endpoint that is taken, and leaves nothing open", async (t) => {
  const peers = peersOf(t);
  const taken = await peers.reply();
  const draft = { kind: "rep-req", in: taken.lastEndpoint, out: "tcp://127.0.0.1:1" };
  await assert.rejects(startBridge(t, draft), {
    name: "UserError",
    code: "bridge-cannot-bind",
    message: `Cannot bind ${taken.lastEndpoint}: another program is using it. Stop that program, or give the bridge another endpoint.`,
  });
});
