import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import { parseAttach } from "../../src/cli/attachArguments.ts";
import { joinKeys, readSecurity } from "../../src/cli/keyOptions.ts";
import { writeZcert } from "../../src/shared/keys/zcert.ts";
import type { TapSecurity } from "../../src/shared/security.ts";
import { KNOWN, math } from "../support/keys.ts";
import { NO_SECURITY } from "../support/security.ts";

const folder = mkdtempSync(join(tmpdir(), "tap-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const other = math.generatePair();
const server = file("server.key_secret", writeZcert(KNOWN, "server"));
const client = file("client.key_secret", writeZcert(other, "client"));
const publicOnly = file("client.key", writeZcert({ publicKey: other.publicKey, secretKey: null }, "client"));

/** What the engine is handed for these options. */
function security(args: readonly string[], environment: NodeJS.ProcessEnv = {}): TapSecurity | null {
  const parsed = parseArguments(["attach", "tcp://127.0.0.1:1", ...args]);
  assert.ok(parsed.kind === "attach");
  const { options } = parsed;
  return options.keys === null ? null : readSecurity(options.keys, environment);
}

test("Without options for keys a tap has none", () => assert.equal(security([]), null));

test("--curve-server reads the pair that is shown to clients", () => {
  assert.deepEqual(security(["--curve-server", server]), { ...NO_SECURITY, serverPair: KNOWN });
});

test("--curve-upstream and --curve-allow take a public key, or either file of a pair", () => {
  for (const key of [other.publicKey, publicOnly, client]) {
    const args = ["--curve-server", server, "--curve-upstream", key, "--curve-allow", key];
    assert.deepEqual(security([...args, "--curve-allow", KNOWN.publicKey]), {
      ...NO_SECURITY,
      serverPair: KNOWN,
      serverKey: other.publicKey,
      allow: [other.publicKey, KNOWN.publicKey],
    });
  }
});

test("A key that begins with a dash is a key", () => {
  const dashed = `-${KNOWN.publicKey.slice(1)}`;
  assert.deepEqual(security(["--curve-server", server, "--curve-upstream", dashed, "--curve-allow", dashed]), {
    ...NO_SECURITY,
    serverPair: KNOWN,
    serverKey: dashed,
    allow: [dashed],
  });
  assert.deepEqual(security(["--curve-server", server, "--curve-client", `${dashed}=${client}`]), {
    ...NO_SECURITY,
    serverPair: KNOWN,
    clientPairs: [{ client: dashed, pair: other }],
  });
});

test("joinKeys joins keys with options that take one, and nothing else", () => {
  const dashed = `-${KNOWN.publicKey.slice(1)}`;
  assert.deepEqual(joinKeys(["bridge", "--in-curve-allow", dashed, "--out-curve-upstream", dashed]), [
    "bridge",
    `--in-curve-allow=${dashed}`,
    `--out-curve-upstream=${dashed}`,
  ]);
  for (const args of [
    ["--curve-upstream", "--curve-allow"],
    ["--curve-allow", KNOWN.publicKey],
    ["--curve-server", dashed],
    [dashed, dashed],
    ["--curve-upstream", `${dashed}x`],
    [],
  ]) {
    assert.deepEqual(joinKeys(args), args);
  }
});

test("--curve-client takes a pair for all clients, and others by the key of one", () => {
  const tricky = "Yne=$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
  const args = ["--curve-server", server, "--curve-client", client, "--curve-client", `${tricky}=${server}`];
  assert.deepEqual(security(args), {
    ...NO_SECURITY,
    serverPair: KNOWN,
    clientPair: other,
    clientPairs: [{ client: tricky, pair: KNOWN }],
  });
});

test("--client-leg and --server-leg add and remove encryption", () => {
  const added = ["--client-leg", "null", "--server-leg", "curve", "--curve-upstream", other.publicKey];
  assert.deepEqual(security(added), {
    ...NO_SECURITY,
    clientLeg: "NULL",
    serverLeg: "CURVE",
    serverKey: other.publicKey,
  });
  assert.equal(security(["--client-leg=CURVE", "--server-leg=null", "--curve-server", server])?.serverLeg, "NULL");
});

test("--plain-user takes its password from the environment or from a file, never from an argument", () => {
  const plain = { user: "operator", password: "swordfish" };
  const fromEnvironment = security(["--plain-user", "operator"], { ZMQ_TAP_PASSWORD: "swordfish" });
  assert.deepEqual(fromEnvironment, { ...NO_SECURITY, plain });
  const passwordFile = file("password", "swordfish\n");
  const fromFile = security(["--plain-user", "operator", "--plain-password-file", passwordFile]);
  assert.deepEqual(fromFile, { ...NO_SECURITY, plain });
  assert.throws(() => parseAttach(["tcp://127.0.0.1:1", "--plain-password", "x"]), /Unknown option/);
});

const badOptions: [string, string[], RegExp][] = [
  ["a secret key in place of a file", ["--curve-server", KNOWN.secretKey], /a key was given.*zmq-tap keygen/],
  ["a secret key in place of a client's file", ["--curve-client", KNOWN.secretKey], /a key was given/],
  ["an empty value", ["--curve-allow", ""], /needs a value/],
  ["a client without a file", ["--curve-client", `${KNOWN.publicKey}=`], /needs a file/],
  ["two pairs for all clients", ["--curve-client", client, "--curve-client", client], /twice/],
  ["a leg that is none", ["--client-leg", "tls"], /null, plain or curve/],
  ["a password without a user", ["--plain-password-file", "x"], /needs --plain-user/],
];

for (const [what, args, says] of badOptions) {
  test(`parseAttach refuses ${what} in one sentence`, () => {
    const parsed = parseAttach(["tcp://127.0.0.1:1", ...args]);
    assert.ok(typeof parsed === "string");
    assert.match(parsed, says);
    assert.ok(!parsed.includes(KNOWN.secretKey));
  });
}

const mismatch = file("mismatch", writeZcert({ ...KNOWN, publicKey: other.publicKey }, "x"));
const broken = file("broken", `curve\n public-key = "${KNOWN.secretKey.slice(1)}"`);
const closed = file("closed", writeZcert(KNOWN, "x"));
chmodSync(closed, 0);
const unreadable = process.getuid?.() === 0 ? folder : closed;

const badFiles: [string, string[], RegExp][] = [
  ["a file that is not there", ["--curve-server", KNOWN.secretKey.slice(1)], /There is no such file/],
  ["a file that cannot be read", ["--curve-server", unreadable], /cannot be read \((EACCES|EISDIR)\)/],
  ["a file that is too long", ["--curve-server", file("long", "x".repeat(70_000))], /too long/],
  ["a file that is no certificate", ["--curve-server", file("other", "hello")], /no certificate file/],
  ["a certificate with a broken key", ["--curve-server", broken], /its public-key is no CURVE key/],
  ["a public certificate where a secret one is needed", ["--curve-server", publicOnly], /holds no secret key/],
  ["halves that do not belong together", ["--curve-server", mismatch], /do not belong together/],
  ["a public key in hex", ["--curve-upstream", "ab".repeat(32)], /as Z85/],
  ["a key of the server without a pair for clients", ["--curve-upstream", other.publicKey], /Give --curve-server/],
  ["CURVE added without a key", ["--client-leg", "null", "--server-leg", "curve"], /Give --curve-upstream/],
  ["PLAIN added without a user", ["--client-leg", "null", "--server-leg", "plain"], /Give --plain-user/],
  ["a user without a password", ["--plain-user", "a"], /Set ZMQ_TAP_PASSWORD/],
  ["a user that is too long", ["--plain-user", "é".repeat(128), "--plain-password-file", broken], /255 octets/],
];

for (const [what, args, says] of badFiles) {
  test(`readSecurity refuses ${what} in one message without a key`, () => {
    assert.throws(
      () => security(args),
      (error: Error) => {
        assert.match(error.message, says);
        for (const secret of [KNOWN.secretKey.slice(1), other.secretKey]) assert.ok(!error.message.includes(secret));
        return true;
      },
    );
  });
}
