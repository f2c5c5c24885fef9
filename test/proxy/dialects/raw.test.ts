import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "../../../src/proxy/dialects/raw.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { framesOf, fuzzDialect, messageOf, octets, saidBy } from "../../support/dialects.ts";

test("raw takes the method and each argument for a frame", () => {
  const frames = framesOf(raw, { method: "add", args: [2, "drei", { a: null }, Uint8Array.of(1)] });
  assert.deepEqual(frames, [octets("add"), octets("2"), octets("drei"), octets('{"a":null}'), Uint8Array.of(1)]);
  assert.deepEqual(raw.renew(frames, null, dialectTools), { frames });
});

test("raw says no more than which frames there are", () => {
  const said = saidBy(raw, messageOf(["id", "", "add", Uint8Array.of(0xff)], "REQ", "ROUTER"));
  assert.deepEqual([said.kind, said.method, said.value], ["call", "", ["add", Uint8Array.of(0xff)]]);
  assert.equal(saidBy(raw, messageOf(["x"], "REP", "REQ")).kind, "reply");
  assert.equal(saidBy(raw, messageOf(["x"], "PUSH", "PULL")).kind, "event");
});

test("raw answers with frames", () => {
  const call = messageOf(["add"]);
  assert.deepEqual(raw.answer(call, { kind: "value", value: ["a", 1] }, null, dialectTools), {
    frames: [octets("a"), octets("1")],
  });
  assert.deepEqual(raw.answer(call, { kind: "error", problem: "no" }, null, dialectTools), { frames: [octets("no")] });
  assert.deepEqual(raw.answer(call, { kind: "value", value: undefined }, null, dialectTools), {
    frames: [octets("null")],
  });
});

test("raw takes any octets", () => fuzzDialect(raw, [messageOf(["a", "", "b"])]));
