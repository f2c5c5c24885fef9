import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { certificateFolders } from "../../src/host/keyFiles.ts";
import type { ImportResult } from "../../src/host/keyImport.ts";
import { math } from "../../src/host/keyMath.ts";
import { readZcert, writeZcert } from "../../src/shared/keys/zcert.ts";
import type { KeySummary } from "../../src/shared/keys/storedKey.ts";
import { run } from "./support.ts";

suite("importKeys", () => {
  const names = new Set<string>();
  let folder: string;

  const importing = async (args: Readonly<Record<string, unknown>>): Promise<ImportResult> => {
    const result = await run<ImportResult>("importKeys", args);
    for (const { name } of result.imported) names.add(name);
    return result;
  };

  setup(async () => {
    folder = await mkdtemp(join(tmpdir(), "tap-"));
  });

  teardown(async () => {
    for (const key of names) await run("deleteKey", { key, confirmed: true });
    names.clear();
    await rm(folder, { recursive: true });
  });

  test("a folder of certificates is imported in one go", async () => {
    const pairs = { frontend: math.generatePair(), backend: math.generatePair() };
    for (const [name, pair] of Object.entries(pairs)) {
      await writeFile(join(folder, `${name}.key`), writeZcert({ ...pair, secretKey: null }, name));
      await writeFile(join(folder, `${name}.key_secret`), writeZcert(pair, name));
    }
    await writeFile(join(folder, "README"), "not a key");
    await mkdir(join(folder, "old.key"));
    const { imported, problems } = await importing({ uri: vscode.Uri.file(folder) });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      imported.map(({ name, kind, publicKey }) => [name, kind, publicKey]),
      [
        ["backend", "pair", pairs.backend.publicKey],
        ["frontend", "pair", pairs.frontend.publicKey],
      ],
    );
    const again = await importing({ uri: vscode.Uri.file(folder) });
    assert.deepEqual(again, { imported: [], known: ["backend", "frontend"], problems: [] });
  });

  test("a launcher's new keys take the place of the old ones when that is agreed to, and stand beside them if not", async () => {
    const file = vscode.Uri.file(join(folder, "backend.key_secret"));
    for (const [args, name] of [
      [{}, "backend"],
      [{}, "backend (2)"],
      [{ confirmed: true }, "backend"],
    ] as const) {
      const pair = math.generatePair();
      await writeFile(file.fsPath, writeZcert(pair, "x"));
      const { imported } = await importing({ uri: file, ...args });
      assert.deepEqual(imported, [{ name, kind: "pair", publicKey: pair.publicKey, user: null }]);
    }
  });

  test("a secret half makes a pair of the public key that was there", async () => {
    const pair = math.generatePair();
    await importing({ text: `BACKEND_PUBLIC_KEY=${pair.publicKey}` });
    const { imported } = await importing({ text: `BACKEND_SECRET_KEY=${pair.secretKey}` });
    assert.deepEqual(imported, [{ name: "backend", kind: "pair", publicKey: pair.publicKey, user: null }]);
  });

  test("a single key is what its owner says it is", async () => {
    const { publicKey, secretKey } = math.generatePair();
    await assert.rejects(importing({ text: secretKey }), /may be public or secret/);
    const secret = await importing({ text: secretKey, role: "secret", name: "single" });
    assert.deepEqual(secret.imported, [{ name: "single", kind: "pair", publicKey, user: null }]);
    const asPublic = await importing({ text: publicKey, role: "public", name: "other" });
    assert.deepEqual(asPublic.imported, [{ name: "other", kind: "public", publicKey, user: null }]);
  });

  test("says what is wrong with what holds no key, and repeats none of it", async () => {
    const pair = { ...math.generatePair(), publicKey: math.generatePair().publicKey };
    await writeFile(join(folder, "wrong.key_secret"), writeZcert(pair, "x"));
    await mkdir(join(folder, "empty"));
    const cases: [Readonly<Record<string, unknown>>, RegExp][] = [
      [{ text: "hello" }, /No key was recognised/],
      [{ text: pair.secretKey.slice(1) }, /No key was recognised/],
      [{ uri: vscode.Uri.file(join(folder, "wrong.key_secret")) }, /do not belong together/],
      [{ uri: vscode.Uri.file(join(folder, "none")) }, /cannot be read/],
      [{ uri: vscode.Uri.file(join(folder, "empty")) }, /no certificate files/],
      [{}, /"uri"/],
    ];
    for (const [args, says] of cases) {
      await assert.rejects(importing(args), (error: Error) => {
        assert.match(error.message, says);
        assert.ok(!error.message.includes(pair.secretKey.slice(1)));
        return true;
      });
    }
    const long = join(folder, "long.key");
    await writeFile(long, "x".repeat(70_000));
    await assert.rejects(importing({ uri: vscode.Uri.file(long) }), /too long to be keys/);
  });

  test("finds the folders of the workspace that hold certificates", async () => {
    const workspace = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(workspace);
    const certificates = vscode.Uri.joinPath(workspace, "zmq_certificates");
    await vscode.workspace.fs.createDirectory(certificates);
    const text = writeZcert(math.generatePair(), "x");
    for (const end of ["key", "key_secret"])
      await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(certificates, `backend.${end}`), Buffer.from(text));
    try {
      const found = await certificateFolders();
      assert.deepEqual(
        found.map(({ folder: one, files }) => [one.path, files]),
        [[certificates.path, 2]],
      );
    } finally {
      await vscode.workspace.fs.delete(certificates, { recursive: true });
    }
  });
});

suite("exporting keys", () => {
  let folder: string;
  let key: KeySummary;
  const at = (name: string): vscode.Uri => vscode.Uri.file(join(folder, name));

  suiteSetup(async () => {
    folder = await mkdtemp(join(tmpdir(), "tap-"));
    key = await run<KeySummary>("generateKeyPair", { name: "exported" });
  });

  suiteTeardown(async () => {
    await run("deleteKey", { key: "exported", confirmed: true });
    await rm(folder, { recursive: true });
  });

  test("a secret certificate is written only when that is agreed to, and only its owner can read it", async () => {
    await writeFile(at("a.key_secret").fsPath, "before", { mode: 0o644 });
    await assert.rejects(run("exportKeyPair", { key: "exported", uri: at("b.key_secret") }), /agreed to/);
    await run("exportKeyPair", { key: "exported", uri: at("a.key_secret"), confirmed: true });
    assert.equal((await stat(at("a.key_secret").fsPath)).mode & 0o777, 0o600);
    const text = Buffer.from(await vscode.workspace.fs.readFile(at("a.key_secret"))).toString();
    const read = readZcert(text);
    assert.ok(read !== null && !("problem" in read) && read.secretKey !== null);
    assert.equal(read.publicKey, key.publicKey);
    assert.equal(math.derivePublic(read.secretKey), key.publicKey);
  });

  test("a public certificate holds no secret key and overwrites nothing by itself", async () => {
    await run("exportPublicKey", { key: "exported", uri: at("a.key") });
    const text = Buffer.from(await vscode.workspace.fs.readFile(at("a.key"))).toString();
    assert.deepEqual(readZcert(text), { publicKey: key.publicKey, secretKey: null, metadata: { name: "exported" } });
    await assert.rejects(run("exportPublicKey", { key: "exported", uri: at("a.key") }), /is there already/);
    await assert.rejects(run("exportPublicKey", { key: "exported", uri: at("none/a.key") }), /cannot be written/);
    const elsewhere = vscode.Uri.parse("untitled:a.key_secret");
    await assert.rejects(
      run("exportKeyPair", { key: "exported", uri: elsewhere, confirmed: true }),
      /only be written to a disk/,
    );
  });
});
