import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation, PacketTime, PACKET_OVERHEAD } from "../../../src/proxy/capture/conversation.ts";

function makeSlab(size = 100_000): { bytes: Buffer; words: Uint32Array } {
  const bytes = Buffer.alloc(size, 0xee);
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

test("Conversation writes packets whose sequence and acknowledgement numbers run", () => {
  const slab = makeSlab();
  const conversation = new Conversation("127.0.0.1:1000", "127.0.0.2:2000", 1);
  let at = conversation.writeOpen(slab, 0, 0, 0);
  const starts = [conversation.nextSequence(0), conversation.nextSequence(1)] as const;
  const first = at;
  at = conversation.writeData(slab, at, 0, 1, 2, Buffer.from("abc"), 0, 3, 0);
  const second = at;
  at = conversation.writeData(slab, at, 1, 1, 2, Buffer.from("xhellox"), 1, 6, 2);
  const tcp = (block: number): number => block + 28 + 20;
  assert.equal(slab.bytes.readUInt32BE(tcp(first) + 4), starts[0]);
  assert.equal(slab.bytes.readUInt32BE(tcp(first) + 8), starts[1]);
  assert.equal(slab.bytes.readUInt32BE(tcp(second) + 8), (starts[0] + 3) % 2 ** 32);
  assert.equal(
    slab.bytes.toString("latin1", first + conversation.payloadAt, first + conversation.payloadAt + 4),
    "abc\0",
  );
  assert.equal(
    slab.bytes.toString("latin1", second + conversation.payloadAt, second + conversation.payloadAt + 5),
    "hello",
  );
  assert.match(slab.bytes.toString("latin1", second, at), /origin: call/);
  assert.equal(at - second <= PACKET_OVERHEAD + 5, true);
  assert.equal(slab.bytes.readUInt32LE(first + 4), second - first);
  assert.equal(slab.bytes.readUInt32LE(second - 4), second - first);
  const end = conversation.writeClose(slab, at, 0, 0);
  assert.equal(slab.bytes[end], 0xee);
});

test("Conversation begins anywhere in the sequence space", () => {
  const sequences = Array.from({ length: 20 }, () => new Conversation("a", "b", 1).nextSequence(0));
  assert.equal(new Set(sequences).size, 20);
});

test("Conversation copies payloads of every length and slice alike", () => {
  const slab = makeSlab(200_000);
  const conversation = new Conversation("[::1]:1", "@x", 3);
  const bytes = Buffer.from(Uint8Array.from({ length: 65_495 }, (_, index) => index * 7));
  for (const [from, to] of [
    [0, 1],
    [3, 50],
    [0, 49],
    [10, 5000],
    [0, 65_495],
  ] as const) {
    conversation.writeData(slab, 0, 0, 0, 0, bytes, from, to, 0);
    const at = conversation.payloadAt;
    assert.equal(slab.bytes.subarray(at, at + to - from).equals(bytes.subarray(from, to)), true);
  }
});

test("PacketTime splits nanoseconds since 1970 without losing any", () => {
  const anchorNs = 1_795_168_800_123_456_789n;
  const time = new PacketTime(anchorNs);
  for (const since of [0, 1, 999_999_999, 4_294_967_295, 4_294_967_296, 9_000_000_000_000_000]) {
    time.set(since);
    assert.equal((BigInt(time.high) << 32n) + BigInt(time.low), anchorNs + BigInt(since));
  }
});
