import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "msgpackr";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { locust } from "../../../src/proxy/dialects/locust.ts";
import { detect } from "../../../src/proxy/dialects/registry.ts";
import { framesOf, fuzzDialect, messageOf, octets, randomJson, saidBy } from "../../support/dialects.ts";
import { hex } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

const HEARTBEAT = messageOf([hex("93 a9 686561727462656174 c0 a2 7731")], "DEALER", "ROUTER");
const fromWorker = (...message: unknown[]): ReturnType<typeof messageOf> =>
  messageOf([pack(message)], "DEALER", "ROUTER");
const fromMaster = (...message: unknown[]): ReturnType<typeof messageOf> =>
  messageOf([pack(message)], "ROUTER", "DEALER");

const EXAMPLES = [
  HEARTBEAT,
  fromWorker("client_ready", "2.15.1", "w1"),
  fromWorker("stats", { errors: {}, response_times: new Map([[12, 3]]) }, "w1"),
  fromWorker("exception", { msg: "boom", traceback: "…" }, "w1"),
  fromMaster("ack", { index: 0 }, "w1"),
  fromMaster("spawn", { user_classes_count: { User: 3 } }, "w1"),
  fromMaster("quit", null, null),
];

test("locust is told from its types between DEALER and ROUTER", () => {
  for (const example of EXAMPLES) assert.equal(detect(example).dialect, "locust");
  const [frame] = HEARTBEAT.frames;
  assert.equal(locust.confidence(messageOf([frame!], null, null)), 0.6);
  assert.equal(locust.confidence(messageOf(["w1", frame!], "ROUTER", "DEALER")), 0.95);
  for (const other of [
    messageOf([frame!], "PUB", "SUB"),
    messageOf([frame!], "REQ", "ROUTER"),
    messageOf(["a", "b", frame!], "DEALER", "ROUTER"),
    fromWorker("order", 1, "w1"),
    fromWorker("stats", 1, 2),
    fromWorker(1, 1, "w1"),
    messageOf([hex("93 a5")], "DEALER", "ROUTER"),
  ]) {
    assert.equal(detect(other).dialect, "raw");
  }
});

test("locust says heartbeats, acknowledgements, exceptions, what masters order and what workers tell", () => {
  assert.deepEqual(
    EXAMPLES.map((example) => saidBy(locust, example)).map(({ kind, method }) => [kind, method]),
    [
      ["heartbeat", "heartbeat"],
      ["signal", "client_ready"],
      ["event", "stats"],
      ["error", "exception"],
      ["acknowledgement", "ack"],
      ["signal", "spawn"],
      ["signal", "quit"],
    ],
  );
  const ready = saidBy(locust, EXAMPLES[1]!);
  assert.deepEqual([ready.args, ready.facts], [["2.15.1"], [{ label: "node", value: "w1" }]]);
  assert.deepEqual(saidBy(locust, EXAMPLES[2]!).value, { errors: {}, response_times: { $map: [[12, 3]] } });
  assert.equal(saidBy(locust, EXAMPLES[3]!).problem, "boom");
  assert.equal(saidBy(locust, fromWorker("exception", "text", "w1")).problem, "text");
  assert.match(saidBy(locust, fromWorker("exception", null, "w1")).problem ?? "", /tells of an exception/);
  assert.deepEqual([saidBy(locust, EXAMPLES[6]!).args, saidBy(locust, EXAMPLES[6]!).facts], [[], []]);
});

test("locust: decode says what was encoded", () => {
  const below = random(13);
  for (let turn = 0; turn < 500; turn++) {
    const data = randomJson(below);
    const call = { method: ["stats", "heartbeat", "own type", ""][below(4)]!, args: data === null ? [] : [data] };
    const said = saidBy(locust, messageOf(framesOf(locust, { ...call, fields: { node_id: "n" } }), "DEALER", "ROUTER"));
    assert.deepEqual({ method: said.method, args: said.args }, call);
    assert.deepEqual(said.facts, [{ label: "node", value: "n" }]);
  }
  assert.deepEqual(saidBy(locust, messageOf(framesOf(locust, { method: "a" }))).facts[0]?.value, "zmq-tap");
});

test("locust refuses what it cannot hold", () => {
  for (const [call, problem] of [
    [{ args: [1, 2] }, /one argument/],
    [{ kwargs: { a: 1 } }, /one argument/],
    [{ args: [null] }, /Leave the argument out/],
    [{ fields: { node_id: 1 } }, /must be text/],
    [{ args: [() => 1] }, /no function/],
  ] as const) {
    const encoded = locust.encode({ method: "a", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
    assert.ok("problem" in encoded);
    assert.match(encoded.problem, problem);
  }
  const frames = [octets("a")];
  assert.match((locust.decode(messageOf(frames), null, dialectTools) as { problem: string }).problem, /no message of/);
  assert.deepEqual(locust.renew(frames, null, dialectTools), { frames });
});

test("locust answers client_ready only", () => {
  const answer = (at: number, what: Parameters<typeof locust.answer>[1]): ReturnType<typeof locust.answer> =>
    locust.answer(EXAMPLES[at]!, what, null, dialectTools);
  const ack = answer(1, { kind: "value", value: { index: 1 } });
  assert.ok("frames" in ack);
  const said = saidBy(locust, messageOf(ack.frames, "ROUTER", "DEALER"));
  assert.deepEqual([said.method, said.value, said.facts[0]?.value], ["ack", { index: 1 }, "w1"]);
  assert.ok("frames" in answer(1, { kind: "value", value: undefined }));
  assert.ok("problem" in answer(1, { kind: "error", problem: "no" }));
  assert.ok("problem" in answer(2, { kind: "value", value: 1 }));
  assert.ok("problem" in answer(1, { kind: "value", value: () => 1 }));
});

test("locust takes any octets", () => fuzzDialect(locust, EXAMPLES));
