import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Asked, Asking } from "../../../src/proxy/bridge/remote.ts";
import { PAUSE_MS, type Question, Remotes } from "../../../src/proxy/bridge/remotes.ts";
import { noCounts } from "../../../src/shared/bridges.ts";

/** Remotes that reply when the test says so, and time that passes when it says so. */
function remotesOf(t: TestContext, count: number, options: { timeoutMs?: number; retries?: number } = {}) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 1_000;
  t.mock.method(performance, "now", () => nowMs);
  const counters = noCounts();
  const problems: (string | null)[] = [];
  const remotes = new Remotes({
    timeoutMs: options.timeoutMs ?? 1_000,
    retries: options.retries ?? 0,
    counters,
    onProblem: (problem) => problems.push(problem),
  });
  const asks: { at: number; text: string; timeoutMs: number; asked: Asked }[] = [];
  const closed: number[] = [];
  const all = Array.from({ length: count }, (_, at): Asking => ({
    ask: (asked, timeoutMs) => void asks.push({ at, text: String(asked.frames[0]), timeoutMs, asked }),
    close: () => void closed.push(at),
  }));
  remotes.use(all);
  const ends: string[] = [];
  const ask = (text: string, deadlineMs = Infinity): void => {
    const question: Question = {
      frames: [Buffer.from(text)],
      deadlineMs,
      answered: (reply) => ends.push(`${text}: ${reply.map(String).join()}`),
      failed: (why, isLate) => ends.push(`${text} ${isLate ? "late" : "failed"}: ${why}`),
    };
    remotes.ask(question);
  };
  const last = (at: number): Asked => asks.findLast((one) => one.at === at)!.asked;
  return {
    remotes,
    counters,
    problems,
    ends,
    ask,
    closed,
    asked: () => asks.map(({ at, text, timeoutMs }) => `${at} ${text} ${timeoutMs}`),
    reply: (at: number, text = "ok") => remotes.events.replied(all[at]!, last(at), [Buffer.from(text)]),
    fail: (at: number, why = "It was silent.") => remotes.events.failed(all[at]!, last(at), why),
    pass: (ms: number) => {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
  };
}

test("Remotes hand questions out in turn, and let them wait in order while none is free", (t) => {
  const { ask, asked, reply, ends, counters } = remotesOf(t, 2);
  for (const text of ["a", "b", "c", "d"]) ask(text);
  assert.deepEqual(asked(), ["0 a 1000", "1 b 1000"]);
  reply(1);
  reply(0);
  reply(1);
  ask("e");
  assert.deepEqual(asked().slice(2), ["1 c 1000", "0 d 1000", "1 e 1000"]);
  assert.deepEqual(ends, ["b: ok", "a: ok", "c: ok"]);
  assert.deepEqual([counters.sent, counters.retried], [5, 0]);
});

test("Remotes try another remote at once when an attempt took its time, and behind a pause when it failed soon", (t) => {
  const { ask, asked, fail, reply, pass, ends, counters, problems } = remotesOf(t, 2, { retries: 2 });
  ask("a");
  pass(1_000);
  fail(0);
  assert.deepEqual(asked(), ["0 a 1000", "1 a 1000"]);
  pass(1);
  fail(1, "It went.");
  assert.equal(asked().length, 2);
  pass(PAUSE_MS);
  assert.deepEqual(asked()[2], "0 a 1000");
  reply(0);
  assert.deepEqual([ends, problems], [["a: ok"], ["It was silent.", "It went.", null]]);
  ask("b");
  for (let attempt = 0; attempt < 3; attempt++) {
    pass(1_000);
    fail([1, 0, 1][attempt]!);
  }
  assert.deepEqual(ends[1], "b failed: It was silent.");
  assert.deepEqual([counters.sent, counters.retried], [2, 4]);
});

test("Remotes fail a question at its deadline, whether it waits, is tried, or would be tried again", (t) => {
  const { ask, asked, fail, reply, pass, ends } = remotesOf(t, 1, { retries: 5 });
  ask("a", 1_600);
  ask("b", 1_700);
  ask("c", 1_800);
  ask("d", 5_000);
  assert.deepEqual(asked(), ["0 a 600"]);
  pass(600);
  fail(0);
  assert.deepEqual(ends, ["a late: It was silent."]);
  assert.deepEqual(asked()[1], "0 b 100");
  pass(200);
  assert.deepEqual(ends[1], "c late: All remotes were busy until the time for an answer was over.");
  reply(0);
  assert.deepEqual(asked()[2], "0 d 1000");
  ask("e", 100);
  reply(0);
  assert.deepEqual(ends.slice(2), [
    "b: ok",
    "d: ok",
    "e late: All remotes were busy until the time for an answer was over.",
  ]);
});

test("Remotes that close fail all that has not ended, and what comes later", (t) => {
  const { remotes, ask, fail, ends, closed, pass, asked } = remotesOf(t, 2, { retries: 3 });
  for (const text of ["a", "b", "c"]) ask(text);
  fail(0);
  // What waited is tried where "a" was, which pauses.
  remotes.close("It ended.");
  ask("d");
  pass(10_000);
  assert.deepEqual(ends.toSorted(), [
    "a failed: It ended.",
    "b failed: It ended.",
    "c failed: It ended.",
    "d failed: The bridge was stopped.",
  ]);
  assert.deepEqual(closed, [0, 1]);
  assert.equal(asked().length, 3);
});
