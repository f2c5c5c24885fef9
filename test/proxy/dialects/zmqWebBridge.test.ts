import assert from "node:assert/strict";
import { test } from "node:test";
import { zmqWebBridge } from "../../../src/proxy/dialects/zmqWebBridge.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectCall, Said } from "../../../src/shared/dialects.ts";
import {
  framesOf,
  fuzzDialect,
  messageOf,
  octets,
  randomJson,
  randomObject,
  randomText,
  roundTrips,
  saidBy,
} from "../../support/dialects.ts";
import { seedMessages } from "../../support/seedMessages.ts";

const IDENTITY = "0123456789ABCDEF0123456789ABCDEF";
const said = (text: string): Said => saidBy(zmqWebBridge, messageOf(["", text]));
const enveloped = (rest: object): Said => said(JSON.stringify({ identity: IDENTITY, ...rest }));
const isProblem = (...frames: (string | Uint8Array)[]): boolean =>
  "problem" in zmqWebBridge.decode(messageOf(frames), null, dialectTools) &&
  zmqWebBridge.confidence(messageOf(frames)) === 0;
const refusal = (call: Partial<DialectCall>): string => {
  const encoded = zmqWebBridge.encode({ method: "f", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  return "problem" in encoded ? encoded.problem : "";
};

test("A call says its function and arguments of both kinds", () => {
  const { kind, method, args, kwargs, id } = said('{"funcname": "echo", "args": ["hi"], "kwargs": {"n": 1}}');
  assert.deepEqual([kind, method, args, kwargs, id], ["call", "echo", ["hi"], { n: 1 }, null]);
  assert.deepEqual([said('{"funcname":"f"}').args, said('{"funcname":"f"}').kwargs], [[], {}]);
  assert.equal(saidBy(zmqWebBridge, messageOf(['{"funcname":"f","args":[1]}'], "PUB", "SUB")).kind, "signal");
  assert.equal(zmqWebBridge.confidence(messageOf(['{"funcname":"f","more":1}'])), 0.6);
});

test("Arguments that are no list are told", () => {
  const { args, value, facts } = said('{"funcname":"echo","args":"hi"}');
  assert.deepEqual([args, value], [null, { args: "hi", kwargs: {} }]);
  assert.match(facts[0]!.value, /cannot take/);
});

test("A browser's identity before the delimiter is the id, of calls and of answers", () => {
  for (const text of ['{"funcname":"f"}', '{"returnval":1}', '{"status":"error","error_msg":"no"}']) {
    assert.equal(saidBy(zmqWebBridge, messageOf([IDENTITY, "", text], "DEALER", "REP")).id, IDENTITY);
    assert.equal(saidBy(zmqWebBridge, messageOf(["other", "", text], "DEALER", "REP")).id, null);
  }
});

test("The frame behind a call is the identity of its target", () => {
  const { method, facts } = saidBy(zmqWebBridge, messageOf(["", '{"funcname":"f"}', IDENTITY]));
  assert.deepEqual([method, facts], ["f", [{ label: "Target identity", value: IDENTITY }]]);
  for (const frames of [
    ["", '{"funcname":"f"}', IDENTITY, "more"],
    ["", '{"funcname":"f"}', "x".repeat(256)],
    ["", '{"funcname":"f"}', Uint8Array.of(0xff)],
    ["", '{"a":1}', IDENTITY],
  ]) {
    assert.ok(isProblem(...frames));
  }
});

test("Answers are told, errors that clients hide too", () => {
  assert.deepEqual([said('{"returnval": [1]}').kind, said('{"returnval": [1]}').value], ["reply", [1]]);
  const error = said('{"status":"error","error_msg":"unauthorized access"}');
  assert.deepEqual([error.kind, error.problem], ["error", "unauthorized access"]);
  assert.match(said('{"status":"error","error_msg":null}').problem!, /no more than that it failed/);
  assert.equal(zmqWebBridge.confidence(messageOf(['{"returnval":1,"more":2}'])), 0);
});

test("Of an answer in several frames the last one counts, as for the bridge", () => {
  const answer = messageOf([IDENTITY, "", "progress", "50 %", '{"returnval":1}'], "REP", "DEALER");
  const { kind, value, id, facts } = saidBy(zmqWebBridge, answer);
  assert.deepEqual([kind, value, id], ["reply", 1, IDENTITY]);
  assert.deepEqual(facts, [{ label: "Frames before it", value: "2, which the bridge leaves out" }]);
  assert.equal(zmqWebBridge.confidence(answer), 0.6);
  const failed = saidBy(zmqWebBridge, messageOf(["", "a", '{"status":"error","error_msg":"no"}']));
  assert.deepEqual([failed.kind, failed.problem], ["error", "no"]);
  for (const last of ['{"funcname":"f","returnval":1}', '{"returnval":1,"more":2}', "text"]) {
    assert.ok(isProblem("", "a", "b", last), last);
  }
});

test("The WebSocket's envelope is unwrapped", () => {
  const connect = enveloped({ msg_type: "connect", content: '{"zmq_conn_string":"tcp://a:1","socket_type":3}' });
  assert.deepEqual(
    [connect.kind, connect.method, connect.kwargs, connect.id],
    ["call", "connect", { zmq_conn_string: "tcp://a:1", socket_type: 3 }, IDENTITY],
  );
  assert.deepEqual(connect.facts, [
    { label: "Identity", value: IDENTITY },
    { label: "Message type", value: "connect" },
  ]);
  assert.equal(enveloped({ msg_type: "connection_reply", content: '{"status": "success"}' }).kind, "reply");
  assert.equal(enveloped({ msg_type: "connection_reply", content: '{"status": "error"}' }).kind, "error");
  const call = enveloped({ msg_type: "userlevel", content: '{"funcname":"echo","args":["hi"]}' });
  assert.deepEqual([call.kind, call.method, call.args, call.id], ["call", "echo", ["hi"], IDENTITY]);
  assert.equal(enveloped({ content: '{"returnval":5}' }).value, 5);
  assert.deepEqual([enveloped({ content: "world" }).kind, enveloped({ content: "world" }).value], ["event", "world"]);
  assert.deepEqual(enveloped({ content: '{"a":1}' }).value, { a: 1 });
});

test("What goes to a browser that answers calls has a handle", () => {
  const call = enveloped({ content: '["00ff","","{\\"funcname\\":\\"ask\\",\\"args\\":[1]}"]' });
  assert.deepEqual([call.kind, call.method, call.args], ["call", "ask", [1]]);
  assert.deepEqual(call.facts.at(-1), { label: "Handle", value: "00ff" });
  assert.equal(enveloped({ content: '["00ff","","plain"]' }).value, "plain");
  assert.deepEqual(enveloped({ content: '["00ff","x","plain"]' }).value, ["00ff", "x", "plain"]);
});

test("What is none of these is a problem", () => {
  for (const bad of [
    "text",
    "",
    "{}",
    '{"funcname":5}',
    '{"error_msg":"x"}',
    '{"identity":"a","content":5}',
    '{"identity":5,"content":"a"}',
    '{"identity":"a","content":"b","more":1}',
  ]) {
    assert.ok(isProblem(bad), bad);
  }
  assert.ok(isProblem());
  assert.ok(isProblem(new Uint8Array(5 * 1024 * 1024)));
  const read = zmqWebBridge.decode(
    messageOf([JSON.stringify({ identity: IDENTITY, msg_type: "connect", content: "x" })]),
    null,
    dialectTools,
  );
  assert.match("problem" in read ? read.problem : "", /does not say where/);
});

test("A call is written as JSON, with the target's identity behind it", () => {
  const json = octets('{"funcname":"f","args":[1],"kwargs":{"a":2}}');
  assert.deepEqual(framesOf(zmqWebBridge, { method: "f", args: [1], kwargs: { a: 2 } }), [json]);
  assert.deepEqual(framesOf(zmqWebBridge, { method: "f", args: [1], kwargs: { a: 2 }, fields: { target: "me" } }), [
    json,
    octets("me"),
  ]);
  assert.match(refusal({ method: "" }), /needs the name of a function/);
  assert.match(refusal({ args: [Infinity] }), /no Infinity/);
  assert.match(refusal({ fields: { target: 5 } }), /must be text/);
  assert.match(refusal({ fields: { target: "x".repeat(256) } }), /at most 255 octets/);
});

test("Answers are written as the server does", () => {
  const call = messageOf(["", '{"funcname":"f"}']);
  const answers = [
    [{ kind: "value", value: 5 }, '{"returnval":5}'],
    [{ kind: "value", value: undefined }, '{"returnval":null}'],
    [{ kind: "error", problem: "no" }, '{"status":"error","error_msg":"no"}'],
  ] as const;
  for (const [answer, json] of answers) {
    assert.deepEqual(zmqWebBridge.answer(call, answer, null, dialectTools), { frames: [octets(json)] });
  }
});

test("Calls are read as they were written", () => {
  const written = roundTrips(zmqWebBridge, (below) => ({
    method: randomText(below),
    args: [randomJson(below), randomJson(below)].slice(below(3)),
    kwargs: randomObject(below),
    fields: below(2) === 0 ? { target: randomText(below) } : {},
  }));
  assert.ok(written > 1500);
});

test("zmq-web-bridge takes any octets", () => fuzzDialect(zmqWebBridge, seedMessages("zmq-web-bridge")));
