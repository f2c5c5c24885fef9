import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeStruct } from "../../../src/proxy/decode/struct.ts";
import { hex } from "../../support/payloads.ts";

function valueOf(bytes: Uint8Array, format: string): unknown {
  const decoded = decodeStruct(bytes, 10_000, format);
  return decoded.kind === "tree" ? JSON.parse(decoded.json) : decoded;
}

// Written by Python: struct.pack("<IHf", 7, 8, 0.5) and so on.
test("decodeStruct reads what Python packs", () => {
  assert.deepEqual(valueOf(hex("07000000 0800 0000003f"), "<IHf"), [7, 8, 0.5]);
  assert.deepEqual(valueOf(hex("01 000000 07000000"), "bI"), [1, 7]);
  assert.deepEqual(valueOf(hex("61 6200000000 02787900 01"), ">c5s4p?"), ["a", "b", "xy", true]);
  assert.deepEqual(valueOf(hex("ff00"), "2s"), [{ $binary: "ff00", size: 2 }]);
  assert.deepEqual(valueOf(hex("01"), "1s0p"), ["\u0001", ""]);
});

test("decodeStruct shows several structures, and what is left over", () => {
  assert.deepEqual(valueOf(hex("0001 0002"), ">H"), [[1], [2]]);
  assert.deepEqual(valueOf(hex("0001 02"), ">H"), { value: [1], "left over": { $binary: "02", size: 1 } });
  const long = decodeStruct(new Uint8Array(100_000), 1_000_000, "2B");
  assert.equal(long.kind === "tree" && long.truncated, true);
});

test("decodeStruct says why there is no value", () => {
  assert.deepEqual(valueOf(hex("01"), ">H"), {
    kind: "none",
    reason: "A structure of >H has 2 octets, and here are 1.",
  });
  assert.match((valueOf(hex("01"), "") as { reason: string }).reason, /at least one field/);
});
