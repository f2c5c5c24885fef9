import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Page,
  REQ,
  rules,
  startPublisher,
  startRouter,
  startWebBridge,
  SUB,
  SUCCESS,
} from "../../support/webBridge.ts";
import { random } from "../../support/random.ts";
import { until } from "../../support/until.ts";

const A = "AAAAAAAAAAAA4AAA8AAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBB4BBB8BBBBBBBBBBBBBBB";

const problemOf = (content: string): string => (JSON.parse(content) as { error_msg: string }).error_msg;

test("A refused connect is answered with status error that says why, is a row of the log, and is counted", async (t) => {
  const { url, bridge, rows } = await startWebBridge(t, {
    access: { endpoints: [{ types: ["REQ"], pattern: "tcp://127.0.0.1:1" }] },
  });
  const page = await Page.open(t, url);
  page.send(A, JSON.stringify({ zmq_conn_string: "tcp://10.1.2.3:5", socket_type: REQ }), "connect");
  const { identity, msg_type: type, content } = await page.next();
  assert.deepEqual([identity, type], [A, "connection_reply"]);
  assert.deepEqual(JSON.parse(content), {
    status: "error",
    error_msg: "The web bridge does not allow REQ on tcp://10.1.2.3:5.",
  });
  assert.match(JSON.stringify(await page.connect(A, "tcp://127.0.0.1:1", SUB)), /does not allow SUB/);
  assert.equal(bridge().refused, 2);
  const [row] = rows().filter(({ event }) => event === "refused");
  assert.match(
    row!.preview,
    /^connect refused: The web bridge does not allow REQ on tcp:\/\/10\.1\.2\.3:5\. \(127\.0\.0\.1:\d+\)$/,
  );
  assert.deepEqual([row!.tapName, row!.isProblem], ["pages", true]);
});

test("What is malformed is an error to that page only, while the turn of others goes on", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = await startRouter(t);
  const [bad, good] = [await Page.open(t, url), await Page.open(t, url)];
  await good.connect(B, backEnd.endpoint, REQ);
  good.send(B, "under way");
  const asked = await backEnd.next(1);
  const wrong: readonly (readonly [string | Buffer, RegExp])[] = [
    ["no JSON", /no JSON object/],
    [Buffer.from("{}"), /Binary messages are not understood/],
    [JSON.stringify({ identity: A, msg_type: "user", content: "hello" }), /No socket of this identity is connected/],
    [JSON.stringify({ identity: A, msg_type: "user", content: 5 }), /content must be a text/],
    [JSON.stringify({ identity: A, msg_type: "connect", content: "{" }), /JSON object in a text/],
    [JSON.stringify({ msg_type: "connect", content: "{}" }), /identity must be a text/],
  ];
  for (const [text, problem] of wrong) {
    bad.socket.send(text);
    assert.match(problemOf((await bad.next()).content), problem);
  }
  for (const endpoint of [
    "nonsense",
    "tcp://",
    "tcp://127.0.0.1:x",
    "tcp://[::1:5",
    "ipc://",
    "\0",
    "tcp://127.0.0.1:5/\0",
  ]) {
    const answer = (await bad.connect(A, endpoint, REQ)) as { status: string };
    assert.equal(answer.status, "error", endpoint);
  }
  assert.deepEqual(await bad.connect(A, backEnd.endpoint, REQ), SUCCESS);
  await asked.answer("done");
  assert.deepEqual(await good.next(), { identity: B, content: "done" });
});

test("A page that goes away takes its sockets with it, and no request of others", async (t) => {
  const { url, bridge } = await startWebBridge(t);
  const backEnd = await startRouter(t);
  const { endpoint } = await startPublisher(t);
  const [gone, stays] = [await Page.open(t, url), await Page.open(t, url)];
  await gone.connect(A, backEnd.endpoint, REQ);
  await gone.connect(B, endpoint, SUB);
  await stays.connect(A, backEnd.endpoint, REQ);
  gone.send(A, "lost");
  gone.send(A, "waits");
  const lost = await backEnd.next(1);
  stays.send(A, "kept");
  const kept = await backEnd.next(2);
  assert.deepEqual([bridge().browsers, bridge().sockets], [2, 3]);
  gone.socket.terminate();
  await until(() => bridge().sockets === 1 && bridge().browsers === 1);
  await lost.answer("to nobody");
  await kept.answer("to the one that stays");
  assert.deepEqual(await stays.next(), { identity: A, content: "to the one that stays" });
  assert.equal(backEnd.asked.length, 2);
});

test("An identity has one socket on a page until it is disconnected", async (t) => {
  const { url, bridge } = await startWebBridge(t);
  const backEnd = await startRouter(t, () => ["fine"]);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  assert.match(JSON.stringify(await page.connect(A, backEnd.endpoint, REQ)), /has a socket already/);
  assert.equal(await page.ask(A, "hello"), "fine");
  page.send(A, "", "disconnect");
  page.send(A, "", "disconnect");
  assert.deepEqual(await page.connect(A, backEnd.endpoint, REQ), SUCCESS);
  assert.equal(bridge().sockets, 1);
});

test("A page has at most 64 sockets, and a SUB sends nothing", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint } = await startPublisher(t);
  const page = await Page.open(t, url);
  for (let at = 0; at < 64; at++) assert.deepEqual(await page.connect(`socket ${at}`, endpoint, SUB), SUCCESS);
  assert.match(JSON.stringify(await page.connect("one more", endpoint, SUB)), /at most 64 sockets/);
  page.send("socket 0", "hello");
  assert.match((await page.next()).content, /A SUB sends nothing/);
});

test("A message above the limit ends that page's connection only", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = await startRouter(t, () => ["fine"]);
  const [big, other] = [await Page.open(t, url), await Page.open(t, url)];
  await other.connect(A, backEnd.endpoint, REQ);
  big.send(A, "x".repeat(4 * 1024 * 1024));
  assert.equal((await big.closed).code, 1009);
  assert.equal(await other.ask(A, "hello"), "fine");
});

test("A page that sends requests and reads no replies is cut off", async (t) => {
  const { url, bridge } = await startWebBridge(t);
  const backEnd = await startRouter(t, () => ["x".repeat(1_000_000)]);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  page.socket.pause();
  for (let at = 0; at < 60; at++) page.send(A, "more");
  await until(() => bridge().browsers === 0);
  assert.ok(backEnd.asked.length < 60);
});

test("Random messages and odd endpoints harm nobody else", async (t) => {
  const { url, bugs } = await startWebBridge(t, {
    access: { endpoints: rules("tcp://*:*", "REP=tcp://127.0.0.1:*", "ipc:///tmp/*"), functions: ["echo"] },
  });
  const backEnd = await startRouter(t, () => ["fine"]);
  const [wild, good] = [await Page.open(t, url), await Page.open(t, url)];
  await good.connect(A, backEnd.endpoint, REQ);
  const below = random(7);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const identities = [A, B, "", "x", 5, null, "\u0000", "ä".repeat(200)];
  const endpoints = [
    ...[backEnd.endpoint, "tcp://*:1", "tcp://lo:1", "tcp://127.0.0.1:0", "tcp://[::1]:1", "tcp://[fe80::1%lo]:1"],
    ...[
      "tcp://256.1.1.1:1",
      "tcp://127.1:1",
      "ipc:///tmp/",
      "ipc:///tmp/\u0000x",
      "ipc:///tmp/..",
      "tcp://a b:1",
      7,
      null,
    ],
  ];
  const count = 3_000;
  for (let at = 0; at < count; at++) {
    const wish = {
      zmq_conn_string: pick(endpoints),
      socket_type: pick([2, 3, 4, 5, "3", null]),
      msgfilter: pick(["", "a", null, 5]),
      topics: pick([[], [""], "x", undefined]),
      frames: pick([true, false, undefined]),
    };
    const contents = [JSON.stringify(wish), "{}", "", 5, '["h","","r"]', '{"funcname":"echo"}', "[".repeat(5_000)];
    const envelope = {
      identity: pick(identities),
      msg_type: pick(["connect", "disconnect", "user", 5]),
      content: pick(contents),
    };
    const text = JSON.stringify(envelope);
    wild.socket.send(below(20) === 0 ? text.slice(0, below(text.length)) : text);
    if (at % 500 === 0) assert.equal(await good.ask(A, '{"funcname":"echo"}'), "fine");
  }
  wild.send("last one", "hello");
  while ((await wild.next()).identity !== "last one");
  assert.equal(await good.ask(A, '{"funcname":"echo"}'), "fine");
  assert.deepEqual(bugs, []);
});
