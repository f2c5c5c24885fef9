import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import type { Interventions } from "../../src/proxy/interventions.ts";
import { curveClient, curveWires, OPEN, type Wires } from "./support/wires.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { type Message, type PeerOptions, type SocketKind, text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";

const python = new PythonPeer();
after(() => python.stop());

/** What an intervention event says. */
type Told = {
  readonly what: string;
  readonly spec?: string;
  readonly size?: number;
  readonly preview?: string;
  readonly ms?: number;
  readonly by?: string;
  readonly reason?: string;
};

type Rig = {
  readonly server: PythonSocket;
  readonly client: PythonSocket;
  readonly tap: EngineTap;
  readonly interventions: Interventions;
  readonly told: (what: string) => Told[];
  readonly untilTold: (what: string, count?: number) => Promise<Told[]>;
  readonly untilHeld: (count: number) => Promise<void>;
};

const WIRES: Readonly<Record<string, () => Wires>> = { NULL: () => OPEN, CURVE: () => curveWires("listener") };

/** A server that listens, a tap before it, and a client that is through its handshake. */
async function rig(
  t: TestContext,
  wires: Wires,
  sockets: readonly [client: SocketKind, server: SocketKind],
  options: PeerOptions = {},
): Promise<Rig> {
  const server = await python.open(sockets[1], { ...wires.listener, ...options });
  const tap = await startEngineTap(t, await server.bind("tcp://127.0.0.1:*"), wires.keys);
  const client = await python.open(sockets[0], { ...wires.connector, ...options });
  await client.connect(tap.endpoint);
  await tap.untilEvents("handshake");
  const interventions = await tap.engine.interventions();
  const told = (what: string): Told[] => tap.events<Told>("intervention").filter((one) => one.what === what);
  t.after(async () => {
    await client.close();
    await server.close();
    assert.deepEqual(tap.bugs, []);
  });
  return {
    server,
    client,
    tap,
    interventions,
    told,
    untilTold: (what, count = 1) =>
      tap.until(() => {
        const found = told(what);
        return found.length >= count && found;
      }),
    untilHeld: async (count) => {
      await tap.until(() => interventions.heldCount >= count);
    },
  };
}

const numbered = (count: number): Message[] => Array.from({ length: count }, (_, at) => text(String(at)));
const words = (messages: readonly Message[]): string[] => messages.map((frames) => frames.map(String).join("+"));

for (const [mechanism, wiresOf] of Object.entries(WIRES)) {
  test(`${mechanism}: messages are delayed, in order, and the log shows them when they are sent on`, async (t) => {
    const { client, server, tap, interventions, untilTold } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    await interventions.start("tap", "delay 150ms ±50ms c2s", 5);
    const began = Date.now();
    await client.send(...numbered(5));
    assert.deepEqual(words(await server.receive(5)), ["0", "1", "2", "3", "4"]);
    assert.ok(Date.now() - began >= 100);
    const acts = await untilTold("delayed", 5);
    assert.ok(acts.every(({ ms }) => ms! >= 100));
    const rows = tap.rows().filter(({ kind }) => kind === "message");
    assert.deepEqual(
      rows.map(({ preview }) => preview),
      ["0", "1", "2", "3", "4"],
    );
    // The event stands in front of its message.
    const event = tap.rows().filter(({ event }) => event === "intervention")[1];
    assert.equal(event!.n + 1, rows[0]!.n);
  });

  test(`${mechanism}: one message in ten is dropped, the same ones with the same seed`, async (t) => {
    const arrived: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const { client, server, interventions, untilTold } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
      await interventions.start("tap", "drop 1/10 c2s", 42);
      await client.send(...numbered(100));
      arrived.push(words(await server.receive(90)));
      await untilTold("dropped", 10);
    }
    assert.deepEqual(arrived[0], arrived[1]);
    for (let ten = 0; ten < 10; ten++) {
      assert.equal(arrived[0]!.filter((word) => Math.floor(Number(word) / 10) === ten).length, 9);
    }
  });

  test(`${mechanism}: one message in five arrives twice, beside its event`, async (t) => {
    const { client, server, tap, interventions, told } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    await interventions.start("tap", "duplicate 1/5", 1);
    await client.send(...numbered(10));
    const got = words(await server.receive(12));
    assert.deepEqual([...new Set(got)], words(numbered(10)));
    assert.deepEqual(
      told("duplicated").map(({ preview }) => preview),
      got.filter((word, at) => word === got[at - 1]),
    );
    const rows = tap.rows();
    const at = rows.findIndex(({ preview }) => preview.startsWith("duplicated"));
    assert.equal(rows[at - 1]!.preview, rows[at + 1]!.preview);
  });

  test(`${mechanism}: messages change places in threes`, async (t) => {
    const { client, server, interventions, told } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    await interventions.start("tap", "reorder 3", 1);
    await client.send(...numbered(9));
    const got = words(await server.receive(9));
    for (let at = 0; at < 9; at += 3) {
      const three = got.slice(at, at + 3);
      assert.deepEqual([...three].sort(), [String(at), String(at + 1), String(at + 2)]);
      assert.notDeepEqual(three, [...three].sort());
    }
    assert.equal(told("reordered").length, 3);
  });

  test(`${mechanism}: a cut link is connected again, now and at a message`, async (t) => {
    const { client, server, tap, interventions, told } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    assert.equal((await interventions.start("tap", "cut")).acts, 1);
    assert.deepEqual(interventions.states, []);
    await tap.untilEvents("handshake", 2);
    await client.send(text("after"));
    assert.deepEqual(words(await server.receive()), ["after"]);
    await interventions.start("tap", 'cut reset c2s if body contains "bad"');
    await client.send(text("good"), text("bad"));
    assert.deepEqual(words(await server.receive()), ["good"]);
    await tap.untilEvents("handshake", 3);
    await client.send(text("again"));
    assert.deepEqual(words(await server.receive()), ["again"]);
    assert.equal(told("cut").length, 2);
    const closed = tap.events<{ by: string; reset: boolean }>("link-closed");
    assert.deepEqual(
      closed.map(({ by, reset }) => [by, reset]),
      [
        ["tap", false],
        ["tap", true],
      ],
    );
  });

  test(`${mechanism}: new connections are refused until that is stopped, and links that are open go on`, async (t) => {
    const wires = wiresOf();
    const { client, server, tap, interventions } = await rig(t, wires, ["PUSH", "PULL"]);
    const { id } = await interventions.start("tap", "refuse");
    const late = await python.open("PUSH", wires.connector);
    await late.connect(tap.endpoint);
    await late.events.until("retried", 2);
    await client.send(text("open"));
    assert.deepEqual(words(await server.receive()), ["open"]);
    interventions.stop(id);
    await tap.untilEvents("handshake", 2);
    await late.send(text("late"));
    assert.deepEqual(words(await server.receive()), ["late"]);
    await late.close();
  });

  test(`${mechanism}: nothing is read of a frozen peer, and all of it later`, async (t) => {
    const { client, server, tap, interventions, untilTold } = await rig(t, wiresOf(), ["DEALER", "DEALER"]);
    const { id } = await interventions.start("tap", "freeze server");
    await client.send(text("question"));
    assert.deepEqual(words(await server.receive()), ["question"]);
    await server.send(text("answer"));
    await untilTold("frozen");
    await client.send(text("more"));
    assert.deepEqual(words(await server.receive()), ["more"]);
    assert.equal(tap.rows().filter(({ from, kind }) => from === "server" && kind === "message").length, 0);
    interventions.stop(id);
    assert.deepEqual(words(await client.receive()), ["answer"]);
  });

  test(`${mechanism}: messages are throttled`, async (t) => {
    const { client, server, interventions } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    await interventions.start("tap", "throttle 20 messages/s");
    const began = performance.now();
    await client.send(...numbered(11));
    assert.deepEqual(words(await server.receive(11)), words(numbered(11)));
    assert.ok(performance.now() - began >= 450);
  });

  test(`${mechanism}: held messages of several frames are released, edited, dropped, and their link's heartbeats go on`, async (t) => {
    const heartbeats = { heartbeatMs: 40, heartbeatTimeoutMs: 300 };
    const { client, server, tap, interventions, told, untilHeld } = await rig(
      t,
      wiresOf(),
      ["DEALER", "DEALER"],
      heartbeats,
    );
    await interventions.start("tap", 'hold 60s c2s if body contains "hold"');
    const sent = [text("1", "hold"), text("2"), text("3", "", "hold"), text("4 hold"), text("5")];
    await client.send(...sent);
    await untilHeld(3);
    const { messages, total } = interventions.held;
    assert.deepEqual(
      messages.map(({ from, frames, sizeBytes, preview, link }) => [from, frames, sizeBytes, preview, link]),
      [
        ["client", 2, 5, "1 | hold", 1],
        ["client", 3, 5, "3 | (empty) | hold", 1],
        ["client", 1, 6, "4 hold", 1],
      ],
    );
    assert.equal(total, 3);
    const pings = tap.rows().filter(({ event }) => event === "ping").length;
    await tap.until(() => tap.rows().filter(({ event }) => event === "ping").length >= pings + 20);
    assert.deepEqual(tap.events("link-closed"), []);
    assert.deepEqual(
      interventions.frames(messages[1]!.id).map((frame) => Buffer.from(frame).toString()),
      ["3", "", "hold"],
    );
    interventions.release(messages[1]!.id, [Buffer.from("other"), Buffer.from("frames")]);
    interventions.drop(messages[2]!.id);
    interventions.release(messages[0]!.id);
    assert.deepEqual(words(await server.receive(4)), ["1+hold", "2", "other+frames", "5"]);
    assert.throws(() => interventions.release(messages[0]!.id), { code: "held-gone" });
    assert.deepEqual(
      tap.events<Told>("intervention").flatMap(({ what, by }) => (what === "started" ? [] : [[what, by]])),
      [
        ["held", undefined],
        ["held", undefined],
        ["held", undefined],
        ["dropped", "user"],
        ["released", "user"],
        ["edited", "user"],
      ],
    );
    assert.equal(told("edited")[0]!.preview, "other | frames");
  });

  test(`${mechanism}: after the last intervention the link is as before, octet for octet`, async (t) => {
    const { client, server, tap, interventions, untilHeld, untilTold } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    const { id } = await interventions.start("tap", "hold 60s c2s");
    const large = [Buffer.alloc(100_000, 7), Buffer.from("end")];
    await client.send(...numbered(100), large);
    await untilHeld(101);
    interventions.stop(id);
    await untilTold("stopped");
    await client.number(2000, 100);
    const got = await server.receive(2101);
    assert.deepEqual(got.slice(0, 101), [...numbered(100), large]);
    assert.deepEqual(
      got.slice(101).map(([frame]) => Number(frame!.readBigUInt64BE())),
      Array.from({ length: 2000 }, (_, at) => at),
    );
    const events = tap.events("intervention").length;
    await client.send(text("last"));
    await server.receive();
    assert.equal(tap.events("intervention").length, events);
  });

  test(`${mechanism}: interventions that come and go under load lose nothing and keep the order`, async (t) => {
    const { client, server, interventions } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    const COUNT = 20_000;
    const progress = { isSent: false };
    const sending = client.number(COUNT, 100).then(() => (progress.isSent = true));
    const receiving = server.receive(COUNT);
    let rounds = 0;
    for (; !progress.isSent || rounds < 10; rounds++) {
      const { id } = await interventions.start(
        "tap",
        rounds % 2 === 0 ? "delay 3ms ±2ms c2s" : "hold 5ms c2s if size > 1",
      );
      await new Promise((resolve) => setTimeout(resolve, 4));
      interventions.stop(id);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sending;
    const got = (await receiving).map(([frame]) => Number(frame!.readBigUInt64BE()));
    assert.deepEqual(
      got,
      Array.from({ length: COUNT }, (_, at) => at),
    );
  });

  test(`${mechanism}: a stop of the tap hands on what is held, and ends its interventions`, async (t) => {
    const { client, server, tap, interventions, untilHeld } = await rig(t, wiresOf(), ["PUSH", "PULL"]);
    await interventions.start("tap", "hold 60s");
    await client.send(...numbered(3));
    await untilHeld(3);
    await tap.engine.stopTap("tap");
    assert.deepEqual(words(await server.receive(3)), ["0", "1", "2"]);
    assert.deepEqual([interventions.states, interventions.held], [[], { total: 0, messages: [] }]);
  });

  test(`${mechanism}: what a client sent before it left arrives when its time has come`, async (t) => {
    const wires = wiresOf();
    const { server, tap, interventions, untilHeld, untilTold } = await rig(t, wires, ["PUSH", "PULL"]);
    await interventions.start("tap", "hold 700ms");
    const leaving = await python.open("PUSH", wires.connector);
    await leaving.connect(tap.endpoint);
    await leaving.send(...numbered(3));
    await untilHeld(3);
    await leaving.close();
    assert.deepEqual(words(await server.receive(3)), ["0", "1", "2"]);
    await untilTold("released", 3);
  });
}

test("Held commands: a subscription is late, and heartbeats that are dropped end the link", async (t) => {
  const { client, server, tap, interventions } = await rig(t, OPEN, ["SUB", "XPUB"]);
  const { id } = await interventions.start("tap", 'delay 300ms commands c2s if event == "subscribe"');
  const began = performance.now();
  await client.subscribe("a");
  assert.deepEqual(words(await server.receive()), ["\x01a"]);
  assert.ok(performance.now() - began >= 250);
  interventions.stop(id);
  const beating = await python.open("DEALER", { heartbeatMs: 50, heartbeatTimeoutMs: 150 });
  const listening = await python.open("DEALER");
  await tap.engine.startTap({
    id: "beats",
    name: "beats",
    server: await listening.bind("tcp://127.0.0.1:*"),
    listen: "tcp://127.0.0.1:*",
  });
  await beating.connect(tap.state("beats").listening);
  await tap.until(() => tap.rows().some(({ tapName, event }) => tapName === "beats" && event === "pong"));
  await interventions.start("beats", 'drop commands s2c if event == "pong"');
  await tap.until(() =>
    tap
      .rows()
      .some(
        ({ tapName, event, preview }) => tapName === "beats" && event === "link-closed" && preview.includes("client"),
      ),
  );
  await beating.close();
  await listening.close();
});

test("On an encrypted link without keys it says what cannot be done, and throttles octets", async (t) => {
  const pair = curveKeyPair();
  const wires: Wires = {
    ...OPEN,
    listener: { curveServer: true, curveSecretKey: pair.secretKey },
    connector: curveClient(pair.publicKey, curveKeyPair()),
  };
  const { client, server, interventions, untilTold } = await rig(t, wires, ["PUSH", "PULL"]);
  const { id } = await interventions.start("tap", "drop 1/2");
  const [told] = await untilTold("powerless");
  assert.match(told!.reason!, /^Link 1 is encrypted and the tap has no keys/);
  assert.match(interventions.states[0]!.problem!, /encrypted/);
  await client.send(...numbered(3));
  assert.equal((await server.receive(3)).length, 3);
  interventions.stop(id);
  const throttle = await interventions.start("tap", "throttle 2kB/s c2s");
  const began = performance.now();
  await client.send([Buffer.alloc(1000)]);
  await server.receive();
  assert.ok(performance.now() - began >= 300);
  interventions.stop(throttle.id);
  await client.send([Buffer.alloc(100_000)]);
  await server.receive();
});

test("zmq-tap attach --fault changes traffic, says so, and prints what was done", async (t) => {
  const server = await python.open("PULL");
  const endpoint = await server.bind("tcp://127.0.0.1:*");
  const tap = await CliTap.start(endpoint, [
    "--json",
    "--fault",
    "drop 1/2 c2s",
    "--fault=duplicate 1/2",
    "--seed",
    "3",
  ]);
  t.after(() => tap.stop("SIGKILL"));
  assert.match(tap.stderr, /\nchanging traffic: drop 1\/2 c2s\nchanging traffic: duplicate 1\/2\n/);
  const client = await python.open("PUSH");
  await client.connect(tap.endpoint);
  await client.send(...numbered(8));
  assert.equal((await server.receive(6)).length, 6);
  await tap.untilMessages(6);
  const told = tap.events("intervention").map(({ detail }) => detail!["what"]);
  assert.deepEqual(
    ["started", "dropped", "duplicated"].map((what) => told.filter((one) => one === what).length),
    [2, 4, 2],
  );
  const [dropped] = tap.events("intervention").filter(({ detail }) => detail!["what"] === "dropped");
  assert.deepEqual(
    { ...dropped!.detail, topic: "", preview: "", intervention: 0 },
    {
      what: "dropped",
      intervention: 0,
      kind: "drop",
      spec: "drop 1/2 c2s",
      from: "client",
      frames: 1,
      size: 1,
      topic: "",
      preview: "",
    },
  );
  await client.close();
  await server.close();
});

test("zmq-tap attach refuses a bad --fault with its place", async () => {
  const { code, stderr } = await runCli(["attach", "tcp://127.0.0.1:5556", "--fault", "drop 1/x"]);
  assert.deepEqual(
    [code, stderr],
    [2, '--fault "drop 1/x" cannot be used, at character 6: "1/x" does not fit. Write for example drop 1/10.\n'],
  );
});
