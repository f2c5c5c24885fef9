import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallOutcome, CallReply, OtherReply, RepeatOutcome, ToldSaid } from "../../src/shared/calls.ts";
import {
  durationText,
  othersSentence,
  outcomeSentence,
  outcomeWords,
  repeatSentence,
} from "../../src/shared/callText.ts";

const said = (change: Partial<ToldSaid> = {}): ToldSaid => ({
  kind: "reply",
  method: "",
  json: "1",
  truncated: false,
  problem: null,
  code: null,
  id: null,
  facts: [],
  ...change,
});
const reply = (change: Partial<CallReply> = {}): CallReply => ({
  frames: [],
  said: said(),
  problem: null,
  latencyMs: 12.34,
  attempt: 1,
  row: null,
  ...change,
});
const outcome = (change: Partial<CallOutcome>): CallOutcome => ({
  kind: "ok",
  dialect: "json-rpc",
  reply: null,
  attempts: 1,
  timeoutMs: 5000,
  request: null,
  others: [],
  moreOthers: 0,
  hint: null,
  ...change,
});

test("outcomeWords and outcomeSentence tell what became of a call", () => {
  const acknowledged = reply({ said: said({ kind: "acknowledgement", json: null }) });
  const cases: readonly (readonly [Partial<CallOutcome>, string, string])[] = [
    [{ reply: reply() }, "answered after 12.3 ms", "Answered after 12.3 ms."],
    [{ reply: reply(), attempts: 2 }, "answered after 12.3 ms, attempt 2", "Answered after 12.3 ms, attempt 2."],
    [
      { reply: acknowledged },
      "acknowledged after 12.3 ms",
      "Acknowledged after 12.3 ms. That says only that the call has arrived: what comes of it comes on another link, if at all.",
    ],
    [
      { kind: "error", reply: reply({ said: said({ kind: "error", code: "463", problem: "No such method" }) }) },
      "error after 12.3 ms",
      "Error after 12.3 ms. 463: No such method.",
    ],
    [
      { kind: "error", reply: reply({ said: said({ kind: "error" }) }) },
      "error after 12.3 ms",
      "Error after 12.3 ms. The answer says no more.",
    ],
    [
      { kind: "error", reply: reply({ said: null, problem: "This is no JSON." }) },
      "unreadable answer after 12.3 ms",
      "Unreadable answer after 12.3 ms. This is no JSON.",
    ],
    [{ kind: "sent" }, "sent", "Sent."],
    [{ kind: "cancelled" }, "cancelled", "Cancelled."],
    [{ kind: "timeout" }, "no answer within 5 s", "No answer within 5 s."],
    [
      { kind: "timeout", attempts: 3, hint: "The request was sent." },
      "no answer within 5 s, 3 times",
      "No answer within 5 s, 3 times. The request was sent.",
    ],
  ];
  for (const [change, words, sentence] of cases) {
    assert.equal(outcomeWords(outcome(change)), words);
    assert.equal(outcomeSentence(outcome(change)), sentence);
  }
});

test("othersSentence counts late and other messages", () => {
  const late: OtherReply = { ...reply(), kind: "late" };
  const other: OtherReply = { ...reply(), kind: "other" };
  assert.equal(othersSentence(outcome({})), "");
  assert.equal(
    othersSentence(outcome({ others: [late] })),
    "Meanwhile came 1 late reply to an attempt that was given up.",
  );
  assert.equal(
    othersSentence(outcome({ others: [late, late, other], moreOthers: 2 })),
    "Meanwhile came 2 late replies to attempts that were given up and 3 messages that answered something else.",
  );
});

test("repeatSentence sums up, and says why it ended early", () => {
  const repeat: RepeatOutcome = {
    done: 20,
    counts: { ok: 18, error: 1, timeout: 1, sent: 0, cancelled: 0 },
    latencyMs: { min: 0.1, median: 1.5, p90: 3, p99: 104, max: 1500 },
    tookMs: 2000,
    problem: null,
    last: outcome({}),
  };
  assert.equal(
    repeatSentence(repeat),
    "20 calls in 2 s (10 a second): 18 answered, 1 errors, 1 not answered in time. Latency: median 1.5 ms, 99 % 104 ms, longest 1.5 s.",
  );
  const counts = { ok: 0, error: 0, timeout: 0, sent: 1, cancelled: 0 };
  const short = { ...repeat, done: 1, counts, latencyMs: null, tookMs: 0, problem: "The tap is stopped." };
  assert.equal(repeatSentence(short), "1 call in 0 ms: 1 sent. The tap is stopped.");
  assert.match(repeatSentence({ ...repeat, done: 3, tookMs: 2000 }), /\(1.5 a second\)/);
});

test("durationText has three digits at most", () => {
  assert.deepEqual([0.123, 1, 12.34, 100, 999, 1000, 12_340].map(durationText), [
    "0.12 ms",
    "1 ms",
    "12.3 ms",
    "100 ms",
    "999 ms",
    "1 s",
    "12.3 s",
  ]);
});
