import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { rowEventWords, rowWords } from "../../src/proxy/rowWords.ts";
import type { SocketPair } from "../../src/shared/model.ts";
import { npy, PICKLES, PNG } from "../support/payloads.ts";
import { encode, MIB, openLink, say } from "../support/captures.ts";

function wordsOf(frames: (string | Buffer)[], sockets: SocketPair = { client: "PUSH", server: "PULL" }) {
  const capture = new Capture({ maxBytes: 16 * MIB });
  return rowWords(capture, capture.row(say(capture, openLink(capture, { sockets }), 0, frames))!);
}

test("rowWords shows each payload by what it is", () => {
  assert.deepEqual(wordsOf(['{ "a":\n 1 }', "text"]), { topic: '{ "a": 1 }', preview: '{ "a": 1 } | text' });
  assert.equal(wordsOf([Buffer.from("82a16202a16101", "hex")]).preview, '{"b":2,"a":1}');
  assert.equal(wordsOf([Buffer.from([0, 255])]).preview, "0x00ff");
  assert.match(wordsOf([Buffer.alloc(100, 0xff)]).preview, /^0x(ff){32}… \(100 B\)$/);
  assert.equal(wordsOf(["a", ""]).preview, "a | (empty)");
  assert.equal(wordsOf(["<a>\n  <b/>\n</a>"]).preview, "<a> <b/> </a>");
  assert.equal(wordsOf([Buffer.from("a26161016162f6", "hex")]).preview, '{"a":1,"b":null}');
  assert.match(
    wordsOf([
      Buffer.concat([Buffer.from("a261615a00010000", "hex"), Buffer.alloc(65_536), Buffer.from("616201", "hex")]),
    ]).preview,
    /^CBOR, 65547 B$/,
  );
  assert.equal(wordsOf([Buffer.from(PNG)]).preview, "PNG image, 3 × 2, 33 B");
  assert.equal(wordsOf([Buffer.from(npy("'<f4'", "2, 3", Buffer.alloc(24)))]).preview, "NumPy float32 (2, 3), 152 B");
  assert.equal(wordsOf([Buffer.from(PICKLES.evil)]).preview, "Python pickle, 40 B");
});

test("rowWords takes a publication's first frame as its topic, and leaves out an envelope", () => {
  assert.deepEqual(wordsOf(["EUR", "1.08"], { client: "PUB", server: "SUB" }), { topic: "EUR", preview: "1.08" });
  assert.deepEqual(wordsOf(["EUR"], { client: "PUB", server: "SUB" }), { topic: "EUR", preview: "EUR" });
  assert.equal(wordsOf(["id", "", "question"], { client: "REQ", server: "ROUTER" }).preview, "question");
});

test("rowWords tells of HTTP's heads what they are about", () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  link.mechanism = "HTTP";
  const words = (frames: (string | Buffer)[]) => rowWords(capture, capture.row(say(capture, link, 0, frames))!);
  assert.deepEqual(words(["", "POST /RPC2 HTTP/1.1\r\nHost: h", "body"]), {
    topic: "POST /RPC2",
    preview: "POST /RPC2 | body",
  });
  assert.equal(words(["", "HTTP/1.0 404 Not Found\r\nA: b"]).preview, "404 Not Found");
  assert.equal(words(["", "HTTP/1.1 200 OK", Buffer.from("1f8b0800", "hex")]).preview, "200 OK | gzip, 4 B");
});

test("rowWords is at most 80 and 200 characters, and says what it leaves out", () => {
  const { topic, preview } = wordsOf(["x".repeat(5000)]);
  assert.deepEqual([topic.length <= 80, preview.length <= 200], [true, true]);
  assert.match(wordsOf(Array.from({ length: 30 }, () => "f")).preview, / \| 6 more frames$/);
});

test("rowWords tells an event, an encrypted frame, and a message whose beginning is gone", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = openLink(capture);
  const opened = capture.row(capture.event(link, "t", "tap", "link-opened", {}))!;
  assert.equal(rowWords(capture, opened).preview, rowEventWords(capture, opened).preview);
  assert.notEqual(rowWords(capture, opened).preview, "");
  assert.deepEqual(rowEventWords(capture, { ...opened, event: null }), { topic: "", preview: "" });
  const octets = Buffer.concat([Buffer.from([4, 9]), Buffer.from("\x07MESSAGE1")]);
  const sealed = capture.encrypted(link, 1, capture.append(link, 1, octets, 0), 0, octets.length, 9, 0);
  assert.equal(rowWords(capture, capture.row(sealed)!).preview, "encrypted frame, 9 B");
  const first = capture.append(link, 0, encode(["a", Buffer.alloc(50_000)]).subarray(0, 9000), 0);
  const other = openLink(capture);
  while (capture.firstN < 5) say(capture, other, 0, [Buffer.alloc(60_000)]);
  const lost = capture.message(link, 0, first, 0, 0, 50_001, 2, 0);
  assert.equal(rowWords(capture, capture.row(lost)!).preview, "its beginning is no longer kept");
});
