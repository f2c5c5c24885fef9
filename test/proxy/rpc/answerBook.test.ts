import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import { methodOf, readSaid, RecordedBook } from "../../../src/proxy/rpc/answerBook.ts";
import { asCall } from "../../../src/proxy/rpc/wireEnvelope.ts";
import { octets } from "../../support/dialects.ts";

const raw = dialectNamed("raw")!;
const jsonRpc = dialectNamed("json-rpc")!;

test("RecordedBook keeps what fits, and counts what it leaves out", () => {
  const book = new RecordedBook();
  const large = new Uint8Array(40 * 1024 * 1024);
  book.add(raw, asCall([octets("a")]), [large], null, dialectTools);
  book.add(raw, asCall([octets("b")]), [large], null, dialectTools);
  book.leaveOut();
  assert.deepEqual([book.known, book.leftOut], [1, 2]);
  assert.equal(book.find("raw", asCall([octets("b")]), null), null);
  assert.equal(book.find("raw", asCall([octets(""), octets("a")]), null)?.frames?.[0], large, "envelopes do not count");
});

test("RecordedBook takes at most 50,000 exchanges", () => {
  const book = new RecordedBook();
  for (let n = 0; n < 50_002; n++) book.add(raw, asCall([octets(String(n))]), [octets("r")], null, dialectTools);
  assert.deepEqual([book.known, book.leftOut], [50_000, 2]);
});

test("RecordedBook gives the replies of one call in turn, and keeps one that its dialect cannot read", () => {
  const book = new RecordedBook();
  const call = asCall([octets('{"jsonrpc":"2.0","method":"a","id":1}')]);
  for (const reply of ["one", "two"]) book.add(jsonRpc, call, [octets(reply)], null, dialectTools);
  const said = readSaid(jsonRpc, call, null, dialectTools);
  const given = [1, 2, 3].map(() => {
    const found = book.find("json-rpc", call, said);
    return [String(Buffer.from(found!.frames![0]!)), found!.answer];
  });
  assert.deepEqual(given, [
    ["one", null],
    ["two", null],
    ["one", null],
  ]);
});

test("methodOf is what the dialect names, else the first frame behind the envelope when it is text", () => {
  const call = asCall([octets(""), octets("hello"), octets("x")]);
  assert.equal(methodOf(call, null), "hello");
  assert.equal(methodOf(asCall([Uint8Array.of(0xff)]), null), "");
  const named = asCall([octets('{"jsonrpc":"2.0","method":"a","id":1}')]);
  assert.equal(methodOf(named, readSaid(jsonRpc, named, null, dialectTools)), "a");
});
