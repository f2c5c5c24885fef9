import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { eventDetail } from "../../src/proxy/eventDetail.ts";
import type { Interventions } from "../../src/proxy/interventions.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { loopbackClient, loopbackServer } from "../support/loopback.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

type Rig = TappedEngine & {
  readonly interventions: Interventions;
  readonly connect: () => Promise<{ readonly client: ZmtpPeer; readonly server: ZmtpPeer }>;
  /** What the intervention events say, without those of this `what`. */
  readonly told: (...left: string[]) => Record<string, unknown>[];
};

async function rig(t: TestContext, sockets: readonly [SocketType, SocketType] = ["DEALER", "DEALER"]): Promise<Rig> {
  const tapped = tappedEngine(t);
  const listener = await loopbackServer(t);
  const port = new URL(await tapped.attach(`tcp://127.0.0.1:${listener.port}`)).port;
  const { engine } = tapped;
  return {
    ...tapped,
    interventions: await engine.interventions(),
    connect: async () => {
      const client = new ZmtpPeer(await loopbackClient(t, Number(port)), sockets[0]);
      const server = new ZmtpPeer(await listener.next(), sockets[1]);
      await Promise.all([client.ready(), server.ready()]);
      return { client, server };
    },
    told: (...left) =>
      tapped
        .rows()
        .filter(({ event }) => event === "intervention")
        .map(({ n }) => ({ ...eventDetail(engine.capture, engine.capture.row(n)!) }))
        .filter(({ what }) => !left.includes(String(what))),
  };
}

test("Interventions tell what is under way, and what they did to which message", async (t) => {
  const { interventions, connect, told, notices } = await rig(t);
  const { client, server } = await connect();
  const state = await interventions.start("tap", 'drop c2s if body contains "x"', 9);
  assert.deepEqual(state, {
    id: 1,
    tap: "tap",
    tapName: "tap",
    kind: "drop",
    spec: 'drop c2s if body contains "x"',
    acts: 0,
    problem: null,
  });
  client.send("x1", "rest");
  client.send("y");
  assert.deepEqual(await server.until(1), [["y"]]);
  assert.deepEqual(told(), [
    { what: "started", seed: 9, intervention: 1, kind: "drop", spec: state.spec },
    {
      what: "dropped",
      intervention: 1,
      kind: "drop",
      spec: state.spec,
      from: "client",
      frames: 2,
      size: 6,
      topic: "x1",
      preview: "x1 | rest",
    },
  ]);
  await until(() =>
    notices.some((notice) => notice.kind === "interventions/changed" && notice.interventions[0]?.acts === 1),
  );
  assert.deepEqual(interventions.stop(1), []);
  assert.deepEqual(told("started", "dropped"), [
    { what: "stopped", acts: 1, intervention: 1, kind: "drop", spec: state.spec },
  ]);
  client.send("x2");
  assert.deepEqual(await server.until(2), [["y"], ["x2"]]);
});

test("Interventions act on links that come later, and from their first message on", async (t) => {
  const { interventions, connect, rows } = await rig(t);
  await interventions.start("tap", "duplicate c2s");
  const { client, server } = await connect();
  client.send("a");
  assert.deepEqual(await server.until(2), [["a"], ["a"]]);
  server.send("b");
  server.send("c");
  assert.deepEqual(await client.until(2), [["b"], ["c"]]);
  client.stream.end();
  await until(() => rows().some(({ event }) => event === "link-closed"));
  const next = await connect();
  next.client.send("d");
  assert.deepEqual(await next.server.until(2), [["d"], ["d"]]);
});

test("Interventions hold messages of all links, list, release and drop them", async (t) => {
  const { interventions, connect, notices } = await rig(t);
  const [one, two] = [await connect(), await connect()];
  await interventions.start("tap", "hold 1h");
  one.client.send("1");
  await until(() => interventions.heldCount === 1);
  two.server.send("2", "two");
  await until(() => interventions.heldCount === 2);
  await until(() => notices.some((notice) => notice.kind === "interventions/changed" && notice.held === 2));
  const { messages, total } = interventions.held;
  assert.equal(total, 2);
  assert.deepEqual(
    messages.map(({ releasesAtMs: _, ...rest }) => rest),
    [
      {
        id: 1,
        intervention: 1,
        tap: "tap",
        tapName: "tap",
        link: 1,
        from: "client",
        isCommand: false,
        frames: 1,
        sizeBytes: 1,
        topic: "1",
        preview: "1",
      },
      {
        id: 2,
        intervention: 1,
        tap: "tap",
        tapName: "tap",
        link: 2,
        from: "server",
        isCommand: false,
        frames: 2,
        sizeBytes: 4,
        topic: "2",
        preview: "2 | two",
      },
    ],
  );
  assert.ok(Math.abs(messages[0]!.releasesAtMs - Date.now() - 3_600_000) < 60_000);
  assert.throws(() => interventions.release(2, []), { code: "bad-held-message" });
  assert.throws(() => interventions.release(2, [new Uint8Array(17 * 1024 * 1024)]), { code: "bad-held-message" });
  assert.throws(() => interventions.release(7), { code: "held-gone" });
  assert.throws(() => interventions.drop(7), { code: "held-gone" });
  assert.throws(() => interventions.frames(7), { code: "held-gone" });
  interventions.release(null);
  assert.deepEqual([await one.server.until(1), await two.client.until(1)], [[["1"]], [["2", "two"]]]);
});

test("Interventions let a held command be edited as one frame, whatever way it is written", async (t) => {
  const { interventions, connect, rows } = await rig(t, ["SUB", "XPUB"]);
  const { client } = await connect();
  await interventions.start("tap", "hold commands c2s");
  client.subscribe("a");
  // As older peers do.
  client.send("\x01b");
  await until(() => interventions.heldCount === 2);
  assert.deepEqual(
    interventions.held.messages.map(({ preview, isCommand }) => [preview, isCommand]),
    [
      ["subscribe a", true],
      ["subscribe b", true],
    ],
  );
  assert.throws(() => interventions.release(1, [Buffer.from("a"), Buffer.from("b")]), /one frame/);
  interventions.release(1, [Buffer.from("\x09SUBSCRIBEc")]);
  interventions.release(2, [Buffer.from("\x01d")]);
  const subscribed = (): string[] => rows().flatMap(({ event, preview }) => (event === "subscribe" ? [preview] : []));
  assert.deepEqual(await until(() => subscribed().length === 2 && subscribed()), ["subscribe c", "subscribe d"]);
});

test("Interventions with the same seed drop the same messages, link by link", async (t) => {
  const arrived: string[] = [];
  for (let run = 0; run < 2; run++) {
    const { interventions, connect } = await rig(t);
    await interventions.start("tap", "drop 1/4 c2s", 11);
    const links = [await connect(), await connect()];
    for (const { client } of links) for (let at = 0; at < 40; at++) client.send(String(at));
    const got = await Promise.all(links.map(({ server }) => server.until(30)));
    assert.notDeepEqual(got[0], got[1]);
    arrived.push(JSON.stringify(got));
  }
  assert.equal(arrived[0], arrived[1]);
});

test("Interventions of several kinds end one by one, and the link is left alone behind the last", async (t) => {
  const { interventions, connect } = await rig(t);
  const { client, server } = await connect();
  const [held, frozen, again] = [
    await interventions.start("tap", "hold 1h c2s"),
    await interventions.start("tap", "freeze server"),
    await interventions.start("tap", "freeze server"),
  ];
  client.send("question");
  server.send("answer");
  await until(() => interventions.heldCount === 1);
  interventions.stop(frozen.id);
  interventions.stop(held.id);
  assert.deepEqual(await server.until(1), [["question"]]);
  assert.deepEqual(client.messages, []);
  interventions.stop(again.id);
  assert.deepEqual(await client.until(1), [["answer"]]);
  assert.deepEqual(interventions.stop(99), []);
});

test("Interventions cut the links of now, and are over with that", async (t) => {
  const { interventions, connect, told } = await rig(t);
  const links = [await connect(), await connect()];
  const { acts } = await interventions.start("tap", "cut reset");
  assert.equal(acts, 2);
  await until(() => links.every(({ client, server }) => client.hasEnded && server.hasEnded));
  assert.deepEqual(interventions.states, []);
  assert.deepEqual(
    told().map(({ what }) => what),
    ["started", "cut", "cut", "stopped"],
  );
});

test("Interventions refuse connections as long as one of them does", async (t) => {
  const { interventions, connect } = await rig(t);
  const [one, two] = [await interventions.start("tap", "refuse"), await interventions.start("tap", "refuse")];
  await assert.rejects(connect(), { code: "ECONNREFUSED" });
  interventions.stop(one.id);
  await assert.rejects(connect(), { code: "ECONNREFUSED" });
  interventions.stop(two.id);
  await until(async () => (await connect().catch(() => null)) !== null);
});

test("Interventions are refused with a bad spec, on a tap that is gone or stopped, and above their limit", async (t) => {
  const { interventions, engine } = await rig(t);
  await assert.rejects(interventions.start("tap", "lose"), {
    code: "bad-intervention",
    message: /^"lose" cannot be used, at character 1: /,
  });
  await assert.rejects(interventions.start("other", "drop"), { code: "no-such-tap" });
  for (let at = 0; at < 100; at++) await interventions.start("tap", "drop");
  await assert.rejects(interventions.start("tap", "drop"), { code: "too-many-interventions" });
  await engine.stopTap("tap");
  assert.deepEqual(interventions.states, []);
  await assert.rejects(interventions.start("tap", "drop"), { code: "tap-not-running" });
});

test("Interventions in front of an HTTP server say what cannot be done, and throttle its octets", async (t) => {
  const { engine } = tappedEngine(t);
  const server = createServer((_request, response) => response.end("x".repeat(500))).listen(0, "127.0.0.1");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { listening } = await engine.startTap({
    id: "tap",
    name: "tap",
    server: `http://127.0.0.1:${port}/`,
    listen: "tcp://127.0.0.1:*",
  });
  const interventions = await engine.interventions();
  await interventions.start("tap", "hold");
  await interventions.start("tap", "throttle 2kB/s s2c");
  const began = performance.now();
  const answer = await fetch(listening.replace("tcp:", "http:"));
  assert.equal((await answer.text()).length, 500);
  assert.ok(performance.now() - began > 200);
  assert.match(interventions.states[0]!.problem!, /in front of an HTTP server/);
  assert.equal(interventions.states[1]!.problem, null);
  interventions.stop(null);
});
