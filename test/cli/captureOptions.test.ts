import assert from "node:assert/strict";
import { test } from "node:test";
import { readCaptureOptions, readSize } from "../../src/cli/captureOptions.ts";

test("readCaptureOptions has defaults, and takes all that can be chosen", () => {
  assert.deepEqual(readCaptureOptions({}, "orders"), {
    name: "orders",
    output: "text",
    count: Infinity,
    full: false,
    dialect: null,
    write: null,
    force: false,
    dir: null,
    maxDiskBytes: 4 * 2 ** 30,
  });
  const given = { name: "x", count: "5", full: true, dialect: "pyzmqrpc3", write: "a.pcapng", force: true };
  assert.deepEqual(readCaptureOptions({ ...given, json: true, dir: "d", "max-disk": "64MiB" }, "orders"), {
    ...given,
    output: "json",
    count: 5,
    dir: "d",
    maxDiskBytes: 64 * 2 ** 20,
  });
});

test("readSize reads numbers of octets with a unit", () => {
  assert.deepEqual(["5", "1.5kB", "64MiB", "1GB", "", "x", "5 MB", "-1"].map(readSize), [
    5,
    1500,
    2 ** 26,
    1e9,
    null,
    null,
    null,
    null,
  ]);
});
