import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { toDetail } from "../../src/proxy/details.ts";
import { encodeFrame, openLink, say } from "../support/captures.ts";

test("toDetail lists frames with size, role and guessed decoder, and the link in words", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client: "REQ", server: "ROUTER" } });
  link.identity = { client: "me", server: "you" };
  link.facts = [{ label: "Protocol", value: "ZMTP 3.1" }];
  const n = say(capture, link, 0, [Buffer.from("80000001", "hex"), "", '{"a":1}', Buffer.alloc(5000, "x")]);
  const detail = toDetail(capture, n)!;
  assert.deepEqual(detail.frames, [
    { frame: 0, sizeBytes: 4, keptBytes: 4, role: "request-id", decoder: "hex" },
    { frame: 1, sizeBytes: 0, keptBytes: 0, role: "delimiter", decoder: "text" },
    { frame: 2, sizeBytes: 7, keptBytes: 7, role: "payload", decoder: "json" },
    { frame: 3, sizeBytes: 5000, keptBytes: 5000, role: "payload", decoder: "text" },
  ]);
  assert.deepEqual(detail.link, [
    { label: "Sent by", value: "the programs themselves" },
    { label: "Number", value: String(link.info.link) },
    { label: "Client", value: "127.0.0.1:40001" },
    { label: "Server", value: "127.0.0.1:5556" },
    { label: "Protocol", value: "ZMTP 3.1" },
  ]);
  assert.deepEqual(detail.event, []);
  assert.equal(toDetail(capture, n + 1), undefined);
});

test("toDetail reads roles from the sender's side", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client: "SUB", server: "PUB" } });
  assert.equal(toDetail(capture, say(capture, link, 1, ["topic", "x"]))!.frames[0]!.role, "topic");
});

test("toDetail lists the first 1,000 frames and counts the others", () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = say(
    capture,
    openLink(capture),
    0,
    Array.from({ length: 1500 }, () => "x"),
  );
  const detail = toDetail(capture, n)!;
  assert.deepEqual([detail.frames.length, detail.moreFrames], [1000, 500]);
});

test("toDetail shows an encrypted frame as hex", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const bytes = encodeFrame(Buffer.from("\x07MESSAGE"), 0);
  const n = capture.encrypted(link, 0, capture.append(link, 0, bytes, 0), 0, bytes.length, 8, 0);
  assert.deepEqual(toDetail(capture, n)!.frames, [
    { frame: 0, sizeBytes: 8, keptBytes: 8, role: "payload", decoder: "hex" },
  ]);
});

test("toDetail lays an event out as labels and values", () => {
  const capture = new Capture({ maxBytes: 0 });
  const detail = {
    state: "done",
    client: { socket: "REQ", version: null },
    bytesLost: 0,
    ok: true,
    deep: { a: { b: { c: { d: { e: 1 } } } } },
  };
  const n = capture.event(null, "t", "tap", "handshake", detail);
  const { event, link, frames } = toDetail(capture, n)!;
  assert.deepEqual(event, [
    { label: "State", value: "done" },
    { label: "Client socket", value: "REQ" },
    { label: "Bytes lost", value: "0" },
    { label: "Ok", value: "yes" },
    { label: "Deep a b c d", value: '{"e":1}' },
  ]);
  assert.deepEqual([link, frames], [[], []]);
});

test("toDetail says a verdict in words, before all else of its event", () => {
  const capture = new Capture({ maxBytes: 0 });
  const verdict = { id: "x", sentence: "It hangs.", advice: "Wait.", retries: "no", candidates: ["a"] };
  const n = capture.event(null, "t", "tap", "handshake", { state: "failed", verdict });
  assert.deepEqual(toDetail(capture, n)!.event, [
    { label: "Verdict", value: "It hangs." },
    { label: "What to do", value: "Wait." },
    { label: "Client tries again", value: "no: its program has to connect anew" },
    { label: "State", value: "failed" },
  ]);
  const odd = capture.event(null, "t", "tap", "handshake", { state: "failed", verdict: {} });
  assert.deepEqual(toDetail(capture, odd)!.event, [{ label: "State", value: "failed" }]);
});
