import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { findCandidates } from "../../../src/proxy/capture/needleScan.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { command, encode, encodeFrame, MIB, openLink, readAll, say, seeded } from "../../support/captures.ts";

const NEEDLES = ["ndl", "ndndndl", "ndndnX"].map((text) => Buffer.from(text));

/** Rows in memory whose frames have the needle, looked at one by one, and those that the scan finds. */
function compare(capture: Capture, needle: Buffer, what: string): { having: number; candidates: number; rows: number } {
  const below = seeded(1);
  const counts = { having: 0, candidates: 0, rows: 0 };
  for (const segment of capture.store.segments) {
    const from = below(3) === 0 ? below(segment.rowCount + 1) : 0;
    const to = below(3) === 0 ? from + below(segment.rowCount - from + 1) : segment.rowCount;
    const marks = findCandidates(segment, needle, from, to);
    assert.equal(marks.length, to - from);
    for (let index = from; index < to; index++) {
      const n = segment.rowAt(index);
      const has = readAll(capture, n).some((frame) => frame.includes(needle));
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
      const needle = NEEDLES[below(3)]!;
      if (below(4) === 0 && octets.length > 7) needle.copy(octets, below(octets.length - 6));
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
        const cut = below(2) === 0 ? octets.length : below(octets.length);
        const chunk = capture.append(link, direction, octets.subarray(0, cut), 0);
        if (cut < octets.length) capture.append(link, direction, octets.subarray(cut), 0);
        const at = before.length;
        capture.message(link, direction, chunk, 0, 0, a.length, 1, 0);
        capture.command(link, direction, 0, chunk, at + first.length, 0, ping.length, 0);
        capture.message(link, direction, chunk, at, 0, b.length + c.length, 2, 0);
        capture.message(link, direction, chunk, octets.length - before.length, 0, a.length, 1, 0);
      } else {
        const bodies = Array.from({ length: 1 + below(8) }, body);
        const chunk = capture.append(link, direction, Buffer.concat(bodies.map((each) => encode([each]))), 0);
        let at = 0;
        for (const each of bodies) {
          capture.message(link, direction, chunk, at, 0, each.length, 1, 0);
          at += encode([each]).length;
        }
      }
    }
    for (const needle of NEEDLES) {
      const { having, candidates, rows } = compare(capture, needle, `seed ${seed}, ${needle.toString()}`);
      assert.equal(having > 100, true, String(having));
      assert.equal(candidates < rows * 0.8, true, `${candidates} of ${rows}, ${having} have it`);
    }
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
  const marks = findCandidates(segment, NEEDLES[0]!, 0, segment.rowCount);
  assert.deepEqual(
    [...marks.keys()].filter((index) => marks[index] === 1),
    [segment.indexOfRow(n)],
  );
});
