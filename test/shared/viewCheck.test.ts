import assert from "node:assert/strict";
import { test } from "node:test";
import { checkViewAsk } from "../../src/shared/viewCheck.ts";
import { FORWARDED_REQUESTS } from "../../src/shared/viewProtocol.ts";

const call = {
  call: "1",
  target: { kind: "tap", tap: "t" },
  socket: "REQ",
  frames: [{ format: "text", text: "a" }],
  timeoutMs: 1000,
};

const inDialect = {
  ...call,
  typed: { dialect: "json-rpc", method: "add", args: ["1"], kwargs: "", fields: { note: "n" } },
  retries: 2,
  keys: { serverKey: "backend" },
};

const good: Record<string, readonly unknown[]> = {
  "rows/read": [
    { filter: null, from: 0, count: 50 },
    { filter: 3, from: 9, count: 1, firstN: 7 },
  ],
  "rows/find": [{ filter: null, n: 7 }],
  "filter/start": [{ text: "a", fold: false }],
  "filter/stop": [{ filter: 1 }],
  "filter/values": [{ field: "topic", prefix: "" }],
  "filter/applied": [{ text: "" }, { text: "pending", isTyping: true }],
  "filter/save": [{ name: "slow", text: "latency > 50ms" }],
  "row/mark": [
    { n: 1, pinned: true },
    { n: 1, note: "" },
  ],
  "message/read": [{ n: 1 }],
  "frame/decode": [
    { n: 1, frame: 0, decoder: null },
    { n: 1, frame: 0, decoder: "json" },
    { n: 1, frame: 0, decoder: "numbers:int16-le" },
  ],
  "bytes/read": [{ n: 1, frame: 0, from: 0, count: 65536 }],
  "call/cancel": [{ call: "1" }],
  "view/start": [null],
  "command/run": [
    { command: "zmqTap.attach" },
    { command: "zmqTap.replayMessage", n: 4 },
    { command: "zmqTap.explainFinding", finding: "request-unanswered" },
  ],
  "picture/save": [{ name: "sequence", kind: "svg", text: "<svg/>" }],
  "decoder/remember": [
    { channel: "orders > REQ", decoder: "msgpack" },
    { channel: "x", decoder: null },
  ],
  "decoder/choose": [
    { decoder: "protobuf", current: null },
    { decoder: "text", current: "text:shift_jis" },
  ],
  "call/send": [
    call,
    { ...call, target: { kind: "endpoint", endpoint: "tcp://h:1" }, frames: [] },
    inDialect,
    { ...inDialect, typed: { ...inDialect.typed, dialect: "own:house" } },
  ],
  "call/repeat": [
    { call, plan: { count: 3, perSecond: null } },
    { call: inDialect, plan: { count: 3, perSecond: 0.5 } },
  ],
  "call/preview": [
    { socket: "REQ", frames: [] },
    { socket: "REQ", frames: [], typed: inDialect.typed },
  ],
  "call/save": [call, inDialect],
  "call/form": [null],
  "call/methods": [
    { tap: "t", dialect: null },
    { tap: "t", dialect: "zerorpc" },
  ],
  "picture/topics": [{ prefix: "" }, { prefix: "md." }],
  "fidelity/read": [{ tap: "t" }],
  "text/copy": [{ text: "a" }],
  "row/activate": [
    { n: 1, selected: [1, 2] },
    { n: null, selected: [] },
  ],
};
for (const [name, bodies] of Object.entries(good)) {
  test(`checkViewAsk lets through ${name}`, () => {
    for (const body of bodies)
      assert.deepEqual(checkViewAsk({ kind: "ask", id: 1, name, body }), { kind: "ask", id: 1, name, body });
  });

  test(`checkViewAsk drops ${name} with a body of another shape`, () => {
    for (const body of [undefined, 7, "x", {}, [], { n: "1" }, { from: -1 }]) {
      assert.equal(checkViewAsk({ kind: "ask", id: 1, name, body }), undefined);
    }
  });
}

/** Questions about a capture as a whole, which say no more than that. */
const whole = ["findings/read", "picture/overview", "picture/latency", "picture/links", "picture/topology"];
for (const name of whole) {
  test(`checkViewAsk lets through ${name}, and drops what has no body`, () => {
    assert.deepEqual(checkViewAsk({ kind: "ask", id: 1, name, body: {} }), { kind: "ask", id: 1, name, body: {} });
    for (const body of [undefined, null, 7, "x"])
      assert.equal(checkViewAsk({ kind: "ask", id: 1, name, body }), undefined);
  });
}

const bad: Record<string, unknown> = {
  nothing: undefined,
  "a text": "ask",
  "an answer": { kind: "answer", id: 1, body: null },
  "a notice": { kind: "notice", notice: {} },
  "an unknown question": { kind: "ask", id: 1, name: "engine/hello", body: { version: 1, maxBytes: 1 } },
  "the name of a method of all objects": { kind: "ask", id: 1, name: "toString", body: null },
  "an id that is no number": { kind: "ask", id: "1", name: "view/start", body: null },
  "a command that is not for views": {
    kind: "ask",
    id: 1,
    name: "command/run",
    body: { command: "workbench.action.quit" },
  },
  "a decoder with an option that it cannot use": {
    kind: "ask",
    id: 1,
    name: "frame/decode",
    body: { n: 1, frame: 0, decoder: "numbers:roman" },
  },
  "a call on an unknown socket": { kind: "ask", id: 1, name: "call/send", body: { ...call, socket: "STREAM" } },
  "a call with a frame of an unknown format": {
    kind: "ask",
    id: 1,
    name: "call/send",
    body: { ...call, frames: [{ format: "x", text: "" }] },
  },
  "a call in an unknown dialect": {
    kind: "ask",
    id: 1,
    name: "call/send",
    body: { ...inDialect, typed: { ...inDialect.typed, dialect: "x" } },
  },
  "a call with a field that is no text": {
    kind: "ask",
    id: 1,
    name: "call/send",
    body: { ...inDialect, typed: { ...inDialect.typed, fields: { note: 1 } } },
  },
  "a call without fields": {
    kind: "ask",
    id: 1,
    name: "call/send",
    body: { ...inDialect, typed: { ...inDialect.typed, fields: null } },
  },
  "a repetition at no rate": {
    kind: "ask",
    id: 1,
    name: "call/repeat",
    body: { call, plan: { count: 1, perSecond: 0 } },
  },
  "a call with too many frames": {
    kind: "ask",
    id: 1,
    name: "call/send",
    body: { ...call, frames: Array(1001).fill(call.frames[0]) },
  },
  "an unsafe number": { kind: "ask", id: 1, name: "message/read", body: { n: 2 ** 53 } },
};
for (const [name, value] of Object.entries(bad)) {
  test(`checkViewAsk drops ${name}`, () => assert.equal(checkViewAsk(value), undefined));
}

/** What a page that is not ours could add: consent that the user never gave, and what commands are told by scripts. */
const ADDED = {
  capture: 0,
  confirmed: true,
  quiet: true,
  send: true,
  server: "tcp://203.0.113.7:1",
  listen: "tcp://0.0.0.0:1",
  uri: "file:///etc/passwd",
  security: { serverPair: "x" },
  view: 7,
  toString: "x",
};

test("checkViewAsk hands on the fields of a question and no others, however deep", () => {
  for (const [name, bodies] of Object.entries(good)) {
    for (const body of bodies) {
      if (body === null) continue;
      const known = checkViewAsk({ kind: "ask", id: 1, name, body: { ...ADDED, ...(body as object) }, more: 1 });
      assert.deepEqual(known, { kind: "ask", id: 1, name, body }, name);
    }
  }
  for (const name of whole) {
    assert.deepEqual(checkViewAsk({ kind: "ask", id: 1, name, body: ADDED }), { kind: "ask", id: 1, name, body: {} });
  }
  const nested = { ...inDialect, typed: { ...inDialect.typed, x: 1 }, keys: { serverKey: "backend", secretKey: "x" } };
  const target = { ...call.target, confirmed: true };
  assert.deepEqual(
    checkViewAsk({ kind: "ask", id: 1, name: "call/send", body: { ...nested, target } })?.body,
    inDialect,
  );
});

test("checkViewAsk takes no field from what an object inherits", () => {
  const body = Object.create({ command: "zmqTap.attach" }) as object;
  assert.equal(checkViewAsk({ kind: "ask", id: 1, name: "command/run", body }), undefined);
  const named = JSON.parse('{"__proto__": "x", "constructor": "y"}') as object;
  const typed = { ...inDialect.typed, fields: named };
  const known = checkViewAsk({ kind: "ask", id: 1, name: "call/send", body: { ...inDialect, typed } });
  const { fields } = (known?.body as typeof inDialect).typed;
  assert.deepEqual(Object.getOwnPropertyNames(fields), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(fields), Object.prototype);
});

test("checkViewAsk is tested with every question that goes to the engine", () => {
  assert.deepEqual(
    FORWARDED_REQUESTS.filter((name) => !(name in good) && !whole.includes(name)),
    [],
  );
});
