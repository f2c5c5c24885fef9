import assert from "node:assert/strict";
import { test } from "node:test";
import {
  halfToNumber,
  narrow,
  readScalar,
  readScalars,
  shortest,
  viewOf,
} from "../../../src/proxy/decode/scalarReader.ts";
import { SCALARS } from "../../../src/shared/scalars.ts";
import { hex } from "../../support/payloads.ts";

test("readScalar reads every kind in both orders", () => {
  const view = viewOf(hex("ff fe fd fc fb fa f9 f8"));
  const little = SCALARS.map((scalar) => readScalar(view, 0, { scalar, isLittle: true }));
  assert.deepEqual(little, [
    -1,
    255,
    -257,
    65279,
    view.getInt32(0, true),
    view.getUint32(0, true),
    -506097522914230529n,
    17940646550795321087n,
    NaN,
    shortest(view.getFloat32(0, true)),
    view.getFloat64(0, true),
  ]);
  assert.equal(readScalar(view, 0, { scalar: "uint16", isLittle: false }), 65534);
});

test("readScalars stops at its count and at the end", () => {
  assert.deepEqual(readScalars(hex("0100 0200 0300 04"), { scalar: "int16", isLittle: true }, 9), [1, 2, 3]);
  assert.deepEqual(readScalars(hex("0100 0200"), { scalar: "int16", isLittle: true }, 1), [1]);
});

test("halfToNumber reads zeros, subnormal and normal numbers, infinities and NaN", () => {
  const halves = {
    0: 0,
    0x8000: -0,
    1: 2 ** -24,
    0x3c00: 1,
    0xc000: -2,
    0x7bff: 65504,
    0x7c00: Infinity,
    0xfc00: -Infinity,
  };
  for (const [half, expected] of Object.entries(halves)) assert.equal(halfToNumber(Number(half)), expected);
  assert.equal(halfToNumber(0x7e00), NaN);
});

test("shortest is the same float32 in as few digits as it takes", () => {
  assert.equal(shortest(Math.fround(0.1)), 0.1);
  assert.equal(shortest(NaN), NaN);
  const long = Math.fround(16777217.3e-9);
  assert.equal(Math.fround(shortest(long)), long);
  for (const bits of [1, 0x7f7fffff, 0x00800001, 0x4b7fffff, 0x3dcccccf]) {
    const value = new Float32Array(Uint32Array.of(bits).buffer)[0]!;
    assert.equal(Math.fround(shortest(value)), value);
  }
});

test("narrow keeps what a double would change", () => {
  assert.equal(narrow(-5n), -5);
  assert.equal(narrow(9007199254740993n), 9007199254740993n);
});
