import assert from "node:assert/strict";
import { test } from "node:test";
import { pyzmqrpc } from "../../../src/proxy/dialects/pyzmqrpc.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectCall } from "../../../src/shared/dialects.ts";
import {
  framesOf,
  fuzzDialect,
  messageOf,
  octets,
  randomObject,
  randomText,
  roundTrips,
  saidBy,
} from "../../support/dialects.ts";
import { seedMessages } from "../../support/seedMessages.ts";

const said = (text: string) => saidBy(pyzmqrpc, messageOf(["", text]));
const problem = (...frames: string[]): string => {
  const read = pyzmqrpc.decode(messageOf(frames), null, dialectTools);
  return "problem" in read ? read.problem : "";
};
const refusal = (call: Partial<DialectCall>): string => {
  const encoded = pyzmqrpc.encode({ method: "", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  return "problem" in encoded ? encoded.problem : "";
};

test("A call says its function and parameters", () => {
  const { kind, method, kwargs } = said('{"function": "test_method", "parameters": {"param1": "a"}}');
  assert.deepEqual([kind, method, kwargs], ["call", "test_method", { param1: "a" }]);
  assert.deepEqual(said('{"function":"f"}').kwargs, {});
  assert.deepEqual(said('{"function":"f","parameters":null}').kwargs, {});
  assert.equal(saidBy(pyzmqrpc, messageOf(['{"function":"f"}'], "PUB", "SUB")).kind, "signal");
});

test("Replies with code 450 are its own; the others are its successor's too", () => {
  const confidence = (code: number): number =>
    pyzmqrpc.confidence(messageOf([`{"status_code":${code},"status_message":"no"}`], "REP", "REQ"));
  assert.equal(confidence(450), 0.95);
  assert.equal(confidence(463), 0.85);
  assert.deepEqual(said('{"status_code":450,"status_message":"No function name."}').code, "450");
  assert.equal(said('{"status_code":200,"status_message":"OK"}').kind, "reply");
});

test("What is neither is a problem in words", () => {
  for (const bad of ["test", '{"function":1}', '{"function":"f","parameters":[1]}', '{"function":"f","more":1}']) {
    assert.match(problem(bad), /neither a function/);
    assert.equal(pyzmqrpc.confidence(messageOf([bad])), 0);
  }
  assert.match(problem("a", "b"), /single frame/);
  assert.equal(pyzmqrpc.confidence(messageOf(["a", "b"])), 0);
  assert.equal(pyzmqrpc.confidence(messageOf(['{"status_code":200,"status_message":"OK"}'], "PUB", "SUB")), 0);
});

test("A call is written as JSON, or refused", () => {
  assert.deepEqual(framesOf(pyzmqrpc, { method: "f", kwargs: { a: 1 } }), [
    octets('{"function":"f","parameters":{"a":1}}'),
  ]);
  assert.match(refusal({}), /needs the name of a function/);
  assert.match(refusal({ method: "f", args: [1] }), /no place for positional/);
  assert.match(refusal({ method: "f", kwargs: { a: undefined } }), /type undefined/);
});

test("Answers are status replies", () => {
  const answer = pyzmqrpc.answer(messageOf(['{"function":"f"}']), { kind: "error", problem: "no" }, null, dialectTools);
  assert.ok("frames" in answer);
  assert.deepEqual(saidBy(pyzmqrpc, messageOf(answer.frames, "REP", "REQ")).problem, "no");
});

test("Calls are read as they were written", () => {
  const written = roundTrips(pyzmqrpc, (below) => ({ method: randomText(below), kwargs: randomObject(below) }));
  assert.ok(written > 1500);
});

test("pyzmqrpc takes any octets", () => fuzzDialect(pyzmqrpc, seedMessages("pyzmqrpc")));
