import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture, type CapturedLink } from "../../../src/proxy/capture/capture.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { command, encode, encodeFrame, MIB, openLink, readAll, say, seeded } from "../../support/captures.ts";

function checkCounters(capture: Capture): void {
  const { seen, kept, evicted, firstN, lastN } = capture.stats();
  assert.equal(seen, kept + evicted);
  assert.equal(kept, lastN - firstN + 1);
}

test("Capture gives back the frames of a message", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const n = say(capture, link, 0, ["", "hello", Buffer.alloc(300, 7)]);
  assert.equal(n, 1);
  assert.deepEqual(readAll(capture, n), [Buffer.from(""), Buffer.from("hello"), Buffer.alloc(300, 7)]);
  const row = capture.row(n)!;
  assert.equal(row.kind, "message");
  assert.equal(row.frames, 3);
  assert.equal(row.sizeBytes, 305);
  assert.equal(row.link, link);
  assert.equal(row.direction, 0);
  assert.equal(capture.row(0), undefined);
  assert.equal(capture.row(2), undefined);
});

test("Capture reads a window of a frame and ends at the frame's end", () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = say(capture, openLink(capture), 1, ["a", "0123456789"]);
  assert.equal(Buffer.from(capture.readFrame(n, 1, 3, 4)).toString(), "3456");
  assert.equal(Buffer.from(capture.readFrame(n, 1, 8, 100)).toString(), "89");
  assert.equal(capture.readFrame(n, 1, 11, 5).length, 0);
  assert.equal(capture.readFrame(n, 2, 0, 5).length, 0);
  assert.equal(Buffer.from(capture.readFrame(n, 1, -3, 2)).toString(), "01");
});

test("Capture reads ZMTP 1.0 and 2.0 framing", () => {
  const capture = new Capture({ maxBytes: 0 });
  const old = openLink(capture);
  old.framing = "zmtp1";
  const long = Buffer.concat([Buffer.from("ff000000000000012d00", "hex"), Buffer.alloc(300, 9)]);
  const bytes = Buffer.concat([Buffer.from("03016162", "hex"), long]);
  const n = capture.message(old, 0, capture.append(old, 0, bytes, 0), 0, bytes.length, 302, 2, 0);
  assert.deepEqual(readAll(capture, n), [Buffer.from("ab"), Buffer.alloc(300, 9)]);
  const newer = openLink(capture);
  newer.framing = "zmtp2";
  const body = Buffer.from("0501620001630", "hex");
  const m = capture.message(newer, 0, capture.append(newer, 0, body, 0), 0, body.length, 2, 2, 0);
  assert.deepEqual(readAll(capture, m), [Buffer.from("b"), Buffer.from("c")], "bit 2 is no command in 2.0");
});

test("Capture leaves commands between the frames of a message out of it", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const ping = encodeFrame(Buffer.from("\x04PING\0\0"), 4);
  const bytes = Buffer.concat([encodeFrame(Buffer.from("a"), 1), ping, encodeFrame(Buffer.from("b"), 0)]);
  const chunk = capture.append(link, 0, bytes, 0);
  const p = capture.command(link, 0, 0, chunk, 3, 3 + ping.length, ping.length - 2, 0);
  const n = capture.message(link, 0, chunk, 0, bytes.length, 2, 2, 0);
  assert.deepEqual(readAll(capture, n), [Buffer.from("a"), Buffer.from("b")]);
  assert.equal(capture.row(p)!.event, "ping");
  assert.equal(Buffer.from(capture.commandBytes(p, 100)).toString(), "\x04PING\0\0");
  assert.equal(capture.commandBody(p, 3).isCommand, true);
  assert.equal(capture.commandBytes(p, 3).length, 3);
  assert.equal(capture.isEvent(p), true);
  assert.equal(capture.isEvent(n), false);
});

test("Capture keeps encrypted frames as rows of one frame", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const bytes = encodeFrame(Buffer.from("\x07MESSAGE12345"), 4);
  const n = capture.encrypted(link, 1, capture.append(link, 1, bytes, 0), 0, bytes.length, 13, 0);
  assert.equal(capture.row(n)!.kind, "encrypted");
  assert.deepEqual(readAll(capture, n), [Buffer.from("\x07MESSAGE12345")]);
  assert.equal(capture.isEncrypted(n), true);
});

test("Capture keeps an event with its detail, its tap and its link", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { tap: "weather" });
  const own = capture.event(link, "id", "weather", "fault", { code: "bad", text: "ä☃" });
  const tapEvent = capture.event(null, "id-2", "other", "server-down", { count: 3 });
  const row = capture.row(own)!;
  assert.equal(row.event, "fault");
  assert.equal(row.direction, null);
  assert.equal(row.tapName, "weather");
  assert.deepEqual(row.detail, { code: "bad", text: "ä☃" });
  assert.equal(capture.row(tapEvent)!.link, null);
  assert.equal(capture.row(tapEvent)!.tap, "id-2");
  assert.deepEqual(capture.frames(own, 10), { frames: [], more: 0 });
});

test("Capture cuts an event above 16 KiB", () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = capture.event(null, "t", "tap", "handshake", { reason: "x".repeat(20_000) });
  const detail = capture.row(n)!.detail!;
  assert.equal(detail["truncated"], true);
  assert.equal((detail["text"] as string).length, 1000);
});

test("Capture pairs a reply with its request and measures its latency", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const request = say(capture, link, 0, ["", "q"]);
  capture.exchange(request, "pending");
  assert.equal(capture.row(request)!.exchange, "pending");
  const reply = say(capture, link, 1, ["", "a"]);
  capture.paired(request, reply, true);
  const [asked, answered] = [capture.row(request)!, capture.row(reply)!];
  assert.deepEqual([asked.exchange, asked.partner, asked.guessed, asked.latencyNs], ["answered", reply, true, null]);
  assert.deepEqual([answered.exchange, answered.partner, answered.guessed], ["reply", request, true]);
  assert.equal(Math.abs(answered.latencyNs! - (answered.timeNs - asked.timeNs)) < 100, true);
  capture.exchange(999, "lost");
  capture.paired(998, 999, false);
});

test("Capture keeps the origin of what was injected", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  assert.deepEqual(
    ([0, 1, 2] as const).map((origin) => capture.row(say(capture, link, 0, ["x"], origin))!.origin),
    ["wire", "replay", "call"],
  );
});

test("Capture keeps a 20 MB message that spans many segments, read by windows from anywhere", () => {
  const capture = new Capture({ maxBytes: 64 * MIB, segmentBytes: 2 * MIB });
  const link = openLink(capture);
  const body = Buffer.alloc(20_000_000);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at);
  const wire = encode(["head", body]);
  let start = -1;
  for (let at = 0; at < wire.length; at += 65_536) {
    const chunk = capture.append(link, 0, wire.subarray(at, at + 65_536), 0);
    if (start < 0) start = chunk;
  }
  const n = capture.message(link, 0, start, 0, 0, body.length + 4, 2, 0);
  assert.deepEqual(capture.frames(n, 10).frames, [
    { sizeBytes: 4, keptBytes: 4, prefix: new Uint8Array(0) },
    { sizeBytes: body.length, keptBytes: body.length, prefix: new Uint8Array(0) },
  ]);
  for (const from of [0, 65_000, 9_999_999, 19_999_990]) {
    assert.deepEqual(Buffer.from(capture.readFrame(n, 1, from, 100)), body.subarray(from, from + 100));
  }
  assert.equal(Buffer.from(capture.readFrame(n, 1, 0, body.length)).equals(body), true);
  assert.equal(capture.borrowSections().length > 8, true);
});

test("Capture takes one handed chunk larger than a segment", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  const n = say(capture, link, 0, [Buffer.alloc(3 * MIB, 5), "end"]);
  const [body, end] = readAll(capture, n);
  assert.equal(body!.equals(Buffer.alloc(3 * MIB, 5)), true);
  assert.equal(end!.toString(), "end");
});

test("Capture resolves a start that lies in a later piece of a handed chunk", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const first = encode([Buffer.alloc(65_493 - 9, 1)]);
  const bytes = Buffer.concat([first, encode(["second"]), encode(["third"]).subarray(0, 3)]);
  const chunk = capture.append(link, 0, bytes, 0);
  capture.message(link, 0, chunk, 0, first.length, first.length - 9, 1, 0);
  const second = capture.message(link, 0, chunk, first.length, first.length + 8, 6, 1, 0);
  capture.append(link, 0, encode(["third"]).subarray(3), 0);
  const third = capture.message(link, 0, chunk, first.length + 8, 4, 5, 1, 0);
  assert.deepEqual(readAll(capture, second), [Buffer.from("second")]);
  assert.deepEqual(readAll(capture, third), [Buffer.from("third")]);
});

test("Capture counts 65,535 and more frames by walking them", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const n = say(
    capture,
    link,
    0,
    Array.from({ length: 70_000 }, () => "x"),
  );
  assert.equal(capture.row(n)!.frames, 70_000);
  const { frames, more } = capture.frames(n, 10);
  assert.equal(frames.length + more, 70_000);
});

test("Capture marks a message partly kept when its beginning was evicted", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = openLink(capture);
  const body = Buffer.alloc(20 * MIB, 1);
  const n = say(capture, link, 0, [body]);
  assert.deepEqual(capture.frames(n, 10), {
    frames: [{ sizeBytes: body.length, keptBytes: 0, prefix: new Uint8Array(0) }],
    more: 0,
  });
  assert.equal(capture.readFrame(n, 0, 0, 100).length, 0);
  const two = say(capture, link, 0, [body, "tail"]);
  assert.deepEqual(capture.frames(two, 10), { frames: [], more: 2 });
  checkCounters(capture);
});

test("Capture enforces 16 MiB at least and stays within its bound, index included", () => {
  const capture = new Capture({ maxBytes: 1 });
  assert.equal(capture.stats().maxBytes, 16 * MIB);
  const link = openLink(capture);
  const bytes = encode([""]);
  for (let index = 0; index < 600_000; index++) {
    const chunk = capture.append(link, 0, bytes, 0);
    capture.message(link, 0, chunk, 0, 2, 0, 1, 0);
    if (index % 50_000 === 0) checkCounters(capture);
  }
  const { usedBytes, maxBytes, evicted } = capture.stats();
  assert.equal(usedBytes <= maxBytes, true);
  assert.equal(usedBytes > maxBytes * 0.6, true);
  assert.equal(evicted > 0, true);
  assert.deepEqual(readAll(capture, capture.firstN), [Buffer.alloc(0)]);
});

test("Capture stays within its bound when one chunk holds thousands of the shortest messages", () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture);
  const bytes = Buffer.alloc(65_536);
  for (let round = 0; round < 60; round++) {
    const chunk = capture.append(link, 0, bytes, 0);
    for (let at = 0; at < bytes.length; at += 2) capture.message(link, 0, chunk, at, at + 2, 0, 1, 0);
  }
  assert.equal(capture.stats().usedBytes <= 16 * MIB, true);
  assert.deepEqual(readAll(capture, capture.lastN), [Buffer.alloc(0)]);
});

test("Capture evicts at once when its bound is lowered", () => {
  const capture = new Capture({ maxBytes: 48 * MIB });
  const link = openLink(capture);
  for (let index = 0; index < 400; index++) say(capture, link, 0, [Buffer.alloc(100_000)]);
  assert.equal(capture.stats().evicted, 0);
  capture.setMaxBytes(16 * MIB);
  assert.equal(capture.stats().usedBytes <= 16 * MIB, true);
  checkCounters(capture);
});

test("Capture.clear evicts all rows, keeps counting, and keeps open links", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const chunk = capture.append(link, 0, encode(["ab"]).subarray(0, 3), 0);
  say(capture, link, 1, ["x"]);
  capture.clear();
  assert.deepEqual([capture.stats().kept, capture.stats().evicted, capture.firstN, capture.lastN], [0, 1, 2, 1]);
  // A message under way whose beginning went.
  const orphan = capture.message(link, 0, chunk, 0, 4, 2, 1, 0);
  assert.deepEqual(capture.frames(orphan, 1).frames[0], { sizeBytes: 2, keptBytes: 0, prefix: new Uint8Array(0) });
  capture.append(link, 0, encode(["ab"]).subarray(3), 0);
  const half = capture.message(link, 0, chunk, 0, 4, 2, 1, 0);
  assert.equal(capture.frames(half, 1).frames[0]!.keptBytes, 0);
  const n = say(capture, link, 0, ["after"]);
  assert.deepEqual(readAll(capture, n), [Buffer.from("after")]);
  assert.equal(capture.row(n)!.link, link);
  checkCounters(capture);
});

test("Capture forgets a closed link with its last row", () => {
  const capture = new Capture({ maxBytes: 0 });
  const gone = openLink(capture);
  const n = say(capture, gone, 0, ["bye"]);
  capture.closeLink(gone);
  capture.closeLink(gone);
  assert.equal(capture.row(n)!.link, gone);
  assert.equal(gone.record, null);
  const other = openLink(capture);
  for (let index = 0; index < 300; index++) say(capture, other, 0, [Buffer.alloc(100_000)]);
  assert.equal(capture.row(n), undefined);
  capture.clear();
  assert.equal(capture.stats().usedBytes < MIB, true);
});

test("Capture records every open link again in each new segment, the many of them included", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 128 * 1024 });
  const links = Array.from({ length: 300 }, (_, index) =>
    openLink(capture, { tap: `tap ${index % 50}`, record: () => ({ subscriptions: "x".repeat(200) }) }),
  );
  const rows = new Map<number, string>();
  for (let round = 0; round < 4; round++) {
    for (const [index, link] of links.entries()) {
      const text = `${round}/${index}/${"y".repeat(500)}`;
      rows.set(say(capture, link, 0, [text]), text);
    }
  }
  for (const [n, text] of rows) assert.equal(readAll(capture, n)[0]!.toString(), text);
  for (const section of capture.borrowSections()) {
    const records =
      Buffer.from(section)
        .toString("latin1")
        .match(/"zmqTap":"link"/g) ?? [];
    assert.equal(records.length > 0, true);
  }
});

test("Capture leaves out a link record that is too large, and says so", () => {
  const capture = new Capture({ maxBytes: 0, segmentBytes: 64 * 1024 });
  const link = openLink(capture, { record: () => ({ subscriptions: "x".repeat(100_000) }) });
  for (let index = 0; index < 20; index++) say(capture, link, 0, [Buffer.alloc(10_000)]);
  const last = Buffer.from(capture.borrowSections().at(-1)!).toString("latin1");
  assert.match(last, /"leftOut":"record"/);
});

test("Capture stores and reads an empty chunk", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  capture.append(link, 0, new Uint8Array(0), 0);
  const n = say(capture, link, 0, ["x"]);
  assert.deepEqual(readAll(capture, n), [Buffer.from("x")]);
});

type Expected = { frames: Buffer[]; direction: Direction; link: CapturedLink };

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`Capture keeps what went in, under random chunking, eviction and PINGs (seed ${seed})`, () => {
    const random = seeded(seed);
    const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 256 * 1024 });
    const links = [openLink(capture), openLink(capture, { client: "[::1]:9" }), openLink(capture, { client: "@x" })];
    const expected = new Map<number, Expected>();
    for (let round = 0; round < 120; round++) {
      const link = links[random(links.length)]!;
      const direction = random(2) as Direction;
      sendBatch(capture, link, direction, random, expected);
      if (random(5) === 0) capture.event(link, "t", "tap", "gap", { round });
      if (round === 60 && seed % 2 === 0) capture.clear();
      checkCounters(capture);
    }
    assert.equal(capture.stats().evicted > 0, true);
    let whole = 0;
    for (const [n, { frames, direction, link }] of expected) {
      const row = capture.row(n);
      assert.equal(row === undefined, n < capture.firstN);
      if (row === undefined) continue;
      assert.equal(row.direction, direction);
      assert.equal(row.link, link);
      assert.equal(row.frames, frames.length);
      const sizes = capture.frames(n, 1000);
      if (sizes.frames.some((frame) => frame.keptBytes < frame.sizeBytes) || sizes.more > 0) continue;
      whole++;
      const read = readAll(capture, n);
      assert.equal(read.length, frames.length);
      for (const [index, frame] of frames.entries()) assert.equal(read[index]!.equals(frame), true);
    }
    assert.equal(whole > 100, true);
  });
}

/** Sends a few messages cut into random chunks, PINGs between their frames. */
function sendBatch(
  capture: Capture,
  link: CapturedLink,
  direction: Direction,
  random: (below: number) => number,
  expected: Map<number, Expected>,
): void {
  const parts: Buffer[] = [];
  const ends: { start: number; end: number; frames: Buffer[] }[] = [];
  let length = 0;
  const put = (bytes: Buffer): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  for (let message = random(12); message >= 0; message--) {
    const start = length;
    const frames = Array.from({ length: 1 + random(5) }, () =>
      Buffer.alloc([0, 1, 17, 255, 256, 3000, 70_000][random(7)]! + random(3), random(256)),
    );
    for (const [index, frame] of frames.entries()) {
      put(encodeFrame(frame, index < frames.length - 1 ? 1 : 0));
      if (random(3) === 0 && index < frames.length - 1) put(encodeFrame(Buffer.from("\x04PING\0\x01"), 4));
    }
    ends.push({ start, end: length, frames });
  }
  const wire = Buffer.concat(parts);
  const chunks: { chunk: number; from: number }[] = [];
  for (let from = 0; from < wire.length;) {
    const to = Math.min(wire.length, from + 1 + random([10, 1000, 65_536, 200_000][random(4)]!));
    chunks.push({ chunk: capture.append(link, direction, wire.subarray(from, to), 0), from });
    for (const { start, end, frames } of ends) {
      if (end <= from || end > to) continue;
      const at = chunks.findLast((chunk) => chunk.from <= start)!;
      const size = frames.reduce((sum, frame) => sum + frame.length, 0);
      const n = capture.message(link, direction, at.chunk, start - at.from, end - from, size, frames.length, 0);
      expected.set(n, { frames, direction, link });
    }
    from = to;
  }
}

test("Capture keeps a subscription command's octets", () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = command(capture, openLink(capture), 0, 2, Buffer.from("\x09SUBSCRIBEtop"));
  assert.equal(capture.row(n)!.event, "subscribe");
  assert.equal(Buffer.from(capture.commandBytes(n, 100)).toString(), "\x09SUBSCRIBEtop");
});

test("Whatever is evicted or cleared, the messages of each tap are kept or evicted", () => {
  const random = seeded(17);
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 256 * 1024 });
  const taps = ["a", "b", "c"];
  const links = taps.map((tap) => openLink(capture, { tap }));
  const said = new Map(taps.map((tap) => [tap, 0]));
  for (let n = 0; n < 3000; n++) {
    const at = random(taps.length);
    const tap = taps[at]!;
    const row = say(capture, links[at]!, random(2) as 0 | 1, [Buffer.alloc(random(20_000))]);
    said.set(tap, said.get(tap)! + 1);
    if (random(50) === 0) capture.mark(row, { pinned: true });
    if (random(20) === 0) capture.event(links[at]!, `id-${tap}`, tap, "ping", {});
    if (random(700) === 0) capture.clear({ keepPinned: random(2) === 0 });
  }
  let messages = 0;
  for (const tap of taps) {
    const { kept, evicted } = capture.store.messagesOf(`id-${tap}`);
    assert.equal(kept + evicted, said.get(tap), tap);
    assert.ok(kept > 0 && evicted > 0);
    for (let n = 1; n <= capture.lastN; n++) {
      const row = capture.row(n);
      if (row?.kind === "message" && row.tapName === tap) messages++;
    }
    messages -= kept;
  }
  assert.equal(messages, 0);
});
