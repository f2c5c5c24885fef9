import assert from "node:assert/strict";
import { test } from "node:test";
import * as zmq from "zeromq";
import { freePort } from "../../../scripts/tasks/freePort.ts";
import { Page, REQ, rules, startRouter, startWebBridge, SUB, SUCCESS } from "../../support/webBridge.ts";
import { until } from "../../support/until.ts";

const A = "AAAAAAAAAAAA4AAA8AAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBB4BBB8BBBBBBBBBBBBBBB";

test("A page's REQ reaches a back end as [identity][][content], and gets the last frame of the reply", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = await startRouter(t, (content) => ["first", `re: ${content}`]);
  const page = await Page.open(t, url);
  assert.deepEqual(await page.connect(A, backEnd.endpoint, REQ), SUCCESS);
  assert.equal(await page.ask(A, "hellö"), "re: hellö");
  assert.deepEqual(backEnd.asked[0]!.frames.map(String), [A, "", "hellö"]);
  assert.deepEqual(page.messages[1], { identity: A, content: "re: hellö" });
});

test("A page that takes frames gets all of a reply", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = await startRouter(t, () => ["first", "", "last"]);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ, { frames: true });
  page.send(A, "hello");
  assert.deepEqual(await page.next(), { identity: A, content: "last", frames: ["first", "", "last"] });
});

test("Requests of one socket go out in turn, and those of another one do not wait for them", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = await startRouter(t);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  await page.connect(B, backEnd.endpoint, REQ);
  page.send(A, "one");
  page.send(A, "two");
  const one = await backEnd.next(1);
  page.send(B, "other");
  const other = await backEnd.next(2);
  assert.equal(String(other.frames.at(-1)), "other");
  await other.answer("re: other");
  assert.deepEqual(await page.next(), { identity: B, content: "re: other" });
  await one.answer("re: one");
  assert.deepEqual(await page.next(), { identity: A, content: "re: one" });
  await (await backEnd.next(3)).answer("re: two");
  assert.deepEqual(await page.next(), { identity: A, content: "re: two" });
});

test("A request without a reply in time fails alone, and what comes late answers nothing", async (t) => {
  const { url, bridge } = await startWebBridge(t, { timeoutMs: 150 });
  const backEnd = await startRouter(t);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  page.send(A, "never");
  page.send(A, "then");
  const never = await backEnd.next(1);
  const failed = await page.next();
  assert.deepEqual([failed.identity, failed.msg_type], [A, "error"]);
  assert.deepEqual(JSON.parse(failed.content), { status: "error", error_msg: "There was no reply within 0.15 s." });
  await never.answer("too late");
  await (await backEnd.next(2)).answer("re: then");
  assert.deepEqual(await page.next(), { identity: A, content: "re: then" });
  assert.equal(bridge().timedOut, 1);
});

test("A request to a server that is down waits for it", async (t) => {
  const { url, rows, until: untilEngine } = await startWebBridge(t);
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, REQ);
  page.send(A, "hello");
  await untilEngine(() => rows().some(({ kind }) => kind === "message"));
  await startRouter(t, (content) => [`re: ${content}`], endpoint);
  assert.deepEqual(await page.next(), { identity: A, content: "re: hello" });
});

test("A reply that is no text in UTF-8 is an error of that request", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = await startRouter(t, (content) => (content === "binary" ? [Buffer.from([0xff, 0xfe])] : [content]));
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  assert.match(await page.ask(A, "binary"), /no text in UTF-8/);
  assert.equal(await page.ask(A, "text"), "text");
});

test("A reply without an envelope is an error, and the next one is read as ever", async (t) => {
  const { url } = await startWebBridge(t);
  const backEnd = new zmq.Router({ linger: 0 });
  t.after(() => backEnd.close());
  await backEnd.bind("tcp://127.0.0.1:*");
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.lastEndpoint!, REQ);
  page.send(A, "one");
  const [first] = await backEnd.receive();
  await backEnd.send([first!, "no envelope"]);
  assert.match((await page.next()).content, /The reply has no envelope/);
  page.send(A, "two");
  const [second] = await backEnd.receive();
  await backEnd.send([second!, A, "", "re: two"]);
  assert.equal((await page.next()).content, "re: two");
});

test("An endpoint that zeromq refuses to connect to is a refused connect", async (t) => {
  const { url, bridge } = await startWebBridge(t, { access: { endpoints: rules("ipc:///tmp/*") } });
  const page = await Page.open(t, url);
  const tooLong = `ipc:///tmp/${"a".repeat(200)}`;
  for (const type of [REQ, SUB]) {
    assert.match(JSON.stringify(await page.connect(A, tooLong, type)), /cannot be connected to: .*too long/i);
  }
  assert.deepEqual([bridge().sockets, bridge().refused], [0, 2]);
});

test("A function that is not allowed is refused in its turn, and never sent", async (t) => {
  const { url, rows } = await startWebBridge(t, { access: { functions: ["add"] } });
  const backEnd = await startRouter(t);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  page.send(A, '{"funcname":"add","args":[1,2]}');
  page.send(A, '{"funcname":"stop","args":[]}');
  await (await backEnd.next(1)).answer('{"returnval":3}');
  assert.equal((await page.next()).content, '{"returnval":3}');
  const refused = JSON.parse((await page.next()).content) as unknown;
  assert.deepEqual(refused, { status: "error", error_msg: "unauthorized access" });
  assert.equal(backEnd.asked.length, 1);
  assert.match(rows().find(({ event }) => event === "refused")!.preview, /^call refused: unauthorized access \(127/);
});

test("A page whose REQ is full is not read until there is room, and loses nothing", async (t) => {
  const { url } = await startWebBridge(t, { highWaterMark: 3 });
  const backEnd = await startRouter(t);
  const page = await Page.open(t, url);
  await page.connect(A, backEnd.endpoint, REQ);
  const filler = "x".repeat(100_000);
  const count = 100;
  for (let at = 0; at < count; at++) page.send(A, `${at} ${filler}`);
  const first = await backEnd.next(1);
  // 10 MB are more than the kernel takes for a reader that has stopped.
  const { socket } = page;
  let before = -1;
  await until(() => {
    const isStill = socket.bufferedAmount === before;
    before = socket.bufferedAmount;
    return isStill;
  });
  assert.ok(socket.bufferedAmount > 0);
  await first.answer("0");
  for (let at = 1; at < count; at++) await (await backEnd.next(at + 1)).answer(String(at));
  for (let at = 0; at < count; at++) assert.equal((await page.next()).content, String(at));
  assert.equal(socket.bufferedAmount, 0);
});
