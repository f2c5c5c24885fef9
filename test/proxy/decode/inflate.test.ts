import assert from "node:assert/strict";
import { test } from "node:test";
import zlib, { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { compressionOf, COMPRESSIONS, inflate } from "../../../src/proxy/decode/inflate.ts";

const packed = {
  zlib: (bytes: Uint8Array) => deflateSync(bytes),
  gzip: (bytes: Uint8Array) => gzipSync(bytes),
  zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
};

for (const compression of COMPRESSIONS) {
  test(`${compression} is recognised and opened`, () => {
    for (const text of ["", "a", "hello ".repeat(1000)]) {
      const bytes = packed[compression](Buffer.from(text));
      assert.equal(compressionOf(bytes), compression);
      const inflated = inflate(compression, bytes, 10_000);
      assert.equal("bytes" in inflated ? Buffer.from(inflated.bytes).toString() : inflated.problem, text);
    }
  });

  test(`${compression} that would fill memory is not opened, and what is cut neither`, () => {
    const bytes = packed[compression](Buffer.alloc(1_000_000));
    assert.match(JSON.stringify(inflate(compression, bytes, 999_999)), /more than 999999 octets/);
    for (const length of [0, 1, 5, bytes.length - 1]) {
      assert.match(JSON.stringify(inflate(compression, bytes.subarray(0, length), 2_000_000)), /cut off/);
    }
  });
}

test("A Node without Zstandard says so", (t) => {
  const { zstdDecompressSync } = zlib;
  t.after(() => Object.assign(zlib, { zstdDecompressSync }));
  Object.assign(zlib, { zstdDecompressSync: undefined });
  assert.match(JSON.stringify(inflate("zstd", packed.zstd(Buffer.from("a")), 100)), /Node[.]js 22[.]15/);
});

test("Other octets are of no compression", () => {
  for (const hex of ["", "78", "7b7d", "7801", "1f8b09", "28b52ffc", "783f00"]) {
    assert.equal(compressionOf(Buffer.from(hex, "hex")), undefined, hex);
  }
});
