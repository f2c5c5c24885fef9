import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { majordomo } from "../../../src/proxy/dialects/majordomo.ts";
import { detect } from "../../../src/proxy/dialects/registry.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { framesOf, fuzzDialect, messageOf, octets, randomText, saidBy } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

type Frames = readonly (Uint8Array | string)[];
const byte = (octet: number): Uint8Array => Uint8Array.of(octet);
const CLIENT = Uint8Array.of(0, 0xff, 1);

/** Frames, who sent them, and what they say: kind, method, id and body. */
const EXAMPLES: readonly (readonly [Frames, SocketType, readonly unknown[]])[] = [
  [["", "MDPC01", "echo", "a", "b"], "REQ", ["call", "echo", null, ["a", "b"]]],
  [["", "MDPC01", "echo", "a"], "ROUTER", ["reply", "echo", null, ["a"]]],
  [["MDPC01", "echo"], "DEALER", ["call", "echo", null, []]],
  [["MDPC02", byte(1), "echo", byte(0xff)], "DEALER", ["call", "echo", null, [byte(0xff)]]],
  [["MDPC02", byte(2), "echo", "a"], "ROUTER", ["event", "echo", null, ["a"]]],
  [["MDPC02", byte(3), "echo", "a"], "ROUTER", ["reply", "echo", null, ["a"]]],
  [["", "MDPW01", byte(1), "echo"], "DEALER", ["signal", "echo", null, undefined]],
  [["", "MDPW01", byte(2), CLIENT, "", "a"], "ROUTER", ["call", "REQUEST", "00ff01", ["a"]]],
  [["", "MDPW01", byte(3), CLIENT, "", "a"], "DEALER", ["reply", "REPLY", "00ff01", ["a"]]],
  [["", "MDPW01", byte(4)], "DEALER", ["heartbeat", "HEARTBEAT", null, undefined]],
  [["", "MDPW01", byte(5)], "ROUTER", ["signal", "DISCONNECT", null, undefined]],
  [["MDPW02", byte(1), byte(0xff)], "DEALER", ["signal", "ff", null, undefined]],
  [["id", "MDPW02", byte(2), CLIENT, "", "a"], "ROUTER", ["call", "REQUEST", "00ff01", ["a"]]],
  [["MDPW02", byte(3), CLIENT, "", "a"], "DEALER", ["event", "PARTIAL", "00ff01", ["a"]]],
  [["MDPW02", byte(4), CLIENT, "", "a"], "DEALER", ["reply", "FINAL", "00ff01", ["a"]]],
  [["MDPW02", byte(5)], "ROUTER", ["heartbeat", "HEARTBEAT", null, undefined]],
  [["MDPW02", byte(6)], "DEALER", ["signal", "DISCONNECT", null, undefined]],
];

function message([frames, sender]: readonly [Frames, SocketType, ...unknown[]]): ReturnType<typeof messageOf> {
  return messageOf(frames, sender, sender === "ROUTER" ? "DEALER" : "ROUTER");
}

for (const example of EXAMPLES) {
  test(`majordomo reads ${example[0].map(String).join(" ")} from ${example[1]}`, () => {
    assert.deepEqual(detect(message(example)), { dialect: "majordomo", confidence: 1 });
    const { kind, method, id, args, value } = saidBy(majordomo, message(example));
    assert.deepEqual([kind, method, id, args ?? value], example[2]);
  });
}

test("majordomo takes nothing else for its own", () => {
  for (const frames of [
    ["MDPC01"],
    ["MDPC02", byte(4), "echo"],
    ["MDPC02", byte(1)],
    ["MDPC02", "xx", "echo"],
    ["MDPW01", byte(1)],
    ["MDPW01", byte(4), "more"],
    ["MDPW01", byte(2), "client", "no empty frame"],
    ["a", "b", "MDPC01", "echo"],
    ["MDPX01", "echo"],
  ]) {
    assert.equal(detect(messageOf(frames, "DEALER", "ROUTER")).dialect, "raw");
  }
  assert.ok("problem" in majordomo.decode(messageOf(["a"]), null, dialectTools));
});

test("majordomo shows command and version, and the broker's own error codes as errors", () => {
  assert.deepEqual(saidBy(majordomo, message(EXAMPLES[3]!)).facts, [
    { label: "command", value: "REQUEST" },
    { label: "version", value: "0.2" },
  ]);
  const error = saidBy(majordomo, messageOf(["", "MDPC01", "mmi.service", "404"], "ROUTER", "REQ"));
  assert.deepEqual([error.kind, error.code], ["error", "404"]);
  assert.match(error.problem ?? "", /no worker offers/);
  assert.equal(saidBy(majordomo, messageOf(["MDPC01", "mmi.service", "200"], null, "REQ")).kind, "reply");
  assert.equal(saidBy(majordomo, messageOf(["MDPC01", "echo", "404"], null, "REQ")).kind, "reply");
});

test("majordomo: decode says what was encoded, in both versions", () => {
  const below = random(17);
  for (let turn = 0; turn < 500; turn++) {
    const method = randomText(below);
    const args = Array.from({ length: below(4) }, () => (below(3) === 0 ? CLIENT : randomText(below)));
    const version = below(2) === 0 ? "0.1" : "0.2";
    const frames = framesOf(majordomo, { method, args, fields: { version } });
    const said = saidBy(majordomo, messageOf(frames, "DEALER", "ROUTER"));
    assert.deepEqual([said.kind, said.method, said.args], ["call", method, args]);
    assert.equal(said.facts.at(-1)?.value, version);
    assert.deepEqual(majordomo.renew(frames, null, dialectTools), { frames });
  }
});

test("majordomo refuses what it cannot hold", () => {
  for (const [call, problem] of [
    [{ args: [1] }, /frames of text/],
    [{ args: ["\ud800"] }, /frames of text/],
    [{ method: "\ud800" }, /no text/],
    [{ kwargs: { a: 1 } }, /by name/],
    [{ fields: { version: "1" } }, /0\.1 or 0\.2/],
  ] as const) {
    const encoded = majordomo.encode({ method: "a", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
    assert.ok("problem" in encoded);
    assert.match(encoded.problem, problem);
  }
});

test("majordomo answers requests behind their envelope, as broker and as worker", () => {
  const answer = (at: number, value?: unknown): unknown => {
    const answered = majordomo.answer(message(EXAMPLES[at]!), { kind: "value", value }, null, dialectTools);
    return "frames" in answered ? answered.frames : answered.problem;
  };
  assert.deepEqual(answer(0, ["x", 1]), [octets("MDPC01"), octets("echo"), octets("x"), octets("1")]);
  assert.deepEqual(answer(3, "x"), [octets("MDPC02"), byte(3), octets("echo"), octets("x")]);
  assert.deepEqual(answer(7), [octets("MDPW01"), byte(3), CLIENT, octets(""), octets("")]);
  assert.deepEqual(answer(12, "x"), [octets("MDPW02"), byte(4), CLIENT, octets(""), octets("x")]);
  assert.match(answer(5) as string, /Only Majordomo requests/);
  assert.match(answer(9) as string, /Only Majordomo requests/);
  assert.match(answer(0, NaN) as string, /no NaN/);
  const error = majordomo.answer(message(EXAMPLES[0]!), { kind: "error", problem: "no" }, null, dialectTools);
  assert.match("problem" in error ? error.problem : "", /no errors/);
});

test("majordomo takes any octets", () =>
  fuzzDialect(
    majordomo,
    EXAMPLES.map((example) => message(example)),
  ));
