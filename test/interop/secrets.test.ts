import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import type { CurvePair } from "../../src/shared/security.ts";
import { type Secret, searchSecrets } from "../support/secrets.ts";
import { type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { giveKeys, type TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const PASSWORD = "Tr0ub4dor & 3, čtyři";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const keySecret = (name: string, { secretKey }: CurvePair): Secret => ({ name, value: secretKey, kind: "key" });
const passwordSecret: Secret = { name: "password", value: PASSWORD, kind: "password" };

/** A tap whose home, temporary folder and current directory are one empty folder. */
async function startTap(
  t: TestContext,
  server: string,
  args: readonly string[],
  keys: TapKeys,
): Promise<{ tap: CliTap; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-secrets-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const environment: NodeJS.ProcessEnv = { HOME: folder, TMPDIR: join(folder, "tmp") };
  for (const name of ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"])
    environment[name] = folder;
  mkdirSync(join(folder, "tmp"));
  const tap = await CliTap.start(server, args, keys, { folder, environment });
  t.after(() => tap.stop("SIGKILL"));
  return { tap, folder };
}

/** Ends the tap and looks for the secrets in all that can be known of it. Its own password variable is excepted. */
async function assertNoSecrets(tap: CliTap, folder: string, secrets: readonly Secret[]): Promise<void> {
  const variables = readProcess(tap, "environ").filter((variable) => !variable.startsWith("ZMQ_TAP_PASSWORD="));
  const commandLine = readProcess(tap, "cmdline");
  assert.ok(commandLine.includes("attach"));
  const { code, stdout, stderr } = await tap.stop();
  assert.equal(code, 0, stderr);
  assert.notEqual(stdout, "");
  const places: Record<string, Buffer> = {
    "its command line": Buffer.from(commandLine.join("\0")),
    "its environment": Buffer.from(variables.join("\0")),
    "its standard output": Buffer.from(stdout),
    "its standard error": Buffer.from(stderr),
  };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) places[path] = readFileSync(path);
  }
  // What decoders and JSON have escaped is looked for as it was before.
  for (const line of tap.lines) {
    for (const frame of line.frames ?? []) {
      if (typeof frame === "string") places[`a frame of row ${line.n}`] = Buffer.from(frame, "base64");
    }
  }
  const found = Object.entries(places).flatMap(([place, octets]) =>
    searchSecrets(octets, secrets).map((what) => `${what}, in ${place}`),
  );
  assert.deepEqual(found, []);
}

const readProcess = ({ child }: CliTap, file: "cmdline" | "environ"): string[] =>
  readFileSync(`/proc/${child.pid}/${file}`, "utf8").split("\0");

async function ask(req: PeerSocket, rep: PeerSocket): Promise<void> {
  await req.send(text("question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
}

for (const output of [["--json", "--full"], []]) {
  const how = output[0] ?? "text";

  test(`A re-keying tap shows no secret key anywhere, with ${how}`, async (t) => {
    const pairs = {
      server: curveKeyPair(),
      tap: curveKeyPair(),
      member: curveKeyPair(),
      stranger: curveKeyPair(),
      waiting: curveKeyPair(),
    };
    await python.admit({ keys: [pairs.tap.publicKey, pairs.member.publicKey], addresses: null });
    const rep = await python.open("REP", curveServer(pairs.server));
    const { tap, folder } = await startTap(t, await rep.bind("tcp://127.0.0.1:*"), output, {
      serverPair: pairs.server,
      clientPair: pairs.tap,
      // The stranger's pair is in the tap, but not on the server's list.
      clientPairs: [pairs.member, pairs.stranger].map((pair) => ({ client: pair.publicKey, pair })),
      allow: [pairs.member.publicKey, pairs.stranger.publicKey],
    });
    const open = async (server: CurvePair, client: CurvePair): Promise<PeerSocket> => {
      const req = await javascript.open("REQ", curveClient(server.publicKey, client));
      await req.connect(tap.endpoint);
      return req;
    };
    const member = await open(pairs.server, pairs.member);
    await ask(member, rep);
    const refused = await open(pairs.server, pairs.stranger);
    await refused.events.until("handshake-refused");
    const waiting = await open(pairs.server, pairs.waiting);
    await waiting.events.until("disconnected");
    const mistaken = await open(pairs.tap, pairs.member);
    await mistaken.events.until("disconnected");
    await ask(member, rep);
    for (const socket of [member, refused, waiting, mistaken, rep]) await socket.close();
    const secrets = Object.entries(pairs).map(([name, pair]) => keySecret(`secret key of ${name}`, pair));
    await assertNoSecrets(tap, folder, secrets);
  });

  for (const given of ["the environment", "a file"] as const) {
    test(`A tap that adds PLAIN shows its password from ${given} nowhere, with ${how}`, async (t) => {
      await javascript.setPasswords({ admin: PASSWORD });
      const rep = await javascript.open("REP", { plainServer: true, zapDomain: "test" });
      const keys: TapKeys = { clientLeg: "NULL", serverLeg: "PLAIN" };
      const file = join(mkdtempSync(join(tmpdir(), "zmq-tap-password-")), "password");
      t.after(() => rmSync(join(file, ".."), { recursive: true }));
      writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 });
      const { tap, folder } = await startTap(
        t,
        await rep.bind("tcp://127.0.0.1:*"),
        given === "a file" ? [...output, "--plain-user", "admin", "--plain-password-file", file] : output,
        given === "a file" ? keys : { ...keys, plain: { user: "admin", password: PASSWORD } },
      );
      const req = await python.open("REQ");
      await req.connect(tap.endpoint);
      await ask(req, rep);
      await req.close();
      await rep.close();
      await assertNoSecrets(tap, folder, [passwordSecret]);
    });
  }
}

test("A tap without keys keeps no password of a PLAIN client, right or wrong", async (t) => {
  await javascript.setPasswords({ admin: PASSWORD });
  const rep = await javascript.open("REP", { plainServer: true, zapDomain: "test" });
  const { tap, folder } = await startTap(t, await rep.bind("tcp://127.0.0.1:*"), ["--json", "--full"], {});
  const req = await python.open("REQ", { plainUser: "admin", plainPassword: PASSWORD });
  await req.connect(tap.endpoint);
  await ask(req, rep);
  const wrong = "not the password";
  const refused = await python.open("REQ", { plainUser: "admin", plainPassword: wrong });
  await refused.connect(tap.endpoint);
  await refused.events.until("handshake-refused");
  for (const socket of [req, refused, rep]) await socket.close();
  await tap.untilEvents("link-closed", 2);
  await assertNoSecrets(tap, folder, [passwordSecret, { name: "wrong password", value: wrong, kind: "password" }]);
});

test("A refused key file is explained without its secret key", async (t) => {
  const [one, other] = [curveKeyPair(), curveKeyPair()];
  const { args, remove } = giveKeys({ serverPair: { publicKey: one.publicKey, secretKey: other.secretKey } });
  t.after(remove);
  const { code, stdout, stderr } = await runCli(["attach", "tcp://127.0.0.1:9", ...args]);
  assert.notEqual(code, 0);
  assert.match(stderr, /key/);
  assert.deepEqual(searchSecrets(Buffer.from(`${stdout}${stderr}`), [keySecret("secret key", other)]), []);
});
