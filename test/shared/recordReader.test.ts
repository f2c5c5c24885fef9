import assert from "node:assert/strict";
import { test } from "node:test";
import { recordHeader, RecordReader } from "../../src/shared/recordReader.ts";

const LIMIT = 32 * 1024 * 1024;
const record = (text: string): Buffer => Buffer.concat([recordHeader(text.length), Buffer.from(text)]);
const stream = Buffer.concat([record("one"), record(""), record("three")]);

function read(chunks: Uint8Array[]): string[] {
  const records: string[] = [];
  const reader = new RecordReader((body) => records.push(Buffer.from(body).toString()));
  for (const chunk of chunks) reader.push(chunk);
  return records;
}

test("RecordReader reads records at every split, and byte by byte", () => {
  const expected = ["one", "", "three"];
  for (let at = 0; at <= stream.length; at++)
    assert.deepEqual(read([stream.subarray(0, at), stream.subarray(at)]), expected);
  assert.deepEqual(read([...stream].map((octet) => Uint8Array.of(octet))), expected);
});

test("RecordReader refuses a length above the limit, and recordHeader makes none", () => {
  assert.throws(() => read([Uint8Array.of(0xff, 0xff, 0xff, 0xff)]), RangeError);
  assert.throws(() => recordHeader(LIMIT + 1), RangeError);
  assert.deepEqual(recordHeader(LIMIT), Uint8Array.of(0, 0, 0, 2));
});
