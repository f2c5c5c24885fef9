import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { frontendBackend } from "../../src/proxy/dialects/frontendBackend.ts";
import type { DialectCall, Said as SaidMessage } from "../../src/shared/dialects.ts";
import type { CurvePair } from "../../src/shared/security.ts";
import { messageOf, saidBy } from "../support/dialects.ts";
import { findPython } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap } from "./support/cliTap.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { askWith } from "./support/seedCalls.ts";
import { type TapMessage, untilMessages } from "./support/tapMessages.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const PROGRAM = join(import.meta.dirname, "peers", "frontendBackend.py");
const LINKS = ["calls", "signals"] as const;
type LinkName = (typeof LINKS)[number];

/** One line of the programs. */
type Said = { readonly link: LinkName; readonly sent?: string; readonly received?: string };

/** Where each side of a link listens or connects. */
type Addresses = Readonly<Record<LinkName, string>>;

const javascript = new ZeromqJsPeer();
after(() => javascript.stop());

/** A current directory with a fresh certificate folder. */
function certificates(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-frontend-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { status } = spawnSync(findPython(), ["-B", PROGRAM, "certificates"], { cwd: folder, stdio: "inherit" });
  assert.equal(status, 0);
  return folder;
}

function start(
  t: TestContext,
  folder: string,
  mode: "frontend" | "backend",
  { calls, signals }: Addresses,
): ChildProcessByStdio<null, Readable, null> {
  const program = spawn(findPython(), ["-B", PROGRAM, mode, calls, signals], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => program.kill("SIGKILL"));
  return program;
}

async function rest(program: ChildProcessByStdio<null, Readable, null>): Promise<Said[]> {
  let output = "";
  program.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
  const [code] = (await once(program, "close")) as [number | null];
  assert.equal(code, 0);
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Said);
}

/** Runs both programs to their end. `connect` is where the requesting side of each link connects. */
async function run(
  t: TestContext,
  folder: string,
  listen: Addresses,
  connect: Addresses,
): Promise<{ frontend: Said[]; backend: Said[] }> {
  const backend = start(t, folder, "backend", { calls: listen.calls, signals: connect.signals });
  const frontend = start(t, folder, "frontend", { calls: connect.calls, signals: listen.signals });
  const [ofFrontend, ofBackend] = await Promise.all([rest(frontend), rest(backend)]);
  return { frontend: ofFrontend, backend: ofBackend };
}

const addresses = (host: string, ports: Readonly<Record<LinkName, number>>): Addresses => ({
  calls: `tcp://${host}:${ports.calls}`,
  signals: `tcp://${host}:${ports.signals}`,
});

const freePorts = async (): Promise<Record<LinkName, number>> => ({
  calls: await freePort(),
  signals: await freePort(),
});

/** What was said on a link in whatever order, since signals come in any, and without PINGs, which follow idle seconds. */
const spoken = (said: readonly Said[], link: LinkName): string[] =>
  said
    .filter((line) => line.link === link)
    .map(({ sent, received }) => (sent === undefined ? `< ${received ?? ""}` : `> ${sent}`))
    .filter((line) => !/OK$|PING$/.test(line))
    .sort();

/** Ports first, since each program connects to the other: a tap listens as soon as its server does. */
async function startTaps(
  t: TestContext,
  ports: Readonly<Record<LinkName, number>>,
  args: (link: LinkName) => readonly string[],
): Promise<Readonly<Record<LinkName, CliTap>>> {
  const startTap = async (link: LinkName): Promise<CliTap> => {
    const tap = await CliTap.start(`tcp://127.0.0.1:${ports[link]}`, ["--json", "--full", ...args(link)]);
    t.after(() => tap.stop("SIGKILL"));
    return tap;
  };
  return { calls: await startTap("calls"), signals: await startTap("signals") };
}

test("Taps with the servers' certificates print every call and signal of two programs that know only other ports", async (t) => {
  const folder = certificates(t);
  const directPorts = await freePorts();
  const direct = await run(t, folder, addresses("127.0.0.1", directPorts), addresses("localhost", directPorts));

  const ports = await freePorts();
  const certificate = { calls: "backend", signals: "frontend" } as const;
  const taps = await startTaps(t, ports, (link) => [
    "--curve-server",
    join(folder, "zmq_certificates", `${certificate[link]}.key_secret`),
  ]);
  const tapPorts = { calls: taps.calls.port, signals: taps.signals.port };
  const tapped = await run(t, folder, addresses("127.0.0.1", ports), addresses("localhost", tapPorts));

  for (const link of LINKS) {
    assert.deepEqual(spoken(tapped.frontend, link), spoken(direct.frontend, link));
    assert.deepEqual(spoken(tapped.backend, link), spoken(direct.backend, link));
    const [requester, replier] =
      link === "calls" ? ["frontend" as const, "backend" as const] : ["backend" as const, "frontend" as const];
    const sent = (who: "frontend" | "backend"): string[] =>
      tapped[who].filter((line) => line.link === link).flatMap((line) => line.sent ?? []);
    const printed = await taps[link].untilMessages(sent(requester).length + sent(replier).length);
    const payloads = (side: string): string[] =>
      printed
        .filter(({ from }) => from === side)
        .map(({ frames }) => {
          assert.equal(frames.length, 2, "a delimiter and a payload");
          return String(frames[1]);
        });
    assert.deepEqual(payloads("client"), sent(requester));
    assert.deepEqual(payloads("server"), sent(replier));
    assert.ok(sent(requester).length >= 6);
    const [handshake] = taps[link].events("handshake");
    assert.deepEqual([handshake?.detail?.["state"], handshake?.detail?.["mechanism"]], ["done", "CURVE"]);
  }
});

test("Taps without keys carry the calls and signals of two CURVE programs, and print sizes only", async (t) => {
  const folder = certificates(t);
  const ports = await freePorts();
  const taps = await startTaps(t, ports, () => []);
  const tapPorts = { calls: taps.calls.port, signals: taps.signals.port };
  const { frontend, backend } = await run(t, folder, addresses("127.0.0.1", ports), addresses("localhost", tapPorts));
  for (const link of LINKS) {
    const mirrored = spoken(backend, link).map((line) => (line.startsWith(">") ? "<" : ">") + line.slice(1));
    assert.deepEqual(spoken(frontend, link), mirrored.sort());
    await taps[link].untilEvents("link-closed");
    assert.deepEqual(taps[link].messages, []);
    assert.ok(taps[link].lines.some(({ type }) => type === "encrypted"));
  }
});

/** Both halves of the pair in a file that pyzmq wrote. */
function pairIn(folder: string, name: string): CurvePair {
  const text = readFileSync(join(folder, "zmq_certificates", `${name}.key_secret`), "utf8");
  const [, publicKey, secretKey] = /public-key = "(.{40})"\s+secret-key = "(.{40})"/.exec(text)!;
  return { publicKey: publicKey!, secretKey: secretKey! };
}

test("A back end with the certificates of an earlier start gets no calls, and taps say whose key is wrong", async (t) => {
  const [earlier, folder] = [certificates(t), certificates(t)];
  const { calls, signals } = addresses("127.0.0.1", await freePorts());
  start(t, earlier, "backend", { calls, signals });
  const without = await startEngineTap(t, calls);
  const renewed = await startEngineTap(t, calls, { serverPair: pairIn(folder, "backend") });
  for (const [tap, leg] of [
    [without, null],
    [renewed, "server"],
  ] as const) {
    start(t, folder, "frontend", { calls: tap.endpoint, signals: `tcp://127.0.0.1:${await freePort()}` });
    const [told] = await tap.untilEvents("handshake");
    assert.deepEqual([told!.state, told!.verdict!.id, told!.verdict!.leg], ["failed", "wrong-server-key", leg]);
    assert.deepEqual(
      tap.rows().filter(({ kind }) => kind !== "event"),
      [],
    );
  }
});

test("The dialect reads every call and signal of the two programs, PING, OK and the signal of a failure", async (t) => {
  const folder = certificates(t);
  const ports = await freePorts();
  const calls = await startEngineTap(t, `tcp://127.0.0.1:${ports.calls}`, { serverPair: pairIn(folder, "backend") });
  const signals = await startEngineTap(t, `tcp://127.0.0.1:${ports.signals}`, {
    serverPair: pairIn(folder, "frontend"),
  });
  const { frontend, backend } = await run(t, folder, addresses("127.0.0.1", ports), {
    calls: calls.endpoint,
    signals: signals.endpoint,
  });
  const sentBy = (said: readonly Said[], link: LinkName): string[] =>
    said.flatMap((line) => (line.link === link ? (line.sent ?? []) : []));
  const from = (messages: readonly TapMessage[], side: string): SaidMessage[] =>
    messages.filter(({ row }) => row.from === side).map(({ said }) => said!);
  // What a program would have written that says what the dialect read.
  const rewritten = ({ kind, method, kwargs, value }: SaidMessage): unknown => {
    if (kind === "heartbeat") return "PING";
    return kind === "call" ? { api_method: method, arguments: kwargs } : { signal: method, data: value };
  };
  const parsed = (text: string): unknown => (text === "PING" ? text : (JSON.parse(text) as unknown));
  for (const [tap, requests] of [
    [calls, sentBy(frontend, "calls")],
    [signals, sentBy(backend, "signals")],
  ] as const) {
    const messages = await untilMessages(tap, 2 * requests.length);
    assert.ok(messages.every(({ dialect }) => dialect === "frontend-backend"));
    assert.deepEqual(from(messages, "client").map(rewritten), requests.map(parsed));
    assert.ok(from(messages, "server").every(({ kind }) => kind === "acknowledgement"));
    assert.equal(from(messages, "server").length, requests.length);
  }
  assert.equal(from(await untilMessages(calls, 1), "client")[0]!.kind, "heartbeat");
  const failures = from(await untilMessages(signals, 1), "client").filter(({ kind }) => kind === "error");
  assert.deepEqual(
    failures.map(({ method, problem }) => [method, problem]),
    [["backend_bad_call", "no provider loaded"]],
  );
});

test("Calls that the dialect writes are carried out by the back end, which answers OK to all, and signals results", async (t) => {
  const folder = certificates(t);
  const listener = await javascript.open("REP", curveServer(pairIn(folder, "frontend")));
  const calls = `tcp://127.0.0.1:${await freePort()}`;
  start(t, folder, "backend", { calls, signals: await listener.bind("tcp://127.0.0.1:*") });
  const options = curveClient(pairIn(folder, "backend").publicKey, curveKeyPair());
  const ask = async (call: Partial<DialectCall>): Promise<string[]> =>
    (await askWith(javascript, frontendBackend, calls, [call], options)).map(({ kind }) => kind);
  const signalled = async (): Promise<unknown[]> => {
    const [frames] = await listener.receive();
    await listener.send([Buffer.from("OK")]);
    const { kind, method, value } = saidBy(frontendBackend, messageOf(frames!));
    return [kind, method, value];
  };
  assert.deepEqual(await ask({ fields: { form: "heartbeat" } }), ["acknowledgement"]);
  // Neither a method that is missing nor one that raises is told of, so the next signal is the next call's.
  assert.deepEqual(await ask({ method: "no_such_method" }), ["acknowledgement"]);
  assert.deepEqual(await ask({ method: "blocking_method", kwargs: { data: 5, delay: 0 } }), ["acknowledgement"]);
  assert.deepEqual(await ask({ method: "add", kwargs: { a: 2, b: 2 } }), ["acknowledgement"]);
  assert.deepEqual(await signalled(), ["signal", "add_result", 4]);
  assert.deepEqual(await ask({ method: "eip_start" }), ["acknowledgement"]);
  assert.deepEqual(await signalled(), ["error", "backend_bad_call", "no provider loaded"]);
});
