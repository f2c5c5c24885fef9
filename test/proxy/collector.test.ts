import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const FILE = new URL("../../src/proxy/collector.ts", import.meta.url).href;

/** Kinds of collections that V8 tells of while a program takes and drops memory as a relay does. */
function collections(first: string): string[] {
  const program = `${first}; for (let i = 0; i < 4000; i++) { new ArrayBuffer(65536); if (i % 100 === 0) await new Promise(setImmediate); }`;
  const { stdout } = spawnSync(process.execPath, ["--trace-gc", "--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  return stdout.split("\n").filter((line) => line.includes("Mark-Compact"));
}

test("A relaying process collects in one step, and without that V8 marks bit by bit", () => {
  const whole = collections(`import { collectInOneStep } from ${JSON.stringify(FILE)}; collectInOneStep()`);
  assert.ok(whole.length > 0);
  assert.deepEqual(
    whole.filter((line) => line.includes("since start of marking")),
    [],
  );
  assert.ok(collections("").some((line) => line.includes("since start of marking")));
});
