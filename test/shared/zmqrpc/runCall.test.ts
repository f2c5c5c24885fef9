import assert from "node:assert/strict";
import { test } from "node:test";
import type { CallOutcome } from "../../../src/shared/calls.ts";
import { UserError } from "../../../src/shared/userError.ts";
import { readCallFile } from "../../../src/shared/zmqrpc/callFile.ts";
import { replyOf, runCall, type RunResult } from "../../../src/shared/zmqrpc/runCall.ts";
import { context, replied, without } from "../../support/callFiles.ts";

const known = { ...context, saved: new Map<string, unknown>(), processVariable: () => undefined };
const matches = (pattern: string, text: string): Promise<boolean> =>
  Promise.resolve(new RegExp(pattern, "i").test(text));

function run(lines: readonly string[], send: () => Promise<CallOutcome>): Promise<RunResult> {
  const file = readCallFile(
    `call a\n  target: tcp://127.0.0.1:1\n  dialect: json-rpc\n  method: m\n${lines.map((line) => `  ${line}\n`).join("")}`,
  );
  return runCall(file, file.calls[0]!, known, { send, matches });
}

const outcomes: readonly (readonly [string, readonly string[], CallOutcome, RunResult["status"], string])[] = [
  ["a reply", [], replied("ok", { json: "1" }), "passed", "status ok"],
  ["a one-way call", [], without("sent"), "passed", "status ok"],
  ["a one-way call that is to be answered", ["expect: status ok"], without("sent"), "failed", "Sent."],
  ["an error", [], replied("error", { problem: "no", code: "7" }), "failed", "7: no."],
  [
    "an expected error",
    ["expect: status error", 'expect: code == "7"'],
    replied("error", { code: "7" }),
    "passed",
    "code",
  ],
  [
    "no reply",
    ["expect: value == 1"],
    without("timeout", { attempts: 2, hint: "Nobody." }),
    "timeout",
    "No answer within 500 ms, 2 times. Nobody.",
  ],
  ["an expected timeout", ["expect: status timeout"], without("timeout"), "passed", "status timeout"],
  ["another value", ["expect: value.a == 2"], replied("ok", { json: '{"a":1}' }), "failed", "value.a is 1, expected 2"],
  [
    "a value that is too large",
    ["expect: value.b exists"],
    replied("ok", { json: '{"a":1}', truncated: true }),
    "failed",
    "too large",
  ],
  [
    "a saved value that is missing",
    ["save: t = value.t"],
    replied("ok", { json: "{}" }),
    "failed",
    "value.t is missing",
  ],
];
for (const [what, lines, outcome, status, text] of outcomes) {
  test(`runCall judges ${what}`, async () => {
    const result = await run(lines, () => Promise.resolve(outcome));
    assert.equal(result.status, status);
    assert.ok(JSON.stringify(result.checks).includes(JSON.stringify(text).slice(1, -1)), JSON.stringify(result.checks));
  });
}

test("runCall hands on what was saved", async () => {
  const result = await run(["save: t = value.t[0]"], () => Promise.resolve(replied("ok", { json: '{"t":[{"x":1}]}' })));
  assert.deepEqual([...result.saved], [["t", { x: 1 }]]);
});

test("runCall tells of a call that cannot be read, or not be sent, and of one that was cancelled", async () => {
  const never = (): Promise<CallOutcome> => assert.fail();
  const unread = await run(["timeout: 1"], never);
  assert.deepEqual([unread.status, unread.problems.length], ["broken", 1]);
  assert.match(unread.problem ?? "", /with its unit/);
  const refused = await run([], () => Promise.reject(new UserError("x", "Nobody is there.")));
  assert.deepEqual([refused.status, refused.problem], ["broken", "Nobody is there."]);
  await assert.rejects(
    run([], () => Promise.reject(new TypeError("bug"))),
    TypeError,
  );
  assert.equal((await run([], () => Promise.resolve(without("cancelled")))).status, "cancelled");
});

test("replyOf reads frames without a dialect as JSON, text or hex", () => {
  const frames = ['{"a":1}', "{no", "text"].map((text) => new TextEncoder().encode(text));
  const outcome = replied("ok", {}, { said: null, frames: [...frames, new Uint8Array([255, 0])] });
  assert.deepEqual(replyOf(outcome).value, [{ a: 1 }, "{no", "text", "0xff00"]);
  assert.equal(replyOf(replied("error", {}, { said: null, problem: "unreadable" })).problem, "unreadable");
  assert.deepEqual(replyOf(without("timeout")).value, undefined);
  assert.deepEqual(replyOf(replied("ok", { method: "m", problem: "p", code: "c" })), {
    value: undefined,
    problem: "p",
    code: "c",
    method: "m",
  });
});
