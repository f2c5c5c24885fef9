import assert from "node:assert/strict";
import { test } from "node:test";
import { frameValue } from "../../../src/proxy/decode/frameValue.ts";
import { base64, gzip, hex, PICKLES, PNG, zlib } from "../../support/payloads.ts";

const JSON_TEXT = Buffer.from('{"a":1}');

test("frameValue guesses what is inside wrappers, and how sure it is", () => {
  const wrapped = base64(zlib(JSON_TEXT));
  assert.deepEqual(frameValue(wrapped, false, null, null), {
    decoder: "json",
    confidence: 0.95,
    layers: [
      { name: "base64", sizeBytes: wrapped.length },
      { name: "zlib", sizeBytes: zlib(JSON_TEXT).length },
    ],
    sizeBytes: 7,
    decoded: { kind: "tree", json: '{"a":1}', truncated: false },
  });
  assert.equal(frameValue(base64(PICKLES.evil), false, null, null).decoder, "pickle");
  assert.equal(frameValue(base64(PNG), false, null, null).decoder, "image");
});

test("frameValue leaves words alone that could be base64", () => {
  for (const word of [
    "abcdefghijklmnop",
    "507f1f77bcf86cd799439011",
    "getTemperatureOfSensor12",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
  ]) {
    const { decoder, layers } = frameValue(Buffer.from(word), false, null, null);
    assert.deepEqual([decoder, layers], ["text", []], word);
  }
});

test("frameValue decodes as chosen, inside wrappers but for text and hex", () => {
  const wrapped = base64(zlib(hex("0100 0200 0300 0400 0500 0600 0700")));
  const { decoded, layers, confidence } = frameValue(wrapped, false, { decoder: "numbers", option: "int16-le" }, null);
  assert.deepEqual(decoded, { kind: "tree", json: "[1,2,3,4,5,6,7]", truncated: false });
  assert.deepEqual([layers.length, confidence], [2, 1]);
  const text = frameValue(wrapped, false, { decoder: "text", option: "" }, null);
  assert.deepEqual([text.layers, text.decoded.kind === "text" && text.decoded.text], [[], wrapped.toString()]);
  assert.deepEqual(frameValue(wrapped, false, { decoder: "hex", option: "" }, null).layers, []);
});

test("frameValue tells why a wrapper was not opened, in place of a value", () => {
  const bomb = gzip(Buffer.alloc(20_000_000));
  const value = frameValue(bomb, false, null, null);
  assert.deepEqual([value.decoder, value.layers.length], ["hex", 1]);
  assert.match(value.decoded.kind === "none" ? value.decoded.reason : "", /made to fill memory/);
  assert.equal(frameValue(bomb, false, { decoder: "json", option: "" }, null).decoder, "json");
});

test("frameValue takes what only looks like XML for text", () => {
  const html = Buffer.from("<html><body><br>x</body></html>");
  assert.deepEqual(frameValue(html, false, null, null).decoded, {
    kind: "text",
    text: html.toString(),
    truncated: false,
  });
  assert.equal(frameValue(html, false, { decoder: "xml", option: "" }, null).decoded.kind, "none");
});

test("frameValue opens no wrapper of which it has only the beginning", () => {
  const { decoder, layers } = frameValue(gzip(JSON_TEXT).subarray(0, 12), true, null, null);
  assert.deepEqual([decoder, layers], ["hex", []]);
});
