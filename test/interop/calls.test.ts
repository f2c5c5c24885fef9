import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { CallOutcome } from "../../src/shared/calls.ts";
import type { DialectCall, DialectName } from "../../src/shared/dialects.ts";
import { findPython } from "./peers/python.ts";
import { PythonProgram } from "./peers/pythonProgram.ts";
import { runCli } from "./support/cliTap.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const ANYWHERE = "tcp://127.0.0.1:*";

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "zmq-tap-calls-"));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** What `zmq-tap call` says: its exit code, the value on stdout, the sentence on stderr. */
async function cli(...args: string[]): Promise<[number | null, unknown, string]> {
  const { code, stdout, stderr } = await runCli(["call", ...args]);
  return [code, stdout === "" ? undefined : JSON.parse(stdout), stderr.trim()];
}

let calls = 0;

/** Calls through a tap, as the Call tab does. */
function through(tap: EngineTap, dialect: DialectName, call: Partial<DialectCall>): Promise<CallOutcome> {
  return tap.caller.call({
    call: `${++calls}`,
    target: { kind: "tap", tap: "tap" },
    body: { kind: "dialect", dialect, call: { method: "", args: [], kwargs: {}, fields: {}, ...call } },
    timeoutMs: 5_000,
    retries: 0,
    security: null,
  });
}

const told = ({ kind, reply }: CallOutcome): unknown[] => [
  kind,
  reply?.said?.json == null ? null : JSON.parse(reply.said.json),
  reply?.said?.code ?? null,
];

test("A pyzmqrpc3 server behind PLAIN is called from the command line and through a tap, errors included", async (t) => {
  const environment = { ZMQ_USER: "arm", ZMQ_PASSWORD: "a password" };
  const server = new SeedProgram(t, "pyzmqrpc3", ["server", ANYWHERE], environment);
  const [endpoint] = (await server.bound()) as [string];
  const password = join(folder(t), "password.txt");
  writeFileSync(password, `${environment.ZMQ_PASSWORD}\n`);
  const options = ["--dialect", "pyzmqrpc3", "--plain-user", "arm", "--plain-password-file", password];
  const move = ["MoveArm", "--kwargs", '{"axis":"x","mm":12}'];
  assert.deepEqual(await cli(endpoint, ...move, ...options), [0, "x:12", ""]);
  const [code, value, sentence] = await cli(endpoint, "MoveArm", "--kwargs", '{"axis":"x","mm":-1}', ...options);
  assert.equal(code, 3);
  assert.deepEqual((value as { code: string }).code, "463");
  assert.match(sentence, /^Error after .* 463: .*boom/);
  const refused = ["--dialect", "pyzmqrpc3", "--timeout", "1500", "--retries", "0"];
  const [timedOut, nothing, why] = await cli(endpoint, ...move, ...refused);
  assert.deepEqual([timedOut, nothing], [4, undefined]);
  assert.match(why, /^No answer within 1.5 s[.] .*handshake/);
  const tap = await startEngineTap(t, endpoint, { plain: { user: "arm", password: environment.ZMQ_PASSWORD } });
  assert.deepEqual(told(await through(tap, "pyzmqrpc3", { method: "MoveArm", kwargs: { axis: "y", mm: 1 } })), [
    "ok",
    "y:1",
    null,
  ]);
  assert.deepEqual(told(await through(tap, "pyzmqrpc3", { method: "Unserved" })), ["error", null, "451"]);
});

test("A ZmqWebBridge service answers calls, and the errors that its clients hide are errors", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const [endpoint] = (await server.bound()) as [string];
  const options = ["--dialect", "zmq-web-bridge"];
  assert.deepEqual(await cli(endpoint, "add", "2", "-3", ...options), [0, -1, ""]);
  assert.deepEqual(await cli(endpoint, "add", "2", "--kwargs", '{"b":5}', ...options), [0, 7, ""]);
  assert.deepEqual(await cli(endpoint, "echo", "no JSON", ...options), [0, "no JSON", ""]);
  const [code, value] = await cli(endpoint, "secret", ...options);
  assert.deepEqual([code, (value as { problem: string }).problem], [3, "unauthorized access"]);
  const tap = await startEngineTap(t, endpoint);
  const ok = await through(tap, "zmq-web-bridge", { method: "echo", args: [{ a: [1, "ž"] }] });
  assert.deepEqual(told(ok), ["ok", { a: [1, "ž"] }, null]);
  assert.deepEqual(
    [ok.request, ok.reply?.row].map((n) => tap.rows().find((row) => row.n === n)?.origin),
    ["call", "call"],
  );
});

const wellKnown = (t: TestContext): PythonProgram =>
  PythonProgram.start(t, "wellKnownPeers.py", ["zmq", "msgpack"], ["python3-zmq", "python3-msgpack"]);

for (const [dialect, code, problem] of [
  ["json-rpc", "-32000", /^it was to fail/],
  ["zerorpc", "ValueError", /it was to fail/],
] as const) {
  test(`A ${dialect} server in Python answers calls and says its errors, from the command line and through a tap`, async (t) => {
    const endpoint = await wellKnown(t).ask<string>({ op: "serve", what: dialect });
    const options = ["--dialect", dialect];
    assert.deepEqual((await cli(endpoint, "add", "2", "3", ...options)).slice(0, 2), [0, 5]);
    const [exit, value, sentence] = await cli(endpoint, "fail", ...options);
    assert.deepEqual([exit, (value as { code: string }).code], [3, code]);
    assert.match((value as { problem: string }).problem, problem);
    assert.match(sentence, /^Error after/);
    const tap = await startEngineTap(t, endpoint);
    assert.deepEqual(told(await through(tap, dialect, { method: "add", args: [4, 5] })), ["ok", 9, null]);
    assert.deepEqual(told(await through(tap, dialect, { method: "no such method" }))[0], "error");
    const repeated = await tap.caller.repeat({
      request: {
        call: "repeated",
        target: { kind: "tap", tap: "tap" },
        body: { kind: "dialect", dialect, call: { method: "add", args: [1, 1], kwargs: {}, fields: {} } },
        timeoutMs: 5_000,
        retries: 0,
        security: null,
      },
      plan: { count: 20, perSecond: null },
    });
    assert.deepEqual([repeated.done, repeated.counts.ok], [20, 20]);
  });
}

/** A back end with certificates of its own in its current directory. */
async function backend(t: TestContext): Promise<{ endpoint: string; certificates: string; program: ChildProcess }> {
  const cwd = folder(t);
  const file = join(import.meta.dirname, "peers", "frontendBackend.py");
  assert.equal(spawnSync(findPython(), ["-B", file, "certificates"], { cwd, stdio: "inherit" }).status, 0);
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const signals = `tcp://127.0.0.1:${await freePort()}`;
  const program = spawn(findPython(), ["-B", file, "backend", endpoint, signals], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(async () => {
    if (program.exitCode !== null) return;
    program.kill("SIGKILL");
    await once(program, "close");
  });
  return { endpoint, certificates: join(cwd, "zmq_certificates"), program };
}

test("A frontend/backend call over CURVE is acknowledged, which says no more than that", async (t) => {
  const { endpoint, certificates } = await backend(t);
  const keys = ["--curve-upstream", join(certificates, "backend.key")];
  const client = ["--curve-client", join(certificates, "frontend.key_secret")];
  const options = ["--dialect", "frontend-backend", "--retries", "3"];
  const [code, , sentence] = await cli(endpoint, "reset", ...options, ...keys, ...client);
  assert.equal(code, 0);
  assert.match(sentence, /^Acknowledged after .* the call has arrived: what comes of it comes on another link/);
  // Without a pair of its own it shows a fresh one, which this server lets in.
  assert.equal((await cli(endpoint, "no_such_method", ...options, ...keys))[0], 0);
  const [wrong, , why] = await cli(endpoint, "reset", "--dialect", "frontend-backend", "--timeout", "1000");
  assert.equal(wrong, 4);
  assert.match(why, /handshake/);
});

for (const dialect of ["json-rpc", "zmq-web-bridge"] as const) {
  test(`A ${dialect} call to a server that comes late is answered by an attempt after the first`, async (t) => {
    const port = await freePort();
    const calling = cli(
      ...[`tcp://127.0.0.1:${port}`, "echo", '"hi"', "--dialect", dialect, "--timeout", "700", "--retries", "10"],
    );
    // One call that is given up, so that the other one has begun its next attempt.
    assert.equal((await cli(`tcp://127.0.0.1:${port}`, "echo", "--dialect", dialect, "--timeout", "800"))[0], 4);
    const server = new SeedProgram(t, "zmqWebBridge", ["server", `tcp://127.0.0.1:${port}`]);
    await server.bound();
    const [code, value, sentence] = await calling;
    if (dialect === "zmq-web-bridge") assert.deepEqual([code, value], [0, "hi"]);
    // A service of another dialect answers with what cannot be read.
    else assert.deepEqual([code, value], [1, undefined]);
    assert.match(sentence, dialect === "json-rpc" ? /^Unreadable answer/ : /^Answered after .*, attempt \d+[.]$/);
  });
}
