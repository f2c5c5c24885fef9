import assert from "node:assert/strict";
import { test } from "node:test";
import { callKey } from "../../../src/proxy/rpc/callKey.ts";
import type { Said } from "../../../src/shared/dialects.ts";

const said = (change: Partial<Said>): Said => ({
  kind: "call",
  method: "add",
  args: [],
  kwargs: null,
  problem: null,
  code: null,
  id: null,
  facts: [],
  ...change,
});

test("callKey is the same for calls that say the same, whatever their ids and the order of names", () => {
  const one = callKey("json-rpc", said({ kwargs: { a: 1, b: [2, { c: 3 }] }, id: "1" }));
  assert.equal(callKey("json-rpc", said({ kwargs: { b: [2, { c: 3 }], a: 1 }, id: "2" })), one);
  assert.equal(one.length, 44);
});

test("callKey tells calls apart by dialect, method, and arguments of whatever type", () => {
  let nested: unknown = 0;
  for (let depth = 0; depth < 300; depth++) nested = [nested];
  const values = [
    1,
    "1",
    1n,
    [1],
    [[1]],
    { 1: 1 },
    Uint8Array.of(1),
    null,
    true,
    "",
    [],
    {},
    ["a", "b"],
    ["ab"],
    nested,
  ];
  const keys = [
    ...values.map((value) => callKey("json-rpc", said({ args: [value] }))),
    callKey("raw", said({ args: [1] })),
    callKey("json-rpc", said({ method: "", args: [1] })),
    callKey("json-rpc", said({ kind: "signal", args: [1] })),
    callKey("json-rpc", said({ args: null, kwargs: {} })),
  ];
  assert.equal(new Set(keys).size, keys.length);
});
