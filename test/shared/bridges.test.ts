import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asksRemotes,
  BRIDGE_KINDS,
  bridgeSockets,
  type BridgeConfig,
  DEFAULT_BRIDGE_LIMITS,
  describeLegs,
  noCounts,
  readBridge,
  usualAttach,
} from "../../src/shared/bridges.ts";

const DRAFT = { name: "orders", kind: "rep-req", in: "tcp://127.0.0.1:*", out: "tcp://127.0.0.1:5556" };

function read(draft: object): BridgeConfig {
  const bridge = readBridge(draft, "b1");
  if ("problem" in bridge) throw new Error(bridge.problem);
  return bridge;
}

function problemOf(draft: unknown): string {
  const bridge = readBridge(draft, "b1");
  return "problem" in bridge ? bridge.problem : "";
}

test("readBridge fills in what each kind usually does", () => {
  assert.deepEqual(read({ ...DRAFT, name: " orders " }), {
    id: "b1",
    name: "orders",
    kind: "rep-req",
    in: { endpoints: [{ endpoint: "tcp://127.0.0.1:*" }], attach: "bind" },
    out: { endpoints: [{ endpoint: "tcp://127.0.0.1:5556" }], attach: "connect" },
    fanOut: "round-robin",
    limits: DEFAULT_BRIDGE_LIMITS,
    timeoutMs: 60_000,
    retries: 0,
    recreateTimeoutMs: 600_000,
    persist: false,
  });
  const attached = BRIDGE_KINDS.map((kind) => {
    const bridge = read({ ...DRAFT, kind, in: "ipc:///tmp/a", out: "ipc:///tmp/b" });
    return [kind, bridge.in.attach, bridge.out.attach, bridge.retries];
  });
  assert.deepEqual(attached, [
    ["sub-pub", "connect", "bind", 0],
    ["sub-req", "connect", "connect", 0],
    ["rep-pub", "bind", "bind", 0],
    ["rep-req", "bind", "connect", 0],
    ["buffered-rep-req", "bind", "connect", null],
  ]);
});

test("readBridge takes all that a user can choose", () => {
  const bridge = read({
    name: "orders",
    kind: "buffered-rep-req",
    in: { endpoints: ["tcp://*:5555", "ipc:///tmp/in"], security: { serverPair: "bridge", allow: ["client"] } },
    out: {
      endpoints: [{ endpoint: "tcp://a:1" }, { endpoint: "tcp://b:2", recreateTimeoutMs: 0 }],
      attach: "connect",
      security: { plain: "remote" },
    },
    fanOut: "all",
    limits: { maxMessages: 10, maxBytes: 1000, maxAgeMs: 0 },
    timeoutMs: 500,
    retries: 7,
    recreateTimeoutMs: 0,
    persist: true,
  });
  assert.deepEqual(bridge.in.security, { serverPair: "bridge", allow: ["client"] });
  assert.deepEqual(bridge.out, {
    endpoints: [{ endpoint: "tcp://a:1" }, { endpoint: "tcp://b:2", recreateTimeoutMs: 0 }],
    attach: "connect",
    security: { plain: "remote" },
  });
  assert.deepEqual([bridge.fanOut, bridge.limits.maxAgeMs, bridge.retries, bridge.persist], ["all", 0, 7, true]);
  assert.equal(read({ ...DRAFT, kind: "buffered-rep-req", retries: null }).retries, null);
});

test("readBridge says what is wrong as the end of a sentence", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /^must be an object/],
    [[], /^must be an object/],
    [{ ...DRAFT, name: " " }, /^needs a "name" of at most 200/],
    [{ ...DRAFT, name: "x".repeat(201) }, /^needs a "name"/],
    [{ ...DRAFT, kind: "push-pull" }, /^has a "kind" that is none of sub-pub, sub-req, /],
    [{ ...DRAFT, in: undefined }, /^needs one to 100 endpoints as its "in"/],
    [{ ...DRAFT, out: [] }, /^needs one to 100 endpoints as its "out"/],
    [{ ...DRAFT, out: [5] }, /^has an endpoint of its "out" that is no text/],
    [{ ...DRAFT, in: "inproc://x" }, /^has "inproc:\/\/x" in its "in", which cannot be used: inproc stays/],
    [{ ...DRAFT, out: ["tcp://a:1", "tcp://a:1"] }, /^has the endpoint tcp:\/\/a:1 twice in its "out"/],
    [{ ...DRAFT, out: [{ endpoint: "tcp://a:1", recreateTimeoutMs: -1 }] }, /^has a "recreateTimeoutMs"/],
    [{ ...DRAFT, in: { endpoints: "tcp://*:1", attach: "listen" } }, /^has an "attach" of its "in"/],
    [{ ...DRAFT, in: { endpoints: "tcp://*:1", security: 5 } }, /^has a "security" that is no object/],
    [
      { ...DRAFT, in: { endpoints: "tcp://*:1", security: { clientLeg: "NULL" } } },
      /^has "clientLeg" in the "security"/,
    ],
    [{ ...DRAFT, fanOut: "some" }, /^has a "fanOut" that is none of all, round-robin/],
    [{ ...DRAFT, limits: 5 }, /^has "limits" that are no object/],
    [{ ...DRAFT, limits: { maxMessages: 0 } }, /^has a "maxMessages" that is no whole number from 1 to 10000000/],
    [{ ...DRAFT, limits: { maxBytes: "1" } }, /^has a "maxBytes"/],
    [{ ...DRAFT, limits: { maxAgeMs: -1 } }, /^has a "maxAgeMs"/],
    [{ ...DRAFT, timeoutMs: 0 }, /^has a "timeoutMs" that is no whole number from 1/],
    [{ ...DRAFT, recreateTimeoutMs: 1.5 }, /^has a "recreateTimeoutMs"/],
    [{ ...DRAFT, retries: null }, /^has a "retries"/],
    [{ ...DRAFT, persist: "yes" }, /^has a "persist" that is neither/],
    [{ ...DRAFT, persist: true }, /^has "persist", but only a bridge of kind buffered-rep-req/],
    [{ ...DRAFT, out: { endpoints: ["tcp://*:1", "tcp://*:2"], attach: "bind" } }, /^binds several REQ endpoints/],
  ];
  for (const [draft, expected] of cases) assert.match(problemOf(draft), expected);
});

test("readBridge takes several free ports", () => {
  assert.equal(read({ ...DRAFT, in: ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0"] }).in.endpoints.length, 2);
});

test("the sockets of a kind say how its legs attach and whether it asks", () => {
  assert.deepEqual(BRIDGE_KINDS.map(asksRemotes), [false, true, false, true, true]);
  assert.deepEqual(bridgeSockets("sub-req"), { in: "SUB", out: "REQ" });
  assert.deepEqual((["SUB", "REP", "PUB", "REQ"] as const).map(usualAttach), ["connect", "bind", "bind", "connect"]);
  assert.equal(
    describeLegs("rep-req", { in: ["tcp://127.0.0.1:1"], out: ["tcp://a:2", "tcp://b:3"] }),
    "REP tcp://127.0.0.1:1 → REQ tcp://a:2, tcp://b:3",
  );
  assert.ok(Object.values(noCounts()).every((count) => count === 0));
});
