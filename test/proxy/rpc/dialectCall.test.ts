import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Packr, unpack } from "msgpackr";
import { Reply, Router } from "zeromq";
import { callDialect, type CallPlan } from "../../../src/proxy/rpc/dialectCall.ts";
import type { CallBody } from "../../../src/shared/calls.ts";

const packr = new Packr({ useRecords: false });
const never = new AbortController().signal;
const json = (value: object): string => JSON.stringify({ jsonrpc: "2.0", ...value });
const body = (change: object = {}): CallBody => ({
  kind: "dialect",
  dialect: "json-rpc",
  call: { method: "add", args: [2, 3], kwargs: {}, fields: {} },
  socket: "DEALER",
  ...change,
});
const plan = (endpoint: string, change: Partial<CallPlan> = {}): CallPlan => ({
  to: { kind: "endpoint", endpoint, security: null },
  body: body(),
  timeoutMs: 5000,
  retries: 0,
  ...change,
});

async function router(t: TestContext): Promise<{ server: Router; endpoint: string }> {
  const server = new Router();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  return { server, endpoint: server.lastEndpoint ?? "" };
}

test("callDialect takes the reply whose id fits on a DEALER, and keeps the others", async (t) => {
  const { server, endpoint } = await router(t);
  const calling = callDialect(plan(endpoint), never);
  const [peer, , request] = await server.receive();
  const { id } = JSON.parse(String(request)) as { id: string };
  for (const message of [
    json({ id: "another", result: 1 }),
    "nonsense",
    json({ method: "progress", params: [50] }),
    json({ id, result: 5 }),
  ]) {
    await server.send([peer!, "", message]);
  }
  const { kind, reply, others, attempts, dialect } = await calling;
  assert.deepEqual([kind, reply?.said?.json, attempts, dialect], ["ok", "5", 1, "json-rpc"]);
  assert.deepEqual(
    others.map((other) => [other.kind, other.said?.json ?? null]),
    [
      ["other", "1"],
      ["other", null],
      ["other", '{"args":[50],"kwargs":{}}'],
    ],
  );
});

test("callDialect answers the heartbeats of a zerorpc server, which else gives up a call that takes long", async (t) => {
  const { server, endpoint } = await router(t);
  const call = { method: "slow", args: [], kwargs: {}, fields: {} };
  const calling = callDialect(plan(endpoint, { body: { kind: "dialect", dialect: "zerorpc", call } }), never);
  const [peer, empty, request] = await server.receive();
  const [{ message_id: id }] = unpack(request!) as [{ message_id: Buffer }];
  const event = (name: string, args: unknown): Buffer =>
    packr.pack([{ message_id: Buffer.from("server"), v: 3, response_to: id }, name, args]);
  for (let beat = 0; beat < 2; beat++) {
    await server.send([peer!, empty!, event("_zpc_hb", [0])]);
    const [, , answer] = await server.receive();
    assert.deepEqual(answer, event("_zpc_hb", [0]));
  }
  await server.send([peer!, empty!, event("OK", [42])]);
  const { kind, reply, others } = await calling;
  assert.deepEqual([kind, reply?.said?.json, others], ["ok", "42", []]);
});

test("callDialect keeps 16 other messages, and counts the rest", async (t) => {
  const { server, endpoint } = await router(t);
  const calling = callDialect(plan(endpoint), never);
  const [peer, , request] = await server.receive();
  const { id } = JSON.parse(String(request)) as { id: string };
  for (let n = 0; n < 20; n++) await server.send([peer!, "", json({ id: `other ${n}`, result: n })]);
  await server.send([peer!, "", json({ id, error: { code: -32000, message: "Too late." } })]);
  const { kind, reply, others, moreOthers } = await calling;
  assert.deepEqual([kind, reply?.said?.code, reply?.said?.problem], ["error", "-32000", "Too late."]);
  assert.deepEqual([others.length, moreOthers], [16, 4]);
});

test("callDialect takes whatever a REQ gets as the answer, and says why it cannot be read", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const calling = callDialect(plan(server.lastEndpoint ?? "", { body: body({ socket: "REQ" }) }), never);
  await server.receive();
  await server.send("nonsense");
  const { kind, reply } = await calling;
  assert.deepEqual([kind, reply?.said], ["error", null]);
  assert.match(reply?.problem ?? "", /JSON/);
});

test("callDialect stops between attempts when it is cancelled", async () => {
  const abort = new AbortController();
  const calling = callDialect(
    plan("tcp://127.0.0.1:1", { timeoutMs: 20, retries: 10, onLate: () => undefined }),
    abort.signal,
  );
  setTimeout(() => abort.abort(), 30);
  const { kind, attempts } = await calling;
  assert.equal(kind, "cancelled");
  assert.ok(attempts < 10, `${attempts}`);
});

test("callDialect rejects a call that its dialect cannot write, and an endpoint that is none", async () => {
  const call = { method: "", args: [], kwargs: {}, fields: {} };
  await assert.rejects(callDialect(plan("tcp://127.0.0.1:1", { body: body({ dialect: "jupyter", call }) }), never), {
    code: "bad-call",
  });
  await assert.rejects(callDialect(plan("nonsense", { retries: 3 }), never), {
    code: "call-failed",
    message: /nonsense/,
  });
});
