import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readZcert } from "../../src/shared/keys/zcert.ts";
import { runCli } from "../interop/support/cliTap.ts";
import { math } from "../support/keys.ts";

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("keygen writes a pair whose secret file only its owner reads, and prints the public key", async (t) => {
  const folder = await emptyFolder(t);
  const { code, stdout, stderr } = await runCli(["keygen", "backend", "--dir", folder]);
  assert.equal(code, 0, stderr);
  const secretFile = join(folder, "backend.key_secret");
  const secret = readZcert(readFileSync(secretFile, "utf8"));
  assert.ok(secret !== null && !("problem" in secret) && secret.secretKey !== null);
  assert.equal(math.derivePublic(secret.secretKey), secret.publicKey);
  assert.equal(stdout, `${secret.publicKey}\n`);
  assert.deepEqual(readZcert(readFileSync(join(folder, "backend.key"), "utf8")), { ...secret, secretKey: null });
  if (process.platform !== "win32") assert.equal(statSync(secretFile).mode & 0o777, 0o600);
  assert.ok(!stderr.includes(secret.secretKey));
});

for (const file of ["backend.key", "backend.key_secret"]) {
  test(`keygen does not overwrite ${file}`, async (t) => {
    const folder = await emptyFolder(t);
    writeFileSync(join(folder, file), "mine");
    const { code, stdout, stderr } = await runCli(["keygen", "backend", "--dir", folder]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /exists already.*not overwritten[^\n]*\n$/);
    assert.equal(readFileSync(join(folder, file), "utf8"), "mine");
    const others = ["backend.key", "backend.key_secret"].filter((name) => name !== file);
    for (const other of others) assert.ok(!existsSync(join(folder, other)));
  });
}

test("keygen says in one sentence that there is no such folder", async (t) => {
  const { code, stderr } = await runCli(["keygen", "backend", "--dir", join(await emptyFolder(t), "none")]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot be written \(ENOENT\)[^\n]*\n$/);
});

test("keygen without a name ends with exit code 2", async () => {
  const { code, stderr } = await runCli(["keygen"]);
  assert.equal(code, 2);
  assert.match(stderr, /^The name of the key pair is missing\.[^\n]*\n$/);
});
