import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import type { Row } from "../../src/shared/model.ts";
import { startEngine } from "../support/engineProcess.ts";
import { until } from "../support/until.ts";
import { PythonPeer } from "./peers/python.ts";
import { CliTap, runCli, type TapLine } from "./support/cliTap.ts";
import { lasting, tellFault } from "./support/faultReport.ts";
import { Actor } from "./support/stage.ts";

// Programs that are killed (SIGKILL) or stand still (SIGSTOP): peers, the tap, and the host of the engine.

const MIB = 1024 * 1024;
const HOST = fileURLToPath(new URL("../support/killedHost.ts", import.meta.url));
/** What a tap may hold of a direction whose receiver stands still, and what its process needs besides. */
const MORE_RESIDENT_BYTES = 64 * MIB;
/** Of publications while a subscriber stands still: more than sockets hold, and not more than a publisher can keep. */
const ROUNDS = 100;
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-killed-"));
const python = new PythonPeer();
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

async function tapTo(t: TestContext, server: string, args: readonly string[] = ["--json"]): Promise<CliTap> {
  const tap = await CliTap.start(server, args);
  t.after(() => tap.stop("SIGKILL"));
  return tap;
}

const serverOf = (t: TestContext, options: object = {}): Actor => new Actor(t, "lazyPirate", "server", options);
const clientOf = (t: TestContext, endpoint: string, timeoutMs = 1_500): Actor =>
  new Actor(t, "lazyPirate", "client", { endpoint, timeout_ms: timeoutMs });

async function asks(client: Actor, question: string): Promise<void> {
  client.tell({ ask: question });
  await client.happens("answer", "server", question);
}

/** The row of an event whose detail says this of `name`. */
async function untilEvent(tap: CliTap, event: string, name: string, value: unknown): Promise<TapLine> {
  const found = (): TapLine | undefined => tap.events(event).find(({ detail }) => detail?.[name] === value);
  for (let count = 1; found() === undefined; count++) await tap.untilEvents(event, count);
  return found()!;
}

test("A server that is killed is told to be down, and clients are served again when it is back", async (t) => {
  const server = serverOf(t);
  const [endpoint] = (await server.bound()) as [string];
  const tap = await tapTo(t, endpoint);
  const client = clientOf(t, tap.endpoint);
  await asks(client, "before");
  // The client of the guide closes its socket with each answer; this one stays.
  const idle = await python.open("REQ");
  await idle.connect(tap.endpoint);
  await tap.untilEvents("handshake", 2);
  await server.kill();
  await untilEvent(tap, "link-closed", "by", "server");
  client.tell({ ask: "meanwhile" });
  const down = await untilEvent(tap, "server-down", "state", "down");
  assert.match(
    String(down.detail?.["reason"]),
    /connection refused\. Start the server; the tap listens again by itself\.$/,
  );
  serverOf(t, { endpoint });
  await client.happens("answer", "server", "meanwhile");
  await untilEvent(tap, "server-down", "state", "back");
  await idle.close();
  // A server that is back within moments is not found to be down.
  await tap.stop();
  tellFault(t, {
    did: "SIGKILL of the server, and another one in its place",
    saw: 'the row "link closed by the server", then "server down", then "server back"; the finding server-down',
    survived: "the tap, its endpoint, all rows; a client that asks again is answered",
  });
});

test("What a client had sent before it was killed arrives, and other clients notice nothing", async (t) => {
  const pull = await python.open("PULL");
  const tap = await tapTo(t, await pull.bind("tcp://127.0.0.1:*"));
  const other = await python.open("PUSH");
  await other.connect(tap.endpoint);
  const doomed = new PythonPeer();
  const push = await doomed.open("PUSH");
  await push.connect(tap.endpoint);
  const collecting = pull.collect();
  await other.number(50, 100);
  void push.pace(1).catch(() => undefined);
  await tap.untilMessages(150);
  await doomed.kill();
  const [closed] = await tap.untilEvents("link-closed");
  assert.equal(closed!.detail?.["by"], "client");
  const passed = tap.messages.filter(({ line }) => line.link === closed!.link).length;
  await other.number(50, 100);
  await tap.untilMessages(passed + 100);
  await pull.halt();
  const numbers = await collecting;
  assert.equal(numbers.length, passed + 100);
  assert.equal(tap.events("link-closed").length, 1);
  assert.deepEqual((await tap.stop()).findings, []);
  tellFault(t, {
    did: "SIGKILL of a client while it sends",
    saw: 'the row "link closed by the client"',
    survived: `each of its ${passed} messages that had reached the tap, and the other client's connection`,
  });
  for (const socket of [other, pull]) await socket.close();
});

test("A tap that is killed leaves a capture that can be read, and its programs go on with the next one", async (t) => {
  const server = serverOf(t);
  const [endpoint] = (await server.bound()) as [string];
  const listen = `tcp://127.0.0.1:${await freePort()}`;
  const dir = join(folder, "engine");
  const args = ["--json", "--dir", dir, "--listen", listen];
  const first = await tapTo(t, endpoint, args);
  const client = clientOf(t, listen);
  for (let question = 0; question < 20; question++) await asks(client, String(question));
  await first.untilMessages(40);
  const [capture] = readdirSync(dir);
  // A killed engine loses at most what was not written yet: the test waits for that, as an hour of traffic would.
  const kept = async (): Promise<number> => {
    const { stdout } = await runCli(["read", join(dir, capture!), "--stats", "--json"]);
    return stdout === "" ? 0 : (JSON.parse(stdout) as { messages: number }).messages;
  };
  await until(async () => (await kept()) === 40);
  await first.stop("SIGKILL");
  client.tell({ ask: "meanwhile" });
  await client.saysTimes("retrying", 1);
  const second = await tapTo(t, endpoint, args);
  await client.happens("answer", "server", "meanwhile");
  assert.equal(await kept(), 40);
  assert.deepEqual((await second.stop()).findings, []);
  tellFault(t, {
    did: "SIGKILL of zmq-tap, and another one started on the same endpoint",
    saw: "programs see their connections close, as when a server is restarted",
    survived: "all 40 messages that were on disk, readable with zmq-tap read; clients that ask again are answered",
  });
});

test("A host that is killed takes no message with it that its engine had received, and the capture is there again", async (t) => {
  const pull = await python.open("PULL");
  const server = await pull.bind("tcp://127.0.0.1:*");
  const storage = join(folder, "host");
  const host = spawn(process.execPath, [HOST, server, storage], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => host.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: host.stdout }), "line")) as [string];
  const { pid, listening } = JSON.parse(line) as { pid: number; listening: string };
  const push = await python.open("PUSH");
  await push.connect(listening);
  await push.number(10, 1_000);
  await pull.discard(10);
  const collecting = pull.collect();
  await push.number(2_000, 10_000);
  const gone = once(host, "exit");
  host.kill("SIGKILL");
  await gone;
  await until(() => !isRunning(pid));
  await push.close();
  const next = startEngine(t);
  const limits = { maxBytes: 64 * MIB, maxDiskBytes: 256 * MIB, maxFrameBytes: 64 * 1024 };
  const { recoverable } = await next.channel.ask("engine/hello", {
    version: ENGINE_PROTOCOL_VERSION,
    limits,
    storage,
  });
  assert.equal(recoverable, null, "an engine without a host ends in order, or goes on");
  const { total } = await next.channel.ask("rows/read", { capture: 0, filter: null, from: 0, count: 1 });
  const rows: Row[] = [];
  while (rows.length < total) {
    rows.push(
      ...(await next.channel.ask("rows/read", { capture: 0, filter: null, from: rows.length, count: 500 })).rows,
    );
  }
  const kept = rows.filter(({ kind }) => kind === "message").length;
  await pull.halt();
  const received = await collecting;
  assert.deepEqual(
    received,
    received.map((_, number) => number),
  );
  assert.equal(10 + received.length, kept);
  tellFault(t, {
    did: "SIGKILL of the process that had started the engine, while a client sent",
    saw: "nothing: its window is gone; the next one has the rows",
    survived: `all ${kept} messages that the engine had received: they arrived, and they are in the next engine's capture`,
  });
  await pull.close();
});

/** Of a process whose parent has gone; a zombie that nobody waits for is gone as well. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

test("A server that stands still holds up its sender and costs no memory, and gets all of it when it goes on", async (t) => {
  const stopped = new PythonPeer();
  t.after(() => stopped.stop());
  const pull = await stopped.open("PULL", { receiveHwm: 100 });
  const tap = await tapTo(t, await pull.bind("tcp://127.0.0.1:*"), ["--quiet", "--stats"]);
  const push = await python.open("PUSH", { sendHwm: 100 });
  await push.connect(tap.endpoint);
  await push.number(10, 1_000);
  await pull.discard(10);
  stopped.signal("SIGSTOP");
  const before = residentBytes(tap.child.pid!);
  const start = performance.now();
  const held = await push.flood(50_000, 1_000);
  const lasts = lasting(2_000);
  await delay(Math.max(0, lasts - (performance.now() - start)));
  const more = residentBytes(tap.child.pid!) - before;
  stopped.signal("SIGCONT");
  await pull.discard(held);
  await push.number(100, 1_000);
  await pull.discard(100);
  assert.ok(more < MORE_RESIDENT_BYTES, `${more} octets more`);
  const { findings, stderr } = await tap.stop();
  assert.deepEqual(findings, []);
  const heldUp = /held up\s+([1-9]\d{2,} ms)/.exec(stderr)?.[1];
  assert.ok(heldUp !== undefined, stderr);
  tellFault(t, {
    did: `SIGSTOP of a server for ${lasts / 1000} s while a client sends as fast as it can`,
    saw: `no rows beyond what was under way; --stats says that the sender was held up for ${heldUp}`,
    survived: `all ${held} messages; the tap took ${Math.round(more / MIB)} MiB more meanwhile`,
  });
  await push.close();
});

test("A subscriber that stands still is told to be slow, and no other one misses anything", async (t) => {
  const pub = await python.open("XPUB", { sendHwm: 0 });
  const tap = await tapTo(t, await pub.bind("tcp://127.0.0.1:*"), ["--json"]);
  const stopped = new PythonPeer();
  t.after(() => stopped.stop());
  const [slow, quick] = [await stopped.open("SUB"), await python.open("SUB")];
  // The publisher hears of the first subscriber of each topic.
  await slow.connect(tap.endpoint);
  await slow.subscribe("");
  await pub.receive();
  await quick.connect(tap.endpoint);
  await quick.subscribe("");
  await quick.subscribe("behind it");
  await pub.receive();
  stopped.signal("SIGSTOP");
  const lasts = lasting(2_500);
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all([pub.number(20, 20_000), quick.discard(20)]);
    sent += 20;
    await delay(lasts / ROUNDS);
  }
  stopped.signal("SIGCONT");
  await slow.discard(sent);
  // The topic by which the test knew that the publisher had heard of both is none that was published.
  const found = (await tap.stop()).findings.filter(({ id }) => id !== "subscription-unmatched");
  assert.deepEqual(
    found.map(({ id }) => id),
    ["slow-subscriber"],
  );
  tellFault(t, {
    did: `SIGSTOP of one of two subscribers for ${lasts / 1000} s`,
    saw: `the finding slow-subscriber: ${found[0]!.text}`,
    survived: `all ${sent} publications, at once at the other subscriber, and late at this one`,
  });
  for (const socket of [quick, pub]) await socket.close();
});

test("A tap that stands still loses nothing; peers with heartbeats come back to it", async (t) => {
  const pull = await python.open("PULL");
  const tap = await tapTo(t, await pull.bind("tcp://127.0.0.1:*"), ["--json"]);
  const push = await python.open("PUSH");
  await push.connect(tap.endpoint);
  const server = new Actor(t, "heartbeats", "server", {});
  const [endpoint] = (await server.bound()) as [string];
  const beaten = await tapTo(t, endpoint, ["--json"]);
  const client = new Actor(t, "heartbeats", "client", { endpoint: beaten.endpoint });
  client.tell({ ask: "1" });
  await client.happens("answer", "1");
  await push.number(100, 1_000);
  await pull.discard(100);
  for (const each of [tap, beaten]) each.child.kill("SIGSTOP");
  const lasts = lasting(2_500);
  const start = performance.now();
  const sending = push.number(500, 1_000);
  await client.happens("event", "DISCONNECTED");
  await delay(Math.max(0, lasts - (performance.now() - start)));
  for (const each of [tap, beaten]) each.child.kill("SIGCONT");
  await sending;
  await pull.discard(500);
  await client.happens("event", "HANDSHAKE_SUCCEEDED");
  client.tell({ ask: "2" });
  await client.happens("answer", "2");
  const [quiet, reconnected] = [await tap.stop(), await beaten.stop()];
  assert.deepEqual(quiet.findings, []);
  assert.deepEqual(tap.events("link-closed").length, 1, "only the end of the test closed it");
  // Tries that the client had given up meanwhile are handshakes that it has ended.
  const others = reconnected.findings.filter(({ id }) => id !== "heartbeat-missed" && id !== "handshake-failed");
  assert.deepEqual(others, []);
  tellFault(t, {
    did: `SIGSTOP of zmq-tap for ${lasts / 1000} s`,
    saw: "nothing where peers have no heartbeats; else they connect again",
    survived: "all 600 messages in order; questions are answered again",
  });
  for (const socket of [push, pull]) await socket.close();
});
