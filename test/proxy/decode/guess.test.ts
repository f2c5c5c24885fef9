import assert from "node:assert/strict";
import { test } from "node:test";
import { guess, guessSurely } from "../../../src/proxy/decode/guess.ts";
import type { DecoderName } from "../../../src/shared/model.ts";
import { seeded } from "../../support/captures.ts";
import { GIF, gzip, JPEG, SOUND, WEBP } from "../../support/payloads.ts";

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
  "a CBOR map": { bytes: Buffer.from("a1616101", "hex"), expected: "cbor" },
  "a short list of CBOR, which other octets are as well": { bytes: Buffer.from("82190102", "hex"), expected: "hex" },
  "a JPEG": { bytes: JPEG, expected: "image" },
  "a GIF": { bytes: GIF, expected: "image" },
  "a WebP": { bytes: WEBP, expected: "image" },
  "compressed octets": { bytes: gzip("x"), expected: "hex" },
  "a mark of XML in text": { bytes: Buffer.from("a <b> c"), expected: "text" },
};
for (const [name, { bytes, expected }] of Object.entries(payloads)) {
  test(`guess takes ${name} for ${expected}`, () => assert.equal(guess(bytes), expected));
}
for (const [name, bytes] of Object.entries(SOUND)) {
  test(`guess takes sound ${name} for it, whole and by its beginning`, () => {
    assert.equal(guess(bytes), name);
    if (name !== "msgpack") assert.equal(guess(bytes.subarray(0, bytes.length - 1), true), name);
  });
}

test("guess takes a text cut inside a character for text", () => {
  assert.equal(guess(Buffer.from("grüß").subarray(0, 3), true), "text");
  assert.equal(guess(Buffer.from("grüß").subarray(0, 3)), "hex");
});

test("guessSurely says how sure it is", () => {
  assert.deepEqual(guessSurely(Buffer.from("{}")), { decoder: "json", confidence: 0.95 });
  assert.deepEqual(guessSurely(Buffer.from("86010203040506", "hex")), { decoder: "cbor", confidence: 0.5 });
  assert.deepEqual(guessSurely(Buffer.from("ff00", "hex")), { decoder: "hex", confidence: 0.4 });
});

test("guess returns for any octets", () => {
  const below = seeded(5);
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: below(200) }, () => (below(2) === 0 ? below(256) : 0x20 + below(95)));
    const { confidence } = guessSurely(bytes, below(2) === 0);
    assert.ok(confidence > 0 && confidence <= 1);
  }
});
