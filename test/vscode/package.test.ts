import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { extension, isUniversal } from "./support.ts";

suite("package", () => {
  test("carries the native file of its target alone, and the universal one none", () => {
    const folder = join(extension().extensionPath, "dist", "native");
    assert.equal(existsSync(folder), !isUniversal);
    if (!isUniversal) assert.deepEqual(readdirSync(folder), [process.env["ZMQ_TAP_PACKAGE"]]);
  });
});
