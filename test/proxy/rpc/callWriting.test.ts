import assert from "node:assert/strict";
import { test } from "node:test";
import { onWire, writeCall } from "../../../src/proxy/rpc/callWriting.ts";
import type { DialectName } from "../../../src/shared/dialects.ts";
import type { CallSocket } from "../../../src/shared/model.ts";

const text = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString());
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const call = { method: "add", args: [2, 3], kwargs: {}, fields: {} };
const body = (dialect: DialectName, socket?: CallSocket, change: object = {}) =>
  ({ kind: "dialect", dialect, call: { ...call, ...change }, ...(socket === undefined ? {} : { socket }) }) as const;

test("writeCall passes frames on as they are, and reads nothing in what comes back", () => {
  const { frames, wantsReply, read } = writeCall({ kind: "frames", socket: "PUSH", frames: [bytes("job")] });
  assert.deepEqual([text(frames), wantsReply, read([bytes("x")])], [["job"], false, { said: null, problem: null }]);
});

test("writeCall makes frames of a dialect's call, and reads its replies", () => {
  const { frames, socket, read } = writeCall(body("json-rpc"));
  const { id, ...rest } = JSON.parse(text(frames)[0]!) as Record<string, unknown>;
  assert.deepEqual(rest, { jsonrpc: "2.0", method: "add", params: [2, 3] });
  assert.equal(socket, "REQ");
  const good = read([bytes(JSON.stringify({ jsonrpc: "2.0", id, result: { sum: 5 } }))]);
  assert.deepEqual([good.said?.kind, good.said?.json, good.problem], ["reply", '{"sum":5}', null]);
  const error = { code: -1, message: "no" };
  assert.equal(read([bytes(JSON.stringify({ jsonrpc: "2.0", id, error }))]).said?.kind, "error");
  const unreadable = read([bytes("nonsense")]);
  assert.equal(unreadable.said, null);
  assert.match(unreadable.problem ?? "", /^[A-Z].*[.]$/);
});

test("writeCall fits the delimiter to another socket, except of raw frames", () => {
  assert.deepEqual(text(writeCall(body("json-rpc", "DEALER")).frames).length, 2);
  assert.equal(writeCall(body("json-rpc", "DEALER")).frames[0]?.length, 0);
  assert.equal(writeCall(body("zerorpc")).frames[0]?.length, 0);
  assert.equal(writeCall(body("zerorpc", "REQ")).frames.length, 1);
  assert.deepEqual(text(writeCall(body("raw", "DEALER")).frames), ["add", "2", "3"]);
});

test("writeCall knows the id that a reply on a DEALER repeats", () => {
  assert.equal(writeCall(body("json-rpc")).id, null);
  assert.match(writeCall(body("json-rpc", "DEALER")).id ?? "", /^[0-9a-f]{32}$/);
  assert.match(writeCall(body("zerorpc")).id ?? "", /^[0-9a-f]+$/);
});

test("writeCall signs with the call's own key, else with the tap's", () => {
  const jupyter = body("jupyter", undefined, { method: "kernel_info_request", args: [] });
  const signature = (frames: readonly Uint8Array[]): string => text(frames)[1]!;
  assert.equal(signature(writeCall(jupyter).frames), "");
  assert.match(signature(writeCall(jupyter, bytes("tap key")).frames), /^[0-9a-f]{64}$/);
  const own = body("jupyter", undefined, { method: "kernel_info_request", args: [], fields: { key: "own" } });
  assert.match(signature(writeCall(own).frames), /^[0-9a-f]{64}$/);
});

test("writeCall says why a dialect cannot write a call", () => {
  assert.throws(() => writeCall(body("bitcoin")), { code: "bad-call", message: /nobody can be called/ });
  assert.throws(() => writeCall(body("jupyter", undefined, { method: "" })), { code: "bad-call" });
  assert.throws(() => writeCall(body("none" as DialectName)), { code: "bad-call" });
});

test("onWire puts the delimiter of a REQ in front", () => {
  assert.deepEqual(text(onWire("REQ", [bytes("a")])), ["", "a"]);
  assert.deepEqual(text(onWire("DEALER", [bytes("a")])), ["a"]);
});
