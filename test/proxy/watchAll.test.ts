import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Publisher, Push, Subscriber } from "zeromq";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";

type Published = TappedEngine & { readonly pub: Publisher; readonly server: string; readonly listening: string };

async function setUp(t: TestContext): Promise<Published> {
  const pub = new Publisher();
  t.after(() => pub.close());
  await pub.bind("tcp://127.0.0.1:*");
  const tapped = tappedEngine(t);
  const server = pub.lastEndpoint ?? "";
  return { ...tapped, pub, server, listening: await tapped.attach(server) };
}

/** Publishes until the tap's own subscriber has it. */
async function untilWatched({ pub, rows }: Published, topic: string): Promise<void> {
  await until(async () => {
    await pub.send([topic, "x"]);
    return rows().some((row) => row.kind === "message" && row.origin === "watch" && row.topic === topic);
  });
}

test("a watched tap has what nobody asked for, from a subscriber that is not counted as one", async (t) => {
  const setup = await setUp(t);
  const { engine, listening, rows, state, until: untilNoticed } = setup;
  const watched = await engine.watchAll("tap", true);
  assert.deepEqual(watched.watch, { isOn: true, problem: null });
  assert.deepEqual(
    rows()
      .filter(({ event }) => event === "subscribe")
      .map(({ origin, from }) => [origin, from]),
    [["watch", "client"]],
  );
  await untilWatched(setup, "unasked");
  const sub = new Subscriber();
  t.after(() => sub.close());
  sub.connect(listening);
  sub.subscribe("a");
  await untilNoticed(() => rows().some(({ event, origin }) => event === "subscribe" && origin === "wire"));
  await until(async () => {
    await setup.pub.send(["a", "one"]);
    return rows().some(({ kind, origin }) => kind === "message" && origin === "wire");
  });
  assert.deepEqual(
    rows().filter(({ copies, copyOf }) => copies > 0 || copyOf !== null),
    [],
  );
  assert.deepEqual(
    state().links.map(({ origin, sockets }) => [origin, sockets.server]),
    [
      ["watch", "PUB"],
      ["wire", "PUB"],
    ],
  );
  assert.equal((await engine.watchAll("tap", true)).links.length, 2);
  assert.equal((await engine.watchAll("tap", false)).watch, undefined);
  await untilNoticed(() => state().links.length === 1);
  assert.deepEqual(setup.bugs, []);
});

test("it comes back after its server was away", async (t) => {
  const setup = await setUp(t);
  const { engine, server, state, until: untilNoticed } = setup;
  await engine.watchAll("tap", true);
  await untilWatched(setup, "before");
  setup.pub.close();
  await untilNoticed(() => state().watch?.isOn === false);
  assert.notEqual(state().watch?.problem, null);
  const pub = new Publisher();
  t.after(() => pub.close());
  await until(() =>
    pub.bind(server).then(
      () => true,
      () => false,
    ),
  );
  await untilWatched({ ...setup, pub }, "after");
  assert.deepEqual(state().watch, { isOn: true, problem: null });
});

test("it waits for a server that is not there yet", async (t) => {
  const { engine, attach, state } = tappedEngine(t);
  await attach("tcp://127.0.0.1:1");
  const watched = await engine.watchAll("tap", true);
  assert.equal(watched.watch?.isOn, false);
  assert.match(watched.watch.problem ?? "", /refuse|not there/i);
  await engine.stopTap("tap");
  assert.equal(state().watch, undefined);
  await assert.rejects(engine.watchAll("tap", true), { code: "tap-not-running" });
});

test("it refuses a server that publishes nothing", async (t) => {
  const push = new Push();
  t.after(() => push.close());
  await push.bind("tcp://127.0.0.1:*");
  const { engine, attach, state } = tappedEngine(t);
  await attach(push.lastEndpoint ?? "");
  await assert.rejects(engine.watchAll("tap", true), {
    code: "watch-failed",
    message: /^Not all topics can be watched at "tap"\. .*PUSH|closed/,
  });
  assert.equal(state().watch, undefined);
});

test("it refuses a tap of an HTTP server", async (t) => {
  const { engine, attach } = tappedEngine(t);
  await attach("http://127.0.0.1:1/x");
  await assert.rejects(engine.watchAll("tap", true), { code: "watch-failed", message: /HTTP/ });
});
