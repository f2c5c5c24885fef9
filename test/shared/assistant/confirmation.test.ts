import assert from "node:assert/strict";
import { test } from "node:test";
import { confirmationOf } from "../../../src/shared/assistant/confirmation.ts";
import { Redactor } from "../../../src/shared/assistant/redactor.ts";
import { readToolInput } from "../../../src/shared/assistant/toolInput.ts";
import { type AssistantToolName, TOOLS } from "../../../src/shared/assistant/tools.ts";

function asked(name: AssistantToolName, given: object = {}, isRedacted = true) {
  return confirmationOf(name, readToolInput(TOOLS[name].inputSchema, given), new Redactor(isRedacted));
}

for (const [name, given, said] of [
  ["list_zmq_taps", {}, /list the taps\?.*no payload/s],
  ["search_zmq_messages", {}, /all rows in the capture.*are hidden from it/s],
  ["search_zmq_messages", { filter: "a == 1", capture: "b.pcapng" }, /rows that fit a == 1 in the capture b\.pcapng/],
  ["get_zmq_message", { row: 7 }, /read row 7\?.*whole decoded payload/s],
  ["list_zmq_findings", {}, /list the findings/],
  ["explain_zmq_link", { link: 3 }, /look at link 3\?.*handshake/s],
  [
    "call_zmq_service",
    { tap: "t", method: "add", args: [1] },
    /call "add" through the tap "t"\?.*args: \[1\].*asks again/s,
  ],
] as const) {
  test(`The user is asked before ${name} ${JSON.stringify(given)}`, () => {
    const { progress, title, message } = asked(name, given);
    assert.match(`${title}\n${message}`, said);
    assert.notEqual(progress, "");
  });
}

test("The user is told when nothing is hidden", () => {
  assert.match(asked("get_zmq_message", { row: 1 }, false).message, /zmqTap\.assistant\.redact is off/);
});

test("What an assistant writes is cut in questions", () => {
  assert.ok(asked("search_zmq_messages", { filter: "x".repeat(9_000) }).message.length < 1_000);
  assert.ok(asked("call_zmq_service", { tap: "t", method: "m", args: ["x".repeat(9_000)] }).message.length < 3_000);
});
