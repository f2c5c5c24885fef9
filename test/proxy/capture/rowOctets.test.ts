import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture, type CapturedLink } from "../../../src/proxy/capture/capture.ts";
import { BROKEN, GOES_ON, type RowOctets, WHOLE } from "../../../src/proxy/capture/rowOctets.ts";
import { encode, encodeFrame, MIB, openLink, seeded } from "../../support/captures.ts";

/** All octets from there on, and how the walk ended. */
function walk(octets: RowOctets): { bytes: Buffer; state: number; spans: number } {
  const spans: Buffer[] = [];
  while (octets.nextSpan()) spans.push(Buffer.from(octets.slab.subarray(octets.from, octets.to)));
  return { bytes: Buffer.concat(spans), state: octets.state, spans: spans.length };
}

/** Appends in pieces that end at these places; returns the first chunk. */
function append(capture: Capture, link: CapturedLink, bytes: Uint8Array, ...ends: number[]): number {
  let at = 0;
  let first = -1;
  for (const end of [...ends, bytes.length]) {
    const chunk = capture.append(link, 0, bytes.subarray(at, end), 0);
    if (first < 0) first = chunk;
    at = end;
  }
  return first;
}

test("RowOctets gives a message as it was on the wire, wherever its chunks were cut", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const message = encode(["topic", Buffer.alloc(300, 7), ""]);
  const stream = Buffer.concat([message, encode(["next"])]);
  for (let first = 1; first < message.length; first++) {
    for (const second of [first, Math.min(first + 1, message.length), message.length]) {
      const chunk = append(capture, link, stream, first, second);
      const octets = capture.newRowOctets();
      assert.equal(octets.seek(chunk, 0, "zmtp3", true), true);
      const { bytes, state } = walk(octets);
      assert.deepEqual([bytes.equals(message), state], [true, WHOLE], `cut at ${first} and ${second}`);
    }
  }
});

test("RowOctets leaves out commands between the frames of a message, and gives a command by itself", () => {
  const random = seeded(3);
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const parts = [
    encodeFrame(Buffer.from("a"), 1),
    encodeFrame(Buffer.alloc(300, 1), 1),
    encodeFrame(Buffer.from("c"), 0),
  ];
  const ping = encodeFrame(Buffer.from("\x04PING\0\0"), 4);
  const stream = Buffer.concat([parts[0]!, ping, ping, parts[1]!, ping, parts[2]!]);
  for (let round = 0; round < 300; round++) {
    const cuts = [random(stream.length), random(stream.length), random(stream.length)].sort((a, b) => a - b);
    const chunk = append(capture, link, stream, ...cuts);
    const octets = capture.newRowOctets();
    octets.seek(chunk, 0, "zmtp3", true);
    const { bytes, state } = walk(octets);
    assert.deepEqual([bytes.equals(Buffer.concat(parts)), state], [true, WHOLE], `cut at ${cuts.join()}`);
  }
  const chunk = append(capture, link, stream);
  const octets = capture.newRowOctets();
  octets.seek(chunk, parts[0]!.length, "zmtp3", false);
  assert.deepEqual(walk(octets), { bytes: ping, state: WHOLE, spans: 1 });
});

test("RowOctets reads frames of ZMTP 1.0 and 2.0", () => {
  const capture = new Capture({ maxBytes: 0 });
  const old = openLink(capture);
  const one = Buffer.concat([Buffer.of(2, 1, 65), Buffer.of(0xff, 0, 0, 0, 0, 0, 0, 1, 45, 0), Buffer.alloc(300, 66)]);
  const octets = capture.newRowOctets();
  octets.seek(append(capture, old, Buffer.concat([one, one]), 5, 17), 0, "zmtp1", true);
  assert.deepEqual(walk(octets).bytes, one);
  const two = Buffer.of(5, 1, 65, 0, 1, 66);
  octets.seek(append(capture, old, Buffer.concat([two, two]), 1), 0, "zmtp2", true);
  assert.deepEqual(walk(octets).bytes, two);
});

test("RowOctets ends broken where octets are missing, evicted or no frame", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  const octets = capture.newRowOctets();
  assert.equal(octets.seek(append(capture, link, encode(["unfinished"]).subarray(0, 5)), 0, "zmtp3", true), true);
  assert.deepEqual([walk(octets).bytes.length, octets.state], [5, BROKEN]);
  const other = openLink(capture);
  octets.seek(append(capture, other, Buffer.from("02ffffffffffffffff00", "hex")), 0, "zmtp3", true);
  walk(octets);
  assert.equal(octets.state, BROKEN);
  const third = openLink(capture);
  const large = encode([Buffer.alloc(100_000)]);
  octets.seek(append(capture, third, large, 20_000), 0, "zmtp3", true);
  assert.equal(octets.nextSpan(), true);
  assert.deepEqual([octets.state, octets.timeNs <= capture.clock.nowNs()], [GOES_ON, true]);
  for (let round = 0; round < 600; round++) capture.append(third, 1, Buffer.alloc(40_000), 0);
  assert.equal(octets.nextSpan(), false);
  assert.equal(octets.state, BROKEN);
  assert.equal(octets.seek(0, 0, "zmtp3", true), false);
  assert.equal(octets.seek(1e9, 0, "zmtp3", true), false);
});
