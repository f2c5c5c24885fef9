import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeHex } from "../../../src/proxy/decode/hex.ts";

test("decodeHex dumps 16 octets a line with offset and ASCII", () => {
  const bytes = Uint8Array.from({ length: 20 }, (_, index) => 0x3c + index * 5);
  const decoded = decodeHex(bytes, 1000);
  assert.deepEqual(decoded, {
    kind: "text",
    text: [
      "00000000  3c 41 46 4b 50 55 5a 5f  64 69 6e 73 78 7d 82 87  <AFKPUZ_dinsx}..",
      "00000010  8c 91 96 9b                                       ....",
    ].join("\n"),
    truncated: false,
  });
});

test("decodeHex stops at its limit and takes nothing at all", () => {
  const cut = decodeHex(new Uint8Array(1000), 200);
  assert.equal(cut.kind === "text" && cut.truncated && cut.text.length <= 200, true);
  assert.deepEqual(decodeHex(new Uint8Array(0), 100), { kind: "text", text: "", truncated: false });
});
