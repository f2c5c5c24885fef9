import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { CallOutcome } from "../../../src/shared/calls.ts";
import { useTool } from "../../../src/shared/assistant/assistant.ts";
import type { AssistantSource } from "../../../src/shared/assistant/source.ts";
import { type TestAssistant, testAssistant } from "../../support/assistant.ts";
import { zmtpServer } from "../../support/assistantServer.ts";
import { openLink, say } from "../../support/captures.ts";

type Told = Readonly<Record<string, unknown>>;

/** A tap in front of a REP that answers like this, and what calls through it. */
async function withServer(
  t: TestContext,
  answer: (frames: string[]) => string[] | null,
  options: Parameters<typeof testAssistant>[1] = {},
): Promise<TestAssistant & { readonly call: (input: object) => Promise<Told> }> {
  const server = await zmtpServer(t, "REP", answer);
  const assistant = testAssistant(t, options);
  await assistant.engine.startTap({ id: "t1", name: "backend", server, listen: "tcp://127.0.0.1:*" });
  const call = (input: object): Promise<Told> => assistant.use("call_zmq_service", { tap: "backend", ...input });
  return { ...assistant, call };
}

test("call_zmq_service calls through a tap, and tells the reply without secrets", async (t) => {
  const { call, use } = await withServer(t, ([, request]) => {
    const { id, params } = JSON.parse(request!) as { id: string; params: unknown };
    return ["", JSON.stringify({ jsonrpc: "2.0", id, result: { token: "abc", params } })];
  });
  const told = await call({ method: "add", args: [2, 3], dialect: "json-rpc" });
  assert.equal(told["outcome"], "ok");
  assert.deepEqual(told["value"], { token: "[redacted]", params: [2, 3] });
  assert.match(String(told["text"]), /^Answered after/);
  const { requestRow, replyRow } = told as { requestRow: number; replyRow: number };
  const request = (await use("get_zmq_message", { row: requestRow })) as { row: { origin: string; partner: number } };
  assert.deepEqual([request.row.origin, request.row.partner], ["call", replyRow]);
  // What was called before says what the tap speaks.
  assert.equal((await call({ method: "add", kwargs: { a: 1 } }))["outcome"], "ok");
});

test("call_zmq_service tells errors and silence", async (t) => {
  const { call } = await withServer(t, ([, request]) => {
    const { id, method } = JSON.parse(request!) as { id: string; method: string };
    if (method === "silent") return null;
    return ["", JSON.stringify({ jsonrpc: "2.0", id, error: { code: 7, message: "password=hunter2 is wrong" } })];
  });
  const failed = await call({ method: "x", dialect: "json-rpc" });
  assert.equal(failed["outcome"], "error");
  assert.match(String(failed["text"]), /password=\[redacted\]/);
  assert.equal(failed["code"], "7");
  const silent = await call({ method: "silent", dialect: "json-rpc", timeoutMs: 50 });
  assert.equal(silent["outcome"], "timeout");
  assert.equal(silent["replyRow"], undefined);
});

test("call_zmq_service cuts a large reply, and says where the rest is", async (t) => {
  const { call } = await withServer(t, ([, request]) => {
    const { id } = JSON.parse(request!) as { id: string };
    return ["", JSON.stringify({ jsonrpc: "2.0", id, result: "x".repeat(100_000) })];
  });
  const told = await call({ method: "x", dialect: "json-rpc" });
  assert.equal(told["truncated"], true);
  assert.equal(String(told["value"]).length, 50_001);
  assert.match(String(told["note"]), /get_zmq_message tells more of row \d+/);
});

test("call_zmq_service sends nothing unless it may, and says what is wrong", async (t) => {
  let heard = 0;
  const answer = (): null => {
    heard++;
    return null;
  };
  const { call, use, engine } = await withServer(t, answer);
  for (const [input, said] of [
    [{ tap: "other", method: "x" }, /^There is no tap "other"\. There are "backend"\./],
    [{ method: "x" }, /^What "backend" speaks is not known from its messages\. Give one of raw, /],
    [{ method: "x", dialect: "soap" }, /^"soap" is no dialect that calls are made in/],
    [{ method: "x", dialect: "bitcoin" }, /^"bitcoin" is no dialect that calls are made in/],
    [{ method: "x", dialect: "jupyter", fields: { key: "k" } }, /is secret, and not for assistants|has no field "key"/],
    [{ method: "x", dialect: "json-rpc", fields: { nope: 1 } }, /has no field "nope"\. It has/],
  ] as const) {
    await assert.rejects(call(input), { name: "UserError", message: said });
  }
  assert.equal(heard, 0);
  await engine.removeTap("t1");
  await assert.rejects(use("call_zmq_service", { tap: "x", method: "y" }), {
    message: /There is none: attach one first/,
  });
  const readOnly = await withServer(t, answer, { allowSend: false });
  await assert.rejects(readOnly.call({ method: "x", dialect: "raw" }), { code: "read-only", message: /--allow-send/ });
  assert.equal(heard, 0);
});

test("call_zmq_service says which kind of arguments a dialect has not", async (t) => {
  const { source } = await withServer(t, () => null);
  const without = (takes: object): AssistantSource => ({
    ...bound(source),
    ask: async (name, body) => {
      const answer = await source.ask(name, body);
      if (name !== "dialects/calls") return answer;
      return (answer as readonly object[]).map((info) => ({ ...info, ...takes })) as unknown as typeof answer;
    },
  });
  const input = { tap: "backend", method: "x", dialect: "json-rpc" };
  await assert.rejects(useTool(without({ takesArgs: false }), "call_zmq_service", { ...input, args: [1] }), {
    message: /has no arguments by position\. Give kwargs/,
  });
  await assert.rejects(useTool(without({ takesKwargs: false }), "call_zmq_service", { ...input, kwargs: { a: 1 } }), {
    message: /has no arguments by name\. Give args/,
  });
  const secret = { fields: [{ name: "key", label: "Key", kind: "secret", hint: "" }] };
  await assert.rejects(useTool(without(secret), "call_zmq_service", { ...input, fields: { key: "k" } }), {
    message: /"key" is secret/,
  });
  await assert.rejects(useTool(without(secret), "call_zmq_service", { ...input, fields: { a: "k" } }), {
    message: /has no field "a"\. It has none/,
  });
});

test("call_zmq_service asks with the server, the dialect and the arguments, and sends nothing when the user does not agree", async (t) => {
  const { source, capture } = await withServer(t, () => null);
  say(capture, openLink(capture, { tap: "backend" }), 0, ["x"]);
  let asked = "";
  const refusing: AssistantSource = {
    ...bound(source),
    send: (_request, { title, detail }) => {
      asked = `${title}\n${detail}`;
      return Promise.reject(new Error("no"));
    },
  };
  const input = { tap: "t1", method: "add", args: [1], kwargs: { a: 2 }, dialect: "json-rpc" };
  await assert.rejects(useTool(refusing, "call_zmq_service", input), /^Error: no$/);
  assert.match(
    asked,
    /^Let the assistant call "add" through the tap "backend"\?\nA real request is sent to tcp:\/\/127/,
  );
  assert.match(asked, /in JSON-RPC.*\nargs: \[1\]\nkwargs: \{"a":2\}$/);
});

test("call_zmq_service tells of a reply that its dialect cannot read, and of attempts", async (t) => {
  const { source } = await withServer(t, () => null);
  const outcome: CallOutcome = {
    kind: "error",
    dialect: "json-rpc",
    reply: { frames: [], said: null, problem: "It is no JSON.", latencyMs: 1, attempt: 2, row: null },
    attempts: 2,
    timeoutMs: 5,
    request: null,
    others: [],
    moreOthers: 1,
    hint: null,
  };
  const answering: AssistantSource = { ...bound(source), send: () => Promise.resolve(outcome) };
  const input = { tap: "backend", method: "x", dialect: "json-rpc" };
  const told = JSON.parse(await useTool(answering, "call_zmq_service", input)) as Told;
  assert.equal(told["attempts"], 2);
  assert.match(String(told["text"]), /^Unreadable answer.*It is no JSON\. Meanwhile came 1 message/);
});

test("Calls do not leave this machine unless that is allowed", async (t) => {
  const { engine, use } = testAssistant(t);
  await engine.startTap({ id: "far", name: "far", server: "tcp://192.0.2.1:5556", listen: "tcp://127.0.0.1:*" });
  await assert.rejects(use("call_zmq_service", { tap: "far", method: "x", dialect: "raw" }), {
    code: "remote-not-allowed",
    message: /--allow-remote/,
  });
});

/** Its methods as fields, so that they can be replaced one by one. */
function bound(source: TestAssistant["source"]): AssistantSource {
  return {
    redactor: source.redactor,
    ask: (name, body) => source.ask(name, body),
    listen: (told) => source.listen(told),
    wait: (ms) => source.wait(ms),
    captures: () => source.captures(),
    checkSending: () => source.checkSending(),
    send: (request) => source.send(request),
  };
}
