import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArrayFormat, parseItemType } from "../../src/shared/arrayFormat.ts";

const types: Readonly<Record<string, readonly [string, number, boolean, string]>> = {
  float32: ["float32", 4, true, "float32"],
  "<f4": ["float32", 4, true, "float32"],
  ">i2": ["int16", 2, false, ">i2"],
  "|u1": ["uint8", 1, true, "uint8"],
  bool: ["bool", 1, true, "bool"],
  "|b1": ["bool", 1, true, "|b1"],
  "<c8": ["complex", 8, true, "<c8"],
  "<U2": ["points", 8, true, "<U2"],
  "|S10": ["octets", 10, true, "|S10"],
  "|V3": ["octets", 3, true, "|V3"],
  "<M8[ns]": ["int64", 8, true, "<M8[ns]"],
};
for (const [text, [kind, sizeBytes, isLittle, title]] of Object.entries(types)) {
  test(`parseItemType reads ${text}`, () =>
    assert.deepEqual(parseItemType(text), { kind, sizeBytes, isLittle, title }));
}

test("parseItemType knows no other types", () => {
  for (const text of ["", "|O", "<f3", "<i16", "<c4", "|S0", "|S99999", "<b2", "<M4", "int7"]) {
    assert.equal(parseItemType(text), undefined, text);
  }
});

test("parseArrayFormat reads shapes as people write them", () => {
  const shapes: Readonly<Record<string, readonly number[]>> = {
    "<f4": [-1],
    "<f4 (-1, 3)": [-1, 3],
    "uint8 480x640": [480, 640],
    "float64 2,3": [2, 3],
    "int8(4,)": [4],
    " int8 ( 2 , 0 ) ": [2, 0],
  };
  for (const [text, shape] of Object.entries(shapes)) {
    const parsed = parseArrayFormat(text);
    assert.deepEqual("shape" in parsed ? parsed.shape : parsed.problem, shape);
  }
});

test("parseArrayFormat says what is wrong", () => {
  const wrong: Readonly<Record<string, RegExp>> = {
    "": /Write a type and a shape/,
    "(2)": /Write a type and a shape/,
    "f (2)": /"f" is no type/,
    "<f4 -1,-1": /Only one length/,
    "<f4 -2": /whole numbers/,
    "<f4 1-2": /whole numbers/,
    [`<f4 ${"1,".repeat(33)}`]: /at most 32/,
  };
  for (const [text, expected] of Object.entries(wrong)) {
    const parsed = parseArrayFormat(text);
    assert.match("problem" in parsed ? parsed.problem : "", expected);
  }
});
