import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeNumbers } from "../../../src/proxy/decode/numbers.ts";
import { hex } from "../../support/payloads.ts";

test("decodeNumbers shows one number alone, several as a list, and what is left over", () => {
  const json = (bytes: Uint8Array, option: string): unknown => {
    const decoded = decodeNumbers(bytes, 1000, option);
    return decoded.kind === "tree" ? JSON.parse(decoded.json) : decoded;
  };
  assert.equal(json(hex("3ff0000000000000"), "float64-be"), 1);
  assert.deepEqual(json(hex("01000200"), "uint16-le"), [1, 2]);
  assert.deepEqual(json(hex("0100ff"), "int16-le"), { value: 1, "left over": { $binary: "ff", size: 1 } });
  assert.deepEqual(json(hex("cdcccc3d"), "float32-le"), 0.1);
  assert.deepEqual(json(hex("ffffffffffffffff"), "uint64-le"), { $bigint: "18446744073709551615" });
});

test("decodeNumbers says what is missing, and cuts long lists", () => {
  assert.deepEqual(decodeNumbers(hex("01"), 100, "int32-le"), {
    kind: "none",
    reason: "One int32 has 4 octets, and here are 1.",
  });
  assert.match((decodeNumbers(hex("01"), 100, "") as { reason: string }).reason, /Choose the kind/);
  const long = decodeNumbers(new Uint8Array(100_000), 1_000_000, "uint8");
  assert.equal(long.kind === "tree" && long.truncated, true);
});
