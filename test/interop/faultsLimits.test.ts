import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import { startEngine } from "../support/engineProcess.ts";
import { until } from "../support/until.ts";
import { PythonPeer } from "./peers/python.ts";
import { text } from "./peers/peer.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { IS_LONG, lasting, tellFault } from "./support/faultReport.ts";

// What a process has not without end: file descriptors, room for connections, and a host that reads.

const MIB = 1024 * 1024;
const BURST = IS_LONG ? 10_000 : 3_000;
/** A message of an open link may take so long while the burst is served. */
const MESSAGE_MS = 10_000;
/** Of one process with that many connections. */
const DESCRIPTORS = 65_536;
/** A host that reads nothing may cost so much: what the pipe and the engine's end of it hold. */
const UNREAD_BYTES = 3 * MIB;
/** In front of one server, with as many links each as a host is told of. */
const TAPS = 5;
const LINKS = 200;

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-limits-"));
const python = new PythonPeer();
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Lets a process open so many files; it may be let open more later. */
const limitFiles = (pid: number, limit: number): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]);

/** Lets a process open as many files as this user may let it, and says how many that are. */
function raiseLimit(pid: number): number {
  try {
    execFileSync("prlimit", ["--pid", String(pid), `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`], { stdio: "ignore" });
  } catch {
    // Only root may go beyond the limit that there is.
  }
  return Number(/^Max open files +(\d+) /m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.[1]);
}

/** Milliseconds of processor that a process has used. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

/** Raw clients of a port that come again and again when they are sent away, as libzmq's do, until they are let in. */
class Crowd {
  readonly #port: number;
  readonly #sockets = new Set<net.Socket>();
  isOver = false;
  refused = 0;

  constructor(t: TestContext, port: number, count: number) {
    this.#port = port;
    for (let client = 0; client < count; client++) this.#come();
    t.after(() => this.leave());
  }

  leave(): void {
    this.isOver = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #come(): void {
    if (this.isOver) return;
    const socket = net.connect({ host: "127.0.0.1", port: this.#port });
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.resume();
    socket.once("close", () => {
      this.refused += 1;
      this.#sockets.delete(socket);
      setTimeout(() => this.#come(), 100).unref();
    });
  }
}

test("A tap that may open no more files says so, serves who is connected, and lets clients in when there is room", async (t) => {
  const rep = await python.open("REP");
  const dir = join(folder, "descriptors");
  const tap = await CliTap.start(await rep.bind("tcp://127.0.0.1:*"), ["--json", "--dir", dir]);
  t.after(() => tap.stop("SIGKILL"));
  const pid = tap.child.pid!;
  const serving = rep.echo();
  const early = await python.open("REQ");
  await early.connect(tap.endpoint);
  const ask = async (socket: typeof early, question: string): Promise<void> => {
    await socket.send(text(question));
    assert.deepEqual(await socket.receive(), [text(question)]);
  };
  await ask(early, "before");
  limitFiles(pid, openFiles(pid) + 6);
  const crowd = new Crowd(t, tap.port, 40);
  const detail = (await tap.untilEvents("fault"))[0]!.detail!;
  assert.equal(detail["code"], "out-of-descriptors");
  assert.match(String(detail["message"]), /^New clients are turned away: no more files can be opened here/);
  const lasts = lasting(2_000);
  const [usedMs, start] = [processorMs(pid), performance.now()];
  for (let question = 0; performance.now() - start < lasts; question++) {
    await ask(early, `meanwhile ${question}`);
    await delay(50);
  }
  const busy = (processorMs(pid) - usedMs) / (performance.now() - start);
  assert.ok(busy < 0.5, `the tap used ${Math.round(busy * 100)} % of a processor`);
  assert.ok(crowd.refused > 0);
  const late = await python.open("REQ");
  await late.connect(tap.endpoint);
  crowd.leave();
  await ask(late, "after");
  await ask(early, "still there");
  assert.equal(tap.events("server-down").length, 0);
  for (const socket of [early, late]) await socket.close();
  await rep.halt();
  await serving;
  await rep.close();
  const { code, stderr, findings } = await tap.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /memory only|garbage collection|\n {4}at /);
  assert.deepEqual(
    findings.map(({ id }) => id).filter((id) => id !== "reconnect-storm" && id !== "handshake-failed"),
    [],
    "but for clients that say nothing",
  );
  const { stdout } = await runCli(["read", join(dir, readdirSync(dir)[0]!), "--stats", "--json"]);
  assert.ok((JSON.parse(stdout) as { messages: number }).messages > 6);
  tellFault(t, {
    did: `no file descriptors left for ${lasts / 1000} s, while 40 clients tried to connect`,
    saw: `the row "${String(detail["message"])}", and the same as the tap's problem`,
    survived: `open links (answers all the time, ${Math.round(busy * 100)} % of a processor), the capture on disk; clients get in afterwards`,
  });
});

test("A SOCKS server that may open no more files says so, and lets clients in when there is room", async (t) => {
  const rep = await python.open("REP");
  const server = await rep.bind("tcp://127.0.0.1:*");
  const serving = rep.echo();
  const tap = await CliTap.startSocks(["--json"]);
  t.after(() => tap.stop("SIGKILL"));
  const pid = tap.child.pid!;
  limitFiles(pid, openFiles(pid) + 4);
  const crowd = new Crowd(t, tap.port, 20);
  const detail = (await tap.untilEvents("fault"))[0]!.detail!;
  assert.equal(detail["code"], "out-of-descriptors");
  const late = await python.open("REQ");
  await late.connect(server, `127.0.0.1:${tap.port}`);
  crowd.leave();
  raiseLimit(pid);
  await late.send(text("after"));
  assert.deepEqual(await late.receive(), [text("after")]);
  await late.close();
  await rep.halt();
  await serving;
  await rep.close();
  tellFault(t, {
    did: "no file descriptors left for a SOCKS server while 20 clients tried to connect",
    saw: `the row "${String(detail["message"])}"`,
    survived: "clients get in afterwards",
  });
});

test("Thousands of clients that connect at once are all connected, and an open link is served meanwhile", async (t) => {
  const pull = await python.open("PULL", { receiveHwm: 0 });
  const tap = await CliTap.start(await pull.bind("tcp://127.0.0.1:*"), ["--quiet"]);
  t.after(() => tap.stop("SIGKILL"));
  const pid = tap.child.pid!;
  // Each takes two, and the tap a few for itself.
  const count = Math.min(BURST, Math.floor((raiseLimit(pid) - 200) / 2));
  const alone = await python.open("PUSH");
  await alone.connect(tap.endpoint);
  await alone.number(1, 100);
  await pull.discard(1);
  const crowd = new PythonPeer();
  t.after(() => crowd.stop());
  const push = await crowd.open("PUSH", { sendHwm: 0 });
  const start = performance.now();
  await push.connectTimes(tap.endpoint, count);
  const state = { isOver: false };
  let slowestMs = 0;
  const watching = until(async () => {
    const sentMs = performance.now();
    await alone.number(1, 100);
    await pull.discard(1);
    slowestMs = Math.max(slowestMs, performance.now() - sentMs);
    return state.isOver;
  });
  await push.events.until("handshake", count);
  state.isOver = true;
  await watching;
  const seconds = (performance.now() - start) / 1000;
  const resident = residentBytes(pid);
  await Promise.all([push.number(count * 2, 100), pull.discard(count * 2)]);
  const again = push.events.count("disconnected");
  assert.ok(slowestMs < MESSAGE_MS, `a message of an open link took ${Math.round(slowestMs)} ms`);
  for (const socket of [push, alone, pull]) await socket.close();
  const { code, stderr } = await tap.stop();
  assert.equal(code, 0, stderr);
  tellFault(t, {
    did: `${count} connects at once`,
    saw: "a row for each link",
    survived:
      `all of them, within ${seconds.toFixed(1)} s, and each message of an open link within ${Math.round(slowestMs)} ms; ` +
      `${again} had to come again; the tap has ${Math.round(resident / MIB)} MiB`,
  });
});

test("A host that reads nothing costs bounded memory and no traffic, and has the latest state when it reads again", async (t) => {
  const { child, pipe, channel, notices, until: untilTold } = startEngine(t);
  const limits = { maxBytes: 16 * MIB, maxDiskBytes: 0, maxFrameBytes: 64 * 1024 };
  await channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage: null });
  const pull = await python.open("PULL", { receiveHwm: 0 });
  const server = await pull.bind("tcp://127.0.0.1:*");
  const push = await python.open("PUSH", { sendHwm: 0 });
  for (let tap = 0; tap < TAPS; tap++) {
    const config = { id: `t${tap}`, name: `t${tap}`, server, listen: "tcp://127.0.0.1:*" };
    const { listening } = await channel.ask("tap/start", { config, security: null });
    await push.connectTimes(listening, LINKS);
  }
  await push.events.until("handshake", TAPS * LINKS);
  pipe.pause();
  const unread = notices.length;
  const before = residentBytes(child.pid!);
  const lasts = lasting(6_000);
  const start = performance.now();
  let messages = 0;
  while (performance.now() - start < lasts) {
    await Promise.all([push.number(TAPS * LINKS, 100), pull.discard(TAPS * LINKS)]);
    messages += TAPS * LINKS;
    await delay(20);
  }
  const more = residentBytes(child.pid!) - before;
  let bytes = 0;
  pipe.on("data", (chunk: Uint8Array) => (bytes += chunk.length));
  pipe.resume();
  const total = (taps: readonly { messages: number }[]): number => taps.reduce((sum, tap) => sum + tap.messages, 0);
  await untilTold(() =>
    notices.slice(unread).find((told) => told.kind === "tap/changed" && total(told.taps) === messages),
  );
  assert.ok(bytes < UNREAD_BYTES, `${bytes} octets waited for the host`);
  const stats = await channel.ask("capture/stats", { capture: 0 });
  assert.equal(stats.seen, stats.kept + stats.evicted);
  tellFault(t, {
    did: `a host that read nothing of its engine for ${lasts / 1000} s, while ${messages} messages went over ${TAPS * LINKS} links`,
    saw: "a window that stands still, and the latest state once it goes on",
    survived: `all messages; ${(bytes / MIB).toFixed(1)} MiB waited for the host, and the engine took ${Math.round(more / MIB)} MiB more`,
  });
  for (const socket of [push, pull]) await socket.close();
});
