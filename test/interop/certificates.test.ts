import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readSecurity } from "../../src/cli/keyOptions.ts";
import { recogniseKeys } from "../../src/shared/keys/keyText.ts";
import { math, secretForms } from "../support/keys.ts";
import { findPython } from "./peers/python.ts";
import { CliTap, runCli } from "./support/cliTap.ts";

/** Runs a few lines of Python and gives what they print as JSON. */
function python(lines: string, ...args: readonly string[]): unknown {
  const script = `import json, sys, zmq, zmq.auth\n${lines}`;
  return JSON.parse(execFileSync(findPython(), ["-c", script, ...args], { encoding: "utf8" })) as unknown;
}

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("What keygen writes is read by pyzmq's load_certificate, and libzmq derives the same public key", async (t) => {
  const folder = await emptyFolder(t);
  for (let round = 0; round < 5; round++) {
    const { code, stdout } = await runCli(["keygen", `pair ${round}`, "--dir", folder]);
    assert.equal(code, 0);
    const loaded = python(
      `public, none = zmq.auth.load_certificate(sys.argv[1] + ".key")
same, secret = zmq.auth.load_certificate(sys.argv[1] + ".key_secret")
print(json.dumps([public.decode(), none, same.decode(), zmq.curve_public(secret).decode()]))`,
      join(folder, `pair ${round}`),
    );
    const publicKey = stdout.trim();
    assert.deepEqual(loaded, [publicKey, null, publicKey, publicKey]);
  }
});

test("A folder that pyzmq's create_certificates filled is recognised as its pairs", async (t) => {
  const folder = await emptyFolder(t);
  const names = ["frontend", "backend"];
  const pairs = python(
    `pairs = []
for name in ("frontend", "backend"):
    zmq.auth.create_certificates(sys.argv[1], name, {"owner": "a = 'b' # c"})
    pairs.append([key.decode() for key in zmq.auth.load_certificate(sys.argv[1] + "/" + name + ".key_secret")])
print(json.dumps(pairs))`,
    folder,
  ) as [string, string][];
  const files = names.flatMap((name) =>
    [".key", ".key_secret"].map((end) => ({ name, text: readFileSync(join(folder, `${name}${end}`), "utf8") })),
  );
  assert.deepEqual(recogniseKeys(files, math), {
    candidates: pairs.map(([publicKey, secretKey], n) => ({
      kind: "pair",
      name: names[n],
      format: "certificate",
      pair: { publicKey, secretKey },
    })),
    problems: [],
  });
  const options = { upstream: null, clientFile: null, clientFiles: [], allow: null, clientLeg: null, serverLeg: null };
  const serverFile = join(folder, "backend.key_secret");
  const security = readSecurity({ ...options, serverFile, user: null, passwordFile: null }, {});
  const [publicKey, secretKey] = pairs[1]!;
  assert.deepEqual(security.serverPair, { publicKey, secretKey });
});

test("attach with keys from files says none of them and no password, in whatever encoding", async (t) => {
  const folder = await emptyFolder(t);
  assert.equal((await runCli(["keygen", "server", "--dir", folder])).code, 0);
  const secretFile = join(folder, "server.key_secret");
  const passwordFile = join(folder, "password");
  const password = "correct horse battery staple";
  await writeFile(passwordFile, password);
  const secret = /secret-key = "(.{40})"/.exec(readFileSync(secretFile, "utf8"))?.[1];
  assert.ok(secret !== undefined);
  const plain = ["--plain-user", "operator", "--plain-password-file", passwordFile];
  const tap = await CliTap.start("tcp://127.0.0.1:1", ["--json", "--curve-server", secretFile, ...plain]);
  t.after(() => tap.stop("SIGKILL"));
  const proc = `/proc/${tap.child.pid ?? 0}`;
  const places = existsSync(proc) ? [readFileSync(`${proc}/cmdline`), readFileSync(`${proc}/environ`)] : [];
  const { code, stdout, stderr } = await tap.stop();
  assert.equal(code, 0, stderr);
  for (const place of [...places, Buffer.from(stdout), Buffer.from(stderr)]) {
    for (const form of [...secretForms(secret), ...secretForms(password)]) assert.equal(place.indexOf(form), -1);
  }
});

test("attach ends with exit code 1 and one sentence when a file of keys cannot be used", async () => {
  const { code, stdout, stderr } = await runCli(["attach", "tcp://127.0.0.1:1", "--curve-server", "/nowhere/x"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^--curve-server: There is no such file\.[^\n]*\n$/);
});
