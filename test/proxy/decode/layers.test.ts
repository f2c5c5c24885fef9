import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_EXPANDED_BYTES, peel } from "../../../src/proxy/decode/layers.ts";
import { base64, gzip, hex, zlib, zstd } from "../../support/payloads.ts";

const all = (): boolean => true;
const none = (): boolean => false;

test("peel takes off what is wrapped in each other, with the size of each layer", () => {
  const value = Buffer.from(`{"a":"${"x".repeat(500)}"}`);
  const compressed = zlib(value);
  const text = base64(compressed);
  const wrapped = gzip(zstd(text));
  const { layers, bytes, problem } = peel(wrapped, none);
  assert.deepEqual(layers, [
    { name: "gzip", sizeBytes: wrapped.length },
    { name: "zstd", sizeBytes: zstd(text).length },
    { name: "base64", sizeBytes: text.length },
    { name: "zlib", sizeBytes: compressed.length },
  ]);
  assert.deepEqual(Buffer.from(bytes), value);
  assert.equal(problem, undefined);
});

test("peel takes base64 for a layer only when its contents say so", () => {
  const text = base64("hello, hello, hello");
  assert.deepEqual(peel(text, none).layers, []);
  assert.deepEqual(peel(text, all).layers, [{ name: "base64", sizeBytes: text.length }]);
  assert.deepEqual(peel(base64("hello"), all).layers, []);
  assert.deepEqual(peel(Buffer.from("no base64, as it has blanks"), all).layers, []);
});

test("peel takes nothing for zlib that merely begins like it", () => {
  assert.deepEqual(peel(hex("789c 000102"), none).layers, []);
  assert.deepEqual(peel(Buffer.from("x^2 + y^2 = z^2"), none).layers, []);
});

test("peel says why a layer was not opened, and leaves its octets", () => {
  const cut = gzip("x".repeat(1000)).subarray(0, 15);
  const { layers, bytes, problem } = peel(cut, none);
  assert.deepEqual(layers, [{ name: "gzip", sizeBytes: 15 }]);
  assert.equal(bytes, cut);
  assert.equal(problem, "This is not gzip, or it is cut off.");
});

test("peel opens no bomb, whether its layers are large or many", () => {
  const zeros = Buffer.alloc(MAX_EXPANDED_BYTES + 1);
  for (const pack of [zlib, gzip, zstd]) {
    const { layers, problem } = peel(base64(pack(zeros)), none);
    assert.equal(layers.length, 2);
    assert.match(problem ?? "", /more than \d+ octets, so it is not opened/);
  }
  // Each alone is small enough, all together are not.
  const twice = gzip(Buffer.concat([gzip(Buffer.alloc(MAX_EXPANDED_BYTES - 100_000)), Buffer.alloc(0)]));
  assert.equal(peel(twice, none).problem, undefined);
  let many: Uint8Array = Buffer.from("x");
  for (let count = 0; count < 20; count++) many = gzip(many);
  assert.match(peel(many, none).problem ?? "", /more than 8 layers/);
});
