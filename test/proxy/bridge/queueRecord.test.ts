import assert from "node:assert/strict";
import { test } from "node:test";
import { type QueueRecord, readRecord, recordBytes, writeRecord } from "../../../src/proxy/bridge/queueRecord.ts";
import { random } from "../../support/random.ts";

const RECORDS: readonly QueueRecord[] = [
  { seq: 1, putMs: 1.5e12, frames: [Buffer.from("hello")] },
  { seq: 2 ** 53 - 1, putMs: 0, frames: [] },
  {
    seq: 3,
    putMs: 1,
    frames: [Buffer.alloc(0), Buffer.from([0xff, 0, 0x80]), Buffer.alloc(70_000, 7), Buffer.alloc(0)],
  },
];

function written(records: readonly QueueRecord[]): Buffer {
  const octets = Buffer.alloc(
    records.reduce((sum, { frames }) => sum + recordBytes(frames), 0),
    0xaa,
  );
  let end = 0;
  for (const record of records) end = writeRecord(octets, end, record);
  assert.equal(end, octets.length);
  return octets;
}

test("Records are read as they were written, one behind the other", () => {
  const octets = written(RECORDS);
  let at = 0;
  for (const expected of RECORDS) {
    const read = readRecord(octets, at);
    assert.deepEqual("record" in read && read.record, expected);
    at = read.end;
  }
  assert.equal(at, octets.length);
});

test("The frames of a record are copies", () => {
  const octets = written([RECORDS[0]!]);
  const read = readRecord(octets, 0);
  octets.fill(0);
  assert.deepEqual("record" in read && read.record.frames, [Buffer.from("hello")]);
});

test("A record that was cut anywhere is torn", () => {
  const octets = written([RECORDS[0]!]);
  for (let length = 0; length < octets.length; length++)
    assert.deepEqual(readRecord(octets.subarray(0, length), 0), { fault: "torn", end: length });
});

test("A record whose number is none is damaged, since nothing could be put in order behind it", () => {
  for (const seq of [Number.NaN, Infinity, 2 ** 53, 0.5]) {
    const octets = written([{ seq, putMs: 0, frames: [Buffer.from("x")] }, RECORDS[0]!]);
    const read = readRecord(octets, 0);
    assert.ok("fault" in read && read.fault === "damaged");
    assert.ok("record" in readRecord(octets, read.end));
  }
});

test("A tail of zeros, as a loss of power leaves, is torn", () => {
  assert.deepEqual(readRecord(Buffer.alloc(100), 0), { fault: "torn", end: 100 });
});

test("A record with any octet changed behind its length is damaged, and the next one is found", () => {
  const [first, second] = [RECORDS[0]!, RECORDS[1]!];
  for (let at = 4; at < recordBytes(first.frames); at++) {
    const octets = written([first, second]);
    octets[at]! ^= 1;
    const read = readRecord(octets, 0);
    assert.deepEqual(read, { fault: "damaged", end: recordBytes(first.frames) });
    assert.deepEqual(readRecord(octets, read.end), { record: second, end: octets.length });
  }
});

test("Lengths that contradict each other are damage, even under a right checksum", async () => {
  const { crc32 } = await import("node:zlib");
  const cases: Readonly<Record<string, (octets: Buffer) => void>> = {
    "more frames than there is room for": (octets) => octets.writeUInt32LE(0xffffffff, 24),
    "a frame beyond the end": (octets) => octets.writeUInt32LE(6, 28),
    "octets that belong to no frame": (octets) => octets.writeUInt32LE(4, 28),
  };
  for (const [name, change] of Object.entries(cases)) {
    const octets = written([RECORDS[0]!]);
    change(octets);
    octets.writeUInt32LE(crc32(octets.subarray(8)), 4);
    assert.deepEqual(readRecord(octets, 0), { fault: "damaged", end: octets.length }, name);
  }
});

test("Any octets are read without an exception, up to their end", () => {
  const next = random(4);
  for (let round = 0; round < 2000; round++) {
    const octets = Buffer.from(Array.from({ length: next(80) }, () => next(4) * next(86)));
    if (octets.length > 4) octets.writeUInt32LE(next(octets.length), 0);
    for (let at = 0; at < octets.length;) {
      const { end } = readRecord(octets, at);
      assert.equal(end > at && end <= octets.length, true);
      at = end;
    }
  }
});
