import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplayTally } from "../../../src/proxy/rpc/replayTally.ts";
import { MAX_DIFFERENCES } from "../../../src/shared/replaySession.ts";
import { octets } from "../../support/octets.ts";

test("ReplayTally counts, and keeps what differs with its reply", () => {
  const tally = new ReplayTally();
  tally.sent = 4;
  tally.answered = 2;
  tally.same = 1;
  tally.skip("receiver", "Nobody is there.");
  tally.skip("receiver", "Somebody else is not there.");
  tally.skip("copy");
  tally.differs(3, 4, "It differs.", [octets("now")]);
  tally.missing(5, 6, "None came.");
  const summary = tally.summary({ ended: "done", problem: null, elapsedMs: 5 });
  assert.deepEqual(summary, {
    ended: "done",
    problem: null,
    elapsedMs: 5,
    sent: 4,
    answered: 2,
    same: 1,
    differed: 1,
    timedOut: 1,
    unanswered: 0,
    skipped: 3,
    reasons: [
      { reason: "receiver", count: 2, example: "Nobody is there." },
      { reason: "copy", count: 1, example: "" },
    ],
    differences: [
      { request: 3, reply: 4, kind: "differs", what: "It differs." },
      { request: 5, reply: 6, kind: "missing", what: "None came." },
    ],
  });
  assert.deepEqual([tally.replyOf(0), tally.replyOf(1), tally.replyOf(2)], [[octets("now")], null, null]);
});

test("ReplayTally keeps the first differences only, and replies while there is room", () => {
  const tally = new ReplayTally();
  const large = [new Uint8Array(20 * 1024 * 1024)];
  for (let n = 0; n < MAX_DIFFERENCES + 5; n++) tally.differs(n, n, "It differs.", n < 2 ? large : [octets("a")]);
  assert.equal(tally.counts.differed, MAX_DIFFERENCES + 5);
  assert.equal(tally.differences.length, MAX_DIFFERENCES);
  assert.deepEqual([tally.replyOf(0), tally.replyOf(1), tally.replyOf(2)], [large, null, [octets("a")]]);
});
