import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { fidelityOf, type JudgedTap } from "../../src/proxy/fidelity.ts";
import { TrafficSum } from "../../src/proxy/relay/trafficSum.ts";
import { loopbackClient, loopbackServer } from "../support/loopback.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

async function tapped(t: TestContext) {
  const engine = tappedEngine(t);
  const listener = await loopbackServer(t);
  const endpoint = await engine.attach(`tcp://127.0.0.1:${listener.port}`);
  const connect = async () => {
    const client = new ZmtpPeer(await loopbackClient(t, Number(endpoint.split(":").at(-1))), "PUSH");
    const server = new ZmtpPeer(await listener.next(), "PULL");
    await Promise.all([client.ready(), server.ready()]);
    return { client, server };
  };
  return { ...engine, connect };
}

test("fidelityOf proves that all octets that came went on, and that all messages are kept or evicted", async (t) => {
  const { engine, connect } = await tapped(t);
  const { client, server } = await connect();
  for (let n = 0; n < 100; n++) client.send(`message ${n}`);
  await server.until(100);
  const {
    problems,
    received,
    sent,
    queued,
    undelivered,
    seen,
    kept,
    evicted,
    samples,
    addedP50Ms,
    addedP99Ms,
    ...rest
  } = await engine.fidelity("tap");
  assert.deepEqual(problems, []);
  assert.deepEqual(received, sent);
  assert.ok(received[0] > 1000 && received[1] > 64);
  assert.deepEqual([queued, undelivered, seen, kept, evicted], [[0, 0], [0, 0], 100, 100, 0]);
  assert.ok(samples > 0 && addedP50Ms! > 0 && addedP50Ms! <= addedP99Ms!);
  assert.deepEqual(
    { ...rest, waited: 0 },
    {
      passedBy: 0,
      added: [0, 0],
      removed: [0, 0],
      rekeyed: { links: 0, received: [0, 0], sent: [0, 0] },
      waited: 0,
      heldUpMs: [0, 0],
    },
  );
});

test("fidelityOf goes on counting over links that closed, evicted messages, and a tap of the same id", async (t) => {
  const { engine, connect, attach } = await tapped(t);
  const { client, server } = await connect();
  for (let n = 0; n < 300; n++) client.send("x".repeat(100_000));
  await server.until(300);
  client.stream.end();
  await until(() => engine.openLinks.all.size === 0);
  const first = await engine.fidelity("tap");
  assert.deepEqual(first.problems, []);
  assert.ok(first.evicted > 0);
  assert.equal(first.seen, 300);
  engine.clear();
  const cleared = await engine.fidelity("tap");
  assert.deepEqual([cleared.problems, cleared.kept, cleared.evicted], [[], 0, 300]);
  await engine.removeTap("tap");
  await attach("tcp://127.0.0.1:1");
  const again = await engine.fidelity("tap");
  assert.deepEqual([again.problems, again.seen, again.received], [[], 300, [0, 0]]);
  await assert.rejects(engine.fidelity("other"), { code: "no-such-tap" });
});

test("fidelityOf says in words which equation fails", async (t) => {
  const { engine, connect } = await tapped(t);
  const { client, server } = await connect();
  client.send("one");
  await server.until(1);
  const traffic = new TrafficSum();
  traffic.carried[0] = { received: 10, sent: 7, queued: 1, undelivered: 1, added: 0, removed: 0 };
  traffic.carried[1] = { received: 10, sent: 7, queued: 0, undelivered: 0, added: 5, removed: 2 };
  const { tap } = engine.tap("tap");
  const broken: JudgedTap = {
    config: { id: "tap" },
    counters: { messages: 3, passedBy: 0 },
    seenBefore: 0,
    tap: { traffic, addedLatency: tap.addedLatency },
  };
  assert.deepEqual(fidelityOf([broken], engine.capture).problems, [
    "To the server, 10 octets received are not 7 sent, 1 queued, 1 undelivered.",
    "To the client, 10 octets received and 5 added are not 7 sent, 0 queued, 0 undelivered, 2 removed.",
    "3 messages seen are not 1 kept and 0 evicted.",
  ]);
  const uncaptured = { ...broken, counters: { messages: 4, passedBy: 2 } };
  assert.equal(
    fidelityOf([uncaptured], engine.capture).problems.at(-1),
    "4 messages seen are not 1 kept and 0 evicted and 2 not captured.",
  );
  const passing = { ...broken, counters: { messages: 3, passedBy: 2 } };
  assert.equal(fidelityOf([passing], engine.capture).problems.length, 2);
});

test("fidelityOf no taps is empty", (t) => {
  const { engine } = tappedEngine(t);
  const { seen, samples, addedP99Ms, problems } = fidelityOf([], engine.capture);
  assert.deepEqual([seen, samples, addedP99Ms, problems], [0, 0, null, []]);
});
