import assert from "node:assert/strict";
import { test } from "node:test";
import { Page, startPublisher, startWebBridge, SUB, SUCCESS } from "../../support/webBridge.ts";
import { until } from "../../support/until.ts";

const A = "AAAAAAAAAAAA4AAA8AAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBB4BBB8BBBBBBBBBBBBBBB";

test("A page of ZmqWebBridge gets each frame of a publication as a message of its own", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const page = await Page.open(t, url);
  assert.deepEqual(await page.connect(A, endpoint, SUB), SUCCESS);
  await subscribed();
  await publisher.send(["topic", '{"funcname":"add","args":[1,2]}']);
  assert.deepEqual(await page.next(), { identity: A, content: "topic" });
  assert.deepEqual(await page.next(), { identity: A, content: '{"funcname":"add","args":[1,2]}' });
});

test("A page that takes frames gets a publication whole, and only topics that it wants", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, SUB, { frames: true, topics: ["b", "c"] });
  await subscribed(2);
  for (const topic of ["a", "b", "c"]) await publisher.send([topic, "body"]);
  assert.deepEqual(await page.next(), { identity: A, content: "body", frames: ["b", "body"] });
  assert.deepEqual(await page.next(), { identity: A, content: "body", frames: ["c", "body"] });
});

test("msgfilter lets messages through that hold its text anywhere", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, SUB, { msgfilter: "needle" });
  await page.connect(B, endpoint, SUB, { msgfilter: "needle", frames: true });
  await subscribed(2);
  await publisher.send("hay");
  await publisher.send(["t", "a needle in hay", "hay"]);
  const got = [await page.next(), await page.next()].sort((one, other) => (one.identity! < other.identity! ? -1 : 1));
  assert.deepEqual(got, [
    { identity: A, content: "a needle in hay" },
    { identity: B, content: "hay", frames: ["t", "a needle in hay", "hay"] },
  ]);
});

test("Topics that the bridge allows are all that a page hears", async (t) => {
  const { url } = await startWebBridge(t, { access: { topics: ["news"] } });
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, SUB);
  assert.match(
    JSON.stringify(await page.connect(B, endpoint, SUB, { topics: ["prices"] })),
    /does not allow the topic/,
  );
  await subscribed();
  await publisher.send("prices 1");
  await publisher.send("news 1");
  assert.deepEqual(await page.next(), { identity: A, content: "news 1" });
});

test("Publications that are no text are told of once, and those that are come through", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, SUB);
  await subscribed();
  for (const body of [Buffer.from([0xff]), Buffer.from([0xfe]), "text"]) await publisher.send(body);
  const failed = await page.next();
  assert.deepEqual([failed.identity, failed.msg_type], [A, "error"]);
  assert.match(failed.content, /no text in UTF-8/);
  assert.deepEqual(await page.next(), { identity: A, content: "text" });
});

test("What a page is too slow for is dropped and counted; another page gets everything", async (t) => {
  const { url, bridge } = await startWebBridge(t, { highWaterMark: 10 });
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const [slow, quick] = [await Page.open(t, url), await Page.open(t, url)];
  await slow.connect(A, endpoint, SUB);
  await quick.connect(B, endpoint, SUB);
  await subscribed(2);
  slow.socket.pause();
  const count = 400;
  const body = "x".repeat(50_000);
  for (let at = 0; at < count; at++) {
    await publisher.send(`${at} ${body}`);
    await quick.next();
  }
  await until(() => bridge().messages + bridge().dropped === 2 * count);
  const { dropped } = bridge();
  assert.ok(dropped > 0 && dropped < count, `${dropped} of ${count} were dropped`);
  slow.socket.resume();
  const got: number[] = [];
  while (got.length < count - dropped) got.push(parseInt((await slow.next()).content));
  assert.deepEqual(got, Array.from(got.keys()), "those that came before the page was full, in order");
});

test("A burst in one turn of the event loop is no reason to drop anything", async (t) => {
  const { url, bridge } = await startWebBridge(t, { highWaterMark: 100 });
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, SUB);
  await subscribed();
  const count = 5_000;
  for (let at = 0; at < count; at++) await publisher.send(String(at));
  for (let at = 0; at < count; at++) assert.equal((await page.next()).content, String(at));
  assert.equal(bridge().dropped, 0);
});
