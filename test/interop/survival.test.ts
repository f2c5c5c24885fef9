import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ENGINE_PROTOCOL_VERSION } from "../../src/shared/engineProtocol.ts";
import type { CaptureId, Row } from "../../src/shared/model.ts";
import { startEngine } from "../support/engineProcess.ts";
import { until } from "../support/until.ts";
import { text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { Recorder } from "./support/recorder.ts";

const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-survival-"));
const python = new PythonPeer();
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

type Engine = ReturnType<typeof startEngine>;

/** An engine as the host starts it, with a storage; and what it says of an earlier one. */
async function greet(t: TestContext, storage: string, maxDiskBytes = 1024 * MIB) {
  const engine = startEngine(t);
  const hello = await engine.channel.ask("engine/hello", {
    version: ENGINE_PROTOCOL_VERSION,
    limits: { maxBytes: 16 * MIB, maxDiskBytes, maxFrameBytes: 64 * 1024 },
    storage,
  });
  return { ...engine, ...hello };
}

async function tapTo({ channel }: Engine, server: string): Promise<string> {
  const config = { id: "t", name: "t", server, listen: "tcp://127.0.0.1:*" };
  return (await channel.ask("tap/start", { config, security: null })).listening;
}

async function end({ child, pipe }: Engine): Promise<void> {
  const ended = once(child, "exit");
  pipe.end();
  assert.deepEqual(await ended, [0, null]);
}

const statsOf = ({ channel }: Engine, capture: CaptureId = 0) => channel.ask("capture/stats", { capture });

async function untilSeen(engine: Engine, count: number): Promise<void> {
  await until(async () => (await statsOf(engine)).seen >= count);
}

async function allRows({ channel }: Engine, capture: CaptureId = 0): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const window = await channel.ask("rows/read", { capture, filter: null, from: rows.length, count: 500 });
    rows.push(...window.rows);
    if (rows.length >= window.total) return rows;
    assert.ok(window.rows.length > 0);
  }
}

/** Questions and answers of about 60 kB through a tap. */
async function converse(engine: Engine, rounds: number) {
  const rep = await python.open("REP");
  const listening = await tapTo(engine, await rep.bind("tcp://127.0.0.1:*"));
  const req = await python.open("REQ");
  await req.connect(listening);
  for (let round = 0; round < rounds; round++) {
    await req.send([Buffer.from(`question ${round}`), Buffer.alloc(60_000, round)]);
    await rep.receive();
    await rep.send([Buffer.from(`answer ${round}`), Buffer.alloc(60_000, round + 1)]);
    await req.receive();
  }
  await untilSeen(engine, 2 + 2 * rounds);
  return { req, rep };
}

async function assertBody({ channel }: Engine, capture: CaptureId, { n }: Row, round: number): Promise<void> {
  const body = await channel.ask("bytes/read", { capture, n, frame: 2, from: 0, count: 65_536 });
  assert.equal(Buffer.from(body).equals(Buffer.alloc(60_000, round)), true, `row ${n}`);
}

test("A capture is there again after its engine ended, goes on, and what is in it can be replayed", async (t) => {
  const storage = join(folder, "ended");
  const first = await greet(t, storage);
  assert.equal(first.recoverable, null);
  const rounds = 300;
  const { req, rep } = await converse(first, rounds);
  await first.channel.ask("row/mark", { capture: 0, n: 3, pinned: true, note: "look here ☂" });
  await first.channel.ask("row/mark", { capture: 0, n: 500, pinned: true });
  const before = await allRows(first);
  assert.equal(before.length, 2 + 2 * rounds);
  await req.close();
  await until(async () => (await allRows(first)).at(-1)?.event === "link-closed");
  const all = await allRows(first);
  await end(first);

  const second = await greet(t, storage);
  assert.equal(second.recoverable, null);
  assert.deepEqual(await allRows(second), all);
  const stats = await statsOf(second);
  assert.deepEqual([stats.seen, stats.kept, stats.evicted, stats.pinned], [all.length, all.length, 0, 2]);
  for (const round of [0, 100, rounds - 1]) await assertBody(second, 0, all[2 + 2 * round]!, round);
  const found = await second.channel.ask("filter/start", { capture: 0, text: "marked or ~b 'answer 77'", fold: false });
  await until(() =>
    second.notices.some((notice) => notice.kind === "filter/advanced" && notice.state.done && notice.state.hits === 3),
  );
  await second.channel.ask("filter/stop", { filter: found.filter });

  const listening = await tapTo(second, await rebind(rep));
  assert.ok(listening);
  const replaying = second.channel.ask("replay/send", { n: 3, confirmed: true });
  const [question] = await rep.receive();
  assert.equal(String(question![0]), "question 0");
  await rep.send(text("once more"));
  const replayed = await replaying;
  assert.ok(replayed.rows.length > 0 && replayed.rows.every((n) => n > all.length), String(replayed.rows));
  const times = (await allRows(second)).map(({ timeMs }) => timeMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  await second.channel.ask("row/mark", { capture: 0, n: 500, pinned: false });
  await end(second);
  await rep.close();

  const third = await greet(t, storage);
  const last = await allRows(third);
  assert.deepEqual(
    last.slice(0, all.length),
    all.map((row) => (row.n === 500 ? { ...row, pinned: false } : row)),
  );
  assert.deepEqual(
    last.map(({ n }) => n),
    last.map((_, index) => index + 1),
  );
  assert.ok(
    Math.min(
      ...last
        .slice(all.length)
        .map(({ link }) => link)
        .filter((link) => link > 0),
    ) > 1,
  );
  await end(third);
});

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));

/** One more port of a socket that has a dead one. */
const rebind = (socket: PythonSocket): Promise<string> => socket.bind("tcp://127.0.0.1:*");

test("What a killed engine has written can be opened and discarded", async (t) => {
  const storage = join(folder, "killed");
  const first = await greet(t, storage);
  const rounds = 250;
  const { req, rep } = await converse(first, rounds);
  await first.channel.ask("row/mark", { capture: 0, n: 4, pinned: true, note: "before the kill" });
  const before = await allRows(first);
  const live = join(storage, "live");
  const bytes = (): number => readdirSync(live).reduce((sum, name) => sum + statSync(join(live, name)).size, 0);
  await until(() => readdirSync(live).includes("marks.json") && bytes() > rounds * 2 * 60_000);
  // All of it is on disk once another engine reads it there.
  const reader = await greet(t, join(folder, "reader"));
  await until(async () => {
    const { capture } = await reader.channel.ask("capture/open", { path: live, kind: "segments" });
    const written = await allRows(reader, capture);
    await reader.channel.ask("capture/close", { capture });
    return isDeepStrictEqual(written, before);
  });
  await end(reader);
  const gone = once(first.child, "exit");
  first.child.kill("SIGKILL");
  await gone;
  await req.close();
  await rep.close();

  const second = await greet(t, storage);
  const { recoverable } = second;
  assert.ok(recoverable !== null);
  assert.ok(recoverable.bytes > rounds * 2 * 60_000);
  assert.ok(Math.abs(recoverable.endedMs - Date.now()) < 60_000);
  assert.equal((await statsOf(second)).seen, 0);
  const { capture, stats } = await second.channel.ask("capture/open", { path: recoverable.path, kind: "segments" });
  assert.deepEqual([stats.kept, stats.pinned, stats.file?.problem], [before.length, 1, null]);
  assert.deepEqual(await allRows(second, capture), before);
  for (const round of [0, 77, rounds - 1]) await assertBody(second, capture, before[2 + 2 * round]!, round);
  await second.channel.ask("capture/close", { capture });
  await assert.rejects(second.channel.ask("capture/stats", { capture }), { code: "capture-gone" });
  await second.channel.ask("capture/discard", { path: recoverable.path });
  assert.deepEqual(
    readdirSync(storage).filter((name) => name.startsWith("lost-")),
    [],
  );
  await end(second);
  const third = await greet(t, storage);
  assert.equal(third.recoverable, null);
  await end(third);
});

test("A second engine on one storage says so, and keeps in memory what it taps", async (t) => {
  const storage = join(folder, "twice");
  const first = await greet(t, storage);
  const second = await greet(t, storage);
  assert.equal((await statsOf(first)).diskProblem, null);
  assert.match((await statsOf(second)).diskProblem ?? "", /in memory only.*Another window of this workspace/);
  const one = await converse(first, 5);
  const two = await converse(second, 20);
  assert.equal((await allRows(second)).length, 42);
  await end(second);
  // It has let the other one's be.
  await until(async () => (await statsOf(first)).diskBytes > 500_000);
  assert.equal((await statsOf(first)).diskProblem, null);
  await end(first);
  const third = await greet(t, storage);
  assert.ok((await allRows(third)).length >= 12);
  await end(third);
  for (const { req, rep } of [one, two]) {
    await req.close();
    await rep.close();
  }
});

test("Reading while traffic evicts what is read gives rows, or says that a row is gone", async (t) => {
  const engine = await greet(t, join(folder, "evicting"), 64 * MIB);
  const pull = await python.open("PULL");
  const listening = await tapTo(engine, await pull.bind("tcp://127.0.0.1:*"));
  const push = await python.open("PUSH");
  await push.connect(listening);
  const count = 20_000;
  const size = 30_000;
  const state = { isOver: false };
  const traffic = Promise.all([push.number(count, size), pull.discard(count)]).then(() => (state.isOver = true));
  const { channel } = engine;
  await channel.ask("filter/start", { capture: 0, text: "~b xyz or size > 1000", fold: true });
  const told = { rows: 0, gone: 0 };
  const tell = (n: number, error: unknown): void => {
    const { code } = error as { code?: string };
    // The first rows are events, which have no frames; the oldest message may have lost its beginning.
    const isTold = code === "row-gone" || code === "partly-kept" || (code === "no-such-frame" && n <= 2);
    assert.ok(isTold, `row ${n}: ${code}`);
    told.gone++;
  };
  let to = 0;
  const exporting = until(async () => {
    const path = join(folder, `evicting ${to++}.csv`);
    const rows = { kind: "all" } as const;
    await channel.ask("capture/export", { job: `job ${to}`, capture: 0, rows, format: "csv", path });
    return state.isOver;
  });
  while (!state.isOver) {
    const { total, firstN } = await channel.ask("rows/read", { capture: 0, filter: null, from: 0, count: 1 });
    for (const from of [0, 1, Math.floor(total / 2), total - 5]) {
      const window = await channel.ask("rows/read", { capture: 0, filter: null, from: Math.max(0, from), count: 50 });
      for (const row of window.rows) assert.ok(row.n >= firstN);
      told.rows += window.rows.length;
    }
    for (const n of [firstN, firstN + 1, firstN + 100, firstN + Math.floor(total / 2)]) {
      const asks = [
        channel.ask("message/read", { capture: 0, n }),
        channel.ask("bytes/read", { capture: 0, n, frame: 0, from: 0, count: 100 }),
        channel.ask("frame/decode", { capture: 0, n, frame: 0, decoder: null }),
        channel.ask("message/copy", { capture: 0, n, format: "hex" }),
        channel.ask("message/normalised", { capture: 0, n }),
      ];
      await Promise.all(asks.map((ask) => ask.catch((error: unknown) => tell(n, error))));
    }
  }
  await traffic;
  await exporting;
  assert.ok(told.rows > 100);
  const stats = await statsOf(engine);
  assert.equal(stats.seen, stats.kept + stats.evicted);
  assert.ok(stats.evicted > count / 2);
  assert.ok(stats.diskBytes <= 64 * MIB);
  assert.equal(stats.diskProblem, null);
  await push.close();
  await pull.close();
  await end(engine);
});

test("Traffic is passed on as it was while filters and exports read all there is and the disk is full", async (t) => {
  const engine = await greet(t, join(folder, "busy"));
  const pull = await python.open("PULL");
  const server = await pull.bind("tcp://127.0.0.1:*");
  const recorders = [await Recorder.start({ host: "127.0.0.1", port: portOf(server) })];
  const listening = await tapTo(engine, recorders[0]!.endpoint);
  recorders.push(await Recorder.start({ host: "127.0.0.1", port: portOf(listening) }));
  const push = await python.open("PUSH");
  await push.connect(recorders[1]!.endpoint);
  const count = 1500;
  await Promise.all([push.number(count, 30_000), pull.discard(count)]);
  const { channel } = engine;
  for (const filter of ["~b nothing", "json.a == 1 or text contains nothing", "~b /[a-z]+7/"]) {
    await channel.ask("filter/start", { capture: 0, text: filter, fold: true });
  }
  execFileSync("prlimit", ["--pid", String(engine.child.pid), `--fsize=${MIB / 16}`]);
  const state = { isOver: false };
  const exporting = until(async () => {
    const path = join(folder, "busy.jsonl");
    const rows = { kind: "filtered", text: "size < 100" } as const;
    await channel.ask("capture/export", { job: "busy", capture: 0, rows, format: "jsonl", path });
    return state.isOver;
  });
  const received = pull.collect();
  await push.number(count, 30_000);
  const whole = 2 * count * (30_000 + 9);
  await recorders[0]!.until(() => recorders[0]!.total > whole && recorders[0]!.total === recorders[1]!.total);
  state.isOver = true;
  await exporting;
  const [after, before] = recorders.map(({ recordings }) => Buffer.concat(recordings[0]!.fromClient));
  assert.equal(after!.equals(before!), true);
  assert.ok(before!.length > whole);
  await until(async () => (await statsOf(engine)).diskProblem !== null);
  await pull.halt();
  const numbers = await received;
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => at),
  );
  await push.close();
  await pull.close();
  await end(engine);
  for (const recorder of recorders) await recorder.stop();
});

test("Rows whose files are deleted under a running engine are told to be gone, and new ones are kept", async (t) => {
  const storage = join(folder, "deleted");
  const engine = await greet(t, storage);
  const { req, rep } = await converse(engine, 400);
  rmSync(storage, { recursive: true });
  const { channel } = engine;
  await channel.ask("rows/read", { capture: 0, filter: null, from: 0, count: 50 }).catch((error: unknown) => {
    assert.equal((error as { code?: string }).code, "row-gone");
  });
  for (let round = 0; round < 300; round++) {
    await req.send([Buffer.from("more"), Buffer.alloc(60_000, round)]);
    await rep.receive();
    await rep.send(text("yes"));
    await req.receive();
  }
  await untilSeen(engine, 2 + 800 + 600);
  await until(async () => (await statsOf(engine)).diskProblem !== null);
  const stats = await statsOf(engine);
  assert.equal(stats.seen, stats.kept + stats.evicted);
  // Positions go by row number, those of what is lost in the middle included.
  const from = stats.lastN - stats.firstN - 49;
  const { rows } = await channel.ask("rows/read", { capture: 0, filter: null, from, count: 50 });
  assert.equal(rows.length, 50);
  assert.equal(rows.at(-1)?.n, stats.lastN);
  await req.close();
  await rep.close();
  await end(engine);
});
