import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { wholeBlocks } from "../../../src/proxy/capture/segmentLog.ts";
import { command, encode, MIB, openLink, readAll, say } from "../../support/captures.ts";

function pin(capture: Capture, ...ns: number[]): void {
  for (const n of ns) capture.mark(n, { pinned: true, note: `note ${n}` });
}

function firstFrames(capture: Capture, n: number): unknown {
  const { frames, more } = capture.frames(n, 20);
  return { more, frames: frames.map(({ sizeBytes }, index) => capture.readFrame(n, index, 0, sizeBytes)) };
}

test("Rows that are copied are as they were: messages, commands, encrypted frames, events, partners", () => {
  const capture = new Capture({ maxBytes: 64 * MIB, segmentBytes: 256 * 1024 });
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const rows = [
    say(capture, link, 0, ["", "question"], 1),
    say(capture, link, 1, ["", Buffer.alloc(200_000, 5)]),
    command(capture, link, 0, 0, Buffer.from("\x04PING\0\0ctx")),
    capture.event(link, "id-tap", "tap", "fault", { why: "odd ü" }),
    capture.event(null, "other", "another", "server-down", { count: 3 }),
    say(
      capture,
      link,
      0,
      Array.from({ length: 66_000 }, () => "x"),
    ),
    say(capture, link, 0, [""]),
  ];
  const octets = Buffer.concat([Buffer.from([4, 13]), Buffer.from("\x07MESSAGE12345")]);
  rows.push(capture.encrypted(link, 1, capture.append(link, 1, octets, 0), 0, octets.length, 13, 0));
  capture.paired(rows[0]!, rows[1]!, true);
  const others = Array.from({ length: 50 }, () => say(capture, link, 0, ["other"]));
  const wanted = rows.map((n) => ({ row: capture.row(n), frames: firstFrames(capture, n) }));
  pin(capture, ...rows);
  capture.clear({ keepPinned: true });
  for (const [index, n] of rows.entries()) {
    assert.deepEqual({ row: capture.row(n), frames: firstFrames(capture, n) }, wanted[index], `row ${n}`);
    assert.equal(capture.markOf(n).note, `note ${n}`);
  }
  for (const n of others) assert.deepEqual([capture.isKept(n), capture.row(n)], [false, undefined]);
  const section = capture.borrowSections()[0]!;
  assert.equal(wholeBlocks(Buffer.from(section)), section.length);
  const { seen, kept, evicted } = capture.stats();
  assert.deepEqual([seen, kept, evicted], [58, rows.length, 50]);
  // And a second time, out of the copy.
  capture.clear({ keepPinned: true });
  for (const [index, n] of rows.entries()) assert.deepEqual(firstFrames(capture, n), wanted[index]!.frames);
});

test("Rows of a closed link are copied with the link, whose framing cuts them into frames", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { tap: "old" });
  link.framing = "zmtp1";
  link.identity = { client: "me", server: "" };
  const octets = Buffer.concat([
    Buffer.from("03016162", "hex"),
    Buffer.from("ff000000000000012d00", "hex"),
    Buffer.alloc(300, 9),
  ]);
  const n = capture.message(link, 0, capture.append(link, 0, octets, 0), 0, octets.length, 302, 2, 0);
  capture.closeLink(link);
  pin(capture, n);
  for (let times = 0; times < 2; times++) {
    capture.clear({ keepPinned: true });
    const row = capture.row(n)!;
    assert.deepEqual([row.tapName, row.link?.framing, row.link?.identity.client], ["old", "zmtp1", "me"]);
    assert.deepEqual(readAll(capture, n), [Buffer.from("ab"), Buffer.alloc(300, 9)]);
  }
});

test("A row whose octets are gone is copied with its time and size, and without octets of the next one", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = openLink(capture);
  const first = capture.append(link, 0, encode([Buffer.alloc(1000, 1), Buffer.alloc(50_000, 2)]).subarray(0, 9000), 0);
  const other = openLink(capture);
  while (capture.firstN < 5) say(capture, other, 0, [Buffer.alloc(60_000)]);
  capture.append(link, 0, Buffer.alloc(42_018, 2), 0);
  const lost = capture.message(link, 0, first, 0, 0, 51_000, 2, 0);
  const next = say(capture, other, 0, ["next"]);
  const before = capture.row(lost)!;
  assert.deepEqual(capture.frames(lost, 5), { frames: [], more: 2 });
  pin(capture, lost, next);
  capture.clear({ keepPinned: true });
  assert.deepEqual(capture.row(lost), before);
  assert.deepEqual(capture.frames(lost, 5), { frames: [], more: 2 });
  assert.equal(capture.readFrame(lost, 0, 0, 10).length, 0);
  assert.deepEqual(readAll(capture, next), [Buffer.from("next")]);
});

test("Nothing is cleared when the pinned messages are too much to be copied", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const rows = Array.from({ length: 9 }, () => say(capture, link, 0, [Buffer.alloc(1_000_000)]));
  pin(capture, ...rows);
  assert.throws(() => capture.clear({ keepPinned: true }), { name: "UserError", code: "too-much-pinned" });
  assert.equal(capture.row(rows[0]!)?.sizeBytes, 1_000_000);
  capture.mark(rows[0]!, { pinned: false });
  capture.clear({ keepPinned: true });
  assert.equal(capture.stats().kept, 8);
});

test("Clearing with nothing pinned leaves nothing", () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = say(capture, openLink(capture), 0, ["x"]);
  capture.mark(n, { note: "only a note" });
  capture.clear({ keepPinned: true });
  assert.deepEqual([capture.stats().kept, capture.firstN, capture.marks.size], [0, n + 1, 0]);
});
