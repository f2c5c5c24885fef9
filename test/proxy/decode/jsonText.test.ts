import assert from "node:assert/strict";
import { test } from "node:test";
import { cutText, special, toHex, writeJson } from "../../../src/proxy/decode/jsonText.ts";

test("writeJson writes what JSON lacks as an object with a $ name", () => {
  const value = [
    10n ** 20n,
    Number.NaN,
    -Infinity,
    undefined,
    Uint8Array.of(1, 0xab),
    special({ extension: 5, bytes: Uint8Array.of(2) }),
    special({ digits: "1e999" }),
    new Map<unknown, unknown>([["a", 1]]),
    new Map<unknown, unknown>([[1, "x"]]),
    special({
      mapEntries: [
        ["a", 1],
        ["a", 2],
      ] as [unknown, unknown][],
    }),
  ];
  assert.deepEqual(JSON.parse(writeJson(value, 10_000).json), [
    { $bigint: "100000000000000000000" },
    { $number: "NaN" },
    { $number: "-Infinity" },
    { $undefined: true },
    { $binary: "01ab", size: 2 },
    { $ext: 5, $binary: "02", size: 1 },
    { $number: "1e999" },
    { a: 1 },
    { $map: [[1, "x"]] },
    {
      $map: [
        ["a", 1],
        ["a", 2],
      ],
    },
  ]);
});

test("writeJson shortens strings, arrays, objects and binaries, and stays valid", () => {
  const values = [
    "x".repeat(100_000),
    "\u0000".repeat(100_000),
    "😀".repeat(50_000),
    Array.from({ length: 50_000 }, (_, index) => index),
    Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key ${index}`, { index }])),
    new Uint8Array(100_000),
    Array.from({ length: 200 }, () => ["y".repeat(1000), { z: "z".repeat(1000) }]),
    { ["k".repeat(100_000)]: 1 },
  ];
  for (const value of values) {
    for (const maxChars of [0, 10, 100, 1000, 10_000]) {
      const { json, truncated } = writeJson(value, maxChars);
      assert.equal(truncated, true);
      assert.doesNotThrow(() => JSON.parse(json));
      assert.equal(json.length <= maxChars + 400, true, `${json.length} for ${maxChars}`);
    }
  }
});

test("writeJson leaves short values whole", () => {
  const value = { a: [1, "two", { three: null }], b: false };
  assert.deepEqual(writeJson(value, 1000), { json: JSON.stringify(value), truncated: false });
});

test("cutText never splits a surrogate pair", () => {
  assert.equal(cutText("a😀b", 2), "a");
  assert.equal(cutText("a😀b", 3), "a😀");
  assert.equal(cutText("ab", 5), "ab");
});

test("toHex writes the first octets", () => {
  assert.equal(toHex(Uint8Array.of(0, 15, 255)), "000fff");
  assert.equal(toHex(Uint8Array.of(0, 15, 255), 2), "000f");
});
