import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectMessage } from "../../../src/proxy/dialects/dialect.ts";
import { jupyter } from "../../../src/proxy/dialects/jupyter.ts";
import { detect } from "../../../src/proxy/dialects/registry.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { framesOf, fuzzDialect, messageOf, octets, randomObject, saidBy } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

const KEY = octets("a0436f6c-1916-498b-8eb9-e81ab9368e84");
const NO_KEY = octets("");

type Parts = { type: string; content?: object | string; parent?: object; buffers?: readonly string[] };

/** Signed with KEY, as jupyter_client would. */
function framesBy({ type, content = {}, parent = {}, buffers = [] }: Parts): Uint8Array[] {
  const header = {
    msg_id: `id of ${type}`,
    session: "s1",
    username: "user",
    date: "2026-01-31T12:00:00.000000Z",
    msg_type: type,
    version: "5.3",
  };
  const json = (part: object | string): Uint8Array => octets(typeof part === "string" ? part : JSON.stringify(part));
  const signed = [json(header), json(parent), json({}), json(content)];
  const signature = createHmac("sha256", KEY).update(Buffer.concat(signed)).digest("hex");
  return [octets("<IDS|MSG>"), octets(signature), ...signed, ...buffers.map(octets)];
}

const PARENT = { msg_id: "id of execute_request", msg_type: "execute_request" };

function toKernel(parts: Parts): DialectMessage {
  return messageOf(framesBy(parts), "DEALER", "ROUTER");
}

function fromKernel(parts: Parts, sender: SocketType | null = "ROUTER"): DialectMessage {
  return messageOf(framesBy({ parent: PARENT, ...parts }), sender, sender === "ROUTER" ? "DEALER" : "SUB");
}

const EXECUTE = toKernel({ type: "execute_request", content: { code: "1+1", silent: false } });
const OK_REPLY = fromKernel({ type: "execute_reply", content: { status: "ok", execution_count: 1 } });
const STREAM = {
  ...fromKernel({ type: "stream", content: { name: "stdout", text: "hi" } }, "PUB"),
  frames: [octets("kernel.1.stream"), ...framesBy({ type: "stream", parent: PARENT, content: { text: "hi" } })],
};

test("jupyter is told from its delimiter and header, on every channel", () => {
  for (const message of [EXECUTE, OK_REPLY, STREAM])
    assert.deepEqual(detect(message), { dialect: "jupyter", confidence: 1 });
  for (const frames of [["<IDS|MSG>"], ["<IDS|MSG>", "", "{}", "{}", "{}", "{}"], ["ping"], ["a", "b"]]) {
    assert.equal(detect(messageOf(frames)).dialect, "raw");
  }
});

test("jupyter says requests with their content, and that their signature is right", () => {
  const said = saidBy(jupyter, EXECUTE, KEY);
  assert.deepEqual(said, {
    kind: "call",
    method: "execute_request",
    args: null,
    kwargs: { code: "1+1", silent: false },
    problem: null,
    code: null,
    id: "id of execute_request",
    facts: [
      { label: "signature", value: "right" },
      { label: "session", value: "s1" },
      { label: "user", value: "user" },
      { label: "date", value: "2026-01-31T12:00:00.000000Z" },
      { label: "version", value: "5.3" },
    ],
  });
});

test("jupyter says replies by the id of their request, and errors as errors", () => {
  const reply = saidBy(jupyter, OK_REPLY, KEY);
  assert.deepEqual([reply.kind, reply.id, reply.method], ["reply", "id of execute_request", "execute_reply"]);
  const failed = { status: "error", ename: "ZeroDivisionError", evalue: "division by zero", traceback: [] };
  const error = saidBy(jupyter, fromKernel({ type: "execute_reply", content: failed }), KEY);
  assert.deepEqual(
    [error.kind, error.problem, error.code, error.id],
    ["error", "ZeroDivisionError: division by zero", "ZeroDivisionError", "id of execute_request"],
  );
  const bare = saidBy(jupyter, fromKernel({ type: "execute_reply", content: { status: "error" } }), KEY);
  assert.match(bare.problem ?? "", /no more/);
  const aborted = saidBy(jupyter, fromKernel({ type: "execute_reply", content: { status: "aborted" } }), KEY);
  assert.deepEqual([aborted.kind, aborted.code], ["error", "aborted"]);
  assert.equal(saidBy(jupyter, fromKernel({ type: "kernel_info_reply" }), KEY).kind, "reply");
});

test("jupyter says what is published as events, comm messages as signals, and questions of the kernel as calls", () => {
  const stream = saidBy(jupyter, STREAM, KEY);
  assert.deepEqual([stream.kind, stream.method, stream.value], ["event", "stream", { text: "hi" }]);
  assert.deepEqual(stream.facts[1], { label: "topic", value: "kernel.1.stream" });
  const noTopic = messageOf([Uint8Array.of(0xff), ...framesBy({ type: "status" })], null, "SUB");
  assert.deepEqual(saidBy(jupyter, noTopic, KEY).facts[1], { label: "topic", value: "ff" });
  assert.equal(saidBy(jupyter, toKernel({ type: "comm_msg", content: { data: 1 } }), KEY).kind, "signal");
  const question = saidBy(jupyter, fromKernel({ type: "input_request" }), KEY);
  assert.deepEqual([question.kind, question.id], ["call", "id of input_request"]);
  const buffers = saidBy(jupyter, toKernel({ type: "comm_msg", buffers: ["abc", ""] }), KEY);
  assert.deepEqual(buffers.facts.at(-1), { label: "buffers", value: "2, 3 octets" });
  assert.equal(saidBy(jupyter, fromKernel({ type: "status", parent: {} }, "XPUB"), KEY).id, null);
});

test("jupyter says a wrong signature, and does not claim what it cannot check", () => {
  const changed = messageOf(
    EXECUTE.frames.map((frame, at) => (at === 5 ? octets('{"code":"2"}') : frame)),
    "DEALER",
    "ROUTER",
  );
  const wrong = saidBy(jupyter, changed, KEY);
  assert.deepEqual(
    [wrong.kind, wrong.code, wrong.facts[0]],
    ["error", "signature", { label: "signature", value: "wrong" }],
  );
  assert.match(wrong.problem ?? "", /signature does not fit/);
  assert.equal(saidBy(jupyter, EXECUTE, NO_KEY).kind, "error");
  assert.equal(saidBy(jupyter, EXECUTE).facts[0]?.value, "not checked: no key");
  const unsigned = messageOf(framesOf(jupyter, { method: "kernel_info_request" }), "DEALER", "ROUTER");
  assert.deepEqual(
    [null, NO_KEY, KEY].map((key) => saidBy(jupyter, unsigned, key).facts[0]?.value),
    ["none", "none", "wrong"],
  );
});

test("jupyter takes what has no delimiter for the heartbeat, and refuses what has no sound parts", () => {
  const beat = saidBy(jupyter, messageOf(["", "ping"], "REQ", "REP"));
  assert.deepEqual([beat.kind, beat.value], ["heartbeat", "ping"]);
  assert.deepEqual(saidBy(jupyter, messageOf([Uint8Array.of(0xff)])).value, Uint8Array.of(0xff));
  const problem = (frames: Parameters<typeof messageOf>[0]): string =>
    (jupyter.decode(messageOf(frames), null, dialectTools) as { problem: string }).problem;
  assert.match(problem(["a", "b"]), /no Jupyter message/);
  assert.match(problem(["<IDS|MSG>"]), /no Jupyter message/);
  assert.match(problem(framesBy({ type: "a", content: "1" })), /must be JSON objects/);
});

test("jupyter: decode says what was encoded, rightly signed", () => {
  const below = random(9);
  for (let turn = 0; turn < 500; turn++) {
    const kwargs = randomObject(below);
    const method = below(2) === 0 ? "execute_request" : "größe";
    const frames = framesOf(jupyter, { method, kwargs, fields: { session: "mine", metadata: { a: 1 } } }, KEY);
    const said = saidBy(jupyter, messageOf(frames, "DEALER", "ROUTER"), KEY);
    assert.deepEqual({ method: said.method, kwargs: said.kwargs }, { method, kwargs });
    assert.deepEqual(said.facts.slice(0, 2), [
      { label: "signature", value: "right" },
      { label: "session", value: "mine" },
    ]);
  }
});

test("jupyter refuses what it cannot hold", () => {
  for (const [call, problem] of [
    [{ method: "" }, /needs a type/],
    [{ method: "execute_reply" }, /of an answer/],
    [{ args: [1] }, /no arguments by position/],
    [{ fields: { session: 1 } }, /must be text/],
    [{ fields: { metadata: [] } }, /metadata must be/],
    [{ kwargs: { a: NaN } }, /no NaN/],
  ] as const) {
    const whole = { method: "a_request", args: [], kwargs: {}, fields: {}, ...call };
    const encoded = jupyter.encode(whole, KEY, dialectTools);
    assert.ok("problem" in encoded);
    assert.match(encoded.problem, problem);
  }
});

test("jupyter renews the id, the date and the signature, and keeps the rest", () => {
  const frames = [octets("id"), ...framesBy({ type: "execute_request", content: { code: "1" }, buffers: ["b"] })];
  const renewed = jupyter.renew(frames, KEY, dialectTools);
  assert.ok("frames" in renewed);
  const said = saidBy(jupyter, messageOf(renewed.frames, "DEALER", "ROUTER"), KEY);
  assert.equal(said.facts[0]?.value, "right");
  assert.match(said.id ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual([said.kwargs, renewed.frames.at(-1), renewed.frames[0]], [{ code: "1" }, octets("b"), octets("id")]);
  assert.notDeepEqual(renewed.frames[2], frames[2]);
  const withoutKey = jupyter.renew(frames, null, dialectTools);
  assert.match("problem" in withoutKey ? withoutKey.problem : "", /connection file/);
  const unsigned = framesOf(jupyter, { method: "a_request" });
  const fresh = jupyter.renew(unsigned, null, dialectTools);
  assert.ok("frames" in fresh && fresh.frames[1]?.length === 0);
  assert.deepEqual(jupyter.renew([octets("ping")], KEY, dialectTools), { frames: [octets("ping")] });
});

test("jupyter answers requests", () => {
  const value = jupyter.answer(EXECUTE, { kind: "value", value: { execution_count: 2 } }, KEY, dialectTools);
  assert.ok("frames" in value);
  const reply = saidBy(jupyter, messageOf(value.frames, "ROUTER", "DEALER"), KEY);
  assert.deepEqual(
    [reply.kind, reply.method, reply.id, reply.value],
    ["reply", "execute_reply", "id of execute_request", { status: "ok", execution_count: 2 }],
  );
  const failed = jupyter.answer(EXECUTE, { kind: "error", problem: "no" }, KEY, dialectTools);
  assert.ok("frames" in failed);
  assert.equal(saidBy(jupyter, messageOf(failed.frames, "ROUTER", "DEALER"), KEY).problem, "Error: no");
  const problem = (message: DialectMessage, given: unknown): string =>
    (jupyter.answer(message, { kind: "value", value: given }, KEY, dialectTools) as { problem: string }).problem;
  assert.match(problem(OK_REPLY, {}), /Only Jupyter requests/);
  assert.match(problem(EXECUTE, 1), /is an object/);
  assert.match(problem(EXECUTE, { a: undefined }), /no undefined/);
  assert.ok("frames" in jupyter.answer(EXECUTE, { kind: "value", value: null }, KEY, dialectTools));
  // The empty signature of an unsigned call is no delimiter of an envelope.
  const unsigned = messageOf([octets("id"), ...framesOf(jupyter, { method: "a_request" })], "DEALER", "ROUTER");
  const plain = jupyter.answer(unsigned, { kind: "value", value: {} }, null, dialectTools);
  assert.ok("frames" in plain);
  const read = saidBy(jupyter, messageOf(plain.frames, "ROUTER", "DEALER"));
  assert.deepEqual([read.method, read.id], ["a_reply", saidBy(jupyter, unsigned).id]);
});

test("jupyter takes any octets", () => fuzzDialect(jupyter, [EXECUTE, OK_REPLY, STREAM]));
