import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../../src/proxy/capture/clock.ts";
import { SegmentStore } from "../../../src/proxy/capture/segmentStore.ts";
import { SegmentWriter } from "../../../src/proxy/capture/segmentWriter.ts";

const info = {
  link: 1,
  tap: "t",
  tapName: "tap",
  origin: "wire",
  client: "127.0.0.1:1",
  server: "127.0.0.1:2",
} as const;

function makeStore(): { store: SegmentStore; writer: SegmentWriter } {
  const clock = new Clock();
  const store = new SegmentStore({ clock, maxBytes: 0, onEvict: () => undefined });
  return { store, writer: new SegmentWriter(store, clock, 64 * 1024) };
}

test("SegmentWriter asks for a link's record before the octets that begin a segment, and never while the link is made", () => {
  const { writer } = makeStore();
  const asked: number[] = [];
  const link = writer.openLink({
    ...info,
    record: () => {
      asked.push(link.octets[0]!);
      return {};
    },
  });
  assert.deepEqual(asked, []);
  for (let index = 0; index < 30; index++) writer.append(link, 0, Buffer.alloc(5000), 0);
  assert.equal(asked.length > 0, true);
  assert.equal(
    asked.every((octets) => octets > 0 && octets % 5000 === 0),
    true,
  );
});

test("SegmentWriter begins a new segment before too many rows belong to one", () => {
  const { store, writer } = makeStore();
  const link = writer.openLink({ ...info, record: () => ({}) });
  writer.append(link, 0, Buffer.alloc(1), 0);
  writer.rowSegment().rowCount += 5000;
  writer.append(link, 0, Buffer.alloc(1), 0);
  assert.equal(store.borrowSections().length, 2);
});

test("SegmentWriter begins a segment of the new size at once when the bound is another one", () => {
  const clock = new Clock();
  const store = new SegmentStore({ clock, maxBytes: 16 * 1024 * 1024, onEvict: () => undefined });
  const writer = new SegmentWriter(store, clock);
  const link = writer.openLink({ ...info, record: () => ({}) });
  const before = store.current!.slab!.bytes.length;
  store.setMaxBytes(64 * 1024 * 1024);
  writer.fitSegments();
  assert.equal(store.current!.slab!.bytes.length, 4 * before);
  writer.append(link, 0, Buffer.from("x"), 0);
  assert.equal(store.segments.length, 2);
});
