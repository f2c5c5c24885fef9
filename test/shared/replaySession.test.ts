import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isAsRecorded,
  type ReplayOptions,
  replayProblem,
  replayProgressText,
  type ReplaySummary,
  replayText,
} from "../../src/shared/replaySession.ts";

const SUMMARY: ReplaySummary = {
  sent: 1,
  answered: 0,
  same: 0,
  differed: 0,
  timedOut: 0,
  unanswered: 0,
  skipped: 0,
  ended: "done",
  problem: null,
  elapsedMs: 1_234,
  reasons: [],
  differences: [],
};

test("replayText says what came of a session", () => {
  assert.equal(replayText(SUMMARY), "Replayed 1 message in 1.2 s.");
  assert.equal(replayText({ ...SUMMARY, elapsedMs: 41.6 }), "Replayed 1 message in 42 ms.");
  assert.match(
    replayText({ ...SUMMARY, sent: 0 }),
    /^Replayed 0 messages in 1.2 s. There was nothing to send: .* one way\.$/,
  );
  assert.equal(
    replayText({ ...SUMMARY, sent: 1_200, answered: 1_000, same: 998, differed: 2, timedOut: 3, unanswered: 4 }),
    "Replayed 1,200 messages in 1.2 s: 1,000 answered (998 as recorded, 2 different), 3 timed out, 4 without an answer, as recorded.",
  );
  assert.equal(
    replayText({ ...SUMMARY, answered: 1, ended: "cancelled" }),
    "Cancelled after 1 message in 1.2 s: 1 answered.",
  );
  assert.equal(
    replayText({
      ...SUMMARY,
      ended: "failed",
      problem: "Nothing listens there.",
      skipped: 3,
      reasons: [
        { reason: "encrypted", count: 2, example: "" },
        { reason: "copy", count: 1, example: "" },
      ],
    }),
    "Failed after 1 message in 1.2 s. Skipped 3 messages: 2 encrypted, and no keys were there when they were recorded; " +
      "1 further copies of a publication. Nothing listens there.",
  );
});

test("replayProgressText says how far a session is", () => {
  const progress = { ...SUMMARY, job: "job", rows: 1_000, total: 2_000, sent: 500 };
  assert.equal(replayProgressText(progress), "1,000 of 2,000 rows, 500 sent");
  const bad = { ...progress, total: null, differed: 1, timedOut: 1 };
  assert.equal(replayProgressText(bad), "1,000 rows, 500 sent, 2 not as recorded");
});

test("isAsRecorded holds when nothing differs, is missing, was cut off or could not be made", () => {
  assert.deepEqual(
    [
      SUMMARY,
      { ...SUMMARY, unanswered: 1, skipped: 1 },
      { ...SUMMARY, differed: 1 },
      { ...SUMMARY, timedOut: 1 },
      { ...SUMMARY, ended: "cancelled" as const },
      { ...SUMMARY, skipped: 1, reasons: [{ reason: "own" as const, count: 1, example: "" }] },
      { ...SUMMARY, skipped: 1, reasons: [{ reason: "renewal" as const, count: 1, example: "No key." }] },
    ].map(isAsRecorded),
    [true, true, false, false, false, true, false],
  );
});

const OPTIONS: ReplayOptions = {
  target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:5556", bind: false },
  timing: { kind: "recorded", speed: 1 },
  loops: 1,
  from: null,
  as: null,
  timeoutMs: 5_000,
};

test("replayProblem finds nothing wrong with what can be done", () => {
  const good: readonly ReplayOptions[] = [
    OPTIONS,
    { ...OPTIONS, timing: { kind: "gap", ms: 0 }, as: "REQ" },
    { ...OPTIONS, target: { kind: "tap", tap: null }, timing: { kind: "wait" } },
    { ...OPTIONS, target: { kind: "endpoint", endpoint: "tcp://*:5556", bind: true }, as: "PUSH" },
  ];
  assert.deepEqual(good.map(replayProblem), [null, null, null, null]);
});

const problems: readonly [string, Partial<ReplayOptions>, RegExp][] = [
  ["a speed that is too low", { timing: { kind: "recorded", speed: 0.01 } }, /speed of 0.01.*0.1 to 1000/],
  ["a speed that is none", { timing: { kind: "recorded", speed: NaN } }, /speed of NaN/],
  ["a gap below nothing", { timing: { kind: "gap", ms: -1 } }, /gap of -1 ms/],
  ["no loop", { loops: 0 }, /0 times/],
  ["half a loop", { loops: 1.5 }, /1.5 times/],
  ["no time", { timeoutMs: 0 }, /timeout of 0 ms/],
  ["another socket through a tap", { target: { kind: "tap", tap: "a" }, as: "PUB" }, /as it was recorded/],
  [
    "a REQ that listens",
    { target: { kind: "endpoint", endpoint: "tcp://*:1", bind: true }, as: "REQ" },
    /Only PUB, XPUB, PUSH may listen/,
  ],
];
for (const [what, change, says] of problems) {
  test(`replayProblem names ${what}`, () => assert.match(replayProblem({ ...OPTIONS, ...change }) ?? "", says));
}
