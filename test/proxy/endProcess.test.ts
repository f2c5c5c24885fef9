import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { Writable } from "node:stream";

const SOURCE = new URL("../../src/proxy/", import.meta.url);
const RUNS = 6;

test("A process ends with its code", async () => {
  const script = `import { endProcess } from ${JSON.stringify(new URL("endProcess.ts", SOURCE).href)}; endProcess(3);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
  assert.deepEqual(await once(child, "exit"), [3, null]);
});

test("An engine ends also when garbage was due while its code was still being compiled", async (t) => {
  // Memory outside of the heap makes a collection due, which a thread that compiles then waits for: half of these hung.
  const beginning = Buffer.from([2, 0, 0, 1, 0, 0, 0xb8, 0x36, 0x0f]);
  for (let run = 0; run < RUNS; run++) {
    const script = new URL("main.ts", SOURCE).pathname;
    const engine = spawn(process.execPath, [script], { stdio: ["ignore", "ignore", "ignore", "overlapped"] });
    t.after(() => engine.kill("SIGKILL"));
    (engine.stdio[3] as Writable).end(beginning);
    assert.deepEqual(await once(engine, "exit"), [0, null]);
  }
});
