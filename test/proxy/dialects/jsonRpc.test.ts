import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { jsonRpc } from "../../../src/proxy/dialects/jsonRpc.ts";
import { detect } from "../../../src/proxy/dialects/registry.ts";
import {
  framesOf,
  fuzzDialect,
  messageOf,
  octets,
  randomJson,
  randomObject,
  randomText,
  saidBy,
} from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

const CALL = '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}';
const NAMED = '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": "3"}';
const NOTIFICATION = '{"jsonrpc":"2.0","method":"update","params":[1,2]}';
const REPLY = '{"jsonrpc":"2.0","result":19,"id":1}';
const ERROR = '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found","data":{"a":1}},"id":"1"}';
const EXAMPLES = [CALL, NAMED, NOTIFICATION, REPLY, ERROR, `[${CALL},${NOTIFICATION}]`, `[${ERROR},${REPLY}]`];

test("json-rpc is told from its version and shape, and nothing else is taken for it", () => {
  for (const example of EXAMPLES) assert.equal(detect(messageOf([example])).dialect, "json-rpc", example);
  for (const other of ["{}", "[]", "[1]", `[${CALL},1]`, '{"jsonrpc":"1.0","method":"a"}', '{"jsonrpc":"2.0"}', "x"]) {
    assert.equal(detect(messageOf([other])).dialect, "raw", other);
  }
  assert.equal(jsonRpc.confidence(messageOf([CALL, "more"])), 0);
});

test("json-rpc says calls, notifications, results and errors", () => {
  const call = saidBy(jsonRpc, messageOf(["", CALL]));
  assert.deepEqual([call.kind, call.method, call.args, call.kwargs, call.id], ["call", "subtract", [42, 23], {}, "1"]);
  const named = saidBy(jsonRpc, messageOf([NAMED]));
  assert.deepEqual([named.args, named.kwargs, named.id], [[], { subtrahend: 23, minuend: 42 }, "3"]);
  const notification = saidBy(jsonRpc, messageOf([NOTIFICATION]));
  assert.deepEqual([notification.kind, notification.id], ["signal", null]);
  const reply = saidBy(jsonRpc, messageOf([REPLY]));
  assert.deepEqual([reply.kind, reply.value, reply.id, reply.args], ["reply", 19, "1", null]);
  const error = saidBy(jsonRpc, messageOf([ERROR]));
  assert.deepEqual([error.kind, error.problem, error.code, error.id], ["error", "Method not found", "-32601", "1"]);
  assert.deepEqual(error.value, { a: 1 });
});

test("json-rpc reads odd errors and ids too", () => {
  const error = saidBy(jsonRpc, messageOf(['{"jsonrpc":"2.0","error":{},"id":null}']));
  assert.deepEqual([error.problem, error.code, error.id], ["The error has no message.", null, null]);
  const large = saidBy(jsonRpc, messageOf(['{"jsonrpc":"2.0","method":"a","id":9007199254740993}']));
  assert.equal(large.id, "9007199254740993");
});

test("json-rpc sums a batch up, with the same id for its answers in any order", () => {
  const other = CALL.replace('"id":1', '"id":"a"').replace("subtract", "add");
  const calls = saidBy(jsonRpc, messageOf([`[${other},${CALL},${CALL},${NOTIFICATION}]`]));
  assert.deepEqual([calls.kind, calls.method, calls.id], ["call", "add, subtract, update", "1, 1, a"]);
  assert.deepEqual(calls.facts, [{ label: "batch", value: "4" }]);
  const answers = saidBy(jsonRpc, messageOf([`[${REPLY},${ERROR},${REPLY.replace('"id":1', '"id":"a"')}]`]));
  assert.deepEqual([answers.kind, answers.id, answers.code], ["error", calls.id, "-32601"]);
  assert.equal(answers.problem, "1 of 3 failed: Method not found");
  assert.equal(saidBy(jsonRpc, messageOf([`[${REPLY}]`])).kind, "reply");
  assert.equal(saidBy(jsonRpc, messageOf([`[${NOTIFICATION}]`])).kind, "signal");
  const many = saidBy(jsonRpc, messageOf([`[${Array.from({ length: 7 }, () => CALL).join(",")}]`]));
  assert.equal(many.id, "1, 1, 1, 1, 1, … 2 more");
});

test("json-rpc: decode says what was encoded", () => {
  const below = random(5);
  for (let turn = 0; turn < 1000; turn++) {
    const isNamed = below(2) === 0;
    const call = {
      method: randomText(below),
      args: isNamed ? [] : Array.from({ length: below(4) }, () => randomJson(below)),
      kwargs: isNamed ? randomObject(below) : {},
    };
    const notification = below(2) === 0;
    const said = saidBy(jsonRpc, messageOf(framesOf(jsonRpc, { ...call, fields: { notification } })));
    assert.deepEqual({ method: said.method, args: said.args, kwargs: said.kwargs }, call);
    assert.equal(said.kind, notification ? "signal" : "call");
    assert.equal(said.id === null, notification);
  }
});

test("json-rpc encodes batches", () => {
  const fields = { batch: [{ method: "b", params: [1] }, { method: "c" }] };
  const said = saidBy(jsonRpc, messageOf(framesOf(jsonRpc, { method: "a", fields })));
  assert.deepEqual([said.kind, said.method, (said.value as unknown[]).length], ["call", "a, b, c", 3]);
});

test("json-rpc refuses what it cannot hold", () => {
  const encode = (call: object): unknown =>
    jsonRpc.encode({ method: "a", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  for (const [call, problem] of [
    [{ args: [1], kwargs: { a: 1 } }, /not both/],
    [{ args: [undefined] }, /no undefined/],
    [{ args: [Uint8Array.of(1)] }, /no octets/],
    [{ fields: { batch: [{}] } }, /must be a list/],
    [{ fields: { batch: 1 } }, /must be a list/],
  ] as const) {
    assert.match((encode(call) as { problem: string }).problem, problem);
  }
  assert.match((jsonRpc.decode(messageOf(["{}"]), null, dialectTools) as { problem: string }).problem, /no JSON-RPC/);
});

test("json-rpc renews ids with their type, and changes nothing else", () => {
  const exact = '{"jsonrpc":"2.0","method":"a","params":[1.0,12345678901234567890],"id":"x"}';
  const renewed = jsonRpc.renew([octets(""), octets(exact)], null, dialectTools);
  assert.ok("frames" in renewed);
  const text = new TextDecoder().decode(renewed.frames[1]);
  assert.match(text, /^\{"jsonrpc":"2\.0","method":"a","params":\[1\.0,12345678901234567890\],"id":"[0-9a-f]{32}"\}$/);
  assert.deepEqual(renewed.frames[0], octets(""));
  const batch = jsonRpc.renew([octets(`[${CALL},${NOTIFICATION},${REPLY}]`)], null, dialectTools);
  assert.ok("frames" in batch);
  const [call, notification, reply] = JSON.parse(new TextDecoder().decode(batch.frames[0])) as { id?: unknown }[];
  assert.ok(Number.isSafeInteger(call?.id) && call?.id !== 1);
  assert.deepEqual([notification, reply], [JSON.parse(NOTIFICATION), JSON.parse(REPLY)]);
  assert.deepEqual(jsonRpc.renew([octets("x")], null, dialectTools), { frames: [octets("x")] });
});

test("json-rpc answers calls by their id, batches with a batch", () => {
  const answer = (text: string, what: Parameters<typeof jsonRpc.answer>[1]): unknown => {
    const answered = jsonRpc.answer(messageOf([text]), what, null, dialectTools);
    return "frames" in answered ? JSON.parse(new TextDecoder().decode(answered.frames[0])) : answered.problem;
  };
  assert.deepEqual(answer(CALL, { kind: "value", value: 19 }), JSON.parse(REPLY));
  assert.deepEqual(answer(CALL, { kind: "value", value: undefined }), { jsonrpc: "2.0", result: null, id: 1 });
  const error = { jsonrpc: "2.0", error: { code: -32000, message: "no" }, id: 1 };
  assert.deepEqual(answer(`[${CALL},${NOTIFICATION}]`, { kind: "error", problem: "no" }), [error]);
  assert.match(answer(NOTIFICATION, { kind: "value", value: 1 }) as string, /with an id/);
  assert.match(answer("x", { kind: "value", value: 1 }) as string, /with an id/);
  assert.match(answer(CALL, { kind: "value", value: NaN }) as string, /no NaN/);
});

test("json-rpc takes any octets", () =>
  fuzzDialect(
    jsonRpc,
    EXAMPLES.map((example) => messageOf([example])),
  ));
