import assert from "node:assert/strict";
import { test } from "node:test";
import type { DialectInfo } from "../../src/shared/dialects.ts";
import {
  type CallDraft,
  chosenDialect,
  draftOf,
  draftProblem,
  EMPTY_DRAFT,
  endpointProblem,
  frameBytes,
  frameProblem,
  hasAnswer,
  repeatProblem,
  timeoutProblem,
  toCall,
  toDraft,
} from "../../webview/callDraft.ts";

test("A frame is right as soon as its format can read it", () => {
  assert.equal(frameProblem({ format: "text", text: "" }), null);
  assert.equal(frameProblem({ format: "json", text: '{"a": [1]}' }), null);
  assert.equal(frameProblem({ format: "msgpack", text: "[1]" }), null);
  assert.equal(frameProblem({ format: "hex", text: "00 ff\n01" }), null);
  for (const frame of [
    { format: "json", text: '{"a":' },
    { format: "json", text: "" },
    { format: "msgpack", text: "nope" },
    { format: "hex", text: "0" },
    { format: "hex", text: "zz" },
  ] as const) {
    assert.equal(typeof frameProblem(frame), "string", `${frame.format} ${frame.text}`);
  }
});

test("A frame's size is known before sending, except for MessagePack and while it is wrong", () => {
  assert.equal(frameBytes({ format: "text", text: "grüße" }), 7);
  assert.equal(frameBytes({ format: "json", text: "[1, 2]" }), 6);
  assert.equal(frameBytes({ format: "hex", text: "00 ff" }), 2);
  assert.equal(frameBytes({ format: "msgpack", text: "[1]" }), null);
  assert.equal(frameBytes({ format: "hex", text: "0" }), null);
});

test("An endpoint and a timeout are judged while they are typed", () => {
  assert.equal(endpointProblem("tcp://127.0.0.1:5555"), null);
  assert.equal(endpointProblem("ipc:///tmp/a.sock"), null);
  assert.match(endpointProblem("") ?? "", /it is empty/);
  assert.match(endpointProblem("127.0.0.1:5555") ?? "", /transport is missing/);
  assert.deepEqual([1, 5000, 3_600_000].map(timeoutProblem), [null, null, null]);
  for (const wrong of [0, -1, 1.5, Number.NaN, 3_600_001]) assert.equal(typeof timeoutProblem(wrong), "string");
});

test("Only REQ and DEALER wait for an answer", () => {
  assert.deepEqual((["REQ", "DEALER", "PUSH", "PUB"] as const).map(hasAnswer), [true, true, false, false]);
});

const info: DialectInfo = {
  name: "json-rpc",
  title: "JSON-RPC 2.0",
  meaning: "",
  socket: "REQ",
  takesArgs: true,
  takesKwargs: true,
  fields: [
    { name: "note", label: "Note", kind: "text", hint: "" },
    { name: "key", label: "Key", kind: "secret", hint: "" },
  ],
  canCall: true,
};
const raw: DialectInfo = { ...info, name: "raw" };
const toTap: CallDraft = { ...EMPTY_DRAFT, target: { kind: "tap", tap: "t" }, method: "add", args: ["1"] };

test("A draft is sent in the dialect that was chosen, or that the tap's messages look like", () => {
  const dialects = [raw, info, { ...info, name: "bitcoin" as const, canCall: false }];
  assert.equal(chosenDialect(toTap, dialects, "json-rpc"), info);
  assert.equal(chosenDialect(toTap, dialects, null), null);
  assert.equal(chosenDialect(toTap, dialects, "bitcoin"), null);
  assert.equal(chosenDialect({ ...toTap, choice: "frames" }, dialects, "json-rpc"), null);
  assert.equal(chosenDialect({ ...toTap, choice: "raw" }, dialects, "json-rpc"), null);
  assert.equal(chosenDialect({ ...EMPTY_DRAFT, choice: "json-rpc" }, dialects, null), info);
  assert.equal(chosenDialect(EMPTY_DRAFT, dialects, "json-rpc"), null);
  const xmlRpc = { ...info, name: "xml-rpc" as const };
  const toUrl = { ...EMPTY_DRAFT, target: { kind: "endpoint", endpoint: " http://127.0.0.1:8000" } } as const;
  assert.equal(chosenDialect(toUrl, [...dialects, xmlRpc], null), xmlRpc);
  assert.equal(chosenDialect(toTap, [...dialects, xmlRpc], null, "http://127.0.0.1:8000"), xmlRpc);
  assert.equal(chosenDialect(toTap, [...dialects, xmlRpc], "json-rpc", "http://127.0.0.1:8000"), info);
});

test("A draft becomes a call with its secrets, and without what its target or dialect has no use for", () => {
  const keys = { serverKey: "backend" };
  const draft = { ...toTap, keys, fields: { note: "n", other: "x" }, retries: 2 };
  assert.deepEqual(toCall(draft, info, { key: "hidden" }), {
    target: { kind: "tap", tap: "t" },
    timeoutMs: 5000,
    retries: 2,
    socket: "REQ",
    frames: [],
    typed: { dialect: "json-rpc", method: "add", args: ["1"], kwargs: "", fields: { note: "n", key: "hidden" } },
  });
  const endpoint = { ...draft, target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:1" }, retries: 0 } as const;
  assert.deepEqual(toCall(endpoint, null, {}), {
    target: endpoint.target,
    timeoutMs: 5000,
    keys,
    socket: "REQ",
    frames: EMPTY_DRAFT.frames,
  });
  assert.equal(toCall({ ...draft, otherSocket: "DEALER" }, info, {}).socket, "DEALER");
});

test("A call that is opened fills the draft: its dialect's form, its frames, or an empty form", () => {
  const call = toCall({ ...toTap, retries: 1 }, info, {});
  const again = draftOf(call);
  assert.deepEqual([again.choice, again.method, again.args, again.retries], ["json-rpc", "add", ["1"], 1]);
  const frames = [{ format: "text", text: "q" }] as const;
  const framed = draftOf({ target: toTap.target, socket: "DEALER", frames, timeoutMs: 1 }, again);
  assert.deepEqual([framed.choice, framed.socket, framed.frames, framed.method], ["frames", "DEALER", frames, "add"]);
  const empty = draftOf({ target: toTap.target, socket: "REQ", frames: [], timeoutMs: 1 });
  assert.deepEqual([empty.choice, empty.frames], ["auto", EMPTY_DRAFT.frames]);
});

test("A draft that cannot be sent says why", () => {
  assert.match(draftProblem(EMPTY_DRAFT, null, {}) ?? "", /endpoint cannot be used/);
  assert.match(draftProblem({ ...toTap, retries: 11 }, info, {}) ?? "", /0 to 10/);
  assert.match(draftProblem({ ...toTap, timeoutMs: Number.NaN }, info, {}) ?? "", /timeout/);
  assert.equal(draftProblem({ ...toTap, args: ["x"] }, null, {}), null);
  assert.match(draftProblem({ ...toTap, args: ["x"] }, info, {}) ?? "", /^Argument 1: Column 1: x is no JSON value/);
  const frames = [{ format: "hex", text: "0" }] as const;
  assert.match(draftProblem({ ...toTap, frames }, null, {}) ?? "", /odd number/);
});

test("A repetition is judged while it is typed", () => {
  assert.equal(repeatProblem({ count: 10, perSecond: null }), null);
  assert.equal(repeatProblem({ count: 10_000, perSecond: 0.5 }), null);
  for (const count of [0, 10_001, 1.5, Number.NaN]) {
    assert.equal(typeof repeatProblem({ count, perSecond: null }), "string");
  }
  for (const perSecond of [0, -1, 1001, Number.NaN]) {
    assert.equal(typeof repeatProblem({ count: 1, perSecond }), "string");
  }
});

test("toDraft repairs what was stored and gives up on what is none or too long", () => {
  for (const stored of [null, undefined, 3, "x"]) assert.equal(toDraft(stored), null);
  const broken = {
    target: { kind: "tap" },
    choice: "x",
    socket: "SUB",
    frames: [{ format: "xml", text: "" }],
    otherSocket: "SUB",
    method: 1,
    args: [1],
    kwargs: null,
    fields: { a: 1 },
    timeoutMs: 0,
    retries: -1,
    keys: 3,
    repeat: { count: 0, perSecond: null },
  };
  assert.deepEqual(toDraft(broken), EMPTY_DRAFT);
  assert.deepEqual(toDraft({}), EMPTY_DRAFT);
  const whole: CallDraft = {
    ...toTap,
    choice: "json-rpc",
    otherSocket: "DEALER",
    kwargs: "{}",
    fields: { note: "n" },
    retries: 3,
    keys: { serverKey: "a", clientPair: "b", plain: "c" },
    repeat: { count: 5, perSecond: 2 },
  };
  assert.deepEqual(toDraft(JSON.parse(JSON.stringify(whole))), whole);
  assert.equal(toDraft({ choice: "own:warehouse" })?.choice, "own:warehouse");
  assert.equal(toDraft({ choice: "own:" })?.choice, "auto");
  assert.equal(toDraft({ frames: [{ format: "text", text: "x".repeat(100_001) }] }), null);
  assert.equal(
    toDraft({ frames: Array.from({ length: 100 }, () => ({ format: "text", text: "" })) })?.frames.length,
    64,
  );
  assert.deepEqual(toDraft({ target: { kind: "endpoint", endpoint: "x" } })?.target, {
    kind: "endpoint",
    endpoint: "x",
  });
});
