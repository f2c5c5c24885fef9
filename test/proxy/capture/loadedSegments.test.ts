import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadedSegments } from "../../../src/proxy/capture/loadedSegments.ts";
import { Segment } from "../../../src/proxy/capture/segment.ts";

function loaded(serial: number, bytes = 1000): Segment {
  const segment = new Segment(serial, 1, 0);
  segment.slab = { bytes: Buffer.alloc(bytes), words: new Uint32Array(0) };
  segment.links = new Map();
  return segment;
}

test("LoadedSegments lets go of what nobody used for longest once a share of the memory is full", () => {
  const segments = new LoadedSegments();
  const all = Array.from({ length: 6 }, (_, serial) => loaded(serial));
  for (const segment of all.slice(0, 4)) segments.add(segment, 16_000);
  assert.equal(segments.bytes, 4000);
  segments.use(all[0]!);
  segments.add(all[4]!, 16_000);
  assert.deepEqual(
    all.map((segment) => segments.has(segment)),
    [true, false, true, true, true, false],
  );
  assert.deepEqual([all[1]!.slab, all[1]!.links, segments.bytes], [null, null, 4000]);
});

test("LoadedSegments keeps three however small the memory is, and forgets one when it is told", () => {
  const segments = new LoadedSegments();
  const all = Array.from({ length: 4 }, (_, serial) => loaded(serial));
  for (const segment of all) segments.add(segment, 10);
  assert.equal(segments.count, 3);
  segments.remove(all[3]!);
  assert.equal(segments.removeOldest(all[1]!), true);
  assert.deepEqual([segments.count, segments.has(all[1]!)], [1, true]);
  assert.equal(segments.removeOldest(all[1]!), false);
});
