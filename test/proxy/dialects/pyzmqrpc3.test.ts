import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { fromBase64, toBase64 } from "../../../src/proxy/decode/base64.ts";
import { pyzmqrpc3 } from "../../../src/proxy/dialects/pyzmqrpc3.ts";
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

const zipped = (json: string | Uint8Array): string =>
  toBase64(deflateSync(typeof json === "string" ? octets(json) : json));
const said = (text: string) => saidBy(pyzmqrpc3, messageOf(["", text]));
const problem = (...frames: string[]): string => {
  const read = pyzmqrpc3.decode(messageOf(frames), null, dialectTools);
  return "problem" in read ? read.problem : "";
};
const refusal = (call: Partial<DialectCall>): string => {
  const encoded = pyzmqrpc3.encode({ method: "", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  return "problem" in encoded ? encoded.problem : "";
};

test("A command's class is the method, its state the arguments", () => {
  const { kind, method, args, kwargs, facts } = said(
    "eJyrVorPTM5NiVeyUohW8s0vS3UsylXSUahWSqzILAYKKlUAeUq5uUCmoVFtbC0AZ9EOHw==",
  );
  assert.deepEqual([kind, method, args, kwargs, facts], ["call", "MoveArm", null, { axis: "x", mm: 12 }, []]);
  assert.equal(said("eJyrVorPTM5NiVeyUohWCs4oLUnJL88LTi0qSy1S0lGoro2tBQDMqQwF").method, "ShutdownServer");
});

test("A state that is no object is the value", () => {
  const { kwargs, value } = said(zipped('{"_icmd_":["A",[1,2]]}'));
  assert.deepEqual([kwargs, value], [null, [1, 2]]);
});

test("Commands inside a state are named, and stay what they are", () => {
  const inner = { _icmd_: ["B", { list: [{ _icmd_: ["C", null] }] }] };
  const { kwargs, facts } = said(zipped(JSON.stringify({ _icmd_: ["A", { inner }] })));
  assert.deepEqual(kwargs, { inner });
  assert.deepEqual(facts, [{ label: "Commands inside", value: "B, C" }]);
  const many = Array.from({ length: 50 }, () => inner);
  assert.equal(said(zipped(JSON.stringify({ _icmd_: ["A", { many }] }))).facts[0]!.value.split(", ").length, 20);
});

test("A published command is one-way", () => {
  const message = messageOf([zipped('{"_icmd_":["A",{}]}')], "PUB", "SUB");
  assert.equal(saidBy(pyzmqrpc3, message).kind, "signal");
});

test("Replies and the heartbeat are told", () => {
  assert.equal(said("zmq_sub_heartbeat").kind, "heartbeat");
  assert.deepEqual(said('{"status_code": 200, "status_message": "OK", "response_message": "x:y"}').value, "x:y");
  assert.deepEqual(said('{"status_code":482,"status_message":"no"}').code, "482");
});

test("What is no command, too large or too deep is a problem in words", () => {
  for (const bad of [
    "test",
    "e",
    "eJ==",
    zipped("{"),
    zipped('{"a":1}'),
    zipped('{"_icmd_":["A"]}'),
    zipped('{"_icmd_":[1,{}]}'),
    zipped('{"_icmd_":"AB"}'),
    zipped('{"_icmd_":["A",{}],"more":1}'),
    zipped(`{"_icmd_":["A",${"[".repeat(200)}${"]".repeat(200)}]}`),
    zipped(`{"_icmd_":["A","${"x".repeat(5 * 1024 * 1024)}"]}`),
    zipped(new Uint8Array(64 * 1024 * 1024)),
  ]) {
    assert.match(problem(bad), /neither a zipped command/);
    assert.equal(pyzmqrpc3.confidence(messageOf([bad])), 0);
  }
  assert.match(problem("a", "b"), /single frame/);
  assert.equal(pyzmqrpc3.confidence(messageOf(["a", "b"])), 0);
});

test("A command is written as base64 of zlib of JSON", () => {
  const [frame] = framesOf(pyzmqrpc3, { method: "MoveArm", kwargs: { axis: "x" } });
  const json = Buffer.from(inflateSync(fromBase64(frame!)!, { maxOutputLength: 1000 })).toString();
  assert.deepEqual(JSON.parse(json), { _icmd_: ["MoveArm", { axis: "x" }] });
});

test("What has no place in a command is refused", () => {
  assert.match(refusal({}), /needs the name of its class/);
  assert.match(refusal({ method: "A", args: [1] }), /no place for positional/);
  assert.match(refusal({ method: "A", kwargs: { a: new Uint8Array(1) } }), /no place for octets/);
});

test("Answers are status replies", () => {
  const call = messageOf([zipped('{"_icmd_":["A",{}]}')]);
  const answer = pyzmqrpc3.answer(call, { kind: "value", value: 5 }, null, dialectTools);
  assert.ok("frames" in answer);
  assert.equal(saidBy(pyzmqrpc3, messageOf(answer.frames, "REP", "REQ")).value, 5);
});

test("Commands are read as they were written", () => {
  const written = roundTrips(pyzmqrpc3, (below) => ({
    method: randomText(below),
    args: below(10) === 0 ? [randomJson(below)] : [],
    kwargs: below(5) === 0 ? { inner: { _icmd_: ["B", randomObject(below)] } } : randomObject(below),
  }));
  assert.ok(written > 1000);
});

test("pyzmqrpc3 takes any octets", () => fuzzDialect(pyzmqrpc3, seedMessages("pyzmqrpc3")));
