import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import { FixedBook, RecordedBook } from "../../../src/proxy/rpc/answerBook.ts";
import { Answerer } from "../../../src/proxy/rpc/answerer.ts";
import { readFixedReplies } from "../../../src/proxy/rpc/fixedReplies.ts";
import { asCall } from "../../../src/proxy/rpc/wireEnvelope.ts";
import { octets } from "../../support/dialects.ts";

const jsonRpc = dialectNamed("json-rpc")!;
const call = (id: unknown, method: string, params: unknown): Uint8Array[] => [
  octets(""),
  octets(JSON.stringify({ jsonrpc: "2.0", method, params, id })),
];
const reply = (id: unknown, result: unknown): Uint8Array[] => [
  octets(""),
  octets(JSON.stringify({ jsonrpc: "2.0", result, id })),
];
const texts = (frames: readonly Uint8Array[] | undefined): unknown =>
  frames?.map((frame) => Buffer.from(frame).toString());
const json = (frames: readonly Uint8Array[] | undefined): unknown => JSON.parse(Buffer.from(frames![1]!).toString());

function fixed(replies: object): Answerer {
  const read = readFixedReplies(JSON.stringify(replies));
  assert.ok(read instanceof Map);
  return new Answerer(new FixedBook(read), null, null, dialectTools);
}

test("Answerer gives a recorded reply with the id of the call that is made now", () => {
  const book = new RecordedBook();
  book.add(jsonRpc, asCall(call(1, "add", [2, 2])), reply(1, 4), null, dialectTools);
  const answerer = new Answerer(book, null, null, dialectTools);
  const again = answerer.reply(call(1, "add", [2, 2]), true);
  assert.deepEqual(again?.frames, reply(1, 4), "with the same id it is the recorded one");
  const later = answerer.reply(call("x", "add", [2, 2]), true);
  assert.deepEqual(json(later?.frames), { jsonrpc: "2.0", result: 4, id: "x" });
  assert.deepEqual([later?.how, later?.dialect, later?.method], ["answered", "json-rpc", "add"]);
});

test("Answerer gives errors as errors, and by default what is recorded for other arguments", () => {
  const book = new RecordedBook();
  const failed = octets(JSON.stringify({ jsonrpc: "2.0", error: { code: 5, message: "no" }, id: 1 }));
  book.add(jsonRpc, asCall(call(1, "add", [])), [octets(""), failed], null, dialectTools);
  const answered = new Answerer(book, jsonRpc, null, dialectTools).reply(call(2, "add", [7]), true);
  assert.equal(answered?.how, "byDefault");
  assert.deepEqual((json(answered.frames) as { error: { message: string } }).error.message, "no");
});

test("Answerer answers an unknown method with an error in the dialect's form", () => {
  const answered = fixed({ add: { value: 4 } }).reply(call(3, "sub", []), true);
  assert.equal(answered?.how, "unanswered");
  const { error, id } = json(answered.frames) as { error: { message: string }; id: number };
  assert.deepEqual([error.message, id], ["No reply is known for sub.", 3]);
  const bare = fixed({}).reply([Uint8Array.of(255)], true);
  assert.deepEqual(texts(bare?.frames), ["No reply is known for this call."]);
});

test("Answerer leaves what wants no answer alone, unless the socket owes one", () => {
  const signal = [octets(JSON.stringify({ jsonrpc: "2.0", method: "changed" }))];
  assert.equal(fixed({}).reply(signal, false), null);
  assert.equal(fixed({}).reply(signal, true)?.how, "byDefault");
});

test("Answerer puts the call's envelope in front, and no second delimiter", () => {
  const enveloped = [octets("proxy"), octets(""), octets("a")];
  assert.deepEqual(texts(fixed({ a: { value: ["", "b"] } }).reply(enveloped, true)?.frames), ["proxy", "", "b"]);
  assert.deepEqual(texts(fixed({ a: { value: ["b", "c"] } }).reply(enveloped, true)?.frames), ["proxy", "", "b", "c"]);
  assert.deepEqual(texts(fixed({ a: { value: { b: 1 } } }).reply([octets("a")], true)?.frames), ['{"b":1}']);
});

test("Answerer gives a frontend its OK whatever the fixed reply, and echoes heartbeats that have no answer", () => {
  const answerer = fixed({ add: { value: 4 }, reset: { value: "OK" } });
  const ask = (frame: string) => answerer.reply([octets(""), octets(frame)], true);
  const add = ask('{"api_method":"add","arguments":{}}');
  assert.deepEqual([texts(add?.frames), add?.how], [["", "OK"], "unanswered"], "a result goes back as a signal");
  assert.equal(ask('{"api_method":"reset","arguments":{}}')?.how, "answered");
  const ping = ask("PING");
  assert.deepEqual([texts(ping?.frames), ping?.how], [["", "OK"], "byDefault"]);
});
