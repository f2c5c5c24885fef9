import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { lockFolder } from "../../../src/proxy/bridge/folderLock.ts";

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-lock-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const MODULE = pathToFileURL(join(import.meta.dirname, "../../../src/proxy/bridge/folderLock.ts")).href;
const HOLD = `const { lockFolder } = await import(${JSON.stringify(MODULE)});
const held = await lockFolder(process.argv[1]);
process.stdout.write(typeof held === "number" ? "no" : "yes");
if (typeof held !== "number") setInterval(() => {}, 1000);`;

/** A process that locks the folder and lives on, and whether it got it. */
async function holder(t: TestContext, folder: string) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLD, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, got: String(said) === "yes" };
}

test("A folder is held by one, let go of, and held again", async (t) => {
  const folder = await emptyFolder(t);
  const release = await lockFolder(folder);
  assert.ok(typeof release === "function");
  assert.equal(await lockFolder(folder), process.pid);
  await release();
  assert.deepEqual(await readdir(folder), []);
  assert.equal(typeof (await lockFolder(folder)), "function");
});

test("A folder of a living process is not given, and that of a killed one is", async (t) => {
  const folder = await emptyFolder(t);
  const { child, got } = await holder(t, folder);
  assert.equal(got, true);
  assert.equal(await lockFolder(folder), child.pid);
  assert.equal((await readdir(folder)).length, 1);
  child.kill("SIGKILL");
  await once(child, "close");
  assert.equal(typeof (await lockFolder(folder)), "function");
  assert.equal((await readdir(folder)).length, 1);
});

test("Files of processes that are gone, of numbers used again, and without a number hold nothing", async (t) => {
  const folder = await emptyFolder(t);
  // The parent lives, but was not born then.
  const old = ["999999999-5", "nonsense", "", "-5", `${process.pid}-1`];
  if (process.platform === "linux") old.push(`${process.ppid}-1`);
  for (const name of old) await writeFile(join(folder, `queue.lock-${name}`), "");
  assert.equal(typeof (await lockFolder(folder)), "function");
  assert.equal((await readdir(folder)).length, 1);
});

test("Of processes that come at the same time at most one gets the folder", async (t) => {
  const folder = await emptyFolder(t);
  const holders = await Promise.all([1, 2, 3, 4].map(() => holder(t, folder)));
  assert.equal(holders.filter(({ got }) => got).length <= 1, true);
});

test("A folder that is not there is an error", async (t) => {
  await assert.rejects(lockFolder(join(await emptyFolder(t), "none")), { code: "ENOENT" });
});
