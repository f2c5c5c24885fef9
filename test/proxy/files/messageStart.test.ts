import assert from "node:assert/strict";
import { test } from "node:test";
import { findFrame, MessageStart } from "../../../src/proxy/files/messageStart.ts";
import { encodeCommand, encodeFrame, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { hex, join, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

const text = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets));

/** A stream of which packets begin at messages, cut at `from`; and where messages begin in it. */
function cut(messages: readonly Uint8Array[], from: number): { bytes: Uint8Array; starts: number[] } {
  const starts: number[] = [];
  let at = 0;
  for (const message of messages) {
    if (at >= from) starts.push(at - from);
    at += message.length;
  }
  return { bytes: join(...messages).subarray(from), starts };
}

test("findFrame finds a frame in streams of many kinds, and never what is none", () => {
  let found = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const pick = random(seed);
    const body = (): Uint8Array => {
      const size = pick(8) === 0 ? 256 + pick(3000) : pick(120);
      const kind = pick(4);
      if (kind === 0) return octets('{"price": 17, "name": "abc"}'.repeat(120).slice(0, size));
      if (kind === 1) return new Uint8Array(size);
      return Uint8Array.from({ length: size }, () => (kind === 2 ? pick(256) : pick(4)));
    };
    const frames: Uint8Array[] = [];
    for (let count = 20 + pick(40); count > 0; count--) {
      frames.push(
        pick(10) === 0 ? encodeCommand("PING", octets("\0\0ctx")) : encodeFrame(body(), pick(3) === 0 ? 1 : 0),
      );
    }
    const { bytes, starts } = cut(frames, pick(join(...frames).length >> 1));
    // Packets begin within frames too, when a sender is quick.
    const packets = [
      ...new Set([0, ...starts.filter(() => pick(2) === 0), ...Array.from({ length: 5 }, () => pick(bytes.length))]),
    ];
    packets.sort((a, b) => a - b);
    const at = findFrame(bytes, packets);
    if (at < 0) continue;
    found++;
    assert.ok(starts.includes(at), `seed ${seed}: ${at} is within a frame`);
  }
  assert.ok(found > 150, `${found} of 300`);
});

test("findFrame finds nothing in what are no frames", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const pick = random(seed);
    const bytes = Uint8Array.from({ length: 2000 }, () => pick(256));
    assert.equal(findFrame(bytes, [0, 100, 500, 1000]), -1, `seed ${seed}`);
  }
  assert.equal(findFrame(new Uint8Array(5000), [0, 1000, 2000]), -1);
  assert.equal(findFrame(octets("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50)), [0, 27]), -1);
  assert.equal(findFrame(new Uint8Array(0), []), -1);
});

test("findFrame wants several frames", () => {
  assert.equal(findFrame(text("one"), [0]), -1);
  const stream = join(...["one", "two", "three", "four", "five"].map((word) => text(word)));
  const fourth = text("one").length + text("two").length + text("three").length;
  assert.equal(findFrame(stream, [0, 5, 10]), fourth);
  assert.equal(findFrame(stream.subarray(0, stream.length - 2), [0, 5, 10]), fourth);
});

test("MessageStart passes over the rest of a message, whatever stands in it, at every cut", () => {
  const rest = join(
    octets("rest"),
    encodeCommand("PING", octets("\0\0")),
    encodeFrame(octets("more"), 1),
    encodeFrame(new Uint8Array(300), 0),
  );
  const stream = join(rest, text("next"));
  for (let size = 1; size <= stream.length; size++) {
    const entry = new MessageStart(3, 4, new Uint8Array(0), true);
    let at = 0;
    for (let from = 0; from < stream.length && !entry.isReached; from += size) {
      at = entry.pass(stream, from, Math.min(stream.length, from + size));
    }
    assert.deepEqual([at, entry.isReached, entry.isLost, entry.messages], [rest.length, true, false, 1]);
  }
});

test("MessageStart goes on with a header that was begun", () => {
  const entry = new MessageStart(3, 0, hex("02 00 00"), false);
  const stream = join(hex("00 00 00 00 01 00"), new Uint8Array(256), text("next"));
  assert.equal(entry.pass(stream, 0, stream.length), 262);
  const old = new MessageStart(1, 0, hex("03"), true);
  assert.equal(old.pass(hex("00 61 62 01 00"), 0, 5), 3);
});

test("MessageStart takes a hole within a frame, and none beyond it", () => {
  const entry = new MessageStart(3, 10, new Uint8Array(0), false);
  assert.equal(entry.passHole(10), true);
  assert.equal(entry.isReached, true);
  assert.equal(entry.passHole(1), false);
});

test("MessageStart is lost at a length that no frame can have", () => {
  const entry = new MessageStart(3, 0, new Uint8Array(0), true);
  assert.equal(entry.pass(hex("02 ff ff ff ff ff ff ff ff 00"), 0, 10), 10);
  assert.equal(entry.isLost, true);
});
