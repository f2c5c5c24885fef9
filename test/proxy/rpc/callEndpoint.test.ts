import assert from "node:assert/strict";
import { test } from "node:test";
import { Reply } from "zeromq";
import { callEndpoint } from "../../../src/proxy/rpc/callEndpoint.ts";

const call = (endpoint: string, change: object = {}) =>
  ({ endpoint, socket: "REQ", frames: [Buffer.from("q")], timeoutMs: 5000, ...change }) as const;
const never = new AbortController().signal;

test("callEndpoint throws a REQ that timed out away, so that a late reply reaches nobody else", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const endpoint = server.lastEndpoint ?? "";
  assert.deepEqual(await callEndpoint(call(endpoint, { timeoutMs: 100 }), never), { kind: "timeout", afterMs: 100 });
  await server.receive();
  await server.send("late");
  const answered = callEndpoint(call(endpoint), never);
  await server.receive();
  await server.send("right");
  const result = await answered;
  assert.equal(result.kind === "answer" ? Buffer.from(result.frames[0]!).toString() : result.kind, "right");
});

test("callEndpoint does not send when it was cancelled before", async () => {
  assert.deepEqual(await callEndpoint(call("tcp://127.0.0.1:1"), AbortSignal.abort()), { kind: "cancelled" });
});

test("callEndpoint times out where nobody listens, for one-way messages too", async () => {
  for (const socket of ["PUSH", "PUB", "DEALER"] as const) {
    const result = await callEndpoint(call("tcp://127.0.0.1:1", { socket, timeoutMs: 50 }), never);
    assert.deepEqual(result, { kind: "timeout", afterMs: 50 });
  }
});

test("callEndpoint says which endpoint cannot be used", async () => {
  await assert.rejects(callEndpoint(call("nonsense"), never), { code: "call-failed", message: /nonsense/ });
});
