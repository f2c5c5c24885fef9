import assert from "node:assert/strict";
import { test } from "node:test";
import { differenceLines, resultDocument, resultLine, resultSummary } from "../../../src/shared/zmqrpc/resultText.ts";
import type { RunResult } from "../../../src/shared/zmqrpc/runCall.ts";
import { replied, without } from "../../support/callFiles.ts";

const passed: RunResult = {
  name: "add",
  status: "passed",
  outcome: replied("ok", { json: '{"sum":3}' }),
  checks: [{ text: "status ok", isMet: true, differs: [] }],
  problem: null,
  problems: [],
  saved: new Map([["sum", 3]]),
};
const failed: RunResult = {
  ...passed,
  status: "failed",
  checks: [...passed.checks, { text: "value.sum == 4", isMet: false, differs: ["value.sum is 3, expected 4"] }],
};
const broken: RunResult = {
  ...passed,
  status: "broken",
  outcome: null,
  checks: [],
  problem: "No key.",
  saved: new Map(),
};
const cancelled: RunResult = { ...broken, status: "cancelled", outcome: without("cancelled"), problem: null };
const timedOut: RunResult = { ...cancelled, status: "timeout", outcome: without("timeout", { moreOthers: 2 }) };

test("resultLine and differenceLines say what came of a call", () => {
  assert.equal(resultLine(passed), "✓ add  1.25 ms");
  assert.equal(resultLine(broken), "✗ add");
  assert.deepEqual(differenceLines(passed), []);
  assert.deepEqual(differenceLines(failed), ["expected value.sum == 4", "  value.sum is 3, expected 4"]);
  assert.deepEqual(differenceLines(broken), ["No key."]);
  assert.deepEqual(differenceLines(cancelled), ["It was cancelled."]);
});

test("resultSummary counts", () => {
  assert.equal(resultSummary([passed]), "1 of 1 call as expected.");
  assert.equal(
    resultSummary([passed, failed, broken, cancelled, timedOut]),
    "1 of 5 calls as expected, 1 different, 1 without a reply, 1 not sent, 1 cancelled.",
  );
});

test("resultDocument shows what came of calls, and says where each begins", () => {
  const place = "tcp://127.0.0.1:1 · json-rpc";
  const shown = [failed, broken, timedOut, null].map((result) => ({ name: "add", place, result }));
  const { text, starts } = resultDocument(shown);
  assert.equal(
    text,
    `✗ add · answered after 1.25 ms
  tcp://127.0.0.1:1 · json-rpc

  ✓ status ok
  ✗ value.sum == 4
      value.sum is 3, expected 4
  ✓ sum = 3

{
  "sum": 3
}


✗ add
  tcp://127.0.0.1:1 · json-rpc
  Not sent. No key.


✗ add · no answer within 500 ms
  tcp://127.0.0.1:1 · json-rpc
  No answer within 500 ms.
  Meanwhile came 2 messages that answered something else.


… add
  tcp://127.0.0.1:1 · json-rpc
`,
  );
  assert.deepEqual(
    starts.map((line) => text.split("\n")[line]?.slice(2, 5)),
    ["add", "add", "add", "add"],
  );
});

test("resultDocument cuts what is long, and says when a reply brings nothing", () => {
  const show = (result: RunResult): string => resultDocument([{ name: "a", place: "", result }]).text;
  assert.match(show({ ...passed, outcome: replied("ok", {}) }), /brings nothing/);
  const long = show({ ...passed, outcome: replied("ok", { json: JSON.stringify("x".repeat(300_000)) }) });
  assert.match(long, /The rest is left out/);
  assert.match(show({ ...passed, saved: new Map([["t", "y".repeat(500)]]) }), /y{199}…/);
});
