import assert from "node:assert/strict";
import { test } from "node:test";
import { frontendBackend } from "../../../src/proxy/dialects/frontendBackend.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectCall } from "../../../src/shared/dialects.ts";
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

const said = (text: string) => saidBy(frontendBackend, messageOf(["", text]));
const problem = (text: string): string => {
  const read = frontendBackend.decode(messageOf([text]), null, dialectTools);
  return "problem" in read ? read.problem : "";
};
const refusal = (call: Partial<DialectCall>): string => {
  const encoded = frontendBackend.encode({ method: "", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  return "problem" in encoded ? encoded.problem : "";
};

test("A call says its method and arguments by name, whatever the order and the separators", () => {
  const { kind, method, args, kwargs } = said('{"arguments": {"a": 2, "b": "ž"}, "api_method": "add"}');
  assert.deepEqual([kind, method, args, kwargs], ["call", "add", null, { a: 2, b: "ž" }]);
  assert.deepEqual(said('{"api_method":"reset"}').kwargs, {});
  assert.match(problem('{"api_method":"add","arguments":[1]}'), /arguments of this call are no object/);
});

test("A signal says its name and data", () => {
  const { kind, method, value } = said('{"signal":"add_result","data":4}');
  assert.deepEqual([kind, method, value], ["signal", "add_result", 4]);
  assert.equal(said('{"signal":"reset_ok","data":null}').value, null);
  assert.equal("value" in said('{"signal":"reset_ok"}'), false);
});

test("Signals that tell of a failure are errors", () => {
  for (const [name, data, expected] of [
    ["eip_dns_error", null, "eip_dns_error"],
    ["soledad_bootstrap_failed", "no key", "no key"],
    ["backend_bad_call", { why: 1 }, "backend_bad_call"],
  ] as const) {
    const error = said(JSON.stringify({ signal: name, data }));
    assert.deepEqual([error.kind, error.method, error.problem, error.value], ["error", name, expected, data]);
  }
  assert.equal(said('{"signal":"error_count","data":0}').kind, "signal");
});

test("PING is the heartbeat, OK the acknowledgement, and both only where requests and answers travel", () => {
  assert.equal(said("PING").kind, "heartbeat");
  assert.equal(said("OK").kind, "acknowledgement");
  const confidence = (word: string, ...sockets: [Parameters<typeof messageOf>[1], Parameters<typeof messageOf>[2]]) =>
    frontendBackend.confidence(messageOf([word], ...sockets));
  assert.equal(confidence("PING", "REQ", "ROUTER"), 0.5);
  assert.equal(confidence("OK", "ROUTER", "REQ"), 0.4);
  assert.equal(confidence("PING", "REP", "REQ"), 0);
  assert.equal(confidence("OK", "REQ", "REP"), 0);
  assert.equal(confidence("PING", "PUB", "SUB"), 0);
});

test("What is none of these is a problem in words", () => {
  for (const text of ["ping", "{}", '{"api_method":1}', '{"signal":null,"data":1}', "["]) {
    assert.match(problem(text), /neither a call/);
  }
  const read = frontendBackend.decode(messageOf(["a", "b"]), null, dialectTools);
  assert.match("problem" in read ? read.problem : "", /single frame/);
  assert.equal(frontendBackend.confidence(messageOf(['{"api_method":"a","more":1}'])), 0.6);
});

test("Calls, signals and heartbeats are written as the programs do", () => {
  assert.deepEqual(framesOf(frontendBackend, { method: "add", kwargs: { a: 2 } }), [
    octets('{"api_method":"add","arguments":{"a":2}}'),
  ]);
  assert.deepEqual(framesOf(frontendBackend, { method: "done", fields: { form: "signal", data: [1] } }), [
    octets('{"signal":"done","data":[1]}'),
  ]);
  assert.deepEqual(framesOf(frontendBackend, { method: "done", fields: { form: "signal" } }), [
    octets('{"signal":"done","data":null}'),
  ]);
  for (const method of ["", "PING"]) {
    assert.deepEqual(framesOf(frontendBackend, { method, fields: { form: "heartbeat" } }), [octets("PING")]);
  }
});

test("What has no place in a message is refused", () => {
  assert.match(refusal({}), /needs the name of a method/);
  assert.match(refusal({ method: "add", args: [1] }), /no place for positional/);
  assert.match(refusal({ method: "add", kwargs: { a: NaN } }), /no place for NaN/);
  assert.match(refusal({ fields: { form: "signal" } }), /needs a name/);
  assert.match(refusal({ method: "s", kwargs: { a: 1 }, fields: { form: "signal" } }), /no arguments/);
  assert.match(refusal({ method: "add", fields: { form: "heartbeat" } }), /neither a method nor arguments/);
  assert.match(refusal({ method: "add", fields: { form: "shout" } }), /must be one of call, signal, heartbeat/);
});

test("OK is the only answer", () => {
  const call = messageOf(['{"api_method":"add","arguments":{}}']);
  for (const value of [null, undefined, "OK"]) {
    assert.deepEqual(frontendBackend.answer(call, { kind: "value", value }, null, dialectTools), {
      frames: [octets("OK")],
    });
  }
  assert.deepEqual(frontendBackend.answer(call, { kind: "error", problem: "no" }, null, dialectTools), {
    frames: [octets("OK")],
  });
  assert.ok("problem" in frontendBackend.answer(call, { kind: "value", value: 4 }, null, dialectTools));
});

test("Calls and signals are read as they were written", () => {
  const calls = roundTrips(frontendBackend, (below) => ({
    method: randomText(below),
    args: below(10) === 0 ? [1] : [],
    kwargs: randomObject(below),
  }));
  const signals = roundTrips(frontendBackend, (below) => ({
    method: `x${randomText(below)}`,
    fields: { form: "signal", data: randomJson(below) },
  }));
  assert.ok(calls > 1000 && signals === 2000);
});

test("frontend-backend takes any octets", () => fuzzDialect(frontendBackend, seedMessages("frontend-backend")));
