import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture, type CapturedLink } from "../../../src/proxy/capture/capture.ts";
import type { Talk } from "../../../src/proxy/capture/talk.ts";
import { NO_TALK } from "../../../src/proxy/capture/talk.ts";
import { FileLinks } from "../../../src/proxy/pictures/fileLinks.ts";
import { LatencyBook } from "../../../src/proxy/pictures/latencyBook.ts";
import { OverviewBook } from "../../../src/proxy/pictures/overviewBook.ts";
import { PictureReader } from "../../../src/proxy/pictures/pictureReader.ts";
import { SubscriptionBook } from "../../../src/proxy/pictures/subscriptionBook.ts";
import { TopicTree } from "../../../src/proxy/pictures/topicTree.ts";
import { RowCursor } from "../../../src/proxy/rowCursor.ts";
import { COMMAND_CODES, type CommandCode } from "../../../src/proxy/wire/linkSink.ts";
import { command, MIB, openLink, say, seeded } from "../../support/captures.ts";

/** Books that are filled from a capture's rows. */
function readerOf(capture = new Capture({ maxBytes: 16 * MIB }), isFile = true) {
  const books = {
    overview: new OverviewBook(),
    latency: new LatencyBook(),
    topics: new TopicTree(),
    subscriptions: new SubscriptionBook(),
  };
  const file = new FileLinks(books.subscriptions);
  const told: string[] = [];
  const reader = new PictureReader(capture, books, {
    file: isFile ? file : null,
    onTick: (nowNs) => told.push(`${nowNs}`),
    onSkipped: () => told.push("skipped"),
    onCleared: () => told.push("cleared"),
  });
  const cursor = new RowCursor(capture);
  let next = 1;
  const readOn = (): void => {
    for (; next <= capture.lastN; next++) {
      const segment = capture.store.segmentOfRow(next)!;
      cursor.moveTo(segment, segment.indexOfRow(next));
      reader.row(cursor);
    }
  };
  const overview = () => books.overview.read((ns) => capture.clock.toEpochMs(ns), null, []);
  const topics = (prefix = "") =>
    books.topics.read(prefix, capture.clock.nowNs(), {
      subscribers: (key) => books.subscriptions.covering(key),
      value: String,
      toEpochMs: (ns) => ns,
    }).topics;
  return { ...books, topicTree: books.topics, capture, reader, readOn, overview, topics, told, file };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function subscribe(capture: Capture, link: CapturedLink, topic: string, name: "subscribe" | "unsubscribe"): void {
  const code = COMMAND_CODES.indexOf(name) as CommandCode;
  const word = name === "subscribe" ? "SUBSCRIBE" : "CANCEL";
  command(capture, link, 0, code, Buffer.from(`${String.fromCharCode(word.length)}${word}${topic}`, "latin1"));
}

test("PictureReader counts messages and encrypted frames of a file, by tap and link", () => {
  const { capture, readOn, overview, file } = readerOf();
  const a = openLink(capture, { tap: "a", sockets: { client: "DEALER", server: "ROUTER" } });
  const b = openLink(capture, { tap: "b" });
  say(capture, a, 0, ["one"]);
  say(capture, a, 0, ["three"]);
  say(capture, a, 1, ["x"]);
  const chunk = capture.append(b, 1, Buffer.alloc(10), 0);
  capture.encrypted(b, 1, chunk, 0, 10, 8, 0);
  readOn();
  const { taps } = overview();
  assert.deepEqual(
    taps.map(({ tap, tapName, messages, bytes }) => [tap, tapName, messages.map(sum), bytes.map(sum)]),
    [
      ["id-a", "a", [2, 1], [8, 1]],
      ["id-b", "b", [0, 1], [0, 8]],
    ],
  );
  assert.deepEqual(
    file.read((ns) => ns).map(({ tapName, messages, bytes }) => [tapName, messages, bytes]),
    [
      ["b", [0, 1], [0, 8]],
      ["a", [2, 1], [8, 1]],
    ],
  );
});

test("whatever messages come, the series of a file sum up to them", () => {
  const random = seeded(11);
  const { capture, readOn, overview } = readerOf();
  const links = Array.from({ length: 7 }, (_, at) => openLink(capture, { tap: `tap ${at % 3}` }));
  const count = 3000;
  let bytes = 0;
  for (let n = 0; n < count; n++) {
    const size = random(300);
    bytes += size;
    say(capture, links[random(links.length)]!, random(2) as 0 | 1, [Buffer.alloc(size)]);
    if (random(100) === 0) readOn();
  }
  readOn();
  const { taps } = overview();
  assert.equal(sum(taps.flatMap(({ messages }) => messages.map(sum))), count);
  assert.equal(sum(taps.flatMap((tap) => tap.bytes.map(sum))), bytes);
});

test("PictureReader leaves traffic of a live capture to its counters", () => {
  const { capture, readOn, overview, file } = readerOf(undefined, false);
  say(capture, openLink(capture), 0, ["one"]);
  readOn();
  assert.deepEqual([overview().taps, file.read((ns) => ns)], [[], []]);
});

test("PictureReader has the latency of replies by method, and counts those that are errors", () => {
  const { capture, readOn, latency, overview } = readerOf(undefined, false);
  const talk: Talk = {
    ...NO_TALK,
    said: (n) => ({
      dialect: "json-rpc",
      kind: n === 4 ? "error" : "reply",
      method: n <= 4 ? "add" : "",
      problem: null,
      id: null,
    }),
  };
  capture.talk = talk;
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  for (let exchange = 0; exchange < 3; exchange++) {
    const request = say(capture, link, 0, ["", "q"]);
    const reply = say(capture, link, 1, ["", "r"]);
    capture.paired(request, reply, false);
  }
  const beat = say(capture, link, 0, ["", "ping"]);
  const answer = say(capture, link, 1, ["", "pong"]);
  capture.paired(beat, answer, false);
  capture.heartbeat(answer);
  readOn();
  const { methods, slowest } = latency.read((ns) => ns);
  assert.deepEqual(
    methods.map(({ tapName, method, replies, errors }) => [tapName, method, replies, errors]),
    [
      ["tap", "add", 2, 1],
      ["tap", "", 1, 0],
    ],
  );
  assert.deepEqual(
    slowest.map(({ request, reply }) => reply - request),
    [1, 1, 1],
  );
  const { taps } = overview();
  assert.deepEqual([taps[0]!.tap, taps[0]!.errors], ["id-tap", [1]]);
  assert.equal(taps[0]!.latency.p50.length, 1);
});

test("PictureReader has topics of publications, with whom they are for", () => {
  const { capture, readOn, topics } = readerOf();
  const sockets = { client: "SUB", server: "PUB" } as const;
  const [one, two] = [openLink(capture, { sockets }), openLink(capture, { sockets })];
  subscribe(capture, one, "plant/", "subscribe");
  subscribe(capture, two, "", "subscribe");
  subscribe(capture, two, "gone", "subscribe");
  subscribe(capture, two, "gone", "unsubscribe");
  const first = say(capture, one, 1, ["plant/a", "value"]);
  capture.copied(first, say(capture, two, 1, ["plant/a", "value"]), 2, 2);
  say(capture, two, 1, ["weather 21"]);
  say(capture, two, 1, [Buffer.alloc(70_000, "x")]);
  say(capture, openLink(capture, { sockets: { client: "DEALER", server: "ROUTER" } }), 1, ["plant/a", "no topic"]);
  readOn();
  assert.deepEqual(
    topics().map(({ topic, messages, bytes, subscribers }) => [topic, messages, bytes, subscribers]),
    [
      ["plant/", 1, 12, 2],
      ["weather", 1, 10, 1],
      ["", 1, 70_000, 1],
    ],
  );
  assert.deepEqual(
    topics("plant/").map(({ topic, lastN }) => [topic, lastN]),
    [["plant/a", first]],
  );
});

test("PictureReader counts what only the tap's own subscriber gets, and not that subscriber", () => {
  const { capture, readOn, topics } = readerOf();
  const sockets = { client: "SUB", server: "PUB" } as const;
  const [program, own] = [openLink(capture, { sockets }), openLink(capture, { sockets })];
  const [subscribed, watch] = [COMMAND_CODES.indexOf("subscribe") as CommandCode, 4] as const;
  subscribe(capture, program, "asked", "subscribe");
  command(capture, own, 0, subscribed, Buffer.from("\u0009SUBSCRIBE"), watch);
  say(capture, program, 1, ["asked", "value"]);
  say(capture, own, 1, ["asked", "value"], watch);
  say(capture, own, 1, ["unasked", "value"], watch);
  readOn();
  assert.deepEqual(
    topics().map(({ topic, messages, subscribers }) => [topic, messages, subscribers]),
    [
      ["asked", 1, 1],
      ["unasked", 1, 0],
    ],
  );
});

test("PictureReader marks events that are problems, and follows links of a file to their ends", () => {
  const { capture, readOn, overview, file, subscriptions } = readerOf();
  const link = openLink(capture, { sockets: { client: "SUB", server: "PUB" } });
  const verdict = { id: "refused", sentence: "It was refused." };
  capture.event(link, "id-tap", "tap", "link-opened", { client: "127.0.0.1:40001", server: "127.0.0.1:5556" });
  capture.event(link, "id-tap", "tap", "handshake", { state: "done", version: "3.1", verdict: null });
  subscribe(capture, link, "a", "subscribe");
  capture.event(link, "id-tap", "tap", "fault", { code: "bad-length", message: "A frame is too long." });
  capture.event(link, "id-tap", "tap", "link-closed", { by: "client", reset: true, messages: 0 });
  capture.event(null, "id-tap", "tap", "server-down", { state: "down", reason: "Nothing listens." });
  capture.event(null, "id-tap", "tap", "server-down", { state: "back", reason: "" });
  capture.event(null, "id-tap", "tap", "refused", { what: "a page", reason: "no token" });
  const other = openLink(capture);
  capture.event(other, "id-tap", "tap", "handshake", { state: "failed", version: "3.0", verdict });
  const error = COMMAND_CODES.indexOf("error-command") as CommandCode;
  command(capture, other, 1, error, Buffer.from("\u0005ERROR\u0003bad", "latin1"));
  readOn();
  const { marks, taps } = overview();
  assert.deepEqual(
    marks.map(({ severity, text }) => `${severity}: ${text}`),
    [
      "error: A frame is too long.",
      "error: the server is down: Nothing listens.",
      "warning: a page refused: no token",
      "error: handshake failed: It was refused.",
      "error: error bad, sent by the server",
    ],
  );
  assert.deepEqual(sum(taps[0]!.errors), 5);
  const [second, first] = file.read((ns) => ns);
  assert.deepEqual(
    [first!.verdict, first!.isProblem, first!.version, first!.closedBy, first!.subscriptions, first!.subscriptionCount],
    ["cannot be read", true, "3.1", "client, reset", ["a"], 1],
  );
  assert.notEqual(first!.closedMs, null);
  assert.deepEqual([second!.verdict, second!.isProblem, second!.closedMs], ["refused", true, null]);
  assert.equal(subscriptions.covering("a"), 0);
});

test("PictureReader tells of rows that were left out, and begins anew when the capture is cleared", () => {
  const { capture, reader, readOn, told, overview, topics, topicTree } = readerOf();
  say(capture, openLink(capture, { sockets: { client: "SUB", server: "PUB" } }), 1, ["t", "x"]);
  readOn();
  reader.tick(7);
  reader.skipped(capture.lastN + 5);
  assert.equal(topicTree.uncounted, 4);
  reader.cleared();
  assert.deepEqual(told, ["7", "skipped", "cleared"]);
  assert.deepEqual([overview().buckets, topics()], [0, []]);
});
