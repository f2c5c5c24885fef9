import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "msgpackr";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { detect } from "../../../src/proxy/dialects/registry.ts";
import { zerorpc } from "../../../src/proxy/dialects/zerorpc.ts";
import { framesOf, fuzzDialect, messageOf, octets, randomJson, randomText, saidBy } from "../../support/dialects.ts";
import { hex } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

const CALL = hex("93 82 aa 6d6573736167655f6964 a2 6d31 a1 76 03 a3 616464 92 01 02");
const toServer = (payload: Uint8Array): ReturnType<typeof messageOf> => messageOf(["", payload], "DEALER", "ROUTER");
const event = (name: string, args: unknown, header: object = { response_to: "m1" }): ReturnType<typeof messageOf> =>
  messageOf(["", pack([{ message_id: "m2", v: 3, ...header }, name, args])], "ROUTER", "DEALER");

const EXAMPLES = [
  toServer(CALL),
  event("OK", [3]),
  event("ERR", ["TypeError", "bad operand", "Traceback…"]),
  event("STREAM", { a: 1 }),
  event("STREAM_DONE", null),
  event("_zpc_hb", [0]),
  event("_zpc_more", [50]),
];

test("zerorpc is told from its header", () => {
  for (const example of EXAMPLES) assert.equal(detect(example).dialect, "zerorpc");
  assert.equal(zerorpc.confidence(messageOf([pack([{ message_id: "a" }, "x", []])])), 0.8);
  for (const other of [
    [1, 2, 3],
    [{}, "a", []],
    [{ message_id: "m", v: 3 }, 1, []],
    [{ message_id: 1, v: 3 }, "a", []],
  ]) {
    assert.equal(detect(toServer(pack(other))).dialect, "raw");
  }
  assert.equal(detect(messageOf(["a", "", CALL, CALL])).dialect, "raw");
  assert.ok("problem" in zerorpc.decode(messageOf(["a"]), null, dialectTools));
});

test("zerorpc says calls, and each kind of answer by the id of its call", () => {
  const said = EXAMPLES.map((example) => saidBy(zerorpc, example));
  assert.deepEqual(
    said.map(({ kind, method, id }) => [kind, method, id]),
    [
      ["call", "add", "m1"],
      ["reply", "OK", "m1"],
      ["error", "ERR", "m1"],
      ["event", "STREAM", "m1"],
      ["reply", "STREAM_DONE", "m1"],
      ["heartbeat", "_zpc_hb", "m1"],
      ["heartbeat", "_zpc_more", "m1"],
    ],
  );
  assert.deepEqual([said[0]?.args, said[0]?.facts], [[1, 2], [{ label: "version", value: "3" }]]);
  assert.deepEqual([said[1]?.value, said[3]?.value, said[6]?.value], [3, { a: 1 }, 50]);
  assert.deepEqual([said[2]?.problem, said[2]?.code], ["TypeError: bad operand", "TypeError"]);
});

test("zerorpc reads old errors, ids of octets, one-way events and further events of a channel", () => {
  const old = saidBy(zerorpc, event("ERR", ["it broke"]));
  assert.deepEqual([old.problem, old.code], ["it broke", null]);
  assert.match(saidBy(zerorpc, event("ERR", [])).problem ?? "", /no more/);
  const bytes = saidBy(zerorpc, event("OK", [1], { response_to: Uint8Array.of(1, 0xff) }));
  assert.equal(bytes.id, "01ff");
  assert.equal(saidBy(zerorpc, messageOf([CALL], "PUSH", "PULL")).kind, "signal");
  assert.equal(saidBy(zerorpc, messageOf([CALL], null, "SUB")).kind, "signal");
  assert.equal(saidBy(zerorpc, messageOf([CALL], null, null)).kind, "call");
  assert.equal(saidBy(zerorpc, event("own", 1)).kind, "event");
  assert.deepEqual(saidBy(zerorpc, event("own", 1, { v: "x" })).facts, []);
});

test("zerorpc: decode says what was encoded", () => {
  const below = random(19);
  for (let turn = 0; turn < 500; turn++) {
    const call = { method: randomText(below), args: Array.from({ length: below(4) }, () => randomJson(below)) };
    const frames = framesOf(zerorpc, call);
    assert.equal(frames[0]?.length, 0);
    const said = saidBy(zerorpc, messageOf(frames, "DEALER", "ROUTER"));
    assert.deepEqual({ method: said.method, args: said.args }, call);
    assert.match(said.id ?? "", /^[0-9a-f]{32}$/);
  }
});

test("zerorpc refuses what it cannot hold", () => {
  for (const [call, problem] of [
    [{ kwargs: { a: 1 } }, /by name/],
    [{ method: "OK" }, /keeps the name OK/],
    [{ args: [undefined] }, /no undefined/],
    [{ method: "\ud800" }, /half a character/],
  ] as const) {
    const encoded = zerorpc.encode({ method: "a", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
    assert.ok("problem" in encoded);
    assert.match(encoded.problem, problem);
  }
});

test("zerorpc renews the id and leaves every octet behind the header as it is", () => {
  const renewed = zerorpc.renew([octets(""), CALL], null, dialectTools);
  assert.ok("frames" in renewed);
  assert.match(saidBy(zerorpc, toServer(renewed.frames[1]!)).id ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual(renewed.frames[1]?.slice(-7), CALL.slice(-7));
  const floats = pack([{ message_id: Uint8Array.of(1), v: 3 }, "a", [1.5]]);
  const octetId = zerorpc.renew([floats], null, dialectTools);
  assert.ok("frames" in octetId);
  assert.match(saidBy(zerorpc, toServer(octetId.frames[0]!)).id ?? "", /^[0-9a-f]{32}$/);
  const { frames } = EXAMPLES[1]!;
  assert.deepEqual(zerorpc.renew(frames, null, dialectTools), { frames });
  assert.deepEqual(zerorpc.renew([octets("a")], null, dialectTools), { frames: [octets("a")] });
  // A time of more nanoseconds than a second has.
  const unknown = hex("93 83 aa 6d6573736167655f6964 a1 61 a1 76 03 a1 74 c7 0c ff ffffffff 0000000000000000 a1 61 90");
  assert.ok("problem" in zerorpc.renew([unknown], null, dialectTools));
});

test("zerorpc answers calls behind their envelope", () => {
  const answer = (message: ReturnType<typeof messageOf>, what: Parameters<typeof zerorpc.answer>[1]): unknown => {
    const answered = zerorpc.answer(message, what, null, dialectTools);
    if ("problem" in answered) return answered.problem;
    const said = saidBy(zerorpc, messageOf(["", ...answered.frames], "ROUTER", "DEALER"));
    return [said.kind, said.id, said.value ?? null, said.problem];
  };
  assert.deepEqual(answer(EXAMPLES[0]!, { kind: "value", value: 3 }), ["reply", "m1", 3, null]);
  assert.deepEqual(answer(EXAMPLES[0]!, { kind: "value", value: undefined }), ["reply", "m1", null, null]);
  assert.deepEqual(answer(EXAMPLES[0]!, { kind: "error", problem: "no" }), [
    "error",
    "m1",
    ["RemoteError", "no", ""],
    "RemoteError: no",
  ]);
  assert.match(answer(EXAMPLES[1]!, { kind: "value", value: 3 }) as string, /Only zerorpc calls/);
  assert.match(answer(messageOf(["a"]), { kind: "value", value: 3 }) as string, /Only zerorpc calls/);
  assert.match(answer(EXAMPLES[0]!, { kind: "value", value: () => 1 }) as string, /no function/);
});

test("zerorpc takes any octets", () => fuzzDialect(zerorpc, EXAMPLES));
