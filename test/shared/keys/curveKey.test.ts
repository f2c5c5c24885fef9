import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprint, isCurveKey, readCurveKey, withoutKey } from "../../../src/shared/keys/curveKey.ts";
import { decodeZ85 } from "../../../src/shared/keys/z85.ts";
import { KNOWN, math } from "../../support/keys.ts";

test("isCurveKey takes 40 characters of Z85 and nothing else", () => {
  assert.equal(isCurveKey(KNOWN.publicKey), true);
  for (const text of ["", "HelloWorld", `${KNOWN.publicKey} `, KNOWN.publicKey.replace("Y", "~")])
    assert.equal(isCurveKey(text), false);
});

test("readCurveKey reads Z85, hex and base64 of the same key", () => {
  for (let round = 0; round < 50; round++) {
    const { publicKey } = math.generatePair();
    const octets = Buffer.from(decodeZ85(publicKey)!);
    for (const [text, format] of [
      [publicKey, "Z85"],
      [octets.toString("hex"), "hex"],
      [`0x${octets.toString("hex").toUpperCase()}`, "hex"],
      [octets.toString("base64"), "base64"],
      [octets.toString("base64url"), "base64"],
    ] as const)
      assert.deepEqual(readCurveKey(text), { key: publicKey, format }, format);
  }
});

test("readCurveKey says that everything else is no key", () => {
  for (const text of [
    "",
    "0".repeat(63),
    "0".repeat(66),
    "g".repeat(64),
    `${"A".repeat(42)}B=`,
    "A".repeat(40) + "~===",
  ])
    assert.equal(readCurveKey(text), null, text);
});

test("fingerprint is the beginning of a public key", () => {
  assert.equal(fingerprint(KNOWN.publicKey), "Yne@$w-v…");
});

test("withoutKey leaves out a key in any of its forms, and nothing else", () => {
  assert.equal(withoutKey(KNOWN.secretKey), "…");
  assert.equal(withoutKey(Buffer.from(decodeZ85(KNOWN.secretKey)!).toString("hex")), "…");
  assert.equal(withoutKey("tcp://127.0.0.1:1"), "tcp://127.0.0.1:1");
});
