import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow } from "../../src/proxy/files/writeRows.ts";
import type { Row } from "../../src/shared/model.ts";
import { tappedEngine, type TappedEngine } from "../support/tappedEngine.ts";
import { type Peer, type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { runCli } from "./support/cliTap.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-dialogue-"));
const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
  rmSync(folder, { recursive: true });
});

const call = (id: string, method: string): string => JSON.stringify({ jsonrpc: "2.0", id, method, params: [1] });
const result = (id: string, value: unknown): string => JSON.stringify({ jsonrpc: "2.0", id, result: value });
const failure = (id: string, message: string): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message } });

/** Messages in the order in which they were seen. */
const messages = ({ rows }: TappedEngine): Row[] => rows().filter(({ kind }) => kind === "message");

async function untilJudged(tapped: TappedEngine, count: number): Promise<Row[]> {
  await tapped.until(() => messages(tapped).length >= count);
  await (await tapped.engine.dialogue).settled();
  return messages(tapped);
}

/** A ROUTER of one library behind the tap, a DEALER of the other in front of it. */
async function dealerAndRouter(
  t: TestContext,
  tapped: TappedEngine,
  [front, back]: readonly [Peer, Peer],
): Promise<{ dealer: PeerSocket; router: PeerSocket }> {
  const router = await back.open("ROUTER");
  const dealer = await front.open("DEALER");
  t.after(async () => {
    await dealer.close();
    await router.close();
  });
  await dealer.connect(await tapped.attach(await router.bind("tcp://127.0.0.1:*")));
  return { dealer, router };
}

/** Everything of a JSON-RPC conversation that ids tell: order, an error, a retry with a late reply, and a repeated reply. */
async function converse({ dealer, router }: { dealer: PeerSocket; router: PeerSocket }): Promise<void> {
  await dealer.send(text(call("one", "slow")), text(call("two", "divide")), text(call("three", "retry")));
  const asked = await router.receive(3);
  const [identity] = asked[0]!;
  const answer = (body: string): Promise<void> => router.send([identity!, Buffer.from(body)]);
  await answer(failure("two", "division by zero"));
  await answer(result("one", 1));
  await dealer.receive(2);
  await dealer.send(text(call("three", "retry")));
  await router.receive(1);
  await answer(result("three", "taken"));
  await answer(result("three", "late"));
  await answer(result("three", "once too often"));
  await dealer.receive(3);
}

/** `method status partner`, and what else is told of a message; partners by their place among the messages. */
function summary(rows: readonly Row[]): string[] {
  const place = (n: number | null): string => (n === null ? "-" : String(rows.findIndex((row) => row.n === n)));
  return rows.map(({ saidKind, method, status, partner, isLate, isDuplicate }) =>
    [
      saidKind,
      method || "-",
      status,
      place(partner),
      ...(isLate ? ["late"] : []),
      ...(isDuplicate ? ["dup"] : []),
    ].join(" "),
  );
}

const CONVERSATION = [
  "call slow ok 4",
  "call divide error 3",
  "call retry ok 7",
  "error divide error 1",
  "reply slow ok 0",
  "call retry ok 6 dup",
  "reply retry ok 5",
  "reply retry ok 2 late dup",
  "reply - ok - dup",
];

for (const pair of [[javascript, python] as const, [python, javascript] as const]) {
  test(`Calls of a DEALER of ${pair[0].library} to a ROUTER of ${pair[1].library} are paired by their ids, in the log and in its file`, async (t) => {
    const tapped = tappedEngine(t);
    await converse(await dealerAndRouter(t, tapped, pair));
    const rows = await untilJudged(tapped, 9);
    assert.deepEqual(summary(rows), CONVERSATION);
    assert.equal(rows[1]!.problem, "division by zero");
    assert.ok(rows[4]!.latencyMs! > 0);
    const path = join(folder, `${pair[0].library}.pcapng`);
    await exportCapture({
      capture: tapped.engine.capture,
      rows: everyRow(1, tapped.engine.capture.lastN),
      format: "pcapng",
      path,
    });
    const read = await runCli(["read", path, "--json"]);
    assert.equal(read.stderr, "");
    const lines = read.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ type }) => type === "message");
    const told = (n: number): unknown => [
      lines[n]!["says"],
      lines[n]!["method"],
      lines[n]!["status"],
      lines[n]!["corr"],
      lines[n]!["late"] ?? false,
      lines[n]!["dup"] ?? false,
    ];
    assert.deepEqual(told(3), ["error", "divide", "error", "two", false, false]);
    assert.deepEqual(told(5), ["call", "retry", "ok", "three", false, true]);
    assert.deepEqual(told(7), ["reply", "retry", "ok", "three", true, true]);
    assert.deepEqual(lines.filter(({ request }) => request !== undefined).length, 4);
    const failed = await runCli(["read", path, "--filter", 'method == "divide" and status == error']);
    assert.equal(failed.stdout.trim().split("\n").length, 2);
    assert.match(
      failed.stdout,
      /^[\d:.]+ {2}link \d+ {2}DEALER → ROUTER {2}1 frame, \d+ B {2}divide {2}error: division by zero {2}\{.*\n/,
    );
    const late = await runCli(["read", path, "--filter", "late or dup"]);
    assert.equal(late.stdout.trim().split("\n").length, 3);
    const stats = await runCli(["read", path, "--stats"]);
    assert.match(stats.stdout, /by method\n +2 +0 errors {2}retry \(json-rpc\) {2}median [\d.]+ ms, 95 % [\d.]+ ms\n/);
    assert.match(stats.stdout, / +1 +1 error {2}divide \(json-rpc\)/);
    const raw = await runCli(["read", path, "--dialect", "raw", "--json"]);
    assert.doesNotMatch(raw.stdout, /"method":"slow"/);
  });
}

test("Calls of a frontend lead to signals across two taps, heartbeats are marked, and a call without its signal shows", async (t) => {
  const tapped = tappedEngine(t);
  const open = async (kind: "REQ" | "REP", peer: Peer): Promise<PeerSocket> => {
    const socket = await peer.open(kind);
    t.after(() => socket.close());
    return socket;
  };
  const [backend, signals] = [await open("REP", python), await open("REP", javascript)];
  const [proxy, signaler] = [await open("REQ", javascript), await open("REQ", python)];
  await proxy.connect(await tapped.attach(await backend.bind("tcp://127.0.0.1:*"), "calls"));
  await signaler.connect(await tapped.attach(await signals.bind("tcp://127.0.0.1:*"), "signals"));
  const ask = async (from: PeerSocket, to: PeerSocket, body: string): Promise<void> => {
    await from.send(text(body));
    await to.receive();
    await to.send(text("OK"));
    await from.receive();
  };
  await ask(proxy, backend, '{"api_method": "add", "arguments": {"a": 2, "b": 2}}');
  await ask(proxy, backend, '{"api_method": "nosuch", "arguments": {}}');
  await ask(proxy, backend, "PING");
  await ask(proxy, backend, '{"api_method": "get_stored_data", "arguments": {}}');
  await ask(signaler, signals, '{"signal": "stored_data", "data": "Lorem Data"}');
  await ask(signaler, signals, '{"signal": "add_result", "data": 4}');
  const rows = await untilJudged(tapped, 12);
  const of = (method: string): Row => rows.find((row) => row.method === method)!;
  assert.deepEqual(
    ["add", "nosuch", "get_stored_data", "stored_data", "add_result"].map((name) => [
      name,
      of(name).saidKind,
      of(name).status,
      of(name).outcome,
    ]),
    [
      ["add", "call", "ok", of("add_result").n],
      // Its acknowledgement says nothing, and no signal came so far.
      ["nosuch", "call", "pending", null],
      ["get_stored_data", "call", "ok", of("stored_data").n],
      ["stored_data", "signal", "ok", of("get_stored_data").n],
      ["add_result", "signal", "ok", of("add").n],
    ],
  );
  assert.deepEqual(
    rows.filter(({ isHeartbeat }) => isHeartbeat).map(({ preview }) => preview),
    ["PING", "OK"],
  );
  assert.equal(tapped.engine.stats().heartbeats, 2);
});
