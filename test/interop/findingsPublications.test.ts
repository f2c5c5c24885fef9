import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import type { FindingId } from "../../src/shared/findings.ts";
import { until } from "../support/until.ts";
import { type Message, type PeerOptions, type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { foundBy, onlyFindings } from "./support/findings.ts";

const python = new PythonPeer();
after(() => python.stop());

const ANYWHERE = "tcp://127.0.0.1:*";

/** A publisher of pyzmq behind a tap, which is told of subscriptions. */
type Published = EngineTap & { readonly xpub: PeerSocket };

async function setUp(t: TestContext, options?: PeerOptions): Promise<Published> {
  const xpub = await python.open("XPUB", options);
  t.after(() => xpub.close());
  return { ...(await startEngineTap(t, await xpub.bind(ANYWHERE))), xpub };
}

/** A subscriber that the publisher knows of when this resolves. It is closed with its peer. */
async function subscribe({ xpub, endpoint }: Published, ...topics: string[]): Promise<PeerSocket> {
  const sub = await python.open("SUB");
  for (const topic of topics) await sub.subscribe(topic);
  await sub.connect(endpoint);
  const told = await xpub.receive(topics.length);
  assert.deepEqual(told.map(([frame]) => String(frame).slice(1)).sort(), [...topics].sort());
  return sub;
}

/** Messages that the tap has seen so far. */
function messages({ rows }: Published): number {
  return rows().filter(({ kind }) => kind === "message").length;
}

// zeromq/libzmq#4766: the publisher counted connections, and sent when there were enough of them.
test("A publisher that waits for connections only, and not for subscriptions, is told what its slow joiner missed", async (t) => {
  const tap = await setUp(t);
  await subscribe(tap, "weather");
  const late = await python.open("SUB");
  t.after(() => late.close());
  await late.connect(tap.endpoint);
  await late.events.until("handshake");
  await tap.untilEvents("handshake", 2);
  await tap.xpub.send(...Array.from({ length: 100 }, (_, number) => text("weather", `number ${number}`)));
  await tap.until(() => messages(tap) === 100);
  await late.subscribe("weather");
  const [joined] = await onlyFindings(tap, ["slow-joiner"]);
  const rows = tap.rows().filter(({ kind, event }) => kind === "message" || event === "subscribe");
  assert.deepEqual(joined!.evidence, [rows[1]!.n, rows[100]!.n, rows[101]!.n]);
  assert.match(
    joined!.text,
    /^Link 2 \(127\.0\.0\.1:\d+\) subscribed to "weather" [\d.]+ ms after the first of 100 publications/,
  );
});

for (const [what, report, asked, published, how] of [
  [
    "has a NUL at its end",
    "dingmaotu/mql-zmq#2",
    "weather\0",
    ["weather", "20 C"],
    /"weather\\0" .* by a NUL at the end/,
  ],
  ["is a NUL where it was to be empty", "dingmaotu/mql-zmq#2", "\0", ["weather 20 C"], /by a NUL at the end/],
  ["has a blank at its end", "iotaledger/hornet#52", "tx ", ["tx", "HASH"], /"tx " .* by white space/],
  ["has other letters", null, "Weather", ["weather", "20 C"], /upper and lower case/],
  ["stands in the second frame", "zeromq/netmq#701", "B.MSG", ["2", "B.MSG", "body"], /stands in frame 1/],
  ["stands in the JSON text", null, "weather", ['{"topic": "weather", "celsius": 20}'], /stands inside its JSON text/],
] as const) {
  test(`A topic that ${what} is told as nearly right${report === null ? "" : ` (${report})`}`, async (t) => {
    const tap = await setUp(t);
    const all = await subscribe(tap, "");
    await subscribe(tap, asked);
    await tap.xpub.send(text(...published), text(...published));
    await all.receive(2);
    const [near] = await onlyFindings(tap, ["near-miss-topic"]);
    assert.match(near!.text, how);
    assert.equal(near!.link, 2);
    const first = tap.rows().find(({ kind }) => kind === "message")!;
    assert.deepEqual(near!.evidence.at(-1), first.n);
  });
}

// iotaledger-archive/iri#741: `tx` got `tx_trytes`, too, once there was such a topic.
test("A subscription that gets a topic which was not meant is told", async (t) => {
  const tap = await setUp(t);
  const sub = await subscribe(tap, "tx");
  await tap.xpub.send(text("tx HASH 1"), text("tx_trytes 9999"));
  await sub.receive(2);
  const [surprise] = await onlyFindings(tap, ["surprise-prefix"]);
  assert.equal(
    surprise!.text,
    'A subscription to "tx" gets "tx_trytes ", too: it matches every topic that begins with it.',
  );
});

// zeromq/jeromq#238 and bitcoinjs/indexd#34: a serial number in each message, and gaps in it at the receiver.
test("A publisher of Bitcoin's notifications that leaves numbers out is told which", async (t) => {
  const tap = await setUp(t);
  const sub = await subscribe(tap, "hash");
  const counter = (value: number): Buffer => {
    const octets = Buffer.alloc(4);
    octets.writeUInt32LE(value);
    return octets;
  };
  const notify = (topic: string, value: number): Message => [
    Buffer.from(topic),
    Buffer.alloc(32, value),
    counter(value),
  ];
  const sent = [0, 1, 2, 3, 7, 8, 9].map((value) => notify("hashtx", value));
  // A node that was started anew, which is no loss, and whose other counter goes on.
  sent.push(...[0, 1, 2].map((value) => notify("hashtx", value)));
  sent.push(...[5, 6, 7].map((value) => notify("hashblock", value)));
  await tap.xpub.send(...sent);
  await sub.receive(sent.length);
  const [gap] = await onlyFindings(tap, ["sequence-gap"]);
  const rows = tap.rows().filter(({ kind }) => kind === "message");
  assert.deepEqual([gap!.evidence, gap!.count], [[rows[3]!.n, rows[4]!.n], 1]);
  assert.match(gap!.text, /the counter of "hashtx": 3 numbers are missing, 4 to 6\. They did not come to the tap/);
});

// gnuradio/gnuradio#6192 and zeromq/libzmq#3689: what does not fit the high-water mark is dropped, and nobody is told.
test("A subscriber that stops reading is told while its publisher goes on", async (t) => {
  const tap = await setUp(t, { sendHwm: 10 });
  const quick = await subscribe(tap, "a");
  const slow = await python.open("SUB", { receiveHwm: 1 });
  t.after(() => slow.close());
  await slow.subscribe("a");
  await slow.connect(tap.endpoint);
  await tap.until(() => tap.rows().filter(({ event }) => event === "subscribe").length === 2);
  const body = "x".repeat(200_000);
  const seen = async (): Promise<readonly FindingId[]> => (await foundBy(tap)).findings.map(({ id }) => id);
  await until(async () => {
    await tap.xpub.send(text("a", body));
    await quick.receive();
    return (await seen()).includes("slow-subscriber");
  });
  const [found] = await onlyFindings(tap, ["slow-subscriber"]);
  assert.match(found!.text, /^Link 2 \(127\.0\.0\.1:\d+\) does not keep up: for [\d.]+ of the last [\d.]+ s/);
});

// zeromq/pyzmq#1348: the subscriber of a publisher gets nothing, and nobody knows what is published.
test("With a subscriber of its own the tap tells what came before the first subscription, and what nobody asks for", async (t) => {
  const tap = await setUp(t);
  await tap.engine.watchAll("tap", true);
  await tap.xpub.receive();
  await tap.xpub.send(...Array.from({ length: 5 }, (_, number) => text("weather", `number ${number}`)));
  await tap.xpub.send(text("sports", "1:0"));
  await tap.until(() => messages(tap) === 6);
  const sub = await subscribe(tap, "weather");
  await tap.xpub.send(text("weather", "number 5"), text("sports", "2:0"));
  await sub.receive();
  const [unheard, unasked] = await onlyFindings(tap, ["published-unheard", "topic-unasked"]);
  assert.match(unheard!.text, /^5 publications of "weather" came before the first subscription to it/);
  assert.match(unasked!.text, /^Nobody has subscribed to "sports", of which 2 publications came/);
});

test("Subscribers that come and go, and get what they asked for, are told nothing", async (t) => {
  const tap = await setUp(t);
  const first = await subscribe(tap, "md.", "log");
  const second = await subscribe(tap, "md.a");
  for (let round = 0; round < 5; round++) {
    await tap.xpub.send(text("md.a", "1"), text("md.b", "2"), text("log", "line"));
    await first.receive(3);
    await second.receive();
  }
  await second.close();
  await tap.xpub.receive();
  const third = await subscribe(tap, "md.a.b");
  await tap.xpub.send(text("md.a.b", "3"));
  await third.receive();
  await onlyFindings(tap, []);
});

// zeromq/libzmq#2037: whether messages are lost can be told only by who numbers them.
test("On the command line a sequence is named, all topics are watched, and a file of it is checked", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "traffic.pcapng");
  const xpub = await python.open("XPUB");
  const sequence = ["--sequence", "topic=md.,frame=1,type=json,path=head.seq"];
  const tap = await CliTap.start(await xpub.bind(ANYWHERE), ["--json", "--watch-all", ...sequence, "--write", file]);
  t.after(() => tap.stop());
  assert.deepEqual(await xpub.receive(), [text("\x01")]);
  const numbered = (seq: number): Message => text("md.a", JSON.stringify({ head: { seq } }));
  await xpub.send(...[1, 2, 3, 4, 7, 8, 9].map(numbered), text("log", "line"));
  const seen = await tap.untilMessages(8);
  assert.deepEqual([...new Set(seen.map(({ line }) => line.origin))], ["watch"]);
  const { stdout } = await tap.stop();
  const found = stdout
    .split("\n")
    .filter((line) => line.includes('"type":"finding"'))
    .map((line) => JSON.parse(line) as { id: string });
  assert.deepEqual(
    found.map(({ id }) => id),
    ["sequence-gap"],
  );
  const checked = await runCli(["check", file, "--json", ...sequence]);
  const [gap, ...others] = checked.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; text: string });
  assert.deepEqual([gap!.id, others, checked.code], ["sequence-gap", [], 0]);
  assert.match(gap!.text, /"md\.a", head\.seq in frame 1: 2 numbers are missing, 5 to 6/);
  assert.equal((await runCli(["check", file, "--json"])).stdout, "");
});
