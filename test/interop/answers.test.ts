import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { readZcert } from "../../src/shared/keys/zcert.ts";
import { OWN_SERVER } from "../../src/shared/standIn.ts";
import { NO_SECURITY } from "../support/security.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { text } from "./peers/peer.ts";
import { findPython, PythonPeer } from "./peers/python.ts";
import { CliAnswer } from "./support/cliAnswer.ts";
import { CliTap } from "./support/cliTap.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const python = new PythonPeer();
after(() => python.stop());

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "zmq-tap-answers-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function repliesFile(t: TestContext, replies: object): string {
  const path = join(folder(t), "replies.json");
  writeFileSync(path, JSON.stringify(replies));
  return path;
}

const COMMANDS: readonly (readonly [string, object])[] = [
  ["MoveArm", { axis: "x", mm: 12 }],
  ["MoveArm", { axis: "y", mm: 3 }],
  ["MoveArm", { axis: "x", mm: -1 }],
  ["Unserved", {}],
  ["MoveArm", { axis: "x", mm: 12 }],
];

test("zmq-tap answer gives a pyzmqrpc3 client what the recorded server gave it, and an error for what is not recorded", async (t) => {
  const credentials = { ZMQ_USER: "arm", ZMQ_PASSWORD: "a password of the arm" };
  const server = new SeedProgram(t, "pyzmqrpc3", ["server", "tcp://127.0.0.1:*"], credentials);
  const [endpoint] = await server.bound();
  const recording = join(folder(t), "recording.pcapng");
  const tap = await CliTap.start(endpoint!, ["--json", "--write", recording]);
  t.after(() => tap.stop("SIGKILL"));
  const client = new SeedProgram(t, "pyzmqrpc3", ["client", tap.endpoint], credentials);
  for (const command of COMMANDS) client.tell(["call", ...command, 5000]);
  const replies = await client.said("reply", COMMANDS.length);
  await tap.untilMessages(2 * COMMANDS.length);
  await tap.stop("SIGINT");

  const plain = { user: credentials.ZMQ_USER, password: credentials.ZMQ_PASSWORD };
  const answers = await CliAnswer.start(t, ["--from", recording], { plain });
  assert.match(answers.began, /from 5 exchanges of /);
  const again = new SeedProgram(t, "pyzmqrpc3", ["client", answers.endpoint], credentials);
  for (const command of COMMANDS) again.tell(["call", ...command, 5000]);
  assert.deepEqual(await again.said("reply", COMMANDS.length), replies);
  again.tell(["call", "NoSuch", { a: 1 }, 5000]);
  const unknown = (await again.said("reply", COMMANDS.length + 1)).at(-1) as { status_code: number };
  assert.notEqual(unknown.status_code, 200);
  const { code, stdout, stderr } = await answers.stop();
  assert.equal(code, 0);
  const lines = stdout.trim().split("\n");
  assert.equal(lines.length, 6);
  assert.match(lines[0]!, /^\S+Z "MoveArm" pyzmqrpc3 answered$/);
  assert.match(lines[5]!, /"NoSuch" pyzmqrpc3 not known$/);
  assert.match(stderr, /5 answered, 0 by default, 1 unanswered\n$/);
});

const jsonRpc = (id: unknown, method: string): Buffer => Buffer.from(JSON.stringify({ jsonrpc: "2.0", method, id }));

for (const kind of ["REQ", "DEALER"] as const) {
  test(`zmq-tap answer gives a ${kind} of pyzmq with CURVE fixed replies, and an error for an unknown method`, async (t) => {
    const serverPair = curveKeyPair();
    const clientPair = curveKeyPair();
    const path = repliesFile(t, { add: { value: 4 }, fail: { error: "no luck" }, next: { values: [1, 2] } });
    const as = kind === "REQ" ? "REP" : "ROUTER";
    const answers = await CliAnswer.start(t, ["--replies", path, "--as", as, "--delay", "5"], {
      serverPair,
      allow: [clientPair.publicKey],
    });
    const socket = await python.open(kind, {
      curveServerKey: serverPair.publicKey,
      curvePublicKey: clientPair.publicKey,
      curveSecretKey: clientPair.secretKey,
    });
    await socket.connect(answers.endpoint);
    const got: unknown[] = [];
    for (const [id, method] of ["add", "next", "next", "fail", "other"].entries()) {
      await socket.send([jsonRpc(id, method)]);
      const [message] = await socket.receive();
      assert.equal(message?.length, 1);
      const { result, error, id: answered } = JSON.parse(message[0]!.toString()) as Record<string, unknown>;
      got.push([answered, result ?? (error as { message: string }).message]);
    }
    assert.deepEqual(got, [
      [0, 4],
      [1, 1],
      [2, 2],
      [3, "no luck"],
      [4, "No reply is known for other."],
    ]);
    await socket.close();
    assert.match((await answers.stop()).stderr, /4 answered, 0 by default, 1 unanswered\n$/);
  });
}

test("zmq-tap answer answers many DEALER calls at once, each caller its own", async (t) => {
  const path = repliesFile(t, { "*": { value: "same" } });
  const answers = await CliAnswer.start(t, ["--replies", path, "--as", "ROUTER", "--delay", "20"]);
  const callers = await Promise.all(
    [0, 1].map(async () => {
      const socket = await python.open("DEALER");
      await socket.connect(answers.endpoint);
      return socket;
    }),
  );
  const COUNT = 500;
  await Promise.all(
    callers.map((socket, caller) =>
      socket.send(...Array.from({ length: COUNT }, (_, n) => [jsonRpc(caller * COUNT + n, "any")])),
    ),
  );
  for (const [caller, socket] of callers.entries()) {
    const ids = (await socket.receive(COUNT)).map(([body]) => (JSON.parse(body!.toString()) as { id: number }).id);
    assert.deepEqual(
      ids,
      Array.from({ length: COUNT }, (_, n) => caller * COUNT + n),
    );
    await socket.close();
  }
});

test("A REP that listens takes the CURVE signals of the frontend-backend programs, and acknowledges each", async (t) => {
  const path = folder(t);
  const program = join(import.meta.dirname, "peers", "frontendBackend.py");
  const { status } = spawnSync(findPython(), ["-B", program, "certificates"], { cwd: path, stdio: "inherit" });
  assert.equal(status, 0);
  const pairOf = (name: string) => {
    const zcert = readZcert(readFileSync(join(path, "zmq_certificates", `${name}.key_secret`), "utf8"));
    assert.ok(zcert !== null && !("problem" in zcert) && zcert.publicKey !== null && zcert.secretKey !== null);
    return { publicKey: zcert.publicKey, secretKey: zcert.secretKey };
  };
  const { engine, until, state, rows } = tappedEngine(t);
  const standIn = { kind: "signals", socket: "REP", topics: [], connects: false } as const;
  const config = { id: "signals", name: "signals", server: OWN_SERVER, listen: "tcp://127.0.0.1:*", standIn };
  const { listening } = await engine.startTap(config, { ...NO_SECURITY, serverPair: pairOf("frontend") });
  const calls = `tcp://127.0.0.1:${await freePort()}`;
  const backend: ChildProcess = spawn(findPython(), ["-B", program, "backend", calls, listening], {
    cwd: path,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => backend.kill("SIGKILL"));
  const ended = once(backend, "close");
  const heard: { link: string; sent?: string; received?: string }[] = [];
  createInterface({ input: backend.stdout! }).on("line", (line) => heard.push(JSON.parse(line) as (typeof heard)[0]));
  const client = curveKeyPair();
  const caller = await python.open("REQ", {
    curveServerKey: pairOf("backend").publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  });
  await caller.connect(calls);
  await caller.send(text('{"api_method": "add", "arguments": {"a": 2, "b": 2}}'));
  assert.deepEqual(await caller.receive(), [text("OK")]);
  await until(() => state("signals").standIn?.signals === 1);
  assert.equal(state("signals").standIn?.last, "add_result 4");
  await caller.send(text('{"api_method": "stop", "arguments": {}}'));
  assert.deepEqual(await caller.receive(), [text("OK")]);
  await ended;
  const signals = heard.filter(({ link }) => link === "signals");
  assert.deepEqual(JSON.parse(signals[0]?.sent ?? ""), { signal: "add_result", data: 4 });
  assert.equal(signals[1]?.received, "OK");
  const shown = rows().filter(({ kind, tap }) => kind === "message" && tap === "signals");
  assert.deepEqual(
    shown.map(({ from, decrypted }) => [from, decrypted]),
    [
      ["client", true],
      ["server", true],
    ],
  );
  await caller.close();
});
