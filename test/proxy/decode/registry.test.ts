import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, guess, MAX_DECODED_CHARS } from "../../../src/proxy/decode/registry.ts";
import { DECODERS, type DecoderName } from "../../../src/shared/model.ts";
import { seeded } from "../../support/captures.ts";

const payloads: Record<string, { bytes: Uint8Array; expected: DecoderName }> = {
  "a JSON object": { bytes: Buffer.from('{"a":1}'), expected: "json" },
  "a bare number": { bytes: Buffer.from("42"), expected: "text" },
  "a weather update": { bytes: Buffer.from("10001 -12"), expected: "text" },
  "an empty frame": { bytes: Buffer.alloc(0), expected: "text" },
  "a MessagePack map": { bytes: Buffer.from("81a16101", "hex"), expected: "msgpack" },
  "a MessagePack array": { bytes: Buffer.from("93010203", "hex"), expected: "msgpack" },
  "a request id": { bytes: Buffer.from("80000001", "hex"), expected: "hex" },
  "a double": { bytes: Buffer.from("3ff0000000000000", "hex"), expected: "hex" },
  "text with a NUL": { bytes: Buffer.from("a\0b"), expected: "hex" },
};

for (const [name, { bytes, expected }] of Object.entries(payloads)) {
  test(`guess takes ${name} for ${expected}`, () => assert.equal(guess(bytes), expected));
}

test("guess takes a text cut inside a character for text", () => {
  assert.equal(guess(Buffer.from("grüß").subarray(0, 3), true), "text");
  assert.equal(guess(Buffer.from("grüß").subarray(0, 3)), "hex");
});

test("decode cuts every kind to 256 KiB by default", () => {
  const big = Buffer.alloc(2_000_000, "a");
  for (const name of DECODERS) {
    const decoded = decode(name, name === "json" ? Buffer.from(JSON.stringify(big.toString())) : big);
    if (decoded.kind === "none") continue;
    const text = decoded.kind === "tree" ? decoded.json : decoded.text;
    assert.equal(text.length <= MAX_DECODED_CHARS + 100, true);
    assert.equal(decoded.truncated, true);
  }
});

test("decode and guess return for random octets", () => {
  const random = seeded(5);
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: random(200) }, () => (random(2) === 0 ? random(256) : 0x20 + random(95)));
    guess(bytes, random(2) === 0);
    for (const name of DECODERS) {
      const decoded = decode(name, bytes, { maxChars: random(500) });
      if (decoded.kind === "tree") JSON.parse(decoded.json);
    }
  }
});
