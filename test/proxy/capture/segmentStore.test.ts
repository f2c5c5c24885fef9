import assert from "node:assert/strict";
import { test } from "node:test";
import { CapturedLink } from "../../../src/proxy/capture/capturedLink.ts";
import { Clock } from "../../../src/proxy/capture/clock.ts";
import { SegmentWriter } from "../../../src/proxy/capture/segmentWriter.ts";
import { MIN_CAPTURE_BYTES, SegmentStore } from "../../../src/proxy/capture/segmentStore.ts";

const info = {
  link: 1,
  tap: "t",
  tapName: "tap",
  origin: "wire",
  client: "127.0.0.1:1",
  server: "127.0.0.1:2",
} as const;

function makeStore(segmentBytes = 64 * 1024): { store: SegmentStore; writer: SegmentWriter; evictions: number[] } {
  const evictions: number[] = [];
  const clock = new Clock();
  const store: SegmentStore = new SegmentStore({
    clock,
    maxBytes: 0,
    onEvict: () => evictions.push(store.firstRow),
  });
  return { store, writer: new SegmentWriter(store, clock, segmentBytes), evictions };
}

test("SegmentStore finds octets and order of chunks, per direction", () => {
  const { store, writer } = makeStore();
  const link = writer.openLink({ ...info, record: () => ({}) });
  const first = writer.append(link, 0, Buffer.from("ab"), 0);
  writer.append(link, 1, Buffer.from("--"), 0);
  const json = writer.appendJson(link, '{"a":1}', 0);
  const second = writer.append(link, 0, Buffer.from("cd"), 0);
  assert.equal(store.nextChunk(first), second);
  assert.equal(store.nextChunk(second), -1);
  const text = (chunk: number): string => {
    const at = store.chunkOffset(chunk);
    return store.borrowSlab(chunk).toString("latin1", at, at + store.chunkLength(chunk));
  };
  assert.deepEqual([text(first), text(json), text(second)], ["ab", '{"a":1}', "cd"]);
  assert.equal(store.chunkTimeNs(first) <= store.chunkTimeNs(second), true);
  assert.equal(store.lastChunk, second);
});

test("SegmentStore stays within its bound and gives the time of a chunk that is gone as that of the oldest kept", () => {
  const { store, writer, evictions } = makeStore();
  const link = writer.openLink({ ...info, record: () => ({}) });
  for (let index = 0; index < 400; index++) {
    writer.append(link, 0, Buffer.alloc(60_000), 0);
    store.nextRow++;
    assert.equal(store.usedBytes <= MIN_CAPTURE_BYTES, true);
  }
  assert.equal(evictions.length > 0, true);
  assert.equal(evictions.at(-1), store.firstRow);
  assert.equal(store.firstChunk > 0, true);
  assert.equal(store.chunkTimeNs(0), store.chunkTimeNs(store.firstChunk));
  store.clear();
  assert.equal(store.chunkTimeNs(0) > 0, true);
  assert.equal(store.firstRow, store.nextRow);
});

test("CapturedLink keeps what its owner told, without the record function", () => {
  const link = new CapturedLink({ ...info, record: () => ({}) });
  assert.deepEqual(link.info, info);
  assert.deepEqual(
    [link.sockets, link.identity, link.framing, link.facts],
    [{ client: null, server: null }, { client: "", server: "" }, "zmtp3", []],
  );
});
