import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_TALK } from "../../../src/proxy/capture/talk.ts";

test("A capture that nobody understands is judged as far as it goes, and says nothing", async () => {
  assert.equal(NO_TALK.judgedN, Infinity);
  await NO_TALK.settled();
  assert.deepEqual(
    [NO_TALK.said(1), NO_TALK.detailOf(1), NO_TALK.outcomeOf(1), NO_TALK.statusOf(1)],
    [null, null, null, { status: "none", problem: "" }],
  );
});
