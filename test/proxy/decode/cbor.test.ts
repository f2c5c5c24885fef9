import assert from "node:assert/strict";
import { test } from "node:test";
import { cborConfidence, decodeCbor } from "../../../src/proxy/decode/cbor.ts";
import { hex } from "../../support/payloads.ts";

function valueOf(wire: string): unknown {
  const decoded = decodeCbor(hex(wire), 100_000);
  return decoded.kind === "tree" ? JSON.parse(decoded.json) : decoded.kind === "none" ? decoded.reason : decoded;
}

/** Mostly of RFC 8949, appendix A. */
const forms: Readonly<Record<string, unknown>> = {
  "00": 0,
  "1818": 24,
  "1903e8": 1000,
  "1a000f4240": 1_000_000,
  "1bffffffffffffffff": { $bigint: "18446744073709551615" },
  "20": -1,
  "3903e7": -1000,
  "3bffffffffffffffff": { $bigint: "-18446744073709551616" },
  c249010000000000000000: { $bigint: "18446744073709551616" },
  c349010000000000000000: { $bigint: "-18446744073709551617" },
  f93c00: 1,
  f97c00: { $number: "Infinity" },
  fa3dcccccd: 0.1,
  fb3ff199999999999a: 1.1,
  f4: false,
  f5: true,
  f6: null,
  f7: { $undefined: true },
  f0: { $simple: 16 },
  f8ff: { $simple: 255 },
  c074323031332d30332d32315432303a30343a30305a: { $time: "2013-03-21T20:04:00Z" },
  c11a514b67b0: { $time: "2013-03-21T20:04:00.000Z" },
  c1fbffefffffffffffff: { $tag: 1, value: -1.7976931348623157e308 },
  d74401020304: { $tag: 23, value: { $binary: "01020304", size: 4 } },
  d9d9f701: 1,
  "40": { $binary: "", size: 0 },
  "6161": "a",
  "62c328": { $binary: "c328", size: 2 },
  "80": [],
  "8301820203820405": [1, [2, 3], [4, 5]],
  a26161016162820203: { a: 1, b: [2, 3] },
  a201020304: {
    $map: [
      [1, 2],
      [3, 4],
    ],
  },
  "5f42010243030405ff": { $binary: "0102030405", size: 5 },
  "7f657374726561646d696e67ff": "streaming",
  "9fff": [],
  "9f018202039f0405ffff": [1, [2, 3], [4, 5]],
  bf61610161629f0203ffff: { a: 1, b: [2, 3] },
};
for (const [wire, expected] of Object.entries(forms)) {
  test(`decodeCbor reads ${wire}`, () => assert.deepEqual(valueOf(wire), expected));
}

const faults: Readonly<Record<string, RegExp>> = {
  "": /cut off/,
  "82 01": /cut off/,
  "19 03": /cut off/,
  "9a 06000000": /cut off/,
  "9b ffffffffffffffff 00": /cut off/,
  "7b ffffffffffffffff 00": /cut off/,
  "9f 01": /cut off/,
  "bf 6161": /cut off/,
  "5f 41": /cut off/,
  "5f": /cut off/,
  c2: /cut off/,
  "f9 3c": /cut off/,
  "fa 3dcc": /cut off/,
  "fb 3ff1": /cut off/,
  f8: /cut off/,
  "1c": /no value begins/,
  "1f": /no value begins/,
  "f8 10": /no value begins/,
  ff: /no value begins/,
  fc: /no value begins/,
  "bf 6161 ff": /no value begins/,
  "5f 6161 ff": /no value begins/,
  "5f 5f ff ff": /no value begins/,
  "01 02": /1 octets follow/,
  ["81".repeat(100)]: /deeper than 64/,
  ["c6".repeat(100_000)]: /deeper than 64/,
};
for (const [wire, expected] of Object.entries(faults)) {
  test(`decodeCbor says what is wrong with ${wire.slice(0, 30)}`, () => assert.match(String(valueOf(wire)), expected));
}

test("decodeCbor builds no more than its limit of values, and leaves large integers as octets", () => {
  const many = decodeCbor(Buffer.concat([hex("9a 000493e0"), Buffer.alloc(300_000)]), 10_000_000);
  assert.equal(many.kind === "tree" && many.truncated, true);
  assert.equal(many.kind === "tree" && (JSON.parse(many.json) as unknown[]).length < 200_001, true);
  const map = decodeCbor(Buffer.concat([hex("ba 000249f0"), Buffer.alloc(300_000)]), 10_000_000);
  assert.equal(map.kind === "tree" && map.truncated, true);
  const big = decodeCbor(Buffer.concat([hex("c2 59 0800"), Buffer.alloc(2048, 1)]), 10_000);
  assert.match(big.kind === "tree" ? big.json : "", /"\$tag":2/);
});

test("cborConfidence is sure of what nothing else looks like, and doubts short lists", () => {
  const confidence = (wire: string, isPrefix = false): number => cborConfidence(hex(wire), isPrefix);
  assert.equal(confidence("d9d9f7 80"), 1);
  assert.equal(confidence("a1 6161 01"), 0.8);
  assert.equal(confidence("a2 6161 01 6162", true), 0.7);
  assert.equal(confidence("86 01 02 03 04 05 06"), 0.5);
  assert.equal(confidence("82 01 02"), 0.1);
  assert.equal(confidence("82 01 02 03"), 0);
  assert.equal(confidence("a2 6161 01"), 0);
  assert.equal(confidence("1a 00000001"), 0);
  assert.equal(confidence("80"), 0);
  assert.equal(confidence(""), 0);
});
