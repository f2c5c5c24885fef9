import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { curveKeyPair } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { Captures } from "../../src/proxy/captures.ts";
import { Replays } from "../../src/proxy/replays.ts";
import type { DialectName } from "../../src/shared/dialects.ts";
import { readJupyterConnection } from "../../src/shared/jupyterConnection.ts";
import type { ReplaySummary } from "../../src/shared/replaySession.ts";
import type { CurvePair } from "../../src/shared/security.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { NO_SECURITY } from "../support/security.ts";
import { text } from "./peers/peer.ts";
import { findPython } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliAnswer } from "./support/cliAnswer.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { type Executed, startKernel } from "./support/kernel.ts";
import { listeningReplay } from "./support/listeningReplay.ts";
import { SeedProgram } from "./support/seedProgram.ts";
import { giveKeys, type TapKeys } from "./support/tapKeys.ts";
import { curveServer } from "./support/wires.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const FRONTEND_BACKEND = join(import.meta.dirname, "peers", "frontendBackend.py");
const ANYWHERE = "tcp://127.0.0.1:*";

const javascript = new ZeromqJsPeer();
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-sessions-"));
after(async () => {
  await javascript.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Sent, answered, same, differed, timed out, unanswered, skipped. */
const counts = ({ sent, answered, same, differed, timedOut, unanswered, skipped }: ReplaySummary): number[] => [
  sent,
  answered,
  same,
  differed,
  timedOut,
  unanswered,
  skipped,
];

/** `zmq-tap replay` to its end: exit code, summary, and what it says. */
async function replay(
  file: string,
  to: string,
  options: readonly string[] = [],
  keys: TapKeys = {},
): Promise<{ code: number | null; summary: ReplaySummary; stderr: string }> {
  const given = giveKeys(keys);
  const args = ["replay", file, "--to", to, "--json", ...options, ...given.args];
  const { code, stdout, stderr } = await runCli(args, given.environment);
  given.remove();
  assert.notEqual(stdout, "", stderr);
  return { code, summary: JSON.parse(stdout) as ReplaySummary, stderr };
}

/** Replays a file through a tap in front of `server`, as the editor does. */
async function replayThroughTap(
  t: TestContext,
  file: string,
  server: string,
  keys: TapKeys = {},
  dialectKey?: string,
): Promise<ReplaySummary> {
  const { engine } = tappedEngine(t, 64 * 1024 * 1024);
  await engine.startTap({ id: "tap", name: "tap", server, listen: ANYWHERE }, { ...NO_SECURITY, ...keys }, dialectKey);
  const captures = new Captures(engine, { onGrew: () => undefined, onFilterAdvanced: () => undefined });
  t.after(() => captures.stop());
  const { capture } = await captures.open(file, "file");
  const filter = dialectKey === undefined ? null : 'tap contains "shell"';
  return new Replays(engine, captures, () => undefined).run({
    job: "job",
    capture,
    rows: filter === null ? { kind: "all" } : { kind: "filtered", text: filter },
    options: {
      target: { kind: "tap", tap: "tap" },
      timing: { kind: "wait" },
      loops: 1,
      from: null,
      as: null,
      timeoutMs: 5_000,
    },
    security: null,
  });
}

/** `zmq-tap call`: its exit code, the value on stdout, the sentence on stderr. */
async function call(...args: readonly string[]): Promise<[number | null, unknown, string]> {
  const { code, stdout, stderr } = await runCli(["call", ...args]);
  return [code, stdout === "" ? undefined : JSON.parse(stdout), stderr.trim()];
}

/** A call where nothing listens. */
async function callNobody(dialect: DialectName, ...args: readonly string[]): Promise<number | null> {
  const nobody = `tcp://127.0.0.1:${await freePort()}`;
  return (await call(nobody, ...args, "--dialect", dialect, "--timeout", "300"))[0];
}

/** A system whose two sides are programs of peers/seeds, with a REQ and a REP. */
type Asking = {
  readonly dialect: DialectName;
  readonly program: string;
  /** What the client is told to ask, and under which name it says each answer. */
  readonly asks: readonly unknown[];
  readonly says: string;
  /** A call of the command line, with its value; and those that fail, with what their errors say. */
  readonly sound: readonly [readonly string[], unknown];
  readonly failing: readonly {
    readonly args: readonly string[];
    readonly code: string | null;
    readonly problem: RegExp;
  }[];
  readonly plain?: { readonly user: string; readonly password: string };
};

const plugin = (name: string): object => ({ name, id: `${name}-id` });
const INSTANCE = { name: "hero", id: "hero-id" };

const ASKING: readonly Asking[] = [
  {
    dialect: "pyzmqrpc3",
    program: "pyzmqrpc3",
    asks: [
      ["call", "MoveArm", { axis: "ž", mm: 12 }, 5000],
      ["call", "Sequence", { steps: [{ _icmd_: ["MoveArm", { axis: "x", mm: 1 }] }] }, 5000],
      ["call", "MoveArm", { axis: "x", mm: -1 }, 5000],
      ["call", "Unserved", {}, 5000],
      ["text", "no command", 5000],
    ],
    says: "reply",
    sound: [["MoveArm", "--kwargs", '{"axis":"x","mm":12}'], "x:12"],
    failing: [{ args: ["MoveArm", "--kwargs", '{"axis":"x","mm":-1}'], code: "463", problem: /boom/ }],
    plain: { user: "arm", password: "a password of pyzmqrpc3" },
  },
  {
    dialect: "pyzmqrpc",
    program: "pyzmqrpc",
    asks: [
      { function: "join", parameters: { first: "a", second: "ž" } },
      { function: "nothing" },
      { function: "fail", parameters: {} },
      { function: "unknown", parameters: {} },
    ],
    says: "reply",
    sound: [["join", "--kwargs", '{"first":"a"}'], "a:-"],
    failing: [{ args: ["unknown"], code: "451", problem: /not implemented/ }],
  },
  {
    dialect: "xml-rpc",
    program: "xmlRpc",
    asks: [
      ["ping"],
      ["echo", ["<&>\n", -5, 2.5, true, null, { ž: [[]] }, ""]],
      ["process", plugin("CollectRig"), INSTANCE, null],
      ["process", plugin("ValidateRig"), INSTANCE, null],
      ["reset", true],
    ],
    says: "sent",
    sound: [
      ["echo", "[1, 2.5]"],
      [1, 2.5],
    ],
    failing: [
      { args: ["reset", "true"], code: "1", problem: /cannot reset/ },
      {
        args: ["process", JSON.stringify(plugin("ValidateRig")), JSON.stringify(INSTANCE), "null"],
        code: null,
        problem: /^ValidateRig on hero: no joints$/,
      },
    ],
  },
  {
    dialect: "zmq-web-bridge",
    program: "zmqWebBridge",
    asks: [["echo", "hi"], ["add", 2, 3], ["secret"], ["fail"]],
    says: "returned",
    sound: [["add", "2", "-3"], -1],
    failing: [{ args: ["secret"], code: null, problem: /unauthorized access/ }],
  },
];

for (const { dialect, program, asks, says, sound, failing, plain } of ASKING) {
  test(`A recorded session of two ${dialect} programs is replayed against fresh servers, and calls are answered`, async (t) => {
    const environment = plain === undefined ? {} : { ZMQ_USER: plain.user, ZMQ_PASSWORD: plain.password };
    const keys: TapKeys = plain === undefined ? {} : { plain };
    const serve = async (): Promise<string> =>
      (await new SeedProgram(t, program, ["server", ANYWHERE], environment).bound())[0]!;
    const file = join(folder, `${program}.pcapng`);
    const tap = await CliTap.start(await serve(), ["--json", "--write", file], keys);
    t.after(() => tap.stop("SIGKILL"));
    const client = new SeedProgram(t, program, ["client", tap.endpoint], environment);
    for (const ask of asks) client.tell(ask);
    await client.said(says, asks.length);
    await tap.untilMessages(2 * asks.length);
    assert.equal((await tap.stop()).code, 0);

    const all = asks.length;
    const fresh = await serve();
    const again = await replay(file, fresh, ["--wait"], keys);
    assert.deepEqual(counts(again.summary), [all, all, all, 0, 0, 0, 0], again.stderr);
    assert.equal(again.code, 0);
    assert.deepEqual(counts(await replayThroughTap(t, file, fresh, keys)), [all, all, all, 0, 0, 0, 0]);

    const replies = join(folder, `${program}.json`);
    writeFileSync(replies, '{"*": {"value": "something else"}}');
    const other = await CliAnswer.start(t, ["--replies", replies]);
    const differing = await replay(file, other.endpoint, ["--fast"]);
    assert.deepEqual([differing.code, ...counts(differing.summary)], [3, all, all, 0, all, 0, 0, 0]);
    const silent = await javascript.open("ROUTER");
    const missing = await replay(file, await silent.bind(ANYWHERE), ["--fast", "--timeout", "100"]);
    assert.deepEqual([missing.code, ...counts(missing.summary)], [3, all, 0, 0, 0, all, 0, 0]);
    await silent.close();

    const given = giveKeys(keys);
    t.after(given.remove);
    const password = join(folder, "password.txt");
    writeFileSync(password, plain?.password ?? "");
    const options = [
      ...["--dialect", dialect, ...given.args],
      ...(plain === undefined ? [] : ["--plain-password-file", password]),
    ];
    assert.deepEqual(await call(fresh, ...sound[0], ...options), [0, sound[1], ""]);
    for (const { args, ...expected } of failing) {
      const [code, value] = await call(fresh, ...args, ...options);
      const error = value as { code: string | null; problem: string };
      assert.deepEqual([code, error.code], [3, expected.code]);
      assert.match(error.problem, expected.problem);
    }
    assert.equal(await callNobody(dialect, ...sound[0]), 4);
  });
}

/** Both halves of a pair of frontendBackend.py. */
function pairIn(certificates: string, name: string): CurvePair {
  const file = readFileSync(join(certificates, "zmq_certificates", `${name}.key_secret`), "utf8");
  const [, publicKey, secretKey] = /public-key = "(.{40})"\s+secret-key = "(.{40})"/.exec(file)!;
  return { publicKey: publicKey!, secretKey: secretKey! };
}

function frontendBackend(t: TestContext, cwd: string, mode: string, calls: string, signals: string): ChildProcess {
  const program = spawn(findPython(), ["-B", FRONTEND_BACKEND, mode, calls, signals], { cwd, stdio: "ignore" });
  t.after(() => program.kill("SIGKILL"));
  return program;
}

test("A recorded session of a frontend and its backend, both behind CURVE, is replayed against fresh ones", async (t) => {
  assert.equal(spawnSync(findPython(), ["-B", FRONTEND_BACKEND, "certificates"], { cwd: folder }).status, 0);
  const [backendPair, frontendPair] = [pairIn(folder, "backend"), pairIn(folder, "frontend")];
  const ports = [await freePort(), await freePort()];
  const [calls, signals] = ports.map((port) => `tcp://127.0.0.1:${port}`) as [string, string];
  const files = ["calls", "signals"].map((name) => join(folder, `${name}.pcapng`)) as [string, string];
  const taps = [
    await CliTap.start(calls, ["--json", "--write", files[0]], { serverPair: backendPair }),
    await CliTap.start(signals, ["--json", "--write", files[1]], { serverPair: frontendPair }),
  ] as const;
  for (const tap of taps) t.after(() => tap.stop("SIGKILL"));
  const backend = frontendBackend(t, folder, "backend", calls, taps[1].endpoint);
  const frontend = frontendBackend(t, folder, "frontend", taps[0].endpoint, signals);
  await Promise.all([once(frontend, "close"), once(backend, "close")]);
  const recorded: number[] = [];
  for (const tap of taps) {
    await tap.stop();
    recorded.push(tap.messages.filter(({ from }) => from === "client").length);
  }
  const [called, signalled] = recorded as [number, number];
  assert.ok(called >= 11 && signalled >= 7, recorded.join());

  const upstream = (pair: CurvePair): TapKeys => ({ serverKey: pair.publicKey, clientPair: curveKeyPair() });
  // A fresh frontend hears the signals that the fresh backend's calls lead to.
  const listener = await javascript.open("REP", curveServer(frontendPair));
  const heard: string[] = [];
  const acknowledge = async (): Promise<void> => {
    for (;;) {
      const [frames] = await listener.receive();
      heard.push(String(frames![0]));
      await listener.send(text("OK"));
    }
  };
  acknowledge().catch(() => undefined);
  const listening = await listener.bind(ANYWHERE);
  const freshCalls = `tcp://127.0.0.1:${await freePort()}`;
  const fresh = frontendBackend(t, folder, "backend", freshCalls, listening);
  const ended = once(fresh, "close");
  const curve = ["--curve-upstream", join(folder, "zmq_certificates", "backend.key")];
  const options = ["--dialect", "frontend-backend", "--retries", "5", ...curve];
  assert.equal((await call(freshCalls, "reset", ...options))[0], 0);
  const all = await replay(files[0], freshCalls, ["--wait"], upstream(backendPair));
  assert.deepEqual([all.code, ...counts(all.summary)], [0, called, called, called, 0, 0, 0, 0], all.stderr);
  // The last call that was recorded ends the backend, when its signals are through.
  await ended;
  assert.ok(heard.some((signal) => signal.includes('"add_result"')));
  assert.ok(heard.some((signal) => signal.includes('"backend_bad_call"')));
  const said = await replayThroughTap(t, files[1], listening, { serverPair: frontendPair });
  assert.deepEqual(counts(said), [signalled, signalled, signalled, 0, 0, 0, 0]);
  await listener.close();

  const refusing = await javascript.open("REP", curveServer(backendPair));
  const refuse = async (): Promise<void> => {
    for (;;) {
      await refusing.receive();
      await refusing.send(text("NO"));
    }
  };
  refuse().catch(() => undefined);
  const other = await replay(files[0], await refusing.bind(ANYWHERE), ["--wait"], upstream(backendPair));
  assert.deepEqual([other.code, ...counts(other.summary)], [3, called, called, 0, called, 0, 0, 0]);
  await refusing.close();
  assert.equal(await callNobody("frontend-backend", "reset"), 4);
});

const COMMAND = { cmd: "configure", response_channel: "tcp://localhost:5557" };

/** A program of Voisietequi that binds, and a tap with a file before each of its endpoints. */
async function recording(
  t: TestContext,
  mode: string,
  ...names: string[]
): Promise<{ peer: SeedProgram; taps: CliTap[]; files: string[] }> {
  const peer = new SeedProgram(t, "voisietequi", [mode, ...names.map(() => ANYWHERE)]);
  const endpoints = await peer.bound(names.length);
  const files = names.map((name) => join(folder, `${name}.pcapng`));
  const taps: CliTap[] = [];
  for (const [at, endpoint] of endpoints.entries()) {
    const tap = await CliTap.start(endpoint, ["--json", "--write", files[at]!]);
    t.after(() => tap.stop("SIGKILL"));
    taps.push(tap);
  }
  return { peer, taps, files };
}

test("Recorded commands, answers and results of Voisietequi's prototype arrive whole at fresh programs", async (t) => {
  const commander = await recording(t, "commander", "commands", "answers");
  const saver = await recording(t, "saver", "results");
  const [commands, answers, results] = [...commander.taps, ...saver.taps] as [CliTap, CliTap, CliTap];
  new SeedProgram(t, "voisietequi", ["computer", commands.endpoint, answers.endpoint, results.endpoint]);
  await commands.untilEvents("subscribe");
  commander.peer.tell(COMMAND);
  commander.peer.tell({ ...COMMAND, n: 2 });
  await saver.peer.said("received", 2);
  for (const tap of [commands, answers, results]) {
    await tap.untilMessages(2);
    await tap.stop();
  }
  const [commandFile, answerFile] = commander.files as [string, string];
  const [resultFile] = saver.files as [string];

  const bound = async (mode: string, count: number): Promise<[SeedProgram, string[]]> => {
    const program = new SeedProgram(t, "voisietequi", [mode, ...Array.from({ length: count }, () => ANYWHERE)]);
    return [program, await program.bound(count)];
  };
  const [freshSaver, [savedAt]] = await bound("saver", 1);
  const publishing = await listeningReplay(commandFile, "--to", ANYWHERE, "--bind", "--json");
  const computer = new SeedProgram(t, "voisietequi", ["computer", publishing.endpoint, savedAt!, savedAt!]);
  assert.deepEqual(await computer.said("received", 2), [COMMAND, { ...COMMAND, n: 2 }]);
  assert.deepEqual([(await publishing.ended).code, (await freshSaver.said("received", 4)).length], [0, 4]);

  const [freshCommander, [, answeredAt]] = await bound("commander", 2);
  assert.equal((await replay(answerFile, answeredAt!, ["--fast"])).code, 0);
  freshCommander.tell(COMMAND);
  assert.deepEqual(await freshCommander.said("answer"), [{ unit: 4711, status: "configured" }]);
  const [otherSaver, [otherAt]] = await bound("saver", 1);
  const saved = await replay(resultFile, otherAt!, ["--fast"]);
  assert.deepEqual([saved.code, ...counts(saved.summary)], [0, 2, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(await otherSaver.said("received", 2), await saver.peer.said("received", 2));
});

test("Recorded calls by name of Voisietequi in production are carried out by fresh programs, and new ones too", async (t) => {
  const { peer, taps, files } = await recording(t, "server", "production", "units");
  const [commands, replies] = taps as [CliTap, CliTap];
  const unit = new SeedProgram(t, "voisietequi", ["unit", commands.endpoint, replies.endpoint]);
  await commands.untilEvents("subscribe");
  peer.tell(["configure", ["roma2016"], { PD: { "1": 2 }, PDL: { "1": -1 } }]);
  peer.tell(["configure", ["roma2016"], { PD: { "1": 2 }, PDL: { "2": -2 } }]);
  const called = await peer.saidLines("called", 3);
  const configured = await unit.saidLines("called", 2);
  await commands.untilMessages(2);
  await replies.untilMessages(3);
  for (const tap of taps) await tap.stop();

  const fresh = new SeedProgram(t, "voisietequi", ["server", ANYWHERE, ANYWHERE]);
  const [, repliesAt] = await fresh.bound(2);
  const publishing = await listeningReplay(files[0]!, "--to", ANYWHERE, "--bind");
  const freshUnit = new SeedProgram(t, "voisietequi", ["unit", publishing.endpoint, repliesAt!]);
  assert.deepEqual(await freshUnit.saidLines("called", 2), configured);
  assert.equal((await publishing.ended).code, 0);
  assert.deepEqual(await fresh.saidLines("called", 3), called);
  assert.deepEqual(counts(await replayThroughTap(t, files[1]!, repliesAt!)), [3, 0, 0, 0, 0, 0, 0]);
  // What was saved once is not saved again.
  assert.deepEqual(await fresh.saidLines("called", 5), [...called, called[0], called[2]]);
  assert.deepEqual(await fresh.said("dropped"), ["00ff"]);

  const save = ["save_results", '"roma2016"', "--kwargs", '{"code":"ff"}'];
  assert.deepEqual(await call(repliesAt!, ...save, "--dialect", "voisietequi"), [0, undefined, ""]);
  assert.deepEqual((await fresh.saidLines("called", 6)).at(-1), {
    called: "save_results",
    args: ["roma2016"],
    kwargs: { code: "ff" },
  });
  assert.equal(await callNobody("voisietequi", ...save), 4);
});

test("A recorded session of a real Jupyter client is signed anew for a fresh kernel, and its replies are compared", async (t) => {
  const { program, path } = await startKernel(t);
  const file = join(folder, "kernel.pcapng");
  const tap = spawn(process.execPath, [MAIN, "attach", "--jupyter", path, "--json", "--write", file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => tap.kill("SIGKILL"));
  tap.stdout.resume();
  await once(createInterface({ input: tap.stderr }), "line");
  await program.ask({ op: "connect", file: path.replace(/\.json$/, "-tap.json") });
  const note = join(folder, "note.txt");
  writeFileSync(note, "a note");
  for (const [code, status] of [
    ["6 * 7", "ok"],
    ["1 / 0", "error"],
    [`open(${JSON.stringify(note)}).read()`, "ok"],
  ] as const) {
    assert.equal((await program.ask<Executed>({ op: "execute", code })).reply.status, status);
  }
  tap.kill("SIGTERM");
  await once(tap, "close");

  const fresh = await startKernel(t);
  const connection = readJupyterConnection(readFileSync(fresh.path, "utf8"));
  assert.ok("endpoints" in connection);
  const { shell } = connection.endpoints;
  const options = ["--wait", "--filter", 'tap contains "shell"', "--jupyter", fresh.path];
  const again = await replay(file, shell, options);
  const all = again.summary.sent;
  // A client asks what the kernel is, perhaps more than once, before it runs three cells.
  assert.ok(all >= 4, String(all));
  assert.deepEqual([again.code, ...counts(again.summary)], [0, all, all, all, 0, 0, 0, 0], again.stderr);
  // Execution counts have gone on.
  assert.deepEqual(counts(await replayThroughTap(t, file, shell, {}, connection.key)), [all, all, all, 0, 0, 0, 0]);

  rmSync(note);
  const differing = await replay(file, shell, options);
  assert.deepEqual([differing.code, ...counts(differing.summary)], [3, all, all, all - 1, 1, 0, 0, 0]);
  assert.equal(differing.summary.differences[0]!.what, "It is an error, and was a reply.");
  // A kernel drops what was signed for another one; without any key nothing is sent.
  const wrong = await replay(file, shell, [...options.slice(0, -1), path, "--timeout", "300"]);
  assert.deepEqual([wrong.code, ...counts(wrong.summary)], [3, all, 0, 0, 0, all, 0, 0]);
  const without = await replay(file, shell, options.slice(0, -2));
  assert.deepEqual([without.code, ...counts(without.summary)], [3, 0, 0, 0, 0, 0, 0, all]);
  assert.match(without.stderr, /connection file/);

  const key = join(folder, "key.txt");
  writeFileSync(key, connection.key);
  const execute = (code: string): string[] => [
    ...["execute_request", "--kwargs", JSON.stringify({ code, silent: false }), "--dialect", "jupyter"],
    ...["--field-file", `key=${key}`],
  ];
  const [code, value] = await call(shell, ...execute("6 * 7"));
  assert.deepEqual([code, (value as { status: string }).status], [0, "ok"]);
  const [failed, error] = await call(shell, ...execute("1 / 0"));
  assert.deepEqual([failed, (error as { code: string }).code], [3, "ZeroDivisionError"]);
  assert.equal(await callNobody("jupyter", ...execute("1")), 4);
});
