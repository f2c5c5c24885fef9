import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as zmq from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { Context, type ContextOptions, PubRpcServer, RpcClient, RpcServer, ZmqError } from "../../webClient/zmq.ts";
import { until } from "../support/until.ts";
import { rules, startPublisher, startRouter, startWebBridge, TOKEN } from "../support/webBridge.ts";

function newContext(t: TestContext, url: string, options: ContextOptions = {}): Context {
  const context = new Context(url, { token: TOKEN, reconnect: { minMs: 10, maxMs: 20 }, ...options });
  t.after(() => context.close());
  return context;
}

const rejectsWith = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ZmqError);
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test("A REQ asks one request after the other, by promises and by callbacks", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, asked } = await startRouter(t, (content) => ["first", `re: ${content}`]);
  // The token may stand in the address, as the command line prints it.
  const context = newContext(t, `${url}/?token=${TOKEN}`, { token: TOKEN });
  const socket = context.socket("REQ");
  await socket.connect(endpoint);
  assert.match(socket.identity, /^[0-9A-F]{12}4[0-9A-F]{3}[89AB][0-9A-F]{15}$/);
  const called = new Promise<unknown>((resolve) => socket.send("c", (error, message) => resolve(error ?? message)));
  const replies = await Promise.all([socket.request("a"), socket.request("b")]);
  assert.deepEqual(
    replies.map(({ content, frames }) => [content, frames]),
    [
      ["re: a", ["first", "re: a"]],
      ["re: b", ["first", "re: b"]],
    ],
  );
  assert.deepEqual(await called, { content: "re: c", frames: ["first", "re: c"] });
  assert.deepEqual(
    asked.map(({ frames }) => String(frames.at(-1))),
    ["c", "a", "b"],
  );
});

test("A token in the address comes in without the option, and does not stay in the address", async (t) => {
  const { url } = await startWebBridge(t);
  const context = new Context(`${url}/?token=${TOKEN}`);
  t.after(() => context.close());
  await until(() => context.state === "open");
  const { endpoint } = await startRouter(t);
  await context.socket("REQ").connect(endpoint);
});

test("RpcClient resolves with the value, and rejects with the server's error", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, asked } = await startRouter(t, (content) => {
    const { funcname, args } = JSON.parse(content) as { funcname: string; args: number[] };
    return [
      funcname === "add" ? `{"returnval":${args[0]! + args[1]!}}` : '{"status":"error","error_msg":"unknown error"}',
    ];
  });
  const socket = newContext(t, url).socket("REQ");
  await socket.connect(endpoint);
  const client = new RpcClient(socket);
  assert.equal(await client.call("add", [1, 2], { verbose: true }), 3);
  assert.deepEqual(JSON.parse(String(asked[0]!.frames.at(-1))), {
    funcname: "add",
    args: [1, 2],
    kwargs: { verbose: true },
  });
  await assert.rejects(
    client.call("fail"),
    (error: ZmqError) => error.name === "RpcError" && error.message === "unknown error",
  );
  const [error, value] = await new Promise<unknown[]>((resolve) =>
    client.rpc("add", [2, 3], {}, (...got) => resolve(got)),
  );
  assert.deepEqual([error, value], [null, 5]);
  const [failed] = await new Promise<unknown[]>((resolve) => client.rpc("fail", [], {}, (...got) => resolve(got)));
  assert.ok(failed instanceof ZmqError && failed.code === "remote");
});

test("A timed-out request cannot get the next one's reply", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, next } = await startRouter(t);
  const socket = newContext(t, url).socket("REQ");
  await socket.connect(endpoint);
  const { identity } = socket;
  await assert.rejects(socket.request("never", { timeoutMs: 50 }), rejectsWith("timeout", /no reply within 50 ms/));
  const never = await next(1);
  const asking = socket.request("then");
  const then = await next(2);
  assert.notEqual(socket.identity, identity);
  await never.answer("late");
  await then.answer("fine");
  assert.equal((await asking).content, "fine");
  // One that expires before its turn disturbs nobody.
  const slow = socket.request("slow");
  await assert.rejects(socket.request("waits", { timeoutMs: 20 }), rejectsWith("timeout", /within 20 ms/));
  await (await next(3)).answer("done");
  assert.equal((await slow).content, "done");
});

test("A bridge's own timeout rejects that request, and the next one is asked", async (t) => {
  const { url } = await startWebBridge(t, { timeoutMs: 60 });
  const { endpoint, next } = await startRouter(t);
  const socket = newContext(t, url).socket("REQ");
  await socket.connect(endpoint);
  await assert.rejects(socket.request("never"), rejectsWith("failed", /no reply within 0.06 s/));
  const asking = socket.request("then");
  await (await next(2)).answer("fine");
  assert.equal((await asking).content, "fine");
});

test("When the bridge comes back, sockets are connected again and what waited is sent", async (t) => {
  const { url, bridges } = await startWebBridge(t);
  const { endpoint, next } = await startRouter(t);
  const { endpoint: feed, publisher, subscribed } = await startPublisher(t);
  const port = Number(new URL(url).port);
  const context = newContext(t, url);
  const states: string[] = [];
  context.onstate = (state) => states.push(state);
  const [socket, subscriber] = [context.socket("REQ"), context.socket("SUB")];
  const heard: string[] = [];
  subscriber.onmessage = ({ content }) => heard.push(content);
  await socket.connect(endpoint);
  await subscriber.connect(feed);
  await subscribed();
  const under = assert.rejects(
    socket.request("under way"),
    rejectsWith("disconnected", /connection to the web bridge is lost/),
  );
  await next(1);
  const waits = socket.request("waits");
  await bridges.stop("web");
  await under;
  assert.equal(socket.isConnected, false);
  await bridges.start({
    id: "web",
    name: "pages",
    port,
    highWaterMark: 100,
    timeoutMs: 5_000,
    access: { token: TOKEN, origins: [], endpoints: rules("tcp://127.0.0.1:*"), functions: null, topics: null },
  });
  await (await next(2)).answer("fine");
  assert.equal((await waits).content, "fine");
  await subscribed();
  await publisher.send("news");
  await until(() => heard.length === 1);
  assert.deepEqual(heard, ["news"]);
  assert.deepEqual(states, ["open", "connecting", "open"]);
});

test("Without reconnecting, a lost bridge is the end of everything", async (t) => {
  const { url, bridges } = await startWebBridge(t);
  const { endpoint, next } = await startRouter(t);
  const context = newContext(t, url, { reconnect: false });
  const errors: ZmqError[] = [];
  context.onerror = (error) => errors.push(error);
  const socket = context.socket("REQ");
  await socket.connect(endpoint);
  const asking = assert.rejects(socket.request("hello"), rejectsWith("disconnected", /is lost/));
  await next(1);
  await bridges.stop("web");
  await asking;
  assert.deepEqual([context.state, errors.map(({ code }) => code)], ["closed", ["disconnected"]]);
  await assert.rejects(context.socket("REQ").connect(endpoint), rejectsWith("closed", /context is closed/));
});

test("A wrong token, and an endpoint that is not allowed, are refused with the reason", async (t) => {
  const { url } = await startWebBridge(t, { access: { endpoints: rules("tcp://127.0.0.1:1") } });
  const refused = newContext(t, url, { token: "wrong-token" });
  const told = new Promise<ZmqError>((resolve) => (refused.onerror = resolve));
  await assert.rejects(
    refused.socket("REQ").connect("tcp://127.0.0.1:1"),
    rejectsWith("refused", /the token is wrong/),
  );
  assert.equal((await told).code, "refused");
  assert.equal(refused.state, "closed");
  const socket = newContext(t, url).socket("SUB");
  await assert.rejects(
    socket.connect("tcp://127.0.0.1:2"),
    rejectsWith("refused", /does not allow SUB on tcp:\/\/127.0.0.1:2/),
  );
});

test("PubRpcServer calls what was given, and nothing else", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint, publisher, subscribed } = await startPublisher(t);
  const socket = newContext(t, url).socket("SUB");
  const calls: unknown[] = [];
  const errors: string[] = [];
  socket.onerror = ({ message }) => errors.push(message);
  const server = new PubRpcServer(socket, {
    add: (a: number, b: number) => calls.push(a + b),
    named: (...args: unknown[]) => calls.push(args),
    fail: () => {
      throw new Error("out of order");
    },
  });
  await socket.connect(endpoint);
  await subscribed();
  for (const body of [
    "no JSON",
    '{"funcname":"constructor"}',
    '{"funcname":"hasOwnProperty","args":["add"]}',
    '{"funcname":"add","args":"12"}',
    '{"funcname":"fail"}',
    '{"funcname":"add","args":[1,2]}',
    '{"funcname":"named","args":[1],"kwargs":{"b":2}}',
  ]) {
    await publisher.send(body);
  }
  await until(() => calls.length === 2);
  assert.deepEqual(calls, [3, [1, { b: 2 }]]);
  assert.deepEqual(errors, [
    "This is no call with funcname.",
    'There is no function "constructor".',
    'There is no function "hasOwnProperty".',
    "The arguments are no list.",
    "out of order",
  ]);
  server.close();
  await assert.rejects(socket.request("x"), rejectsWith("failed", /A SUB sends no requests/));
});

test("RpcServer answers back ends, and passes on what a function throws", async (t) => {
  const { url } = await startWebBridge(t);
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const socket = newContext(t, url).socket("REP");
  new RpcServer(socket, {
    ask: async (question: string) => Promise.resolve(`${question}!`),
    nothing: () => undefined,
    fail: () => {
      throw new Error("out of order");
    },
  });
  await socket.connect(endpoint);
  const request = new zmq.Request({ linger: 0 });
  t.after(() => request.close());
  request.connect(endpoint);
  const call = async (content: string): Promise<unknown> => {
    await request.send([content, socket.identity]);
    return JSON.parse(String((await request.receive())[0])) as unknown;
  };
  assert.deepEqual(await call('{"funcname":"ask","args":["why"]}'), { returnval: "why!" });
  assert.deepEqual(await call('{"funcname":"nothing"}'), { returnval: null });
  assert.deepEqual(await call('{"funcname":"fail"}'), { status: "error", error_msg: "out of order" });
  socket.onrequest = null;
  assert.deepEqual(await call("x"), { status: "error", error_msg: "nothing answers here" });
});

test("A socket that is closed rejects what waits, and its handlers' errors end nothing", async (t) => {
  const { url, bridge } = await startWebBridge(t);
  const { endpoint, next } = await startRouter(t);
  const { endpoint: feed, publisher, subscribed } = await startPublisher(t);
  const context = newContext(t, url);
  const socket = context.socket("REQ");
  await assert.rejects(socket.request("x"), rejectsWith("failed", /Connect the socket first/));
  await socket.connect(endpoint);
  await assert.rejects(socket.connect(endpoint), rejectsWith("failed", /was connected before/));
  const waiting = ["a", "b"].map((text) => assert.rejects(socket.request(text), rejectsWith("closed", /was closed/)));
  await next(1);
  socket.close();
  await Promise.all(waiting);
  await until(() => bridge().sockets === 0);
  const subscriber = context.socket("SUB");
  const got: string[] = [];
  subscriber.onmessage = ({ content }) => {
    got.push(content);
    throw new Error(`no ${content}`);
  };
  const errors: string[] = [];
  subscriber.onerror = ({ message }) => errors.push(message);
  await subscriber.connect(feed);
  await subscribed();
  await publisher.send("one");
  await publisher.send("two");
  await until(() => errors.length === 2);
  assert.deepEqual(
    [got, errors],
    [
      ["one", "two"],
      ["no one", "no two"],
    ],
  );
});

test("A REQ holds a thousand requests, and an address that is none is refused at once", async (t) => {
  const { url } = await startWebBridge(t);
  const { endpoint } = await startRouter(t);
  const socket = newContext(t, url).socket("REQ");
  await socket.connect(endpoint);
  const waiting = Array.from({ length: 1_000 }, (_, at) => socket.request(String(at)));
  for (const one of waiting) one.catch(() => undefined);
  await assert.rejects(socket.request("one more"), rejectsWith("full", /1000 requests wait already/));
  socket.close();
  await Promise.allSettled(waiting);
  assert.throws(() => new Context("ftp://127.0.0.1"), rejectsWith("failed", /no address of a web bridge/));
});

test("A connect that nobody answers is given up", async (t) => {
  const context = newContext(t, `http://127.0.0.1:${await freePort()}`, { timeoutMs: 60 });
  await assert.rejects(context.socket("REQ").connect("tcp://127.0.0.1:1"), rejectsWith("timeout", /did not connect/));
  assert.equal(context.state, "connecting");
});
