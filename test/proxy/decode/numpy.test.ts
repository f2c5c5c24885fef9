import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeNumpy, looksLikeNpy, npyWords } from "../../../src/proxy/decode/numpy.ts";
import { hex, npy } from "../../support/payloads.ts";

function valueOf(bytes: Uint8Array, option = ""): unknown {
  const decoded = decodeNumpy(bytes, 100_000, option);
  return decoded.kind === "tree" ? JSON.parse(decoded.json) : decoded.kind === "none" ? decoded.reason : decoded;
}

// As numpy.save of NumPy 1.24 wrote them.
test("decodeNumpy reads what numpy.save writes", () => {
  const floats = hex("00000000 0000803f 00000040 00004040 00008040 0000a040");
  assert.deepEqual(valueOf(npy("'<f4'", "2, 3", floats)), {
    type: "float32",
    shape: [2, 3],
    values: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  });
  assert.deepEqual(valueOf(npy("'>i2'", "2, 3", hex("0000 0003 0001 0004 0002 0005"), true)), {
    type: ">i2",
    shape: [2, 3],
    order: "columns first (Fortran)",
    values: [
      [0, 1, 2],
      [3, 4, 5],
    ],
  });
  const values = (bytes: Uint8Array): unknown => (valueOf(bytes) as { values: unknown }).values;
  assert.deepEqual(values(npy("'|b1'", "2,", hex("0100"))), [true, false]);
  assert.deepEqual(values(npy("'<U2'", "2,", hex("6100000062000000 6300000000000000"))), ["ab", "c"]);
  assert.deepEqual(values(npy("'<U1'", "1,", hex("00001100"))), ["\ufffd"]);
  assert.deepEqual(values(npy("'|S2'", "3,", hex("7800 797a ff00"))), ["x", "yz", { $binary: "ff00", size: 2 }]);
  assert.deepEqual(values(npy("'<c8'", "1,", hex("0000803f 00000040"))), [{ real: 1, imaginary: 2 }]);
  assert.deepEqual(values(npy("'<c16'", "1,", hex("000000000000f03f 0000000000000040"))), [{ real: 1, imaginary: 2 }]);
  assert.equal(values(npy("'<f8'", "", hex("0000000000000840"))), 3);
  assert.deepEqual(values(npy("'<f4'", "0, 3", hex(""))), []);
});

test("decodeNumpy reads plain octets by type and shape", () => {
  assert.deepEqual(valueOf(hex("01 02 03 04 05 06 07"), "uint8 (-1, 3)"), {
    type: "uint8",
    shape: [2, 3],
    values: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    "left over": { $binary: "07", size: 1 },
  });
  assert.deepEqual(valueOf(hex("01"), "uint8 -1,0"), {
    type: "uint8",
    shape: [0, 0],
    values: [],
    "left over": { $binary: "01", size: 1 },
  });
  assert.equal(valueOf(hex("01"), "uint8 2"), "An array of uint8 (2) has 2 octets, and here are 1.");
  assert.match(String(valueOf(hex("01"), "x")), /no type/);
});

test("decodeNumpy says what it cannot read", () => {
  assert.match(String(valueOf(hex("01"))), /does not begin with/);
  assert.match(String(valueOf(npy("'|O'", "1,", hex("00")))), /type "\|O" are not read/);
  assert.match(String(valueOf(npy("[('a', '<i4')]", "1,", hex("00000000")))), /names no plain type/);
  assert.match(String(valueOf(npy("'<f4'", "1,".repeat(33), hex("00")))), /at most 32/);
  assert.match(String(valueOf(npy("'<f4'", "99999999999, 99999999999", hex("00")))), /here are 1/);
  assert.match(String(valueOf(hex("934e554d5059 0200 ffffff7f 00"))), /too long/);
  assert.match(String(valueOf(hex("934e554d5059 0100 7600 7b7b"))), /cut off/);
  assert.match(String(valueOf(hex("934e554d5059 0100 7600"))), /cut off/);
});

test("decodeNumpy stops at its limit of values, empty lists included", () => {
  for (const bytes of [
    npy("'|u1'", "1000, 1000", new Uint8Array(1_000_000)),
    npy("'|u1'", "99999999999, 0", hex("")),
  ]) {
    const decoded = decodeNumpy(bytes, 1_000_000, "");
    assert.equal(decoded.kind === "tree" && decoded.truncated, true);
  }
});

test("looksLikeNpy and npyWords tell a file by its beginning", () => {
  const file = npy("'<f4'", "2, 3", new Uint8Array(24));
  assert.equal(looksLikeNpy(file), true);
  assert.equal(looksLikeNpy(hex("934e554d5059 0900 7600")), false);
  assert.equal(npyWords(file), "float32 (2, 3)");
  assert.equal(npyWords(file.subarray(0, 20)), undefined);
});
