import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Row } from "../../src/shared/model.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { SeedProgram } from "./support/seedProgram.ts";

/** The back end has one temporary folder and the front end another: taps stand between, and no program knows of them. */
type Pair = TappedEngine & {
  readonly backend: SeedProgram;
  readonly frontend: SeedProgram;
  readonly restartBackend: () => Promise<SeedProgram>;
  /** File of the back end's socket. */
  readonly served: string;
  /** Messages of a tap, judged. */
  readonly messages: (tap: "calls" | "signals", count: number) => Promise<Row[]>;
};

async function start(t: TestContext, pollMs: number, idleMs: number): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-leap-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [back, front] = ["back", "front"].map((name) => join(folder, name)) as [string, string];
  mkdirSync(back);
  mkdirSync(front);
  const startBackend = (): SeedProgram => new SeedProgram(t, "bitmask", ["backend"], { TMPDIR: back });
  const tapped = tappedEngine(t);
  const tap = (name: string, n: number, server: string, listen: string) =>
    tapped.engine.startTap({
      id: name,
      name,
      server: `ipc://${server}/bitmask.socket.${n}`,
      listen: `ipc://${listen}/bitmask.socket.${n}`,
    });
  await tap("calls", 0, back, front);
  await tap("signals", 1, front, back);
  const backend = startBackend();
  await backend.bound();
  const frontend = new SeedProgram(t, "bitmask", ["frontend", String(pollMs), String(idleMs)], { TMPDIR: front });
  return {
    ...tapped,
    backend,
    frontend,
    restartBackend: async () => {
      const again = startBackend();
      await again.bound();
      return again;
    },
    served: join(back, "bitmask.socket.0"),
    messages: async (name, count) => {
      const found = (): Row[] => tapped.rows().filter(({ kind, tap: id }) => kind === "message" && id === name);
      await tapped.until(() => found().length >= count);
      await (await tapped.engine.dialogue).settled();
      return found();
    },
  };
}

const asked = (rows: readonly Row[]): Row[] => rows.filter(({ from }) => from === "client");

test("Two programs over the ipc sockets of their temporary folders are tapped without a change, and calls find their signals", async (t) => {
  const { backend, frontend, messages, served, engine } = await start(t, 4_000, 60_000);
  frontend.tell(["hold", { name: "first, ž" }]);
  frontend.tell(["hold", { name: "second" }]);
  await backend.said("received", 2);
  for (const data of [0, "", []]) frontend.tell(["get_stored_data", { data }]);
  frontend.tell(["soledad_bootstrap", { uuid: "00ff" }]);
  frontend.tell(["user_login", { user: "ž" }]);
  frontend.tell(["eip_start", {}]);
  await frontend.said("signal", 6);
  frontend.tell(["release", {}]);
  const heard = await frontend.saidLines("signal", 8);
  // The program is told of no data where there is some that is false; the log says which.
  assert.deepEqual(
    heard.filter(({ signal }) => signal === "stored_data"),
    Array.from({ length: 3 }, () => ({ signal: "stored_data" })),
  );
  assert.equal(statSync(served).mode & 0o777, 0o600);

  const calls = asked(await messages("calls", 18));
  const signals = asked(await messages("signals", 16));
  const from = (method: string): string[] =>
    signals.filter((row) => row.method === method).map(({ preview }) => preview);
  assert.deepEqual(from("stored_data").sort(), [
    '{"signal":"stored_data","data":""}',
    '{"signal":"stored_data","data":0}',
    '{"signal":"stored_data","data":[]}',
  ]);
  assert.deepEqual(
    calls.map(({ method, status, sockets, dialect }) => [method, status, sockets.client, dialect]),
    [
      ["hold", "ok"],
      ["hold", "ok"],
      ["get_stored_data", "ok"],
      ["get_stored_data", "ok"],
      ["get_stored_data", "ok"],
      ["soledad_bootstrap", "error"],
      ["user_login", "error"],
      // Its failure has a name of its own, so nothing ties it to the call.
      ["eip_start", "pending"],
      ["release", "pending"],
    ].map((told) => [...told, "REQ", "frontend-backend"]),
  );
  // Signals come in any order: those of the two calls that were held come last, each to a call of its own.
  const outcomes = calls.slice(0, 2).map(({ outcome }) => outcome);
  assert.deepEqual(
    outcomes,
    signals.slice(-2).map(({ n }) => n),
  );
  assert.deepEqual(
    ["soledad_bootstrap_failed", "user_login_error", "backend_bad_call"].map(
      (name) => signals.find(({ method }) => method === name)?.status,
    ),
    ["error", "error", "error"],
  );
  assert.match(signals.find(({ method }) => method === "user_login_error")!.problem, /no such user: ž/);
  assert.equal(engine.stats().heartbeats, 0);
});

test("A back end that broke on a call still has acknowledged it, and the next one, which nobody answers, is lost in the log", async (t) => {
  const { backend, frontend, messages, until, rows, engine } = await start(t, 50, 60_000);
  frontend.tell("PING");
  frontend.tell('{"api_method": "add", ');
  assert.deepEqual(await backend.said("broken"), ['{"api_method": "add", ']);
  frontend.tell(["release", {}]);
  assert.deepEqual(await frontend.said("offline"), ['{"api_method": "release", "arguments": {}}']);
  const before = asked(await messages("calls", 5));
  assert.deepEqual(
    before.map(({ status, isHeartbeat, exchange }) => [status, isHeartbeat, exchange]),
    [
      ["ok", true, "answered"],
      ["ok", false, "answered"],
      ["pending", false, "pending"],
    ],
  );
  assert.equal(engine.stats().heartbeats, 2);
  // The REQ can ask nothing more; what is called from now on stays in the program.
  frontend.tell(["release", {}]);
  const [stuck] = await frontend.saidLines("stuck");
  assert.equal(stuck!["waiting"], 0);
  await frontend.kill("SIGKILL");
  await until(() => rows().find(({ event, tap }) => event === "link-closed" && tap === "calls"));
  const after = asked(await messages("calls", 5));
  assert.deepEqual(
    after.map(({ status }) => status),
    ["ok", "ok", "lost"],
  );
  assert.equal(after[2]!.problem, "Its connection closed before a reply came.");
});

test("A call while the back end is away is delivered when it is there, one that it died over is not, and idle links send PING", async (t) => {
  const { backend, frontend, messages, restartBackend, until, rows, state, engine } = await start(t, 4_000, 300);
  frontend.tell("PING");
  await frontend.said("answer", 1);
  await backend.kill("SIGKILL");
  await until(() => state("calls").status === "server-down");
  frontend.tell(["get_stored_data", { data: "late" }]);
  const second = await restartBackend();
  const received = await second.said("received");
  assert.ok(["PING", '{"api_method": "get_stored_data", "arguments": {"data": "late"}}'].includes(String(received[0])));
  await frontend.saidLines("signal");
  await until(() => engine.stats().heartbeats >= 4);
  assert.ok((await frontend.said("sent", 4)).filter((sent) => sent === "PING").length >= 2);

  await second.kill("SIGSTOP");
  const seen = rows().length;
  frontend.tell(["hold", { name: "never" }]);
  const taken = (): Row | undefined =>
    rows().find(({ n, from, tap }) => n > seen && from === "client" && tap === "calls");
  await until(taken);
  await second.kill("SIGKILL");
  const lost = rows().length;
  const third = await restartBackend();
  await until(() => rows().find(({ n, event, tap }) => n > lost && event === "handshake" && tap === "calls"));
  assert.equal(asked(await messages("calls", 1)).at(-1)!.status, "lost");
  assert.deepEqual(
    third.lines.filter((line) => "received" in line),
    [],
  );
});
