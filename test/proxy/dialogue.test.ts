import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import { Dialogue } from "../../src/proxy/dialogue.ts";
import { PacketClock } from "../../src/proxy/files/packetClock.ts";
import { toRow } from "../../src/proxy/rows.ts";
import { TemporaryShelf } from "../../src/proxy/temporaryShelf.ts";
import type { SocketPair } from "../../src/shared/model.ts";
import { openLink, say } from "../support/captures.ts";

const DEALER_ROUTER: SocketPair = { client: "DEALER", server: "ROUTER" };

const call = (id: unknown, method = "add"): string => JSON.stringify({ jsonrpc: "2.0", id, method, params: [1, 2] });
const result = (id: unknown, value: unknown = 3): string => JSON.stringify({ jsonrpc: "2.0", id, result: value });
const failure = (id: unknown, message: string): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message } });

function talking(t: TestContext): { capture: Capture; dialogue: Dialogue } {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const dialogue = new Dialogue(capture);
  t.after(() => dialogue.dispose());
  return { capture, dialogue };
}

type Told = [number, string, number | null, string];
/** Number, exchange, partner and status of each row. */
const told = (capture: Capture, rows: readonly number[]): Told[] =>
  rows.map((n) => {
    const { exchange, partner, status } = toRow(capture, n)!;
    return [n, exchange, partner, status];
  });

const ask = (capture: Capture, link: CapturedLink, text: string): number => say(capture, link, 0, [text]);
const reply = (capture: Capture, link: CapturedLink, text: string): number => say(capture, link, 1, [text]);

test("Two calls of a DEALER that are answered in the other order are paired by their ids", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  const first = ask(capture, link, call("a"));
  const second = ask(capture, link, call("b", "divide"));
  const third = ask(capture, link, call("c", "sleep"));
  const answerB = reply(capture, link, failure("b", "division by zero"));
  const answerA = reply(capture, link, result("a"));
  await dialogue.settled();
  assert.deepEqual(told(capture, [first, second, third, answerB, answerA]), [
    [first, "answered", answerA, "ok"],
    [second, "answered", answerB, "error"],
    [third, "pending", null, "pending"],
    [answerB, "reply", second, "error"],
    [answerA, "reply", first, "ok"],
  ]);
  const failed = toRow(capture, second)!;
  assert.deepEqual(
    [failed.dialect, failed.saidKind, failed.method, failed.problem, failed.guessed],
    ["json-rpc", "call", "divide", "division by zero", false],
  );
  assert.notEqual(toRow(capture, answerA)!.latencyMs, null);
});

test("The same id on two links is of two calls", async (t) => {
  const { capture, dialogue } = talking(t);
  const [one, other] = [openLink(capture, { sockets: DEALER_ROUTER }), openLink(capture, { sockets: DEALER_ROUTER })];
  const first = ask(capture, one, call(1));
  const second = ask(capture, other, call(1));
  const answer = reply(capture, other, result(1));
  await dialogue.settled();
  assert.deepEqual(told(capture, [first, second, answer]), [
    [first, "pending", null, "pending"],
    [second, "answered", answer, "ok"],
    [answer, "reply", second, "ok"],
  ]);
  assert.equal(toRow(capture, second)!.isDuplicate, false);
});

test("A call that repeats an id gives up on the one before, and a second reply is late and a duplicate", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  const first = ask(capture, link, call(7));
  const again = ask(capture, link, call(7));
  await dialogue.settled();
  assert.equal(toRow(capture, first)!.status, "timed-out");
  const taken = reply(capture, link, result(7));
  await dialogue.settled();
  assert.equal(toRow(capture, first)!.status, "timed-out");
  const late = reply(capture, link, result(7));
  const third = reply(capture, link, result(7));
  await dialogue.settled();
  const rows = [first, again, taken, late, third].map((n) => toRow(capture, n)!);
  assert.deepEqual(
    rows.map(({ exchange, partner, isLate, isDuplicate, guessed }) => [
      exchange,
      partner,
      isLate,
      isDuplicate,
      guessed,
    ]),
    [
      ["answered", late, false, false, true],
      ["answered", taken, false, true, true],
      ["reply", again, false, false, true],
      ["reply", first, true, true, true],
      ["unasked", null, false, true, false],
    ],
  );
});

test("What the sockets could only guess is put right by ids", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: { client: "REQ", server: "ROUTER" } });
  const first = ask(capture, link, call(1));
  capture.exchange(first, "pending");
  const second = ask(capture, link, call(2));
  capture.exchange(first, "abandoned");
  capture.exchange(second, "pending");
  const late = reply(capture, link, result(1));
  capture.paired(second, late, true);
  await dialogue.settled();
  assert.deepEqual(told(capture, [first, second, late]), [
    [first, "answered", late, "ok"],
    [second, "pending", null, "pending"],
    [late, "reply", first, "ok"],
  ]);
  assert.equal(toRow(capture, late)!.isLate, true);
  const right = reply(capture, link, result(2));
  capture.exchange(right, "unasked");
  await dialogue.settled();
  assert.deepEqual(told(capture, [second, right]), [
    [second, "answered", right, "ok"],
    [right, "reply", second, "ok"],
  ]);
});

test("Open calls of a link that closes are lost", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  const open = ask(capture, link, call("x"));
  await dialogue.settled();
  capture.event(link, "id-tap", "tap", "link-closed", { by: "client" });
  await dialogue.settled();
  const row = toRow(capture, open)!;
  assert.deepEqual([row.exchange, row.status], ["lost", "lost"]);
  assert.match(row.problem, /^Its connection closed/);
});

test("Messages that are too long for it are not asked about, and say so when they are opened", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  ask(capture, link, call(1));
  const long = ask(capture, link, call(2, "x".repeat(70_000)));
  await dialogue.settled();
  const row = toRow(capture, long)!;
  assert.deepEqual([row.dialect, row.saidKind, row.method, row.exchange], ["json-rpc", null, "", "none"]);
  // Whoever opens it gets to see more.
  assert.equal(dialogue.detailOf(long)?.kind, "call");
  const huge = ask(capture, link, call(3, "x".repeat(4 * 1024 * 1024)));
  assert.match(dialogue.detailOf(huge)?.unread ?? "", /^It has 41943\d\d octets in 1 frames, and no more than 4194304/);
});

test("A chosen dialect is read anew, also for rows that were there before", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: DEALER_ROUTER, tap: "mine" });
  const row = ask(capture, link, call(1));
  await dialogue.settled();
  assert.equal(toRow(capture, row)!.dialect, "json-rpc");
  dialogue.choose([{ tapName: "mine", sockets: null, dialect: "raw" }]);
  await dialogue.settled();
  assert.deepEqual([toRow(capture, row)!.dialect, toRow(capture, row)!.method], ["raw", ""]);
  assert.equal(dialogue.detailOf(row)?.isChosen, true);
  dialogue.choose([
    { tapName: "mine", sockets: null, dialect: "raw" },
    { tapName: "mine", sockets: "DEALER-ROUTER", dialect: "json-rpc" },
  ]);
  await dialogue.settled();
  assert.equal(toRow(capture, row)!.method, "add");
});

test("Nothing is judged twice, and a cleared capture begins anew", async (t) => {
  const { capture, dialogue } = talking(t);
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  ask(capture, link, call(1));
  await dialogue.settled();
  capture.clear();
  const again = ask(capture, link, call(1));
  await dialogue.settled();
  assert.equal(dialogue.judgedN, again);
  assert.equal(toRow(capture, again)!.isDuplicate, false);
});

/** A link of a frontend-backend application, and what asks on it and is acknowledged at once. */
function acknowledging(capture: Capture): (text: string) => number {
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  return (text) => {
    const request = say(capture, link, 0, ["", text]);
    capture.exchange(request, "pending");
    capture.paired(request, say(capture, link, 1, ["", "OK"]), false);
    return request;
  };
}

test("A call that is only acknowledged waits for its signal, and has failed when none comes for half a minute", async (t) => {
  const clock = new PacketClock(0n);
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024, clock });
  const dialogue = new Dialogue(capture);
  t.after(() => dialogue.dispose());
  const [calls, signals] = [acknowledging(capture), acknowledging(capture)];
  const nosuch = calls('{"api_method": "nosuch", "arguments": {}}');
  const stop = calls('{"api_method": "stop", "arguments": {}}');
  await dialogue.settled();
  const statusOf = (n: number): string => toRow(capture, n)!.status;
  // Nobody has seen a signal so far, which may go where no tap is.
  assert.equal(statusOf(nosuch), "acknowledged");
  const add = calls('{"api_method": "add", "arguments": {}}');
  signals('{"signal": "add_error", "data": "no"}');
  await dialogue.settled();
  assert.deepEqual([nosuch, stop, add].map(statusOf), ["pending", "acknowledged", "error"]);
  clock.set(31e9);
  assert.deepEqual([nosuch, stop, add].map(statusOf), ["timed-out", "acknowledged", "error"]);
  assert.match(toRow(capture, nosuch)!.problem, /^It was acknowledged, and no signal came for 30 s\.$/);
});

test("Heartbeats are counted once, also when rows are judged anew", async (t) => {
  const { capture, dialogue } = talking(t);
  const ask = acknowledging(capture);
  ask('{"api_method": "add", "arguments": {}}');
  const beat = ask("PING");
  await dialogue.settled();
  assert.deepEqual([toRow(capture, beat)!.isHeartbeat, capture.stats().heartbeats], [true, 2]);
  dialogue.choose([]);
  await dialogue.settled();
  assert.equal(capture.stats().heartbeats, 2);
  dialogue.configure("tap", "json-rpc");
  await dialogue.settled();
  assert.deepEqual([toRow(capture, beat)!.isHeartbeat, capture.stats().heartbeats], [false, 0]);
});

test("What is on disk only is read for it", async (t) => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024, segmentBytes: 256 * 1024 });
  const shelf = await TemporaryShelf.make(capture);
  t.after(() => shelf.remove());
  const link = openLink(capture, { sockets: DEALER_ROUTER });
  const first = ask(capture, link, call("early"));
  for (let index = 0; index < 400; index++) {
    say(capture, link, 0, [Buffer.alloc(100_000)]);
    if (index % 50 === 0) await shelf.files.drained(0);
  }
  assert.equal(capture.isInMemory(first), false);
  const answer = reply(capture, link, result("early"));
  const dialogue = new Dialogue(capture, { isFile: true, isAnew: true });
  t.after(() => dialogue.dispose());
  await dialogue.settled();
  await capture.prepare(first);
  assert.deepEqual(told(capture, [first, answer]), [
    [first, "answered", answer, "ok"],
    [answer, "reply", first, "ok"],
  ]);
});

test("Calls of a tap whose capturing was stopped wait no longer, and those of others do", async (t) => {
  const { capture, dialogue } = talking(t);
  const [one, other] = [
    openLink(capture, { tap: "one", sockets: DEALER_ROUTER }),
    openLink(capture, { tap: "other", sockets: DEALER_ROUTER }),
  ];
  const calls = [ask(capture, one, call(1)), ask(capture, other, call(1))];
  capture.event(null, "id-one", "one", "capturing", { state: "stopped" });
  const answer = reply(capture, other, result(1));
  await dialogue.settled();
  assert.deepEqual(told(capture, [...calls, answer]), [
    [calls[0], "none", null, "none"],
    [calls[1], "answered", answer, "ok"],
    [answer, "reply", calls[1], "ok"],
  ]);
});
