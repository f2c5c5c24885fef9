import assert from "node:assert/strict";
import { test } from "node:test";
import { errorOf, failureReply, isHeartbeat, TAKEN } from "../../../src/proxy/bridge/status.ts";

const frames = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));

test("only the one frame of pyzmqrpc3 is a heartbeat", () => {
  assert.ok(isHeartbeat(frames("zmq_sub_heartbeat")));
  for (const other of [[], ["zmq_sub_heartbeaT"], ["zmq_sub_heartbeat", ""], ["", "zmq_sub_heartbeat"], ["x"]])
    assert.ok(!isHeartbeat(frames(...other)));
});

test("failureReply and TAKEN are replies of the dialect, whatever the reason says", () => {
  const why = 'no "reply" from ž\n.';
  assert.deepEqual(JSON.parse(String(failureReply(why)[0])), { status_code: 482, status_message: why });
  assert.deepEqual(String(TAKEN[0]), '{"status_code": 200, "status_message": "OK"}');
});

test("errorOf tells the message of a status reply that is an error, and takes anything else for none", () => {
  assert.equal(errorOf(failureReply("boom.")), "boom.");
  assert.equal(errorOf(frames('{"status_code": 463}')), "status 463");
  assert.equal(errorOf(frames('{"status_code": 463, "status_message": ""}')), "status 463");
  for (const none of [
    TAKEN,
    [],
    frames(""),
    frames("OK"),
    frames("{"),
    frames("{}"),
    frames('{"status_code": "463"}'),
    frames('{"status_code": 463}', "more"),
    frames(`{"status_code": 463, "x": "${"x".repeat(70_000)}"}`),
    [Buffer.from([0x7b, 0xff, 0xfe])],
  ])
    assert.equal(errorOf(none), null);
});
