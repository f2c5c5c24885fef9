import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { currentTarget, isTarget, NATIVE_FILES } from "../../scripts/tasks/zeromqNative.ts";

test("NATIVE_FILES names a file that zeromq has, for every target", () => {
  const missing = Object.values(NATIVE_FILES).filter((file) => !existsSync(join("node_modules/zeromq/build", file)));
  assert.deepEqual(missing, []);
});

test("currentTarget is one of the targets", () => {
  assert.ok(isTarget(currentTarget()));
  assert.equal(isTarget("linux-armhf"), false);
});
