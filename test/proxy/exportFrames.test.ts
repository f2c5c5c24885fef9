import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { exportFrames } from "../../src/proxy/exportFrames.ts";
import { encode, encodeFrame, MIB, openLink, say } from "../support/captures.ts";
import { JPEG, PICKLES, PNG } from "../support/payloads.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-frames-"));
after(() => rmSync(folder, { recursive: true }));

test("exportFrames writes each frame to a file named after what it is, and nothing after the wire", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture);
  const large = Buffer.alloc(2_500_000, "../../etc/passwd ");
  const frames = [
    "../../up",
    '{"a":1}',
    Buffer.of(0x82, 0xa1, 0x61, 0x01, 0xa1, 0x62, 0x02),
    Buffer.of(0xff, 0xfe, 0, 1),
    "",
    large,
    Buffer.from(JPEG),
    Buffer.from(PNG),
    Buffer.from(PICKLES.evil),
  ];
  const octets = encode(frames);
  const n = capture.message(link, 0, capture.append(link, 0, octets, 0), 0, 0, 1, frames.length, 0);
  const paths = await exportFrames(capture, n, folder);
  assert.deepEqual(
    paths.map((path) => basename(path)),
    ["txt", "json", "msgpack", "bin", "txt", "txt", "jpg", "png", "pickle"].map(
      (extension, frame) => `message-1-frame-${frame}.${extension}`,
    ),
  );
  for (const [frame, path] of paths.entries())
    assert.equal(readFileSync(path).equals(Buffer.from(frames[frame]!)), true);
  const sealed = capture.encrypted(
    link,
    0,
    capture.append(link, 0, encodeFrame(Buffer.from("text"), 0), 0),
    0,
    0,
    4,
    0,
  );
  assert.deepEqual(
    (await exportFrames(capture, sealed, folder)).map((path) => basename(path)),
    ["message-2-frame-0.bin"],
  );
  assert.equal(readdirSync(folder).length, 10);
});

test("exportFrames overwrites nothing and leaves nothing half done", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  const n = say(capture, link, 0, ["a", "b"]);
  const target = mkdtempSync(join(folder, "two-"));
  await exportFrames(capture, n, target);
  await assert.rejects(
    exportFrames(capture, n, target),
    /message-1-frame-0\.txt: there is a file of this name already/,
  );
  assert.equal(readdirSync(target).length, 2);
  await assert.rejects(exportFrames(capture, n, join(folder, "none")), /its folder does not exist/);
  await assert.rejects(exportFrames(capture, 99, target), /Message 99 is no longer kept/);
  const large = encode([Buffer.alloc(17 * MIB)]);
  const partly = capture.message(link, 0, capture.append(link, 0, large, 0), 0, 0, 17 * MIB, 1, 0);
  await assert.rejects(exportFrames(capture, partly, target), /only partly kept, so it cannot be exported/);
  const many = Array.from({ length: 10_001 }, () => "x");
  const crowd = say(capture, link, 0, many);
  await assert.rejects(exportFrames(capture, crowd, target), /more than 10000 frames/);
  const cancelled = say(capture, link, 0, ["a", "b"]);
  await assert.rejects(exportFrames(capture, cancelled, target, AbortSignal.abort(new Error("enough"))), /enough/);
  assert.equal(readdirSync(target).length, 2);
});
