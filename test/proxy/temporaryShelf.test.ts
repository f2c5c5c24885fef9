import assert from "node:assert/strict";
import { access, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { TemporaryShelf } from "../../src/proxy/temporaryShelf.ts";
import { MIB, openLink, readAll, say } from "../support/captures.ts";

test("A capture with a temporary shelf keeps what its memory cannot, and leaves nothing behind", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 256 * 1024 });
  const shelf = await TemporaryShelf.make(capture);
  const link = openLink(capture);
  for (let index = 0; index < 600; index++) {
    say(capture, link, 0, [`${index}`, Buffer.alloc(50_000)]);
    if (index % 50 === 49) await shelf.files.drained(4 * MIB);
  }
  const { kept, unwritten } = capture.stats();
  assert.deepEqual([kept, unwritten], [600, 0]);
  assert.equal(readAll(capture, 1)[0]!.toString(), "0");
  const folder = dirname(capture.store.segments[0]!.file!.path);
  await shelf.remove();
  await assert.rejects(access(folder), { code: "ENOENT" });
});

test("A temporary shelf that takes no more says so, and the newest rows stay", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 256 * 1024 });
  const shelf = await TemporaryShelf.make(capture);
  const link = openLink(capture);
  for (let index = 0; index < 5; index++) say(capture, link, 0, [Buffer.alloc(60_000)]);
  await shelf.files.drained(0);
  const { path } = capture.store.segments.find(({ file }) => file !== null)!.file!;
  await rm(dirname(path), { recursive: true });
  for (let index = 0; index < 500; index++) say(capture, link, 0, [Buffer.alloc(60_000)]);
  await shelf.files.drained(0);
  assert.match(shelf.problem!, /^Only the newest rows of the file are kept, since .* takes no more: /);
  assert.equal(capture.row(capture.lastN)!.sizeBytes, 60_000);
  await shelf.remove();
});
