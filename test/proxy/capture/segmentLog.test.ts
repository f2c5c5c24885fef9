import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import type { Segment } from "../../../src/proxy/capture/segment.ts";
import { logRecord, recoverSegment, wholeBlocks } from "../../../src/proxy/capture/segmentLog.ts";
import { storedLink } from "../../../src/proxy/capture/storedLink.ts";
import { MIB, openLink, readAll, say, seeded } from "../../support/captures.ts";

/** A segment under way with the log of five rounds of writing, and how many rows there were after each. */
function logged(): {
  segment: Segment;
  slab: Buffer;
  log: Buffer;
  said: Buffer[][];
  ends: { log: number; rows: number }[];
} {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const links = [openLink(capture), openLink(capture)];
  const segment = capture.store.current!;
  const below = seeded(8);
  const said: Buffer[][] = [];
  const parts: Uint8Array[] = [];
  const ends: { log: number; rows: number }[] = [];
  let written = { rows: 0, chunks: 0 };
  for (let round = 0; round < 5; round++) {
    for (let count = below(4); count >= 0; count--) {
      const frames = [Buffer.from(`row ${said.length + 1}`), Buffer.alloc(below(50), 7)];
      say(capture, links[below(2)]!, below(2) === 0 ? 0 : 1, frames);
      said.push(frames);
    }
    const known = links.map(storedLink);
    const more = { anchorNs: 5n, lastLink: round, links: round % 2 === 0 ? known : null };
    parts.push(...logRecord(segment, written, more).map((part) => Uint8Array.from(part)));
    written = { rows: segment.rowCount, chunks: segment.chunkCount };
    ends.push({ log: Buffer.concat(parts).length, rows: written.rows });
  }
  const slab = Buffer.from(segment.slab!.bytes.subarray(0, segment.used));
  return { segment, slab, log: Buffer.concat(parts), said, ends };
}

/** The rows of a recovered segment, read as a capture reads them. */
function rowsOf(segment: Segment): Buffer[][] {
  const capture = new Capture({ maxBytes: 16 * MIB });
  capture.store.adopt([segment], 0);
  return Array.from({ length: segment.rowCount }, (_, index) => readAll(capture, segment.rowAt(index)));
}

test("A log tells all of its segment", () => {
  const { segment, slab, log, said } = logged();
  const found = recoverSegment(log, slab)!;
  assert.deepEqual([found.anchorNs, found.lastLink, found.links.length], [5n, 4, 2]);
  assert.deepEqual([found.segment.used, found.segment.chunkCount], [slab.length, segment.chunkCount]);
  assert.equal(found.segment.firstTimeNs, segment.firstTimeNs);
  assert.deepEqual(rowsOf(found.segment), said);
});

test("A log that is cut at any octet tells the rows of the rounds that are whole", () => {
  const { slab, log, said, ends } = logged();
  for (let length = 0; length <= log.length; length++) {
    const found = recoverSegment(log.subarray(0, length), slab);
    const rows = ends.findLast((end) => end.log <= length)?.rows;
    assert.equal(found?.segment.rowCount, rows, `cut at ${length}`);
    if (found !== undefined && length % 31 === 0) assert.deepEqual(rowsOf(found.segment), said.slice(0, rows));
  }
});

test("Octets that are cut at any place leave the rows that end before", () => {
  const { slab, log, said } = logged();
  let rows = 0;
  for (let length = 0; length <= slab.length; length++) {
    const { segment } = recoverSegment(log, slab.subarray(0, length))!;
    assert.equal(segment.used <= length, true);
    assert.equal(segment.rowCount >= rows, true, `cut at ${length}`);
    rows = segment.rowCount;
    if (length % 17 === 0) assert.deepEqual(rowsOf(segment), said.slice(0, rows), `cut at ${length}`);
  }
  assert.equal(rows, said.length);
});

test("A log with any octet changed throws nothing but what says that it is none", () => {
  const { slab, log, said } = logged();
  const below = seeded(21);
  for (let turn = 0; turn < 2000; turn++) {
    const bad = Buffer.from(log);
    bad[below(bad.length)] = below(256);
    let rowCount: number | undefined;
    try {
      rowCount = recoverSegment(bad, slab)?.segment.rowCount;
    } catch (error) {
      assert.equal(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError, true);
    }
    assert.equal(rowCount === undefined || rowCount <= said.length + 100, true);
  }
});

test("wholeBlocks ends before a block that is cut, too short, or has two lengths", () => {
  const block = Buffer.alloc(16);
  block.writeUInt32LE(16, 4);
  block.writeUInt32LE(16, 12);
  const two = Buffer.concat([block, block]);
  assert.equal(wholeBlocks(two), 32);
  for (let length = 16; length < 32; length++) assert.equal(wholeBlocks(two.subarray(0, length)), 16);
  for (const [at, value] of [
    [20, 8],
    [20, 15],
    [28, 20],
    [20, 0xffffffff],
  ] as const) {
    const bad = Buffer.from(two);
    bad.writeUInt32LE(value, at);
    assert.equal(wholeBlocks(bad), 16);
  }
});

test("What the log tells of a request before its reply came is completed by the reply", () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture);
  const request = say(capture, link, 0, ["", "q"]);
  capture.exchange(request, "pending");
  const segment = capture.store.segments[0]!;
  const more = { anchorNs: 5n, lastLink: 1, links: [storedLink(link)] };
  const copy = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const before = copy(logRecord(segment, { rows: 0, chunks: 0 }, more));
  const written = { rows: segment.rowCount, chunks: segment.chunkCount };
  const reply = say(capture, link, 1, ["", "a"]);
  capture.paired(request, reply, true);
  const log = Buffer.concat([before, copy(logRecord(segment, written, more))]);
  const slab = Buffer.from(segment.slab!.bytes.subarray(0, segment.used));
  const found = new Capture({ maxBytes: 16 * MIB });
  found.store.adopt([recoverSegment(log, slab)!.segment], 1);
  const { exchange, partner, guessed } = found.row(request)!;
  assert.deepEqual({ exchange, partner, guessed }, { exchange: "answered", partner: reply, guessed: true });
});
