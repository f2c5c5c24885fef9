import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EMPTY_DRAFT,
  endpointProblem,
  frameBytes,
  frameProblem,
  hasAnswer,
  timeoutProblem,
  toDraft,
} from "../../webview/callDraft.ts";

test("A frame is right as soon as its format can read it", () => {
  assert.equal(frameProblem({ format: "text", text: "" }), null);
  assert.equal(frameProblem({ format: "json", text: '{"a": [1]}' }), null);
  assert.equal(frameProblem({ format: "msgpack", text: "[1]" }), null);
  assert.equal(frameProblem({ format: "hex", text: "00 ff\n01" }), null);
  for (const frame of [
    { format: "json", text: '{"a":' },
    { format: "json", text: "" },
    { format: "msgpack", text: "nope" },
    { format: "hex", text: "0" },
    { format: "hex", text: "zz" },
  ] as const) {
    assert.equal(typeof frameProblem(frame), "string", `${frame.format} ${frame.text}`);
  }
});

test("A frame's size is known before sending, except for MessagePack and while it is wrong", () => {
  assert.equal(frameBytes({ format: "text", text: "grüße" }), 7);
  assert.equal(frameBytes({ format: "json", text: "[1, 2]" }), 6);
  assert.equal(frameBytes({ format: "hex", text: "00 ff" }), 2);
  assert.equal(frameBytes({ format: "msgpack", text: "[1]" }), null);
  assert.equal(frameBytes({ format: "hex", text: "0" }), null);
});

test("An endpoint and a timeout are judged while they are typed", () => {
  assert.equal(endpointProblem("tcp://127.0.0.1:5555"), null);
  assert.equal(endpointProblem("ipc:///tmp/a.sock"), null);
  assert.match(endpointProblem("") ?? "", /it is empty/);
  assert.match(endpointProblem("127.0.0.1:5555") ?? "", /transport is missing/);
  assert.deepEqual([1, 5000, 3_600_000].map(timeoutProblem), [null, null, null]);
  for (const wrong of [0, -1, 1.5, Number.NaN, 3_600_001]) assert.equal(typeof timeoutProblem(wrong), "string");
});

test("Only REQ and DEALER wait for an answer", () => {
  assert.deepEqual((["REQ", "DEALER", "PUSH", "PUB"] as const).map(hasAnswer), [true, true, false, false]);
});

test("toDraft repairs what was stored and gives up on what is none or too long", () => {
  for (const stored of [null, undefined, 3, "x"]) assert.equal(toDraft(stored), null);
  assert.deepEqual(
    toDraft({ target: { kind: "tap" }, socket: "SUB", frames: [{ format: "xml", text: "" }], timeoutMs: 0 }),
    {
      ...EMPTY_DRAFT,
    },
  );
  assert.equal(toDraft({ frames: [{ format: "text", text: "x".repeat(100_001) }] }), null);
  assert.equal(
    toDraft({ frames: Array.from({ length: 100 }, () => ({ format: "text", text: "" })) })?.frames.length,
    64,
  );
  assert.deepEqual(toDraft({ target: { kind: "endpoint", endpoint: "x" } })?.target, {
    kind: "endpoint",
    endpoint: "x",
  });
});
