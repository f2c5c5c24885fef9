import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64, toBase64 } from "../../../src/proxy/decode/base64.ts";
import { random } from "../../support/random.ts";

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

test("Base64 is that of Node, and read back in both alphabets, with and without padding and lines", () => {
  const below = random(3);
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, () => below(256));
    const text = toBase64(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64"));
    for (const written of [text, text.replace(/=+$/, ""), Buffer.from(bytes).toString("base64url"), `${text}\r\n`]) {
      assert.deepEqual(fromBase64(octets(written)), bytes, written);
    }
  }
});

test("What is not whole base64 is none", () => {
  for (const text of ["A", "AAAAA", "AB=", "A=AA", "AA===", "A A=", "AB==", "AAA*", "ä", "===="]) {
    assert.equal(fromBase64(octets(text)), undefined, text);
  }
});
