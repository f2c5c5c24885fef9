import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { copyRows } from "../../../src/proxy/capture/copyRows.ts";
import type { Segment } from "../../../src/proxy/capture/segment.ts";
import {
  chunkPlace,
  emptyPages,
  INDEX_HEAD_BYTES,
  indexBlock,
  readIndexHeader,
  rowPlace,
  segmentOf,
} from "../../../src/proxy/capture/segmentIndex.ts";
import { wholeBlocks } from "../../../src/proxy/capture/segmentLog.ts";
import { MIB, openLink, say } from "../../support/captures.ts";

/** A segment with several pages of rows and chunks, and its file. */
function written(): { segment: Segment; file: Buffer } {
  const capture = new Capture({ maxBytes: 64 * MIB, segmentBytes: 4 * MIB });
  const link = openLink(capture);
  for (let index = 0; index < 5000; index++) say(capture, link, index % 2 === 0 ? 0 : 1, [`row ${index}`]);
  capture.store.seal();
  const segment = capture.store.segments[0]!;
  return { segment, file: fileOf(segment) };
}

function fileOf(segment: Segment): Buffer {
  const block = indexBlock(segment, { anchorNs: 12_345_678_901_234_567_890n, lastLink: 7, links: [] });
  const file = Buffer.concat([segment.slab!.bytes.subarray(0, segment.used), ...block.parts]);
  assert.equal(block.file.bytes, file.length);
  return file;
}

function read(file: Buffer): ReturnType<typeof readIndexHeader> {
  const at = file.length - file.readUInt32LE(file.length - 4);
  return readIndexHeader(file.subarray(at, at + INDEX_HEAD_BYTES), at, file.length);
}

test("The index of a segment is read as it was written", () => {
  const { segment, file } = written();
  assert.equal(wholeBlocks(file), file.length, "other programs skip it as a block");
  const { header, file: places } = read(file)!;
  assert.deepEqual(
    [header.anchorNs, header.lastLink, header.rowCount, header.chunkCount, header.hasNs],
    ["12345678901234567890", 7, 5000, segment.chunkCount, false],
  );
  const found = segmentOf(header, { ...places, path: "x" }, null);
  assert.deepEqual([found.firstRow, found.endRow, found.endChunk], [1, 5001, segment.endChunk]);
  assert.deepEqual([found.hasIndex, found.slab, found.isSealed, found.used], [false, null, true, segment.used]);
  const { rowPages, chunkPages } = emptyPages(found);
  let at = places.rowsAt;
  for (const { octets } of [...rowPages, ...chunkPages]) {
    octets.set(file.subarray(at, at + octets.length));
    at += octets.length;
  }
  assert.equal(at, places.nsAt);
  const used = (page: { words: Uint32Array }, { octets }: { octets: Uint8Array }): Uint32Array =>
    page.words.subarray(0, octets.length >> 2);
  for (const [index, each] of rowPages.entries()) {
    assert.deepEqual(used(each.page, each), used(segment.rowPages[index]!, each));
  }
  for (const [index, each] of chunkPages.entries()) {
    assert.deepEqual(used(each.page, each), used(segment.chunkPages[index]!, each));
  }
  const wordsOfRow = new Uint32Array(8);
  new Uint8Array(wordsOfRow.buffer).set(file.subarray(rowPlace(found.file!, 4100), rowPlace(found.file!, 4101)));
  assert.deepEqual(wordsOfRow, segment.rowPages[1]!.words.slice(4 * 8, 5 * 8));
  assert.equal(chunkPlace(found.file!, 2) - chunkPlace(found.file!, 0), 64);
});

test("The index of a segment of single rows has their numbers", () => {
  const row = { link: null, direction: 0, origin: 0, timeNs: 5, octets: Buffer.from("{}"), isEvent: true } as const;
  const record = new Uint32Array(8);
  const segment = copyRows(
    [
      { ...row, n: 3, record },
      { ...row, n: 2 ** 40, record },
    ],
    {
      serial: 2,
      firstChunk: 9,
      anchorNs: 0n,
    },
  );
  const file = fileOf(segment);
  const { header, file: places } = read(file)!;
  const ns = new Float64Array(header.rowCount);
  new Uint8Array(ns.buffer).set(file.subarray(places.nsAt, places.linksAt));
  assert.deepEqual([header.hasNs, ...ns], [true, 3, 2 ** 40]);
  assert.equal(segmentOf(header, { ...places, path: "x" }, ns).endRow, 2 ** 40 + 1);
});

test("What is no index, or none that fits its file, is refused", () => {
  const { file } = written();
  const at = file.length - file.readUInt32LE(file.length - 4);
  const head = file.subarray(at, at + INDEX_HEAD_BYTES);
  for (let length = 0; length < 100; length++) {
    assert.equal(readIndexHeader(head.subarray(0, length), at, file.length), undefined);
  }
  assert.equal(readIndexHeader(head, at + 4, file.length), undefined, "it stands elsewhere");
  assert.equal(readIndexHeader(head, at, file.length - 100_000), undefined, "its file is shorter");
  for (const [from, to] of [
    ['"rowCount":5000', '"rowCount":-500'],
    ['"rowCount":5000', '"rowCount":5e99'],
    ['"serial":0', '"serial":x'],
    ['"anchorNs":"1', '"anchorNs":"x'],
    ["ZMQTAPX1", "ZMQTAPX2"],
  ] as const) {
    const bad = Buffer.from(head.toString("latin1").replace(from, to), "latin1");
    assert.notDeepEqual(bad, head);
    assert.equal(readIndexHeader(bad, at, file.length), undefined, to);
  }
});
