import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Output } from "../../src/cli/output.ts";

test("Output writes all of a text", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true }));
  const fd = openSync(join(folder, "out"), "w");
  const text = "é".repeat(200_000);
  assert.equal(await new Output(fd).write(text), true);
  closeSync(fd);
  assert.equal(readFileSync(join(folder, "out"), "utf8"), text);
});

test("Output does not hold up its process while nobody reads, and tells when the reader has gone", async () => {
  const script = `
    import { Output } from ${JSON.stringify(new URL("../../src/cli/output.ts", import.meta.url).href)};
    const written = new Output(1).write("x".repeat(10_000_000));
    setImmediate(() => process.stderr.write("awake"));
    process.stderr.write(String(await written));
    process.exit();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  const [awake] = (await once(child.stderr, "data")) as [Buffer];
  assert.equal(awake.toString(), "awake");
  child.stdout.destroy();
  const [written] = (await once(child.stderr, "data")) as [Buffer];
  assert.equal(written.toString(), "false");
});
