import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { findCandidates } from "../../../src/proxy/capture/needleScan.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { command, encode, encodeFrame, MIB, openLink, readAll, say, seeded } from "../../support/captures.ts";
import { random } from "../../support/random.ts";

const NEEDLE = Buffer.from("ndl");

/** Rows in memory whose frames have the needle, looked at one by one, and those that the scan finds. */
function compare(capture: Capture, what: string): { having: number; candidates: number; rows: number } {
  const below = seeded(1);
  const counts = { having: 0, candidates: 0, rows: 0 };
  for (const segment of capture.store.segments) {
    const from = below(3) === 0 ? below(segment.rowCount + 1) : 0;
    const to = below(3) === 0 ? from + below(segment.rowCount - from + 1) : segment.rowCount;
    const marks = findCandidates(segment, NEEDLE, from, to);
    assert.equal(marks.length, to - from);
    for (let index = from; index < to; index++) {
      const n = segment.rowAt(index);
      const has = readAll(capture, n).some((frame) => frame.includes(NEEDLE));
      if (has) assert.equal(marks[index - from], 1, `${what}: row ${n}`);
      counts.having += Number(has);
      counts.candidates += marks[index - from]!;
      counts.rows++;
    }
  }
  return counts;
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`One search over the slab finds every row that has the needle (seed ${seed})`, () => {
    const capture = new Capture({ maxBytes: 64 * MIB, segmentBytes: 64 * 1024 });
    const below = seeded(seed);
    const links = [openLink(capture), openLink(capture), openLink(capture)];
    const body = (): Buffer => {
      const octets = Buffer.alloc(below(30) === 0 ? below(40_000) : below(60), "nd");
      if (below(6) === 0 && octets.length > 3) NEEDLE.copy(octets, below(octets.length - 2));
      return octets;
    };
    for (let turn = 0; turn < 1500; turn++) {
      const link = links[below(3)]!;
      const direction = below(2) as Direction;
      const what = below(10);
      if (what === 0) {
        command(capture, link, direction, 0, Buffer.concat([Buffer.from("\x04PING"), body()]));
      } else if (what === 1) {
        capture.event(link, "t", "tap", "link-opened", { ndl: 1 });
      } else if (what === 2) {
        // A message with commands between its frames, in one chunk or cut anywhere; others before and behind.
        const [a, b, c] = [body(), body(), body()];
        const ping = Buffer.concat([Buffer.from("\x04PING"), body()]);
        const before = encode([a]);
        const first = encodeFrame(b, 1);
        const within = encodeFrame(ping, 4);
        const octets = Buffer.concat([before, first, within, encodeFrame(c, 0), encode([a])]);
        const at = before.length;
        const rows = [
          { from: 0, to: at, isMessage: true, size: a.length, frames: 1 },
          {
            from: at + first.length,
            to: at + first.length + within.length,
            isMessage: false,
            size: ping.length,
            frames: 1,
          },
          { from: at, to: octets.length - at, isMessage: true, size: b.length + c.length, frames: 2 },
          { from: octets.length - at, to: octets.length, isMessage: true, size: a.length, frames: 1 },
        ];
        const cut = below(2) === 0 ? octets.length : below(octets.length);
        const chunk = capture.append(link, direction, octets.subarray(0, cut), 0);
        const told = (isIn: (to: number) => boolean, begins: number): void => {
          for (const { from, to, isMessage, size, frames } of rows.filter((row) => isIn(row.to))) {
            if (isMessage) capture.message(link, direction, chunk, from, to - begins, size, frames, 0);
            else capture.command(link, direction, 0, chunk, from, to - begins, size, 0, true);
          }
        };
        told((to) => to <= cut, 0);
        if (cut < octets.length) capture.append(link, direction, octets.subarray(cut), 0);
        told((to) => to > cut, cut);
      } else {
        const bodies = Array.from({ length: 1 + below(8) }, body);
        const chunk = capture.append(link, direction, Buffer.concat(bodies.map((each) => encode([each]))), 0);
        let at = 0;
        for (const each of bodies) {
          const end = at + encode([each]).length;
          capture.message(link, direction, chunk, at, end, each.length, 1, 0);
          at = end;
        }
      }
    }
    const { having, candidates, rows } = compare(capture, `seed ${seed}`);
    assert.equal(having > 200, true);
    assert.equal(candidates < rows * 0.8, true, `${candidates} of ${rows}, ${having} have it`);
  });
}

test("A search over the slab does not look behind what is written, nor takes a neighbour for a hit", () => {
  const capture = new Capture({ maxBytes: 0, segmentBytes: 64 * 1024 });
  const link = openLink(capture);
  for (let index = 0; index < 600; index++) say(capture, link, 0, ["hay"]);
  const n = say(capture, link, 0, ["xndlx"]);
  for (let index = 0; index < 600; index++) say(capture, link, 0, ["hay"]);
  // Stale octets behind the end, as those of a slab that is used again.
  const segment = capture.store.segmentOfRow(n)!;
  segment.slab!.bytes.write("ndl", segment.used + 10);
  const marks = findCandidates(segment, NEEDLE, 0, segment.rowCount);
  assert.deepEqual(
    [...marks.keys()].filter((index) => marks[index] === 1),
    [segment.indexOfRow(n)],
  );
});

/** Rows of the only segment that may have the needle, and those that do. */
function found(capture: Capture, needle: Buffer): { candidates: number[]; holders: number[] } {
  const segment = capture.store.segments[0]!;
  const marks = findCandidates(segment, needle, 0, segment.rowCount);
  const candidates = [...marks].flatMap((mark, index) => (mark === 1 ? [segment.rowAt(index)] : []));
  const rows = Array.from(marks, (_, index) => segment.rowAt(index));
  return { candidates, holders: rows.filter((n) => readAll(capture, n).some((body) => body.includes(needle))) };
}

test("findCandidates marks all rows that have a needle, whatever octets it is made of", () => {
  const below = random(1);
  // Few letters, so that many places begin like the needle; some octets stand in a needle only.
  const letter = (): string => "aabbcdd"[below(7)]!;
  const text = (length: number): string => Array.from({ length }, letter).join("");
  for (let round = 0; round < 300; round++) {
    const rare = below(2) === 0 ? "~" : letter();
    const needle = Buffer.from(text(below(8)) + rare + text(below(8)));
    const capture = new Capture({ maxBytes: 0 });
    const link = openLink(capture);
    for (let n = 0; n < 40; n++) {
      const holds = below(4) === 0;
      const cut = below(5) === 0 ? needle.subarray(1) : needle;
      say(capture, link, 0, [text(below(30)) + (holds ? cut.toString() : "") + text(below(10)), text(below(3))]);
    }
    const { candidates, holders } = found(capture, needle);
    assert.deepEqual(candidates, holders, `${needle.toString()} in round ${round}`);
  }
});

test("findCandidates finds a needle at both ends of the octets it has, and one that begins before a chunk in no row", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const needle = Buffer.from("~needle-0");
  say(capture, link, 0, [needle, "x"]);
  // The packet header before it is no row.
  say(capture, link, 0, ["needle-0"]);
  say(capture, link, 0, ["y", needle]);
  assert.deepEqual(found(capture, needle).candidates, [1, 3]);
});

test("findCandidates marks several rows of one chunk each for itself, and those that lie in two chunks unseen", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const bodies = ["one", "a needle-7 here", "two", "needle-7needle-7"].map((body) => encodeFrame(Buffer.from(body), 0));
  const chunk = capture.append(link, 0, Buffer.concat(bodies), 0);
  let at = 0;
  for (const body of bodies) {
    capture.message(link, 0, chunk, at, at + body.length, body.length - 2, 1, 0);
    at += body.length;
  }
  const cut = encodeFrame(Buffer.from("in two pieces"), 0);
  const first = capture.append(link, 0, cut.subarray(0, 5), 0);
  capture.append(link, 0, cut.subarray(5), 0);
  capture.message(link, 0, first, 0, cut.length, cut.length - 2, 1, 0);
  assert.deepEqual(found(capture, Buffer.from("needle-7")).candidates, [2, 4, 5]);
});

test("findCandidates does not take all rows for spanning ones when chunks are longer than a packet", () => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture);
  const needle = Buffer.from("needle-7");
  const bodies = Array.from({ length: 200 }, (_, n) =>
    Buffer.from(`${"x".repeat(800)}${n % 50 === 7 ? "needle-7" : n}`),
  );
  const octets = Buffer.concat(bodies.map((body) => encodeFrame(body, 0)));
  const pieceBytes = 70_000;
  let ended = 0;
  let start = { chunk: 0, offset: 0 };
  for (let from = 0, message = 0; from < octets.length; from += pieceBytes) {
    const chunk = capture.append(link, 0, octets.subarray(from, from + pieceBytes), 0);
    if (from === 0) start.chunk = chunk;
    for (; message < bodies.length; message++) {
      const size = bodies[message]!.length;
      if (ended + 9 + size > from + pieceBytes) break;
      ended += 9 + size;
      capture.message(link, 0, start.chunk, start.offset, ended - from, size, 1, 0);
      start = { chunk, offset: ended - from };
    }
  }
  const { candidates, holders } = found(capture, needle);
  assert.deepEqual(holders, [8, 58, 108, 158]);
  assert.ok(holders.every((n) => candidates.includes(n)));
  // Three chunks are of two packets each, so four rows or five lie in two of them.
  assert.ok(candidates.length <= 9, `${candidates.length} candidates`);
});

test("findCandidates finds a needle in a message before and behind a command that stands between its frames", () => {
  for (const place of ["first", "last"]) {
    const capture = new Capture({ maxBytes: 0 });
    const link = openLink(capture);
    const needle = Buffer.from("needle-7");
    const first = encodeFrame(Buffer.from(place === "first" ? "a needle-7" : "a"), 1);
    const ping = encodeFrame(Buffer.from("\x04PING"), 4);
    const last = encodeFrame(Buffer.from(place === "last" ? "a needle-7" : "b"), 0);
    const before = encodeFrame(Buffer.from("has needle-7"), 0);
    const chunk = capture.append(link, 0, Buffer.concat([before, first, ping, last]), 0);
    const [a, b, c] = [before.length, before.length + first.length, before.length + first.length + ping.length];
    capture.message(link, 0, chunk, 0, a, 12, 1, 0);
    capture.command(link, 0, 0, chunk, b, c, 5, 0, true);
    capture.message(link, 0, chunk, a, c + last.length, first.length + last.length - 4, 2, 0);
    assert.deepEqual(found(capture, needle), { candidates: [1, 2, 3], holders: [1, 3] }, place);
  }
});
