import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Pull, Reply, Router, Subscriber } from "zeromq";
import { Caller } from "../../src/proxy/caller.ts";
import type { CallOutcome, CallRequest } from "../../src/shared/calls.ts";
import type { EngineNotice } from "../../src/shared/engineProtocol.ts";
import type { CallSocket, CallTarget } from "../../src/shared/model.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (frames: readonly Uint8Array[] = []): string[] => frames.map((frame) => Buffer.from(frame).toString());
const TAP: CallTarget = { kind: "tap", tap: "tap" };
const to = (endpoint: string): CallTarget => ({ kind: "endpoint", endpoint });
const frames = (socket: CallSocket, ...parts: string[]) =>
  ({ kind: "frames", socket, frames: parts.map(bytes) }) as const;
const asking = (change: Partial<CallRequest> = {}): CallRequest => ({
  call: "1",
  target: TAP,
  body: frames("REQ", "q"),
  timeoutMs: 5000,
  retries: 0,
  security: null,
  ...change,
});

type Bindable = {
  bind(endpoint: string): Promise<void>;
  unbind(endpoint: string): Promise<void>;
  close(): void;
  readonly lastEndpoint: string | null;
};

async function bound<T extends Bindable>(t: TestContext, socket: T, endpoint = "tcp://127.0.0.1:*"): Promise<T> {
  t.after(() => socket.close());
  await socket.bind(endpoint);
  return socket;
}

const endpointOf = (socket: Bindable): string => socket.lastEndpoint ?? "";

async function echo(server: Reply, heard: string[] = []): Promise<void> {
  for await (const received of server) {
    heard.push(String(received[0]));
    await server.send([Buffer.from("re"), ...received]);
  }
}

function callerOf(t: TestContext) {
  const tapped = tappedEngine(t);
  const notices: EngineNotice[] = [];
  let wake = (): void => undefined;
  const caller = new Caller(tapped.engine, (notice) => {
    notices.push(notice);
    wake();
  });
  t.after(() => caller.cancelAll());
  const told = async <K extends EngineNotice["kind"]>(kind: K): Promise<EngineNotice & { kind: K }> => {
    for (;;) {
      const found = notices.find((notice): notice is EngineNotice & { kind: K } => notice.kind === kind);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { ...tapped, caller, notices, told };
}

const what = ({ kind, attempts, hint }: CallOutcome) => ({ kind, attempts, hint });

test("Caller calls through a tap as a REQ, and both messages are in the log with origin call", async (t) => {
  const server = await bound(t, new Reply());
  void echo(server);
  const { caller, attach, rows } = callerOf(t);
  await attach(endpointOf(server));
  const result = await caller.call(asking());
  assert.equal(result.kind, "ok");
  assert.deepEqual(text(result.reply?.frames), ["re", "q"]);
  assert.equal(result.reply?.said, null);
  const messages = rows().filter((row) => row.kind === "message");
  assert.deepEqual(
    messages.map(({ n, origin, from, exchange }) => ({ n, origin, from, exchange })),
    [
      { n: result.request, origin: "call", from: "client", exchange: "answered" },
      { n: result.reply.row, origin: "call", from: "server", exchange: "reply" },
    ],
  );
});

test("Caller calls an endpoint with a zeromq socket, in a dialect", async (t) => {
  const server = await bound(t, new Reply());
  void echo(server);
  const { caller } = callerOf(t);
  const call = { method: "add", args: [1, { a: 2 }], kwargs: {}, fields: {} };
  const body = { kind: "dialect", dialect: "raw", call } as const;
  assert.deepEqual(text((await caller.preview(body)).frames), ["add", "1", '{"a":2}']);
  const result = await caller.call(asking({ target: to(endpointOf(server)), body }));
  assert.equal(result.dialect, "raw");
  assert.deepEqual(JSON.parse(result.reply?.said?.json ?? ""), ["re", "add", "1", '{"a":2}']);
  // Raw frames go as they are, so the delimiter of a DEALER is among them.
  const asDealer = { ...body, socket: "DEALER", call: { ...call, method: "", args: ["add"] } } as const;
  const again = await caller.call(asking({ target: to(endpointOf(server)), body: asDealer }));
  assert.deepEqual(text(again.reply?.frames), ["", "re", "add"]);
});

test("Caller ends a call that is not answered in time, and one that is cancelled", async (t) => {
  const silent = await bound(t, new Reply());
  const { caller, attach } = callerOf(t);
  await attach(endpointOf(silent));
  for (const target of [TAP, to(endpointOf(silent))]) {
    const { kind, attempts, timeoutMs, hint } = await caller.call(asking({ timeoutMs: 200, target }));
    assert.deepEqual({ kind, attempts, timeoutMs }, { kind: "timeout", attempts: 1, timeoutMs: 200 });
    assert.match(hint ?? "", /^The request was sent[.] An answer within another 30 s is shown as late/);
    const call = caller.call(asking({ call: "cancelled", target }));
    caller.cancel("cancelled");
    assert.equal((await call).kind, "cancelled");
  }
});

test("Caller pushes and publishes through a tap and to an endpoint", async (t) => {
  const pull = await bound(t, new Pull());
  const subscriber = await bound(t, new Subscriber());
  subscriber.subscribe("to");
  const { caller, attach } = callerOf(t);
  await attach(endpointOf(pull), "pull");
  await attach(endpointOf(subscriber), "sub");
  const sent = await caller.call(asking({ target: { kind: "tap", tap: "pull" }, body: frames("PUSH", "job") }));
  assert.equal(sent.kind, "sent");
  assert.ok((sent.request ?? 0) > 0);
  assert.deepEqual(text(await pull.receive()), ["job"]);
  await caller.call(asking({ target: to(endpointOf(pull)), body: frames("PUSH", "2") }));
  assert.deepEqual(text(await pull.receive()), ["2"]);
  await caller.call(asking({ target: { kind: "tap", tap: "sub" }, body: frames("PUB", "topic", "1") }));
  assert.deepEqual(text(await subscriber.receive()), ["topic", "1"]);
  // libzmq subscribes at a new publisher only while its program receives.
  const received = subscriber.receive();
  await caller.call(asking({ target: to(endpointOf(subscriber)), body: frames("PUB", "topic2") }));
  assert.deepEqual(text(await received), ["topic2"]);
});

test("Caller says why a call cannot be made", async (t) => {
  const subscriber = await bound(t, new Subscriber());
  const { caller, engine, attach } = callerOf(t);
  await attach(endpointOf(subscriber));
  const fails = (change: Partial<CallRequest>, error: object): Promise<void> =>
    assert.rejects(caller.call(asking(change)), error);
  await fails({ target: to("tcp://192.0.2.1:5556") }, { code: "confirm-not-loopback" });
  await fails({ target: to("http://192.0.2.1/RPC2") }, { code: "confirm-not-loopback" });
  await fails({ target: to("x") }, { code: "bad-endpoint" });
  await fails({ target: { kind: "tap", tap: "other" } }, { code: "no-such-tap" });
  await fails({ body: frames("REQ") }, { code: "no-frames" });
  await fails({ timeoutMs: 0 }, { code: "bad-timeout" });
  await fails({ retries: 11 }, { code: "bad-retries" });
  await fails({ body: frames("REQ", "x".repeat(17 * 1024 * 1024)) }, { code: "too-large" });
  await fails({ body: frames("REQ", ...Array<string>(10_001).fill("")) }, { code: "too-many-frames" });
  await fails({ retries: 3 }, { code: "call-failed", message: /SUB/ });
  await fails({ retries: 3, target: to("tcp://nonsense") }, { code: "bad-endpoint" });
  const plan = { count: 1, perSecond: null };
  await assert.rejects(caller.repeat({ request: asking(), plan: { ...plan, count: 0 } }), { code: "bad-count" });
  await assert.rejects(caller.repeat({ request: asking(), plan: { ...plan, perSecond: 0 } }), { code: "bad-rate" });
  await engine.stopTap("tap");
  await fails({}, { code: "tap-not-running" });
});

test("Caller says that the server of a tap does not answer", async (t) => {
  const gone = await bound(t, new Reply());
  const endpoint = endpointOf(gone);
  await gone.unbind(endpoint);
  const { caller, attach } = callerOf(t);
  await attach(endpoint);
  await assert.rejects(caller.call(asking()), { code: "server-unreachable" });
});

for (const through of ["an endpoint", "a tap"]) {
  test(`Caller tries again with a fresh socket until a server that comes late is there, at ${through}`, async (t) => {
    const early = await bound(t, new Reply());
    const endpoint = endpointOf(early);
    await early.unbind(endpoint);
    const { caller, attach } = callerOf(t);
    await attach(endpoint);
    const calling = caller.call(
      asking({ target: through === "a tap" ? TAP : to(endpoint), timeoutMs: 300, retries: 10 }),
    );
    // The first attempt ends while this one waits.
    const other = await caller.call(asking({ call: "2", target: to(endpoint), timeoutMs: 350 }));
    assert.deepEqual(what(other), { kind: "timeout", attempts: 1, hint: "Nothing accepted a connection there." });
    const late = await bound(t, new Reply(), endpoint);
    const heard: string[] = [];
    void echo(late, heard);
    const result = await calling;
    assert.equal(result.kind, "ok");
    assert.ok(result.attempts > 1, `${result.attempts}`);
    // Attempts that were given up before they could send leave nothing behind.
    assert.equal((await caller.call(asking({ call: "3", body: frames("REQ", "last") }))).kind, "ok");
    assert.deepEqual([heard, result.others], [["q", "last"], []]);
  });

  test(`Caller shows the reply to an attempt that was given up as late, at ${through}`, async (t) => {
    const server = await bound(t, new Router());
    const { caller, attach, told } = callerOf(t);
    await attach(endpointOf(server));
    const target = through === "a tap" ? TAP : to(endpointOf(server));
    const calling = caller.call(asking({ target, timeoutMs: 300, retries: 1 }));
    const [first] = await server.receive();
    const [second] = await server.receive();
    assert.notDeepEqual(first, second);
    await server.send([first!, "", "late"]);
    await server.send([second!, "", "right"]);
    const { kind, reply, others, attempts } = await calling;
    assert.deepEqual([kind, attempts, text(reply?.frames), reply?.attempt], ["ok", 2, ["right"], 2]);
    // They come on two connections, so the late one may be the later one.
    const late = others[0] ?? (await told("call/late")).reply;
    assert.deepEqual([late.kind, late.attempt, text(late.frames)], ["late", 1, ["late"]]);
    assert.ok(late.latencyMs > 290, `${late.latencyMs}`);
  });

  test(`Caller tells of a reply that comes to a call that timed out, at ${through}`, async (t) => {
    const server = await bound(t, new Reply());
    const { caller, attach, told } = callerOf(t);
    await attach(endpointOf(server));
    const target = through === "a tap" ? TAP : to(endpointOf(server));
    const calling = caller.call(asking({ call: "slow", target, timeoutMs: 200 }));
    await server.receive();
    assert.deepEqual(what(await calling).kind, "timeout");
    await server.send("too late");
    const { call, reply } = await told("call/late");
    assert.deepEqual([call, reply.kind, text(reply.frames)], ["slow", "late", ["too late"]]);
    if (through === "a tap") assert.ok((reply.row ?? 0) > 0);
  });
}

test("Caller repeats a call, tells how far it is, and sums up", async (t) => {
  const server = await bound(t, new Reply());
  void echo(server);
  const { caller, attach, notices } = callerOf(t);
  await attach(endpointOf(server));
  const result = await caller.repeat({ request: asking(), plan: { count: 5, perSecond: 100 } });
  assert.deepEqual([result.done, result.counts.ok, result.last.kind, result.problem], [5, 5, "ok", null]);
  assert.ok(result.tookMs >= 40, `${result.tookMs}`);
  const { min, median, p90, p99, max } = result.latencyMs!;
  assert.ok(min <= median && median <= p90 && p90 <= p99 && p99 === max);
  assert.deepEqual(notices[0], { kind: "call/advanced", call: "1", done: 1, count: 5 });
});

test("Caller ends a repeated call when it is cancelled", async (t) => {
  const server = await bound(t, new Reply());
  void echo(server);
  const { caller, attach, told } = callerOf(t);
  await attach(endpointOf(server));
  const repeating = caller.repeat({ request: asking(), plan: { count: 100, perSecond: 1 } });
  await told("call/advanced");
  caller.cancel("1");
  assert.equal((await repeating).done, 1);
});

test("Caller ends all calls when it is disposed of, and hears no late reply any more", async (t) => {
  const server = await bound(t, new Router());
  const { caller } = callerOf(t);
  const target = to(endpointOf(server));
  await caller.call(asking({ target, timeoutMs: 100 }));
  const calling = caller.call(asking({ call: "2", target, timeoutMs: 60_000 }));
  await server.receive();
  await server.receive();
  caller.cancelAll();
  assert.equal((await calling).kind, "cancelled");
});
