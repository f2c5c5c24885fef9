import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeImage, imageFormat, imageWords } from "../../../src/proxy/decode/image.ts";
import { GIF, hex, JPEG, PNG, WEBP } from "../../support/payloads.ts";

const images = {
  "PNG image, 3 × 2": PNG,
  "JPEG image, 640 × 480": JPEG,
  "GIF image, 10 × 5": GIF,
  "WebP image, 32 × 16": WEBP,
  "WebP image, 300 × 200": hex("52494646 1a000000 57454250 56503858 0a000000 00000000 2b0100 c70000 0000"),
  "WebP image, 5 × 9": hex("52494646 1a000000 57454250 5650384c 0a000000 2f 04000200 0000000000"),
};
for (const [words, bytes] of Object.entries(images)) {
  test(`decodeImage reads the header of a ${words}`, () => {
    const [format, , width, , height] = words.split(" ");
    assert.equal(imageWords(bytes), words);
    assert.deepEqual(decodeImage(bytes), {
      kind: "image",
      format,
      mime: `image/${format!.toLowerCase()}`,
      base64: Buffer.from(bytes).toString("base64"),
      width: Number(width),
      height: Number(height),
    });
  });
}

test("decodeImage says why an image is not shown", () => {
  const reason = (bytes: Uint8Array): string => {
    const decoded = decodeImage(bytes);
    return decoded.kind === "none" ? decoded.reason : decoded.kind;
  };
  assert.match(reason(hex("00")), /no PNG/);
  assert.match(reason(Buffer.from("GIF87b 01234567890")), /no PNG/);
  assert.match(reason(Buffer.from("RIFF....WAVE....")), /no PNG/);
  assert.match(reason(PNG.subarray(0, 20)), /cut off or damaged/);
  assert.match(reason(WEBP.subarray(0, 20)), /cut off or damaged/);
  assert.match(reason(Buffer.from("RIFF....WEBPVP8? 0123456789012")), /cut off or damaged/);
  assert.match(reason(Buffer.concat([PNG.subarray(0, 16), hex("00000000 00000001 00")])), /cut off or damaged/);
  assert.match(
    reason(Buffer.concat([PNG.subarray(0, 16), hex("0000ffff 0000ffff 00")])),
    /65535 × 65535 pixels is too large/,
  );
  assert.match(reason(Buffer.concat([PNG, Buffer.alloc(3_000_000)])), /is not shown/);
});

test("A JPEG whose segments lead nowhere has no size", () => {
  for (const rest of [
    "ffe0 0001 0000000000000000",
    "ffda 0008 0000000000000000",
    "00e0 0008 0000000000000000",
    "ffe0 ffff 0000000000000000",
  ]) {
    const bytes = hex(`ffd8 ${rest}`);
    bytes[2] = 0xff;
    assert.equal(imageWords(bytes), "JPEG image");
  }
  assert.equal(imageWords(hex("ffd8 ffe0 0004 0000 00e0 0008 00000000")), "JPEG image");
});

test("imageFormat needs a whole signature", () => {
  assert.equal(imageFormat(hex("89504e470d0a1a0b00000000")), undefined);
  assert.equal(imageFormat(PNG.subarray(0, 11)), undefined);
  assert.equal(imageWords(hex("00".repeat(12))), undefined);
});
