import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nativeProblem } from "../../scripts/tasks/nativeHeader.ts";
import { nativeFile, type Platform, PLATFORMS } from "../../scripts/tasks/zeromqNative.ts";

const native = (platform: Platform): Buffer => readFileSync(nativeFile(platform));

test("nativeProblem refuses each platform's file for every other platform", () => {
  for (const own of PLATFORMS) {
    for (const other of PLATFORMS) {
      const problem = nativeProblem(native(own), other);
      if (own === other) assert.equal(problem, undefined);
      else assert.match(problem ?? "", /^it (is no|is for another|needs) /, `${own} as ${other}`);
    }
  }
});

test("nativeProblem tells the C libraries apart, and refuses one that is too new", () => {
  assert.equal(nativeProblem(native("alpine-x64"), "linux-x64"), "it needs musl, by libc.musl-x86_64.so.1");
  assert.equal(nativeProblem(native("linux-arm64"), "alpine-arm64"), "it needs glibc, by libc.so.6");
  assert.equal(nativeProblem(native("linux-arm64"), "linux-x64"), "it is for another processor");
  const newer = native("linux-x64");
  const at = newer.indexOf("GLIBC_2.17\0");
  assert.ok(at > 0);
  newer.write("GLIBC_2.38", at, "latin1");
  assert.match(nativeProblem(newer, "linux-x64") ?? "", /^it needs GLIBC_2\.38, which the oldest Linux/);
});

test("nativeProblem refuses what is no native module, however it is cut", () => {
  for (const platform of PLATFORMS) {
    const file = native(platform);
    for (const size of [0, 3, 12]) {
      assert.notEqual(nativeProblem(file.subarray(0, size), platform), undefined, `${platform}, ${size} octets`);
    }
    assert.match(nativeProblem(Buffer.from("not a native module at all"), platform) ?? "", /^it is no |damaged/);
  }
  // The type of file: an executable is none.
  const executable = native("linux-x64");
  executable.writeUInt16LE(2, 16);
  assert.equal(nativeProblem(executable, "linux-x64"), "it is no library");
});
