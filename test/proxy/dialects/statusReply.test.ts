import assert from "node:assert/strict";
import { test } from "node:test";
import { readStatusReply, sayStatus, writeStatus } from "../../../src/proxy/dialects/statusReply.ts";
import type { Said } from "../../../src/shared/dialects.ts";
import { octets } from "../../support/dialects.ts";

function said(json: string): Said {
  const read = sayStatus(readStatusReply(octets(json))!);
  assert.ok("said" in read);
  return read.said;
}

test("A reply with code 200 brings its value, or none when only a proxy answered", () => {
  const reply = said('{"status_code": 200, "status_message": "OK", "response_message": {"a": 1}}');
  assert.deepEqual([reply.kind, reply.value, reply.code], ["reply", { a: 1 }, null]);
  assert.deepEqual(reply.facts, [{ label: "Status", value: "200 OK" }]);
  assert.equal("value" in said('{"status_code":200,"status_message":"OK"}'), false);
});

test("Every other code is an error with the server's words", () => {
  for (const code of [400, 450, 451, 463, 482, 500, 201]) {
    const error = said(`{"status_code":${code},"status_message":"boom "}`);
    assert.deepEqual([error.kind, error.problem, error.code], ["error", "boom", String(code)]);
  }
  assert.equal(said('{"status_code":463,"status_message":""}').problem, "The server answered with code 463.");
});

test("What lacks a part, has another one or one of another type is no status reply", () => {
  for (const json of [
    "",
    "[200]",
    '{"status_code":200}',
    '{"status_message":"OK"}',
    '{"status_code":"200","status_message":"OK"}',
    '{"status_code":200.5,"status_message":"OK"}',
    '{"status_code":200,"status_message":null}',
    '{"status_code":200,"status_message":"OK","more":1}',
  ]) {
    assert.equal(readStatusReply(octets(json)), undefined, json);
  }
});

test("Answers are written as the server does", () => {
  const written = (answer: Parameters<typeof writeStatus>[0]): unknown => {
    const frames = writeStatus(answer);
    assert.ok("frames" in frames);
    return JSON.parse(Buffer.from(frames.frames[0]!).toString());
  };
  assert.deepEqual(written({ kind: "value", value: [1] }), {
    status_code: 200,
    status_message: "OK",
    response_message: [1],
  });
  for (const value of [null, undefined]) {
    assert.deepEqual(written({ kind: "value", value }), { status_code: 200, status_message: "OK" });
  }
  assert.deepEqual(written({ kind: "error", problem: "boom" }), { status_code: 463, status_message: "boom" });
  assert.ok("problem" in writeStatus({ kind: "value", value: NaN }));
});
