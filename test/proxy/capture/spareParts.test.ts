import assert from "node:assert/strict";
import { test } from "node:test";
import { Segment } from "../../../src/proxy/capture/segment.ts";
import { SpareParts } from "../../../src/proxy/capture/spareParts.ts";

function filled(spare: SpareParts, rowPages: number): Segment {
  const segment = new Segment(0, 1, 0);
  segment.slab = spare.takeSlab(65_536);
  segment.rowPages = Array.from({ length: rowPages }, () => spare.takeRowPage());
  segment.chunkPages = [spare.takeChunkPage(), spare.takeChunkPage()];
  return segment;
}

test("SpareParts gives again what came back, as far as it is worth keeping", () => {
  const spare = new SpareParts();
  const { slab, rowPages, chunkPages } = filled(spare, 10);
  const segment = new Segment(1, 1, 0);
  Object.assign(segment, { slab, rowPages, chunkPages });
  spare.giveBack(segment, 16 * 1024 * 1024);
  assert.equal(spare.takeSlab(65_536), slab);
  assert.notEqual(spare.takeSlab(65_536), slab);
  const again = Array.from({ length: 10 }, () => spare.takeRowPage());
  // A thirty-second part of 16 MiB is four pages.
  assert.equal(again.filter((page) => rowPages.includes(page)).length, 4);
  assert.equal(spare.takeChunkPage(), chunkPages[0]);
  assert.equal(chunkPages.includes(spare.takeChunkPage()), false);
});

test("SpareParts gives no slab of another size", () => {
  const spare = new SpareParts();
  const segment = filled(spare, 1);
  const { slab } = segment;
  spare.giveBack(segment, 16 * 1024 * 1024);
  assert.equal(spare.takeSlab(4096).bytes.length, 4096);
  assert.notEqual(spare.takeSlab(65_536), slab);
});
