import assert from "node:assert/strict";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { captureRows } from "../../src/proxy/captureRows.ts";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { until } from "../support/until.ts";

async function all({ next }: { next: () => number | Promise<number> }): Promise<number[]> {
  const rows: number[] = [];
  for (let n = await next(); n !== 0; n = await next()) rows.push(n);
  return rows;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

test("The rows of an export are all, those that a filter passes, or those that are selected", async () => {
  const capture = new Capture({ maxBytes: 0, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  for (let index = 1; index <= 9000; index++) say(capture, link, 0, [index % 3 === 0 ? "yes" : "no"]);
  const everything = await captureRows(capture, { kind: "all" });
  assert.equal(everything.total, 9000);
  assert.deepEqual(await all(everything), numbers(1, 9000));
  const some = await captureRows(capture, { kind: "filtered", text: "body == yes" });
  assert.equal(some.total, null);
  assert.deepEqual(
    await all(some),
    numbers(1, 3000).map((index) => 3 * index),
  );
  const selected = await captureRows(capture, { kind: "selected", rows: [7, 3, 7, 8000] });
  assert.deepEqual([selected.total, await all(selected)], [3, [3, 7, 8000]]);
  await assert.rejects(captureRows(capture, { kind: "filtered", text: "size >" }), { code: "bad-filter" });
});

test("The rows of an export end with those that there were, and leave out what goes meanwhile", async () => {
  const capture = new Capture({ maxBytes: 0, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  for (let index = 1; index <= 100; index++) say(capture, link, 0, [Buffer.alloc(5000)]);
  const source = await captureRows(capture, { kind: "all" });
  assert.equal(await source.next(), 1);
  say(capture, link, 0, ["later"]);
  capture.mark(50, { pinned: true });
  capture.mark(99, { pinned: true });
  capture.clear({ keepPinned: true });
  assert.deepEqual(await all(source), [50, 99]);
  assert.deepEqual(await all(await captureRows(new Capture({ maxBytes: 0 }), { kind: "all" })), []);
});

test("The rows of an export come from disk too, but for those that cannot be read", async (t) => {
  const storage = await mkdtemp(join(tmpdir(), "zmqtap-rows-"));
  t.after(() => rm(storage, { recursive: true, force: true }));
  const live = await LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes: 256 * MIB, storage, segmentBytes: MIB });
  const { capture } = live;
  const link = openLink(capture);
  for (let index = 1; index <= 1200; index++) {
    say(capture, link, 0, [index % 2 === 0 ? "yes" : "no", Buffer.alloc(30_000)]);
    if (index % 100 === 0) await until(() => capture.store.segments.filter(({ file }) => file === null).length < 4);
  }
  assert.deepEqual(await all(await captureRows(capture, { kind: "all" })), numbers(1, 1200));
  assert.deepEqual(
    await all(await captureRows(capture, { kind: "filtered", text: "body == yes" })),
    numbers(1, 600).map((index) => 2 * index),
  );
  const cut = capture.store.segments.filter(({ slab, hasIndex }) => slab === null && !hasIndex)[4]!;
  const { firstRow, endRow } = cut;
  await truncate(cut.file!.path, 100);
  assert.deepEqual(await all(await captureRows(capture, { kind: "all" })), [
    ...numbers(1, firstRow - 1),
    ...numbers(endRow, 1200),
  ]);
  assert.deepEqual(capture.row(firstRow)!.detail, {
    count: endRow - firstRow,
    first: firstRow,
    last: endRow - 1,
    reason: "their file can no longer be read",
  });
  await live.close();
});
