import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { nativeProblem } from "../../scripts/tasks/nativeHeader.ts";
import { currentTarget, nativeFile, PLATFORMS, UNIVERSAL, zeromqNative } from "../../scripts/tasks/zeromqNative.ts";

test("zeromq has a native file for every platform, and its header says that it is for that platform", async () => {
  for (const platform of PLATFORMS) {
    assert.ok(existsSync(nativeFile(platform)), platform);
    assert.equal(nativeProblem(await readFile(nativeFile(platform)), platform), undefined);
  }
});

test("currentTarget is the platform whose native file can be loaded here", () => {
  const loaded: { exports: Record<string, unknown> } = { exports: {} };
  process.dlopen(loaded, nativeFile(currentTarget()));
  assert.ok("Socket" in loaded.exports);
});

test("in the universal package zeromq is missing, in words, as often as it is asked for", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zt-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const outfile = join(folder, "zeromq.cjs");
  await build({
    entryPoints: ["src/proxy/zeromq.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    supported: { "dynamic-import": false },
    plugins: [zeromqNative(UNIVERSAL)],
  });
  const code = `const { loadZeroMq } = require(${JSON.stringify(outfile)});
    const say = ({ name, message }) => console.log(name, message);
    loadZeroMq("A bridge").catch(say).then(() => loadZeroMq("A call")).catch(say);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", code], { cwd: folder });
  const [first, second] = stdout.trim().split("\n");
  assert.match(first!, /^UserError A bridge needs the zeromq library, which the universal package/);
  assert.match(second!, /^UserError A call needs the zeromq library, which the universal package/);
});
