import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Bridges } from "../../src/proxy/bridges.ts";
import { Engine } from "../../src/proxy/engine.ts";
import { type BridgeConfig, type BridgeState, readBridge } from "../../src/shared/bridges.ts";
import { ask, LOOPBACK, peersOf } from "../support/bridges.ts";
import { until } from "../support/until.ts";

const OPEN = { in: null, out: null };

function bridgesOf(t: TestContext) {
  const told: (readonly BridgeState[])[] = [];
  const engine = new Engine({ maxBytes: 16 * 1024 * 1024, onNotice: () => undefined, onBug: () => undefined });
  const bridges = new Bridges(engine, (states) => told.push(states));
  t.after(async () => {
    await bridges.end();
    await engine.stop();
  });
  return { bridges, told };
}

function configOf(draft: object = {}, id = "b1"): BridgeConfig {
  const config = readBridge({ name: "orders", kind: "rep-pub", in: LOOPBACK, out: LOOPBACK, ...draft }, id);
  if ("problem" in config) throw new Error(config.problem);
  return config;
}

test("Bridges start, tell, stop, start anew and remove", async (t) => {
  const { bridges, told } = bridgesOf(t);
  const state = await bridges.start(configOf(), OPEN, null);
  assert.equal(state.status, "running");
  // One that runs is left alone.
  assert.deepEqual((await bridges.start(configOf(), OPEN, null)).in, state.in);
  const client = peersOf(t).request(state.in[0]!);
  await ask(client, "x");
  await until(() => told.at(-1)?.[0]?.counters.sent === 1);
  assert.equal(told.at(-1)![0]!.messagesPerSecond, 2);
  await until(() => told.at(-1)?.[0]?.messagesPerSecond === 0);
  assert.equal((await bridges.stop("b1")).status, "stopped");
  assert.equal((await bridges.start(configOf(), OPEN, null)).counters.sent, 0);
  await bridges.start(configOf({}, "b2"), OPEN, null);
  assert.deepEqual(
    bridges.states.map(({ config }) => config.id),
    ["b1", "b2"],
  );
  await bridges.remove("b1");
  assert.deepEqual(
    bridges.states.map(({ config }) => config.id),
    ["b2"],
  );
  await until(() => told.at(-1)?.length === 1);
});

test("Bridges refuse what is not there, has no place for its queue, or is one too many", async (t) => {
  const { bridges } = bridgesOf(t);
  await assert.rejects(bridges.stop("none"), { code: "no-such-bridge" });
  await assert.rejects(bridges.remove("none"), { code: "no-such-bridge" });
  await assert.rejects(
    bridges.start(configOf({ kind: "buffered-rep-req", out: "tcp://127.0.0.1:1", persist: true }), OPEN, null),
    {
      code: "no-queue-folder",
    },
  );
  const taken = await peersOf(t).reply();
  await assert.rejects(bridges.start(configOf({ in: taken.lastEndpoint }), OPEN, null), { code: "bridge-cannot-bind" });
  const [failed] = bridges.states;
  assert.equal(failed?.status, "failed");
  assert.match(failed.problem!, /^Cannot bind/);
  await bridges.remove("b1");
  for (let count = 0; count < 100; count++) await bridges.start(configOf({}, `b${count}`), OPEN, null);
  await assert.rejects(bridges.start(configOf({}, "more"), OPEN, null), { code: "too-many-bridges" });
});

test("Bridges that are stopped while they start do not run", async (t) => {
  const { bridges } = bridgesOf(t);
  const starting = bridges.start(configOf(), OPEN, null);
  await bridges.stop("b1");
  assert.equal((await starting).status, "stopped");
});
