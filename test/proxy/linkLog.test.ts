import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { newCapturing } from "../../src/proxy/capturing.ts";
import { toDetail } from "../../src/proxy/details.ts";
import { FanOut } from "../../src/proxy/fanOut.ts";
import { LinkLog } from "../../src/proxy/linkLog.ts";
import { Repeats, type FoldedFailures } from "../../src/proxy/repeats.ts";
import { toRow } from "../../src/proxy/rows.ts";
import { encodeCommand, encodeGreeting, encodeMessage, encodeReady } from "../../src/proxy/wire/writer.ts";
import type { Origin, SocketType } from "../../src/shared/model.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A tap whose links are opened by hand. */
function tapOf(t: TestContext, capture = new Capture({ maxBytes: 16 * 1024 * 1024 })) {
  const counters = { messages: 0, bytes: 0, passedBy: 0 };
  const capturing = newCapturing(true);
  const bugs: unknown[] = [];
  const logs: LinkLog[] = [];
  const folded: FoldedFailures[] = [];
  const repeats = new Repeats(
    (failures) => folded.push(failures),
    () => undefined,
  );
  t.after(() => repeats.end());
  const services = {
    capture,
    counters,
    capturing,
    repeats,
    neighbours: () => logs.flatMap(({ place }) => place ?? []),
    fanOut: new FanOut(capture),
    onHello: () => undefined,
    onGrew: () => undefined,
    onBug: (error: unknown) => bugs.push(error),
  };
  const open = (origin: Origin = "wire"): LinkLog => {
    const number = logs.length + 1;
    const addresses = { client: `127.0.0.1:${number}`, server: "127.0.0.1:5556" };
    const log = new LinkLog(
      { number, origin, addresses, sockets: undefined, security: null },
      { id: "tap", name: "orders" },
      services,
    );
    logs.push(log);
    t.after(() => log.closed({ by: "tap", reset: false, bytesLost: 0 }));
    return log;
  };
  const rows = () => Array.from({ length: capture.lastN }, (_, at) => toRow(capture, at + 1)!);
  const events = () => rows().map(({ link, event }) => `${link} ${event}`);
  return { open, folded, capture, counters, capturing, bugs, rows, events };
}

function logOf(t: TestContext, capture?: Capture) {
  const tap = tapOf(t, capture);
  return { log: tap.open(), ...tap };
}

function shakeHands(log: LinkLog, client: SocketType = "REQ", server: SocketType = "REP"): void {
  log.received(0, encodeGreeting("NULL"));
  log.received(1, encodeGreeting("NULL"));
  log.received(0, encodeReady(client, bytes("gui")));
  log.received(1, encodeReady(server));
}

/** What a client with the wrong server key does. */
function failOver(log: LinkLog): void {
  log.received(0, encodeGreeting("CURVE"));
  log.received(1, encodeGreeting("CURVE"));
  log.received(0, encodeCommand("HELLO", new Uint8Array(194)));
  log.closed({ by: "server", reset: false, bytesLost: 0 });
}

test("LinkLog writes down events, messages and pairs", (t) => {
  const { log, capture, counters, rows } = logOf(t);
  shakeHands(log);
  log.received(0, encodeMessage([bytes(""), bytes("q")]));
  log.injected(1, encodeMessage([bytes(""), bytes("a")]), "replay");
  log.closed({ by: "client", reset: true, bytesLost: 3 });
  assert.deepEqual(
    rows().map(({ event, origin, exchange }) => event ?? `${origin} ${exchange}`),
    ["link-opened", "handshake", "wire answered", "replay reply", "link-closed"],
  );
  assert.deepEqual(log.firstRows, [3, 4]);
  assert.equal(counters.messages, 2);
  assert.match(rows()[4]?.preview ?? "", /by the client, connection reset, after 2 messages; 3 octets/);
  assert.equal(rows()[2]?.peer, "127.0.0.1:1 (gui)");
  assert.deepEqual(toDetail(capture, 3)?.link, [
    { label: "Sent by", value: "the programs themselves" },
    { label: "Number", value: "1" },
    { label: "Client", value: "127.0.0.1:1, REQ, identity gui" },
    { label: "Server", value: "127.0.0.1:5556, REP" },
    { label: "Protocol", value: "ZMTP 3.1" },
    { label: "Security", value: "NULL" },
    {
      label: "Handshake",
      value: "client: greeting 3.1 NULL, server: greeting 3.1 NULL, client: READY, server: READY",
    },
  ]);
});

test("LinkLog keeps what both sides said before their traffic, also in the records of later segments", (t) => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024, segmentBytes: 64 * 1024 });
  const { log } = logOf(t, capture);
  log.received(0, encodeGreeting("NULL"));
  log.received(1, encodeGreeting("NULL"));
  const ready = encodeReady("PUSH");
  const first = encodeMessage([bytes("first")]);
  log.received(0, Buffer.concat([ready, first]));
  log.received(1, encodeReady("PULL"));
  const { preamble } = capture.row(1)!.link!;
  const said = [
    Buffer.concat([encodeGreeting("NULL"), ready]),
    Buffer.concat([encodeGreeting("NULL"), encodeReady("PULL")]),
  ];
  const asHex = said.map((octets) => octets.toString("hex"));
  assert.deepEqual(preamble.toHex(), asHex);
  for (let round = 0; round < 4; round++) log.received(0, encodeMessage([new Uint8Array(40_000)]));
  const section = Buffer.from(capture.borrowSections().at(-1)!).toString("latin1");
  assert.equal(section.includes(`"preamble":${JSON.stringify(asHex)}`), true);
});

test("LinkLog knows where an injection may stand", (t) => {
  const { log } = logOf(t);
  assert.equal(log.gapIn(0, bytes("")), -1);
  shakeHands(log);
  assert.equal(log.gapIn(0, bytes("")), 0);
});

test("LinkLog keeps a failure of its own away from traffic, and says so once", (t) => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const { log, bugs, rows } = logOf(t, capture);
  capture.append = () => {
    throw new Error("broken");
  };
  log.received(0, bytes("x"));
  log.received(0, bytes("x"));
  assert.equal(bugs.length, 1);
  assert.equal(log.gapIn(0, bytes("")), -1);
  assert.match(rows().at(-1)?.preview ?? "", /unseen/);
});

test("LinkLog records a handshake that stands still, says why in the link's facts, and records its end", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { log, rows, capture } = logOf(t);
  log.received(0, encodeGreeting("NULL").subarray(0, 10));
  t.mock.timers.tick(1_500);
  assert.equal(log.verdict, null);
  log.received(1, encodeGreeting("NULL"));
  t.mock.timers.tick(1_999);
  assert.equal(rows().length, 1);
  t.mock.timers.tick(1);
  assert.match(rows().at(-1)?.preview ?? "", /stands still: Nothing follows the greetings: the client hangs/);
  assert.match(JSON.stringify(log.verdict), /"silence-after-greetings"/);
  const facts = toDetail(capture, 2)!.link.map(({ label }) => label);
  assert.deepEqual(facts.slice(-3), ["Verdict", "What to do", "Client tries again"]);
  log.received(0, new Uint8Array(0));
  t.mock.timers.tick(2_000);
  assert.equal(rows().length, 2);
  log.closed({ by: "client", reset: false, bytesLost: 0 });
  assert.deepEqual(
    rows().map(({ event, preview }) => `${event}: ${preview.slice(0, 17)}`),
    [
      "link-opened: link opened from ",
      "handshake: handshake stands ",
      "handshake: handshake failed:",
      "link-closed: link closed by th",
    ],
  );
});

test("LinkLog tells the first of many failures in full, and counts the others", (t) => {
  const { open, folded, events } = tapOf(t);
  for (let attempt = 0; attempt < 12; attempt++) failOver(open());
  assert.deepEqual(events(), ["1 link-opened", "1 handshake", "1 link-closed"]);
  const through = open();
  shakeHands(through);
  assert.deepEqual(events().slice(3), ["13 link-opened", "13 handshake"]);
  assert.deepEqual(
    folded.map(({ count, links }) => [count, links]),
    [[12, [1, 12]]],
  );
});

test("LinkLog closes in full what it opened in full, when its failure is counted", (t) => {
  const { open, events } = tapOf(t);
  const [one, two] = [open(), open()];
  failOver(one);
  failOver(two);
  assert.deepEqual(events(), ["1 link-opened", "2 link-opened", "1 handshake", "1 link-closed", "2 link-closed"]);
});

test("LinkLog tells a link of a failing client in full when it ends in another way", (t) => {
  const { open, events } = tapOf(t);
  failOver(open());
  const other = open();
  other.received(0, encodeGreeting("CURVE"));
  other.closed({ by: "client", reset: false, bytesLost: 0 });
  assert.deepEqual(events().slice(3), ["2 link-opened", "2 handshake", "2 link-closed"]);
});

test("LinkLog tells all of a failing client's link once it brings messages", (t) => {
  const { open, rows } = tapOf(t);
  failOver(open());
  const old = open();
  // Peers of ZMTP 2.0 send before the other's identity has come.
  old.received(0, Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 8, 0, 0));
  old.received(1, Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 7));
  old.received(0, encodeMessage([bytes("early")]));
  assert.deepEqual(
    rows()
      .slice(3)
      .map(({ kind, event }) => event ?? kind),
    ["link-opened", "message"],
  );
});

test("LinkLog counts a link that stands still like others before, and tells it in full when it gets through", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { open, events } = tapOf(t);
  const wait = (): LinkLog => {
    const log = open();
    log.received(0, encodeGreeting("NULL").subarray(0, 10));
    t.mock.timers.tick(2_000);
    return log;
  };
  wait();
  assert.deepEqual(events(), ["1 link-opened", "1 handshake"]);
  const second = wait();
  wait().closed({ by: "client", reset: false, bytesLost: 0 });
  assert.equal(events().length, 2);
  second.received(0, encodeGreeting("NULL").subarray(10));
  second.received(1, encodeGreeting("NULL"));
  second.received(0, encodeReady("REQ"));
  second.received(1, encodeReady("REP"));
  assert.deepEqual(events().slice(2), ["2 link-opened", "2 handshake"]);
});

test("LinkLog never counts what the user sent", (t) => {
  const { open, events } = tapOf(t);
  failOver(open());
  failOver(open("call"));
  assert.deepEqual(events().slice(3), ["2 link-opened", "2 handshake", "2 link-closed"]);
});

test("LinkLog knows an identity that another open link has, and says so", (t) => {
  const { open, rows } = tapOf(t);
  const [one, two] = [open(), open()];
  shakeHands(one, "DEALER", "ROUTER");
  shakeHands(two, "DEALER", "ROUTER");
  assert.equal(one.verdict, null);
  assert.equal(two.verdict?.id, "identity-in-use");
  assert.match(rows().at(-1)?.preview ?? "", /ZMTP 3\.1, NULL: The ROUTER has a peer with the identity gui already/);
});

test("LinkLog stores the verdict as it is printed", (t) => {
  const { open, capture } = tapOf(t);
  failOver(open());
  const { verdict } = capture.row(2)!.detail as { verdict: Record<string, unknown> };
  assert.deepEqual(Object.keys(verdict).sort(), [
    "advice",
    "candidates",
    "certain",
    "id",
    "leg",
    "probe",
    "retries",
    "sentence",
  ]);
  assert.deepEqual([verdict["id"], verdict["certain"], verdict["retries"]], ["wrong-server-key", true, "yes"]);
});

/** A request and its reply, as REQ and REP send them. */
const asked = (words: string): Uint8Array => encodeMessage([bytes(""), bytes(words)]);
const words = (rows: readonly { event: string | null; preview: string }[]): string[] =>
  rows.map(({ event, preview }) => event ?? preview);

test("LinkLog leaves out whole messages while capturing is off, however they are cut, and counts them", (t) => {
  const traffic = [asked("one"), asked("two"), asked("three"), asked("four")];
  const [, two, three] = traffic as [Uint8Array, Uint8Array, Uint8Array];
  for (let cut = 0; cut <= two.length; cut++) {
    for (let back = 0; back <= three.length; back++) {
      const { log, capture, counters, capturing, rows, bugs } = logOf(t);
      shakeHands(log, "PUSH", "PULL");
      const all = Buffer.concat(traffic);
      const off = traffic[0]!.length + cut;
      const on = off + two.length - cut + back;
      log.received(0, all.subarray(0, off));
      capturing.isOn = false;
      log.received(0, all.subarray(off, on));
      capturing.isOn = true;
      log.received(0, all.subarray(on));
      // The message under way when it was stopped is captured, the one under way when it was started is not.
      const left = [...(cut === 0 ? ["two"] : []), ...(back === 0 ? [] : ["three"])];
      const kept = ["one", "two", "three", "four"].filter((word) => !left.includes(word));
      assert.deepEqual(words(rows()).slice(2), kept, `${cut} ${back}`);
      assert.deepEqual([counters.messages, counters.passedBy, capturing.messages], [4, left.length, left.length]);
      assert.equal(counters.bytes, log.octets[0] + log.octets[1]);
      assert.deepEqual(bugs, []);
      const stored = toDetail(capture, capture.lastN)!;
      assert.equal(stored.frames.length, 2);
    }
  }
});

test("LinkLog tells nothing of a link that comes and goes while capturing is off, but knows it when it is on again", (t) => {
  const { open, capturing, rows, counters } = tapOf(t);
  capturing.isOn = false;
  const gone = open();
  shakeHands(gone);
  gone.received(0, asked("unseen"));
  gone.closed({ by: "client", reset: false, bytesLost: 0 });
  const stays = open();
  shakeHands(stays, "SUB", "PUB");
  stays.received(0, encodeCommand("SUBSCRIBE", bytes("a")));
  assert.deepEqual([rows().length, counters.messages, counters.passedBy], [0, 1, 1]);
  assert.equal(stays.reader.subscriptions(5).count, 1);
  capturing.isOn = true;
  stays.received(1, encodeMessage([bytes("a1")]));
  stays.received(0, encodeCommand("SUBSCRIBE", bytes("b")));
  stays.closed({ by: "client", reset: false, bytesLost: 0 });
  assert.deepEqual(words(rows()), ["a1", "subscribe", "link-closed"]);
  assert.deepEqual(rows()[0]?.sockets, { client: "SUB", server: "PUB" });
});

test("LinkLog says of nobody that he waits, or was not asked, whose partner passed by", (t) => {
  const { log, capturing, rows } = logOf(t);
  shakeHands(log);
  log.received(0, asked("q1"));
  assert.equal(rows()[2]?.exchange, "pending");
  capturing.isOn = false;
  log.received(1, asked("a1"));
  log.received(0, asked("q2"));
  capturing.isOn = true;
  log.received(1, asked("a2"));
  log.received(0, asked("q3"));
  log.received(1, asked("a3"));
  assert.deepEqual(
    rows()
      .slice(2)
      .map(({ preview, exchange }) => `${preview} ${exchange}`),
    ["q1 none", "a2 none", "q3 answered", "a3 reply"],
  );
  assert.equal(log.reader.pending, 0);
});

test("LinkLog stops at once where messages cannot be told apart, and counts frames by their beginning", (t) => {
  const { log, capturing, counters, rows } = logOf(t);
  log.received(0, encodeGreeting("CURVE"));
  log.received(1, encodeGreeting("CURVE"));
  for (const [from, name, size] of [
    [0, "HELLO", 194],
    [1, "WELCOME", 160],
    [0, "INITIATE", 300],
    [1, "READY", 50],
  ] as const) {
    log.received(from, encodeCommand(name, new Uint8Array(size)));
  }
  const box = encodeCommand("MESSAGE", new Uint8Array(40));
  log.received(0, box);
  capturing.isOn = false;
  log.received(0, box);
  log.received(0, box.subarray(0, 10));
  capturing.isOn = true;
  log.received(0, box.subarray(10));
  log.received(0, box);
  assert.deepEqual([counters.messages, counters.passedBy], [4, 2]);
  assert.equal(rows().filter(({ kind }) => kind === "encrypted").length, 2);
});

test("LinkLog records, for whoever goes on behind a segment's end, where what is captured ends", (t) => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024, segmentBytes: 64 * 1024 });
  const tap = tapOf(t, capture);
  const log = tap.open();
  const other = tap.open();
  shakeHands(log, "PUSH", "PULL");
  shakeHands(other, "PUSH", "PULL");
  tap.capturing.isOn = false;
  // In the middle of a message that passes by.
  log.received(0, encodeMessage([new Uint8Array(1000)]).subarray(0, 300));
  tap.capturing.isOn = true;
  for (let round = 0; round < 4; round++) other.received(0, encodeMessage([new Uint8Array(40_000)]));
  const section = Buffer.from(capture.borrowSections().at(-1)!).toString("latin1");
  assert.match(section, /"positions":\[{"insideMessage":false,"octetsToNextHeader":0,"headerHex":"","more":false}/);
  assert.equal(section.includes('"octetsToNextHeader":7'), false);
});
