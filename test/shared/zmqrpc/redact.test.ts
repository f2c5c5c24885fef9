import assert from "node:assert/strict";
import { test } from "node:test";
import { redactResult, redactText } from "../../../src/shared/zmqrpc/redact.ts";
import type { RunResult } from "../../../src/shared/zmqrpc/runCall.ts";
import { replied } from "../../support/callFiles.ts";

test("redactText leaves nothing of a secret, as it is or as JSON, and short texts alone", () => {
  const secrets = new Set(["abcd", 'xabcd"\n', "s"]);
  assert.equal(redactText(`abcd ${JSON.stringify('xabcd"\n')} xabcd"\n sss`, secrets), '*** "***" *** sss');
});

test("redactResult cleans what a result says, and leaves its reply", () => {
  const check = { text: 'value == "abcd"', isMet: false, differs: ["value is 1, expected abcd"] };
  const result: RunResult = {
    name: "a",
    status: "failed",
    outcome: replied("ok", { json: '"abcd"' }),
    checks: [check],
    problem: "abcd is wrong",
    problems: [],
    saved: new Map(),
  };
  const { checks, problem, outcome } = redactResult(result, new Set(["abcd"]));
  assert.deepEqual(checks, [{ text: 'value == "***"', isMet: false, differs: ["value is 1, expected ***"] }]);
  assert.equal(problem, "*** is wrong");
  assert.equal(outcome, result.outcome);
  assert.equal(redactResult({ ...result, problem: null }, new Set(["abcd"])).problem, null);
  assert.equal(redactResult(result, new Set()), result);
});
