import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as zmq from "zeromq";
import { freePort } from "../../../scripts/tasks/freePort.ts";
import { Page, REP, startWebBridge, SUCCESS } from "../../support/webBridge.ts";

const A = "AAAAAAAAAAAA4AAA8AAAAAAAAAAAAAAA";
const B = "BBBBBBBBBBBB4BBB8BBBBBBBBBBBBBBB";

async function freeEndpoint(): Promise<string> {
  return `tcp://127.0.0.1:${await freePort()}`;
}

function caller(t: TestContext, endpoint: string): zmq.Request {
  const request = new zmq.Request({ linger: 0, correlate: true });
  t.after(() => request.close());
  request.connect(endpoint);
  return request;
}

async function call(request: zmq.Request, ...frames: string[]): Promise<string[]> {
  await request.send(frames);
  return (await request.receive()).map(String);
}

async function answerNext(page: Page, reply: (payload: string) => string): Promise<void> {
  const { identity, content } = await page.next();
  const [handle, empty, payload] = JSON.parse(content) as string[];
  assert.match(handle!, /^[0-9a-f]{40}$/);
  assert.equal(empty, "");
  page.send(identity!, JSON.stringify([handle, "", reply(payload!)]));
}

test("Back ends call the REP of a page by its identity, and each gets its own answer", async (t) => {
  const { url } = await startWebBridge(t);
  const endpoint = await freeEndpoint();
  const [one, other] = [await Page.open(t, url), await Page.open(t, url)];
  assert.deepEqual(await one.connect(A, endpoint, REP), SUCCESS);
  assert.deepEqual(await other.connect(B, endpoint, REP), SUCCESS);
  const asked = [call(caller(t, endpoint), "for a", A), call(caller(t, endpoint), "for b", B)];
  await answerNext(other, (payload) => `b: ${payload}`);
  await answerNext(one, (payload) => `a: ${payload}`);
  assert.deepEqual(await Promise.all(asked), [["a: for a"], ["b: for b"]]);
});

test("Without an identity the only page there is called; a call for nobody is answered with an error", async (t) => {
  const { url } = await startWebBridge(t);
  const endpoint = await freeEndpoint();
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, REP);
  const request = caller(t, endpoint);
  const asked = call(request, "hello");
  await answerNext(page, (payload) => `re: ${payload}`);
  assert.deepEqual(await asked, ["re: hello"]);
  const nobody = '{"status":"error","error_msg":"no browser has a socket of this identity"}';
  assert.deepEqual(await call(request, "hello", B), [nobody]);
  await page.connect(B, endpoint, REP);
  assert.deepEqual(await call(request, "hello"), [nobody]);
});

test("A page that does not answer in time, or goes away, leaves no caller without an answer", async (t) => {
  const { url, bridge } = await startWebBridge(t, { timeoutMs: 150 });
  const endpoint = await freeEndpoint();
  const [slow, gone] = [await Page.open(t, url), await Page.open(t, url)];
  await slow.connect(A, endpoint, REP);
  await gone.connect(B, endpoint, REP);
  assert.match((await call(caller(t, endpoint), "hello", A)).join(), /did not answer within 0.15 s/);
  assert.equal(bridge().timedOut, 1);
  const { content } = await slow.next();
  slow.send(A, JSON.stringify([(JSON.parse(content) as string[])[0], "", "late"]));
  assert.match((await slow.next()).content, /No call of this handle waits/);
  const asked = call(caller(t, endpoint), "hello", B);
  await gone.next();
  gone.socket.terminate();
  assert.match((await asked).join(), /the browser has gone/);
});

test("A page that is loaded again gets its endpoint back, also while the one before is being freed", async (t) => {
  const { url } = await startWebBridge(t);
  const endpoint = await freeEndpoint();
  const page = await Page.open(t, url);
  for (let round = 0; round < 20; round++) {
    assert.deepEqual(await page.connect(A, endpoint, REP), SUCCESS);
    const asked = call(caller(t, endpoint), "hello");
    await answerNext(page, (payload) => `${payload} ${round}`);
    assert.deepEqual(await asked, [`hello ${round}`]);
    page.send(A, "", "disconnect");
  }
});

test("A page and all back ends that leave at once harm nobody", async (t) => {
  const { url } = await startWebBridge(t);
  const endpoint = await freeEndpoint();
  const page = await Page.open(t, url);
  for (let round = 0; round < 100; round++) {
    assert.deepEqual(await page.connect(A, endpoint, REP), SUCCESS);
    const requests = Array.from({ length: 8 }, () => new zmq.Request({ linger: 0 }));
    for (const request of requests) request.connect(endpoint);
    const asked = requests.map((request) => call(request, "hello"));
    for (let answered = 0; answered < 8; answered++) await answerNext(page, (payload) => payload);
    assert.deepEqual(await Promise.all(asked), Array(8).fill(["hello"]));
    page.send(A, "", "disconnect");
    for (const request of requests) request.close();
  }
});

test("An endpoint that is in use and an identity that is taken are refused with the reason", async (t) => {
  const { url } = await startWebBridge(t);
  const taken = new zmq.Reply({ linger: 0 });
  t.after(() => taken.close());
  await taken.bind("tcp://127.0.0.1:*");
  const [one, other] = [await Page.open(t, url), await Page.open(t, url)];
  assert.match(
    JSON.stringify(await one.connect(A, taken.lastEndpoint!, REP)),
    /cannot be bound: Address already in use/,
  );
  const endpoint = await freeEndpoint();
  assert.deepEqual(await one.connect(A, endpoint, REP), SUCCESS);
  assert.match(JSON.stringify(await other.connect(A, endpoint, REP)), /identity is in use/);
});

test("Answers that are none are told to the page, and callers of a full page to the back end", async (t) => {
  const { url } = await startWebBridge(t, { highWaterMark: 1 });
  const endpoint = await freeEndpoint();
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, REP);
  const asked = call(caller(t, endpoint), "one");
  const first = await page.next();
  assert.match((await call(caller(t, endpoint), "two")).join(), /too many calls to answer/);
  page.send(A, "no list");
  assert.match((await page.next()).content, /JSON list in a text/);
  page.send(A, JSON.stringify([(JSON.parse(first.content) as string[])[0], "", "fine"]));
  assert.deepEqual(await asked, ["fine"]);
});

test("A payload that is no text is answered with an error; a peer without REQ's envelope harms nobody", async (t) => {
  const { url } = await startWebBridge(t);
  const endpoint = await freeEndpoint();
  const page = await Page.open(t, url);
  await page.connect(A, endpoint, REP);
  const dealer = new zmq.Dealer({ linger: 0 });
  t.after(() => dealer.close());
  dealer.connect(endpoint);
  await dealer.send("no envelope");
  await dealer.send(["", Buffer.from([0xff])]);
  assert.match(String((await dealer.receive()).at(-1)), /no text in UTF-8/);
  await dealer.send(["", "fine", A]);
  await answerNext(page, (payload) => payload);
  assert.deepEqual((await dealer.receive()).map(String), ["", "fine"]);
});
