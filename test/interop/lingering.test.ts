import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { DOOR_FILE, readDoor, writeDoor } from "../../src/shared/engineDoor.ts";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import type { Row } from "../../src/shared/model.ts";
import { type speakWith, startEngine } from "../support/engineProcess.ts";
import { adopt, isAlive, nextHost, startHost, untilGone } from "../support/hostProcess.ts";
import { until } from "../support/until.ts";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";

const folder = mkdtempSync(join(tmpdir(), "zt-linger-"));
const python = new PythonPeer();
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const LONG_MS = 60_000;

async function allRows(channel: ReturnType<typeof speakWith>["channel"]): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const window = await channel.ask("rows/read", { capture: 0, filter: null, from: rows.length, count: 500 });
    rows.push(...window.rows);
    if (rows.length >= window.total) return rows;
    assert.ok(window.rows.length > 0);
  }
}

async function echoing() {
  const rep = await python.open("REP");
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const converse = async (req: Awaited<ReturnType<PythonPeer["open"]>>, words: string): Promise<string> => {
    await req.send(text(words));
    await rep.send((await rep.receive())[0]!);
    return String((await req.receive())[0]![0]);
  };
  return { rep, endpoint, converse };
}

test("Peers keep their connections when the host is killed, and the next one goes on with the log", async (t) => {
  const storage = join(folder, "adopted");
  const { rep, endpoint, converse } = await echoing();
  const pull = await python.open("PULL");
  const drain = await pull.bind("tcp://127.0.0.1:*");
  const first = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint, drain] });
  const req = await python.open("REQ");
  await req.connect(first.listening[0]!);
  assert.equal(await converse(req, "before"), "before");
  const push = await python.open("PUSH");
  await push.connect(first.listening[1]!);
  // As much as memory holds, whatever the disk does.
  const count = 20_000;
  const traffic = Promise.all([push.number(count, 200), pull.discard(count)]);
  await first.kill();
  assert.equal(await converse(req, "meanwhile"), "meanwhile");
  assert.equal(isAlive(first.engine), true);

  const second = await nextHost(storage);
  const { channel, notices } = second;
  assert.equal(second.pid, first.engine);
  assert.equal(await converse(req, "after"), "after");
  const { taps } = await channel.ask("engine/running", null);
  assert.deepEqual(
    taps.map(({ config, status, listening, links }) => [config.id, status, listening, links.length]),
    [
      ["t0", "listening", first.listening[0], 1],
      ["t1", "listening", first.listening[1], 1],
    ],
  );
  await traffic;
  assert.equal((await channel.ask("fidelity/read", { tap: "t1" })).seen, count);
  // All that a host has to hear is told again.
  await until(() => notices.some(({ kind }) => kind === "tap/changed"));
  await until(() => notices.some(({ kind }) => kind === "findings/changed"));
  const rows = await allRows(channel);
  assert.deepEqual(
    rows.map(({ n }) => n),
    rows.map((_, at) => at + 1),
  );
  const ofReq = rows.filter(({ tap }) => tap === "t0");
  assert.deepEqual(
    ofReq.map(({ event, preview }) => event ?? preview),
    ["link-opened", "handshake", "before", "before", "meanwhile", "meanwhile", "after", "after"],
  );
  for (const tap of ["t0", "t1"]) assert.deepEqual((await channel.ask("fidelity/read", { tap })).problems, []);
  const limits = (await channel.ask("capture/stats", { capture: 0 })).maxBytes;
  assert.equal(limits, 32 * 1024 * 1024);

  // A tap that is started again is the one that runs.
  const again = await channel.ask("tap/start", { config: taps[0]!.config, security: null });
  assert.deepEqual([again.listening, again.links.length], [first.listening[0], 1]);
  await channel.ask("engine/linger", { ms: 0 });
  assert.equal(existsSync(join(storage, DOOR_FILE)), false);
  second.stream.destroy();
  await untilGone(first.engine);
  for (const socket of [req, rep, push, pull]) await socket.close();
});

test("An engine that nobody adopts ends in order, and so does one that is told to by a signal", async (t) => {
  const { rep, endpoint, converse } = await echoing();
  for (const end of ["time", "signal"] as const) {
    const storage = join(folder, end);
    const host = await startHost(t, { storage, lingerMs: end === "time" ? 300 : LONG_MS, servers: [endpoint] });
    const req = await python.open("REQ");
    await req.connect(host.listening[0]!);
    assert.equal(await converse(req, "hello"), "hello");
    await host.kill();
    if (end === "signal") {
      assert.equal(await converse(req, "once more"), "once more");
      process.kill(host.engine, "SIGTERM");
    }
    await untilGone(host.engine);
    assert.deepEqual(
      readdirSync(storage).filter((name) => name.startsWith("engine")),
      [],
    );
    const next = startEngine(t);
    const hello = await next.channel.ask("engine/hello", {
      version: ENGINE_PROTOCOL_VERSION,
      limits: { maxBytes: 16 * 1024 * 1024, maxDiskBytes: 64 * 1024 * 1024, maxFrameBytes: 64 * 1024 },
      storage,
    });
    assert.equal(hello.recoverable, null);
    const said = (await allRows(next.channel)).map(({ event, preview }) => event ?? preview);
    assert.deepEqual(said.slice(0, 4), ["link-opened", "handshake", "hello", "hello"]);
    assert.equal(said.at(-1), "link-closed");
    next.pipe.end();
    await once(next.child, "exit");
    await req.close();
  }
  await rep.close();
});

test("An engine without anything that runs, or without a time to wait, ends with its host", async (t) => {
  const { rep, endpoint } = await echoing();
  const idle = await startHost(t, { storage: join(folder, "idle"), lingerMs: LONG_MS, servers: [] });
  const none = await startHost(t, { storage: join(folder, "none"), lingerMs: 0, servers: [endpoint] });
  for (const host of [idle, none]) {
    await host.kill();
    await untilGone(host.engine);
  }
  await rep.close();
});

test("An engine ends when nobody can find it any more, since its storage is gone", async (t) => {
  const storage = join(folder, "removed");
  const { rep, endpoint } = await echoing();
  const host = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
  await host.kill();
  rmSync(storage, { recursive: true, force: true, maxRetries: 5 });
  await untilGone(host.engine);
  await rep.close();
});

test("What only its host wanted ends with it: what was held goes on, and taps of the demo are gone", async (t) => {
  const storage = join(folder, "abandoned");
  const { rep, endpoint, converse } = await echoing();
  const host = await startHost(t, {
    storage,
    lingerMs: LONG_MS,
    servers: [endpoint, endpoint],
    fleeting: [1],
    interventions: ["hold 60s c2s"],
  });
  const req = await python.open("REQ");
  await req.connect(host.listening[0]!);
  const answer = converse(req, "held");
  await host.kill();
  assert.equal(await answer, "held");
  const { channel } = await nextHost(storage);
  assert.deepEqual(await channel.ask("intervention/list", null), []);
  assert.deepEqual(
    (await channel.ask("engine/running", null)).taps.map(({ config }) => config.id),
    ["t0"],
  );
  assert.equal(await converse(req, "free"), "free");
  await req.close();
  await rep.close();
});

test("Only one host at a time gets in, only with the token, and only its user may open the door", async (t) => {
  const storage = join(folder, "guarded");
  const { rep, endpoint, converse } = await echoing();
  const host = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
  const req = await python.open("REQ");
  await req.connect(host.listening[0]!);
  const door = readDoor(readFileSync(join(storage, DOOR_FILE), "utf8"))!;
  for (const path of [join(storage, DOOR_FILE), door.address]) assert.equal(statSync(path).mode & 0o777, 0o600, path);
  // The host that it has is there.
  assert.equal(await adopt(storage), null);
  await host.kill();
  await assert.rejects(adopt(storage, { door: writeDoor({ ...door, token: "another" }) }));
  // Who says something else is told nothing, and does no harm.
  const stranger = connect(door.address);
  const heard: Buffer[] = [];
  stranger.on("data", (chunk: Buffer) => heard.push(chunk));
  stranger.on("error", () => undefined);
  stranger.write(Buffer.alloc(1_000_000, "GET / HTTP/1.1\r\n"));
  await new Promise((resolve) => stranger.once("close", resolve));
  assert.ok(Buffer.concat(heard).length <= 32);
  // Of two windows that come at once one gets it.
  const both = await Promise.all([adopt(storage), adopt(storage)]);
  assert.equal(both.filter((one) => one !== null).length, 1);
  assert.equal(await converse(req, "still"), "still");
  await req.close();
  await rep.close();
});

test("An engine of another version, or of a workspace that is not trusted any more, ends in order for the next", async (t) => {
  const { rep, endpoint, converse } = await echoing();
  const copy = join(folder, "engine.ts");
  writeFileSync(copy, "");
  for (const [name, more] of Object.entries({
    written: { script: copy },
    version: { script: "/elsewhere/engine.cjs" },
    restricted: { mayAdopt: false },
  })) {
    const storage = join(folder, name);
    const host = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
    const req = await python.open("REQ");
    await req.connect(host.listening[0]!);
    await converse(req, "hello");
    await host.kill();
    assert.equal(await adopt(storage, more), null);
    await untilGone(host.engine);
    assert.equal(existsSync(join(storage, "live", "closed")), true);
    await req.close();
  }
  await rep.close();
});

test("An engine that was killed leaves a door that nobody is behind, and the next engine opens its own", async (t) => {
  const storage = join(folder, "killed");
  const { rep, endpoint } = await echoing();
  const first = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
  process.kill(first.engine, "SIGKILL");
  await untilGone(first.engine);
  await first.kill();
  const left = readFileSync(join(storage, DOOR_FILE), "utf8");
  // Its last thread may go a moment later, and its socket with it.
  await until(async () => (await adopt(storage).catch(() => "going")) === null);
  const second = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
  assert.notEqual(readFileSync(join(storage, DOOR_FILE), "utf8"), left);
  assert.equal(readdirSync(storage).filter((name) => name.endsWith(".sock")).length, 1);
  // One beside it cannot be found, and ends with its host.
  const third = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
  assert.equal(readDoor(readFileSync(join(storage, DOOR_FILE), "utf8"))!.pid, second.engine);
  await third.kill();
  await untilGone(third.engine);
  await rep.close();
});

test("Keys stay in the engine while it waits, and no host is told them", async (t) => {
  const storage = join(folder, "keys");
  const server = curveKeyPair();
  const rep = await python.open("REP", { curveServer: true, curveSecretKey: server.secretKey });
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const security = {
    ...{ clientLeg: null, serverLeg: null, serverPair: server, serverKey: null, clientPair: null },
    ...{ clientPairs: [], allow: null, plain: null },
  };
  const host = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint], security: [security] });
  const client = curveKeyPair();
  const req = await python.open("REQ", {
    curveServerKey: server.publicKey,
    curvePublicKey: client.publicKey,
    curveSecretKey: client.secretKey,
  });
  await req.connect(host.listening[0]!);
  const ask = async (words: string): Promise<string> => {
    await req.send(text(words));
    await rep.send((await rep.receive())[0]!);
    return String((await req.receive())[0]![0]);
  };
  assert.equal(await ask("before"), "before");
  await host.kill();
  assert.equal(await ask("meanwhile"), "meanwhile");
  const second = await nextHost(storage);
  assert.equal(await ask("after"), "after");
  const told = JSON.stringify([await second.channel.ask("engine/running", null), second.notices]);
  assert.equal(told.includes(server.secretKey), false);
  assert.equal(readFileSync(join(storage, DOOR_FILE), "utf8").includes(server.secretKey), false);
  const rows = (await allRows(second.channel)).filter(({ kind }) => kind === "message");
  assert.deepEqual([rows.length, rows.every(({ decrypted }) => decrypted)], [6, true]);
  await req.close();
  await rep.close();
});

test("What an engine has to say goes to the next host, and nothing breaks where nobody reads it", async (t) => {
  const storage = join(folder, "logging");
  const { rep, endpoint, converse } = await echoing();
  const host = await startHost(t, { storage, lingerMs: LONG_MS, servers: [endpoint] });
  const req = await python.open("REQ");
  await req.connect(host.listening[0]!);
  await host.kill();
  const { channel, notices } = await nextHost(storage);
  await channel.ask("engine/linger", { ms: 0 });
  rmSync(storage, { recursive: true, force: true, maxRetries: 5 });
  writeFileSync(storage, "");
  // No door can be made there, which is written to pipes that have no other end.
  await channel.ask("engine/linger", { ms: LONG_MS });
  await until(() => notices.some((notice) => notice.kind === "engine/logged" && notice.line.includes("EEXIST")));
  assert.equal(await converse(req, "well"), "well");
  await req.close();
  await rep.close();
});
