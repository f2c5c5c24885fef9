import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { shelveInTemporaryFolder } from "../../src/proxy/temporaryShelf.ts";
import { MIB, openLink, readAll, say } from "../support/captures.ts";

test("A capture with a temporary shelf keeps what its memory cannot, and leaves nothing behind", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 256 * 1024 });
  const { files, remove } = await shelveInTemporaryFolder(capture);
  const link = openLink(capture);
  for (let index = 0; index < 600; index++) {
    say(capture, link, 0, [`${index}`, Buffer.alloc(50_000)]);
    if (index % 50 === 49) await files.drained(4 * MIB);
  }
  const { kept, unwritten } = capture.stats();
  assert.deepEqual([kept, unwritten], [600, 0]);
  assert.equal(readAll(capture, 1)[0]!.toString(), "0");
  const folder = dirname(capture.store.segments[0]!.file!.path);
  await remove();
  await assert.rejects(access(folder), { code: "ENOENT" });
});
