import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { NO_ROW_FINDINGS } from "../../src/proxy/capture/rowFindings.ts";
import { NO_TALK, type RowSaid } from "../../src/proxy/capture/talk.ts";
import { RowCursor } from "../../src/proxy/rowCursor.ts";
import { EXCHANGES } from "../../src/shared/model.ts";
import { command, encode, encodeFrame, MIB, openLink, readAll, say, seeded } from "../support/captures.ts";

/** A cursor that is at row `n`. */
function at(capture: Capture, n: number, cursor = new RowCursor(capture)): RowCursor {
  const segment = capture.store.segmentOfRow(n)!;
  cursor.moveTo(segment, segment.indexOfRow(n));
  return cursor;
}

function text(octets: Uint8Array | null): string | null {
  return octets === null ? null : Buffer.from(octets).toString();
}

test("RowCursor says what Capture.row says of each row, and reads frames in any order", () => {
  const capture = new Capture({ maxBytes: 64 * MIB, segmentBytes: 64 * 1024 });
  const below = seeded(9);
  const links = [openLink(capture, { tap: "a" }), openLink(capture, { tap: "b", client: "x:1" })];
  for (let index = 0; index < 400; index++) {
    const link = links[below(2)]!;
    const kind = below(10);
    if (kind === 0) capture.event(link, "t", link.info.tapName, "link-opened", {});
    else if (kind === 2) capture.event(null, "t", "its own", "server-down", {});
    else if (kind === 1) command(capture, link, 0, 0, Buffer.from("\x04PING\0\0"));
    else
      say(
        capture,
        link,
        below(2) === 0 ? 0 : 1,
        Array.from({ length: 1 + below(5) }, () => Buffer.alloc(below(9000), below(256))),
        1,
      );
    if (below(4) === 0 && index > 10) capture.paired(index - below(9), index, below(2) === 0);
  }
  const cursor = new RowCursor(capture);
  for (let turn = 0; turn < 1000; turn++) {
    const n = 1 + below(capture.lastN);
    at(capture, n, cursor);
    const row = capture.row(n)!;
    assert.deepEqual(
      [cursor.n, cursor.tapName, cursor.timeNs, cursor.sizeBytes, cursor.frames, cursor.guessed, cursor.event],
      [n, row.tapName, row.timeNs, row.sizeBytes, row.frames, row.guessed, row.event ?? ""],
    );
    assert.equal(cursor.latencyNs, row.latencyNs ?? -1);
    assert.deepEqual([cursor.link?.link, cursor.link?.client], [row.link?.info.link, row.link?.info.client]);
    assert.equal(cursor.direction === -1, cursor.kind === 2);
    const frames = readAll(capture, n);
    for (let reads = 0; reads < 4; reads++) {
      const index = below(frames.length + 2);
      const wanted = frames[index] ?? null;
      assert.deepEqual(cursor.frame(index) === null ? null : Buffer.from(cursor.frame(index)!), wanted, `row ${n}`);
    }
    const last = cursor.frame(-1);
    assert.deepEqual(last === null ? null : Buffer.from(last), frames.at(-1) ?? null);
    assert.equal(cursor.frame(-frames.length - 1), null);
  }
});

test("RowCursor tells topics of publications and of subscriptions only", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client: "SUB", server: "XPUB" } });
  const topics = [
    say(capture, link, 1, ["EUR", "1"]),
    say(capture, link, 0, ["to the publisher"]),
    command(capture, link, 0, 2, Buffer.from("\x09SUBSCRIBEEUR")),
    command(capture, link, 0, 0, Buffer.from("\x04PING\0\0")),
    capture.event(link, "t", "tap", "link-opened", {}),
  ].map((n) => ({ event: at(capture, n).event, topic: text(at(capture, n).topic()) }));
  assert.deepEqual(
    topics.map(({ topic }, index) => (index === 2 ? [topics[2]!.event, topic] : topic)),
    ["EUR", null, ["subscribe", "EUR"], null, null],
  );
});

test("RowCursor learns what became known of a link that is open", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const n = say(capture, link, 1, ["EUR", "1"]);
  const cursor = at(capture, n);
  assert.deepEqual([cursor.link?.sockets.server, cursor.topic()], [null, null]);
  link.sockets = { client: "SUB", server: "PUB" };
  at(capture, n, cursor);
  assert.deepEqual([cursor.link?.sockets.server, text(cursor.topic())], ["PUB", "EUR"]);
});

test("RowCursor tells marks, copies, and the hole that a row stands for", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const [first, copy] = [say(capture, link, 1, ["x"]), say(capture, link, 1, ["x"])];
  capture.copied(first, copy, 2, 5);
  capture.mark(copy, { pinned: true, note: "hm" });
  const told = [first, copy].map((n) => {
    const { isCopy, copies, isPinned, note, latencyNs } = at(capture, n);
    return { isCopy, copies, isPinned, note, latencyNs };
  });
  assert.deepEqual(told, [
    { isCopy: false, copies: 2, isPinned: false, note: "", latencyNs: -1 },
    { isCopy: true, copies: 2, isPinned: true, note: "hm", latencyNs: -1 },
  ]);
  const cursor = at(capture, first);
  const segment = capture.store.segments[0]!;
  cursor.moveToGap(segment);
  assert.deepEqual([cursor.n, cursor.kind, cursor.direction, cursor.frame(0), cursor.link], [1, 2, -1, null, null]);
});

test("RowCursor tells what is said, and flags of messages that a command's code is not taken for", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const [a, b] = [say(capture, link, 0, ["x"]), say(capture, link, 1, ["x"])];
  const other = command(capture, link, 0, 5, Buffer.from("\x05OTHER"));
  capture.paired(a, b, false, true);
  capture.heartbeat(a);
  capture.duplicate(b);
  const flags = (n: number): boolean[] => {
    const { isLate, isDuplicate, isHeartbeat } = at(capture, n);
    return [isLate, isDuplicate, isHeartbeat];
  };
  assert.deepEqual([a, b, other].map(flags), [
    [false, false, true],
    [true, true, false],
    [false, false, false],
  ]);
  const said: RowSaid = { dialect: "zerorpc", kind: "call", method: "add", problem: null, id: "1" };
  capture.talk = { ...NO_TALK, said: () => said, statusOf: () => ({ status: "ok", problem: "" }) };
  assert.deepEqual([at(capture, a).said(), at(capture, a).status()], [said, "ok"]);
  assert.deepEqual([at(capture, other).said(), at(capture, other).status()], [null, "none"]);
});

test("RowCursor gives a frame that lies in several chunks in one piece, without the commands between frames", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const octets = Buffer.concat([
    encodeFrame(Buffer.from("first"), 1),
    encodeFrame(Buffer.from("\x04PING"), 4),
    encode([Buffer.from("second")]),
  ]);
  const first = capture.append(link, 0, octets.subarray(0, 4), 0);
  for (let index = 4; index < octets.length; index++) capture.append(link, 0, octets.subarray(index, index + 1), 0);
  const n = capture.message(link, 0, first, 0, 0, 11, 2, 0);
  const cursor = at(capture, n);
  assert.deepEqual([text(cursor.frame(1)), text(cursor.frame(0)), cursor.frame(2)], ["second", "first", null]);
});

test("RowCursor tells partners, details of events, bodies of commands, and what was found", () => {
  const capture = new Capture({ maxBytes: 0 });
  capture.findings = {
    ...NO_ROW_FINDINGS,
    of: (n) => (n === 1 ? { ids: ["slow-joiner"], severity: "warning" } : null),
  };
  const link = openLink(capture, { sockets: { client: "SUB", server: "XPUB" } });
  const request = say(capture, link, 0, ["ask"]);
  const reply = say(capture, link, 1, ["answer"]);
  capture.paired(request, reply, false);
  const ping = command(capture, link, 0, 0, Buffer.from("\x04PING\0\x05abc"));
  const own = capture.event(null, "t", "own", "server-down", { state: "down" });
  const told = [request, reply, ping, own].map((n) => {
    const cursor = at(capture, n);
    return [cursor.partner, cursor.detail(), text(cursor.commandBody()), cursor.finding()?.ids ?? null, cursor.tapName];
  });
  assert.deepEqual(told, [
    [reply, null, null, ["slow-joiner"], "tap"],
    [request, null, null, null, "tap"],
    [-1, null, "\0\x05abc", null, "tap"],
    [-1, { state: "down" }, null, null, "own"],
  ]);
  assert.deepEqual(
    [at(capture, own).event, capture.exchangeOf(request), capture.exchangeOf(99)],
    ["server-down", EXCHANGES.indexOf("answered"), -1],
  );
});

test("RowCursor takes no frame for whole that declares more than its row holds, and no memory for it", () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture);
  // As of a link whose octets were taken for those of another version.
  const first = capture.append(link, 0, Buffer.from("027272727272727272", "hex"), 0);
  capture.append(link, 0, Buffer.from("abc"), 0);
  const n = capture.message(link, 0, first, 0, 3, 3, 1, 0);
  assert.equal(at(capture, n).frame(0), null);
});
