import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { build } from "esbuild";
import { loadZeroMq } from "../../src/proxy/zeromq.ts";

test("loadZeroMq gives the library", async () => {
  const { version } = await loadZeroMq("A bridge");
  assert.match(version, /^4\./);
});

test("loadZeroMq says that the library is not installed where it is not", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zt-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const outfile = join(folder, "zeromq.mjs");
  await build({
    entryPoints: ["src/proxy/zeromq.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["zeromq"],
  });
  const code = `import { loadZeroMq } from ${JSON.stringify(outfile)};
    await loadZeroMq("A bridge").catch(({ name, code, message }) => console.log(JSON.stringify({ name, code, message })));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { cwd: folder });
  const error = JSON.parse(stdout) as Record<string, string>;
  assert.deepEqual([error["name"], error["code"]], ["UserError", "zeromq-missing"]);
  assert.match(error["message"]!, /^A bridge needs the zeromq library, which is not installed\./);
});
