import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../../src/proxy/capture/clock.ts";
import { FrameWalker } from "../../../src/proxy/capture/frameWalker.ts";
import { SegmentStore } from "../../../src/proxy/capture/segmentStore.ts";
import { SegmentWriter } from "../../../src/proxy/capture/segmentWriter.ts";
import { encodeFrame } from "../../support/captures.ts";

function makeStore(): { store: SegmentStore; writer: SegmentWriter } {
  const clock = new Clock();
  const store = new SegmentStore({ clock, maxBytes: 0, onEvict: () => undefined });
  return { store, writer: new SegmentWriter(store, clock) };
}

const info = {
  link: 1,
  tap: "t",
  tapName: "tap",
  origin: "wire",
  client: "127.0.0.1:1",
  server: "127.0.0.1:2",
  record: () => ({}),
} as const;

test("FrameWalker reads headers and bodies whatever the chunks", () => {
  const wire = Buffer.concat([
    encodeFrame(Buffer.from("one"), 1),
    encodeFrame(Buffer.alloc(300, 2), 4),
    encodeFrame(Buffer.alloc(0), 0),
  ]);
  for (const size of [1, 2, 3, 7, 1000]) {
    const { store, writer } = makeStore();
    const link = writer.openLink(info);
    for (let at = 0; at < wire.length; at += size) writer.append(link, 0, wire.subarray(at, at + size), 0);
    const walker = new FrameWalker(store);
    assert.equal(walker.seek(0, 0, "zmtp3"), true);
    const seen: unknown[] = [];
    while (walker.nextHeader()) {
      let body = "";
      while (walker.nextSpan(5)) body += Buffer.from(walker.slab.subarray(walker.from, walker.to)).toString("hex");
      seen.push([walker.sizeBytes, walker.hasMore, walker.isCommand, body]);
    }
    assert.deepEqual(seen, [
      [3, true, false, "6f6e65"],
      [300, false, true, "02".repeat(300)],
      [0, false, false, ""],
    ]);
  }
});

test("FrameWalker tells how much of a body is there", () => {
  const { store, writer } = makeStore();
  const link = writer.openLink(info);
  writer.append(link, 0, encodeFrame(Buffer.alloc(1000), 0).subarray(0, 609), 0);
  const walker = new FrameWalker(store);
  walker.seek(0, 0, "zmtp3");
  walker.nextHeader();
  assert.equal(walker.skip(100), 100);
  assert.equal(walker.skip(900), -501, "500 were there: minus one more, so that none is negative too");
  assert.equal(walker.nextSpan(10), false);
});

test("FrameWalker ends where headers are cut or cannot be", () => {
  for (const [wire, framing] of [
    ["", "zmtp3"],
    ["00", "zmtp3"],
    ["02000000", "zmtp3"],
    ["0000000000", "zmtp1"],
    ["ff00000000", "zmtp1"],
    ["05", "zmtp1"],
  ] as const) {
    const { store, writer } = makeStore();
    const link = writer.openLink(info);
    writer.append(link, 0, Buffer.from(wire, "hex"), 0);
    const walker = new FrameWalker(store);
    walker.seek(0, 0, framing);
    assert.equal(walker.nextHeader(), false, wire);
  }
});

test("FrameWalker stops when what it walks over is evicted", () => {
  const { store, writer } = makeStore();
  const link = writer.openLink(info);
  writer.append(link, 0, encodeFrame(Buffer.alloc(1000), 0), 0);
  const walker = new FrameWalker(store);
  walker.seek(0, 0, "zmtp3");
  walker.nextHeader();
  assert.equal(walker.nextSpan(10), true);
  store.clear();
  assert.equal(walker.nextSpan(10), false);
  assert.equal(walker.nextHeader(), false);
  assert.equal(walker.seek(0, 0, "zmtp3"), false);
  assert.equal(walker.seek(99, 0, "zmtp3"), false);
});
