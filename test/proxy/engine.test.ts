import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { Push, Reply, Request } from "zeromq";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { loopbackServer } from "../support/loopback.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

test("Engine tells of taps, links and rates, and lets the rate fall to 0", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const { engine, attach, notices, until, state, rows, bugs } = tappedEngine(t);
  const client = new Request({ routingId: "gui" });
  t.after(() => client.close());
  client.connect(await attach(server.lastEndpoint ?? ""));
  await client.send("q");
  await server.receive();
  await server.send("a");
  await client.receive();
  await until(() => state().messages === 2);
  const [link] = state().links;
  assert.deepEqual(
    { ...link, client: "", server: "", steps: link!.steps.map(({ what }) => what) },
    {
      link: 1,
      origin: "wire",
      client: "",
      server: "",
      sockets: { client: "REQ", server: "REP" },
      identity: { client: "gui", server: "" },
      version: "3.1",
      mechanism: "NULL",
      handshake: "done",
      steps: ["greeting 3.1 NULL", "greeting 3.1 NULL", "READY", "READY"],
      verdict: null,
      subscriptions: [],
      subscriptionCount: 0,
      messages: 2,
      pending: 0,
    },
  );
  assert.deepEqual(
    rows().map((row) => row.event ?? row.exchange),
    ["link-opened", "handshake", "answered", "reply"],
  );
  const times = rows().map((row) => row.timeMs);
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  await until(() => notices.some((notice) => notice.kind === "capture/grew" && notice.stats.messagesPerSecond > 0));
  await until(() => {
    const last = notices.findLast((notice) => notice.kind === "capture/grew");
    return last?.kind === "capture/grew" && last.stats.messagesPerSecond === 0;
  });
  assert.deepEqual(engine.stats().seen, engine.stats().kept + engine.stats().evicted);
  assert.deepEqual(bugs, []);
});

test("Engine refuses endpoints it cannot read, and a tap that leads back to itself through others", async (t) => {
  const { engine, state } = tappedEngine(t);
  const config = (id: string, server: string, listen: string) => ({ id, name: id, server, listen });
  await assert.rejects(engine.startTap(config("x", "nonsense", "tcp://127.0.0.1:*")), { code: "bad-endpoint" });
  await assert.rejects(engine.startTap(config("x", "tcp://127.0.0.1:1", "udp://1:1")), { code: "bad-endpoint" });
  const place = createServer().listen(0, "127.0.0.1");
  await once(place, "listening");
  const free = `tcp://127.0.0.1:${(place.address() as AddressInfo).port}`;
  place.close();
  await engine.startTap(config("a", free, "tcp://127.0.0.1:*"));
  await assert.rejects(engine.startTap(config("b", state("a").listening, free)), { code: "tap-loop" });
  await assert.rejects(engine.startTap(config("c", free, state("a").listening)), { code: "port-in-use" });
  assert.equal(state("c").status, "failed");
  assert.equal(state("a").status, "listening");
  assert.throws(() => engine.retargetTap("a", state("a").listening), { code: "listens-on-its-server" });
});

test("Engine stops, starts again on the same endpoint, points elsewhere and removes taps", async (t) => {
  const [one, two] = [await loopbackServer(t), await loopbackServer(t)];
  const { engine, attach, state } = tappedEngine(t);
  const listening = await attach(`tcp://127.0.0.1:${one.port}`);
  assert.equal((await engine.stopTap("tap")).status, "stopped");
  const again = await engine.startTap({ ...state().config, listen: listening });
  assert.equal(again.listening, listening);
  assert.equal(await attach(`tcp://127.0.0.1:${one.port}`), listening);
  assert.equal(engine.retargetTap("tap", `tcp://127.0.0.1:${two.port}`).config.server, `tcp://127.0.0.1:${two.port}`);
  await engine.removeTap("tap");
  assert.deepEqual(engine.taps, []);
  await assert.rejects(engine.stopTap("tap"), { code: "no-such-tap" });
});

test("Engine goes on with other taps when one link brings garbage", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const alien = await loopbackServer(t);
  const { attach, until, rows } = tappedEngine(t);
  const good = await attach(server.lastEndpoint ?? "", "good");
  const bad = await attach(`tcp://127.0.0.1:${alien.port}`, "bad");
  const push = new Push({ linger: 0 });
  t.after(() => push.close());
  push.connect(bad);
  const ssh = await alien.next();
  ssh.write("SSH-2.0-OpenSSH_9.2\r\n");
  const fault = await until(() => rows().find((row) => row.event === "fault"));
  assert.match(fault.preview, /SSH/);
  const client = new Request();
  t.after(() => client.close());
  client.connect(good);
  await client.send("q");
  await server.receive();
  await server.send("a");
  await client.receive();
  assert.equal(rows().filter((row) => row.tap === "good" && row.kind === "message").length, 2);
});

test("Engine tells that a server is down once, and that it is back", async (t) => {
  const gone = await loopbackServer(t);
  gone.server.close();
  await once(gone.server, "close");
  const { attach, until, rows, state } = tappedEngine(t);
  const endpoint = await attach(`tcp://127.0.0.1:${gone.port}`);
  const client = connect({ port: Number(endpoint.split(":").at(-1)), host: "127.0.0.1" });
  client.on("error", () => undefined);
  await until(() => state().status === "server-down");
  await loopbackServer(t, gone.port);
  await until(() => state().status === "listening");
  assert.deepEqual(
    rows().map((row) => row.preview.split(":")[0]),
    ["the server is down", "the server is back"],
  );
});

test("Engine clears and limits the capture", async (t) => {
  const { engine, attach, until, rows } = tappedEngine(t);
  const server = await loopbackServer(t);
  const endpoint = await attach(`tcp://127.0.0.1:${server.port}`);
  connect({ port: Number(endpoint.split(":").at(-1)), host: "127.0.0.1" }).end();
  (await server.next()).end();
  await until(() => rows().some((row) => row.event === "link-closed"));
  const { seen } = engine.stats();
  assert.deepEqual(
    { ...engine.clear(), usedBytes: 0, maxBytes: 0 },
    {
      seen,
      kept: 0,
      evicted: seen,
      firstN: seen + 1,
      lastN: seen,
      usedBytes: 0,
      maxBytes: 0,
      capture: 0,
      unwritten: 0,
      diskBytes: 0,
      maxDiskBytes: 0,
      diskProblem: null,
      copies: 0,
      copyBytes: 0,
      heartbeats: 0,
      pinned: 0,
      file: null,
      messagesPerSecond: 0,
    },
  );
  assert.equal(
    engine.setLimits({ maxBytes: 64 * 1024 * 1024, maxDiskBytes: 0, maxFrameBytes: 65_536 }).maxBytes,
    64 * 1024 * 1024,
  );
});

test("Engine captures nothing of a tap that only relays, says when, and its numbers agree", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const { engine, attach, until, state, rows } = tappedEngine(t);
  const listening = await attach(server.lastEndpoint ?? "");
  const client = new Request();
  t.after(() => client.close());
  client.connect(listening);
  const converse = async (words: string): Promise<void> => {
    await client.send(words);
    await server.receive();
    await server.send(words);
    await client.receive();
  };
  await converse("one");
  await client.send("left open");
  await server.receive();
  await until(() => state().messages === 3);
  assert.equal(engine.captureTap("tap", true).passedBy, undefined);
  const stopped = engine.captureTap("tap", false);
  assert.deepEqual([stopped.config.isCaptured, stopped.passedBy?.messages], [false, 0]);
  await server.send("answered unseen");
  await client.receive();
  await converse("two");
  const other = new Request();
  t.after(() => other.close());
  other.connect(listening);
  await other.send("new");
  await server.receive();
  await server.send("new");
  await other.receive();
  await until(() => state().messages === 8);
  assert.equal(state().passedBy?.messages, 5);
  assert.ok(state().passedBy!.bytes > 50);
  assert.deepEqual([state().links.length, state().config.isCaptured], [2, false]);
  const fidelity = await engine.fidelity("tap");
  assert.deepEqual([fidelity.problems, fidelity.seen, fidelity.kept, fidelity.passedBy], [[], 8, 3, 5]);
  assert.equal(engine.captureTap("tap", true).config.isCaptured, undefined);
  await converse("three");
  await until(() => state().messages === 10);
  assert.deepEqual(
    rows().map(({ event, preview }) => event ?? preview),
    ["link-opened", "handshake", "one", "one", "left open", "capturing", "capturing", "three", "three"],
  );
  const [stop, start] = rows().filter(({ event }) => event === "capturing");
  assert.equal(stop?.preview, "capturing stopped; the tap only relays");
  assert.equal(start?.preview, "capturing started again; 5 messages passed by meanwhile");
  await (await engine.watch).settled();
  const { findings, pending } = (await engine.watch).state();
  assert.deepEqual([findings, pending], [[], []]);
  assert.deepEqual((await engine.fidelity("tap")).problems, []);
});

test("Engine starts a tap that only relays when it is told so, and says it", async (t) => {
  const { engine, rows } = tappedEngine(t);
  const { port } = await loopbackServer(t);
  const config = { id: "tap", name: "tap", server: `tcp://127.0.0.1:${port}`, listen: "tcp://127.0.0.1:*" };
  const state = await engine.startTap({ ...config, isCaptured: false });
  assert.deepEqual([state.config.isCaptured, state.passedBy?.messages], [false, 0]);
  assert.deepEqual(
    rows().map(({ event, preview }) => [event, preview]),
    [["capturing", "capturing stopped; the tap only relays"]],
  );
  await engine.stopTap("tap");
  assert.equal((await engine.startTap(config)).passedBy, undefined);
});
