import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { TapFile } from "../../src/cli/tapFile.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { encode, MIB, openLink, say } from "../support/captures.ts";
import { readBlocks, readStreams } from "../support/pcapngFile.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-tapfile-"));
after(() => rmSync(folder, { recursive: true }));

test("TapFile writes rows while they come, counts those that went before it could, and ends with FIN", async () => {
  const path = join(folder, "a.pcapng");
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  const file = await TapFile.create(capture, path, false);
  const ended = new AbortController();
  let turns = 0;
  say(capture, link, 0, ["one"]);
  await file.follow(() => {
    turns += 1;
    const [stream] = readStreams(readBlocks(readFileSync(path)));
    assert.equal(
      stream!.sent[0].toString("latin1"),
      turns === 1 ? encode(["one"]).toString("latin1") : "\0\x03one\0\x03two",
    );
    if (turns === 1) say(capture, link, 0, ["two"]);
    else ended.abort();
    return Promise.resolve();
  }, ended.signal);
  assert.equal(turns, 2);
  say(capture, link, 0, ["three"]);
  for (let round = 0; round < 300; round++) capture.append(link, 1, Buffer.alloc(65_000), 0);
  say(capture, link, 0, ["four"]);
  assert.match(await file.finish(), /^3 rows, \d+ octets written to .*a\.pcapng; 1 rows were evicted before/);
  const streams = readStreams(readBlocks(readFileSync(path)));
  assert.deepEqual(
    streams.map(({ sent, isClosed }) => [sent[0].toString("latin1"), isClosed]),
    [
      ["\0\x03one\0\x03two", true],
      ["\0\x04four", true],
    ],
  );
  assert.equal(file.hasFailed, false);
});

test("TapFile gives up on a full disk and says why", { skip: process.platform !== "linux" }, async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const file = await TapFile.create(capture, "/dev/full", true);
  say(capture, link, 0, ["one"]);
  await file.follow(() => Promise.reject(new Error("not asked for more")), new AbortController().signal);
  assert.equal(file.hasFailed, true);
  assert.match(
    await file.finish(),
    /^Cannot write \/dev\/full: the disk is full\. .* What was written before is there\.$/,
  );
  await assert.rejects(TapFile.create(capture, "/dev/full", false), /there is a file of this name already/);
});
