import assert from "node:assert/strict";
import { test } from "node:test";
import { hexLine, octetsPerLine, offsetDigits, toHex } from "../../webview/hexText.ts";

test("hexLine writes offset, octets in groups of eight, and printable ASCII", () => {
  const bytes = new TextEncoder().encode('{"method":"add"}\n');
  assert.deepEqual(hexLine(bytes, 0, 16, 16, 4), {
    offset: "0010",
    hex: "7b 22 6d 65 74 68 6f 64  22 3a 22 61 64 64 22 7d",
    ascii: '{"method":"add"}',
  });
  assert.deepEqual(hexLine(bytes, 16, 32, 16, 4), { offset: "0020", hex: "0a", ascii: "·" });
});

test("offsetDigits is wide enough for the last offset", () => {
  assert.deepEqual([1, 65_536, 65_537, 20_000_000, 5_000_000_000].map(offsetDigits), [4, 4, 6, 8, 10]);
});

test("octetsPerLine fits the width", () => {
  assert.deepEqual(
    [120, 70, 69, 37, 36, 10].map((columns) => octetsPerLine(columns, 4)),
    [16, 16, 8, 8, 4, 4],
  );
});

test("toHex writes pairs with spaces", () => {
  assert.equal(toHex(new Uint8Array([0, 255, 16])), "00 ff 10");
  assert.equal(toHex(new Uint8Array()), "");
});
