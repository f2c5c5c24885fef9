import assert from "node:assert/strict";
import { test } from "node:test";
import { BRIDGE_KINDS, noCounts } from "../../src/shared/bridges.ts";
import {
  BRIDGE_KIND_WORDS,
  bridgeParts,
  bridgeSentence,
  describeBridge,
  describePart,
  explainBridge,
  sayBridge,
  spanText,
  suggestBridgeName,
} from "../../src/shared/bridgeText.ts";
import { bridgeState } from "../support/bridgeStates.ts";

test("Every kind of bridge has a name and says what it does", () => {
  for (const kind of BRIDGE_KINDS) {
    assert.match(BRIDGE_KIND_WORDS[kind].label, /(SUB|REP) → (PUB|REQ)$/);
    assert.notEqual(BRIDGE_KIND_WORDS[kind].does, "");
  }
});

test("A bridge is described by its state, rate, legs, queue and messages", () => {
  assert.equal(describeBridge(bridgeState()), "REP :41234 → REQ :5557 · 0/s");
  assert.equal(sayBridge(bridgeState()), "orders, bridge, running, REP :41234 → REQ :5557 · 0/s");
  const busy = bridgeState(
    {},
    {
      queue: { messages: 1234, bytes: 50_000, oldestMs: 5000 },
      counters: { ...noCounts(), received: 5000 },
      messagesPerSecond: 12,
    },
  );
  assert.equal(describeBridge(busy), "1,234 queued · REP :41234 → REQ :5557 · 12/s · 5,000 msgs");
});

test("A bridge that does not run says where it would, one that failed says why", () => {
  const stopped = bridgeState({}, { status: "stopped", in: [], out: [] });
  assert.equal(describeBridge(stopped), "stopped · REP :* → REQ :5557");
  assert.equal(sayBridge(stopped), "orders, bridge, stopped · REP :* → REQ :5557");
  const failed = bridgeState({}, { status: "failed", problem: "The port is taken.", in: [], out: [] });
  assert.equal(describeBridge(failed), "failed · The port is taken.");
});

test("Legs with several endpoints are cut short in one line, and whole in their own", () => {
  const publishers = ["tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "tcp://127.0.0.1:3"];
  const bridge = bridgeState({ kind: "sub-pub", in: publishers, out: "tcp://127.0.0.1:*" }, { in: publishers });
  assert.match(describeBridge(bridge), /SUB :1 and 2 more → PUB /);
  assert.deepEqual(describePart(bridge, "in"), {
    label: "in SUB",
    description: ":1, :2, :3 · connects",
  });
});

test("Legs tell their keys, and of several servers how they share the messages", () => {
  const draft = {
    in: { endpoints: "tcp://127.0.0.1:*", security: { serverPair: "backend" } },
    out: { endpoints: ["tcp://a:1", "tcp://b:2"], security: { plain: "operator" } },
    fanOut: "all",
  };
  const bridge = bridgeState(draft);
  assert.equal(describePart(bridge, "in").description, ":41234 · binds · CURVE");
  assert.equal(describePart(bridge, "out").description, "a:1, b:2 · connects · PLAIN · all");
});

test("A bridge has rows for its legs, for its queue where it waits for a server, and for what it has counted", () => {
  assert.deepEqual(bridgeParts(bridgeState({ kind: "rep-pub" })), ["in", "out"]);
  const counted = bridgeState({}, { counters: { ...noCounts(), received: 3, delivered: 2, retried: 1 } });
  assert.deepEqual(bridgeParts(counted), ["in", "out", "queue", "counters"]);
  assert.equal(describePart(counted, "counters").description, "1 retried · 2 delivered · 3 received");
  assert.equal(describePart(counted, "counters").label, "counters");
});

test("A queue tells how full it is, for how long, and whether it is on disk", () => {
  const queue = { messages: 12, bytes: 3400, oldestMs: 90_000 };
  const bridge = bridgeState({ kind: "buffered-rep-req", persist: true, limits: { maxMessages: 100 } }, { queue });
  assert.equal(describePart(bridge, "queue").description, "12 of 100 messages · 3.4 kB · oldest 90 s · on disk");
  assert.deepEqual(describePart(bridgeState(), "queue"), { label: "queue", description: "empty" });
});

test("Hovering over a bridge tells all of it", () => {
  const queue = { messages: 1, bytes: 100, oldestMs: 10 };
  const counters = { ...noCounts(), received: 2, expired: 1, recreated: 4 };
  const text = explainBridge(bridgeState({ kind: "buffered-rep-req" }, { queue, counters, problem: "It hurts." }));
  assert.equal(
    text,
    [
      "orders: running",
      `Buffered REP → REQ: ${BRIDGE_KIND_WORDS["buffered-rep-req"].does}`,
      "in REP: tcp://127.0.0.1:41234 · binds",
      "out REQ: tcp://127.0.0.1:5557 · connects",
      "Queue: 1 of 100 k messages · 100 B · oldest 10 ms",
      "Each attempt waits 60 s, until the message is too old",
      "1 expired",
      "2 received",
      "4 sockets made anew",
      "It hurts.",
    ].join("\n"),
  );
  assert.match(explainBridge(bridgeState()), /Each attempt waits 60 s, and is the only one$/);
  assert.match(explainBridge(bridgeState({ retries: 3 })), /Each attempt waits 60 s, then up to 3 more$/);
  assert.doesNotMatch(explainBridge(bridgeState({ kind: "rep-pub", out: "tcp://127.0.0.1:*" })), /Queue|attempt/);
});

test("A bridge says in a sentence what it does while the log is empty", () => {
  const legs = "tcp://127.0.0.1:41234 to tcp://127.0.0.1:5557";
  assert.equal(bridgeSentence(bridgeState()), `orders bridges ${legs}, and no message came yet.`);
  assert.equal(bridgeSentence(bridgeState({}, { status: "stopped" })), "orders is stopped.");
  assert.equal(bridgeSentence(bridgeState({}, { status: "failed", problem: "It hurts." })), "orders: It hurts.");
  assert.equal(bridgeSentence(bridgeState({}, { status: "failed" })), "orders: failed to start.");
});

test("Spans are told in the unit that fits", () => {
  assert.deepEqual([0, 1500, 119_000, 300_000, 7_200_000, 172_800_000].map(spanText), [
    "0 ms",
    "1.5 s",
    "119 s",
    "5 min",
    "2 h",
    "2 days",
  ]);
});

test("A bridge is named after its kind and port, and no two the same", () => {
  assert.equal(suggestBridgeName("rep-req", "tcp://127.0.0.1:5556", []), "rep-req 5556");
  assert.equal(suggestBridgeName("rep-req", "tcp://127.0.0.1:*", []), "rep-req");
  assert.equal(suggestBridgeName("sub-pub", "", ["sub-pub"]), "sub-pub (2)");
  assert.equal(suggestBridgeName("sub-pub", "ipc:///tmp/a", ["sub-pub a", "sub-pub a (2)"]), "sub-pub a (3)");
});
