import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import type { RowFindings } from "../../src/proxy/capture/rowFindings.ts";
import { Dialogue } from "../../src/proxy/dialogue.ts";
import { FilterRun } from "../../src/proxy/filterRun.ts";
import { readFilter } from "../../src/proxy/readFilter.ts";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import type { RowFinding } from "../../src/shared/findings.ts";
import { encode, encodeFrame, MIB, openLink, say, seeded } from "../support/captures.ts";
import { until as untilTrue } from "../support/until.ts";

/** A filter whose advances can be awaited. */
function start(
  capture: Capture,
  text: string,
  more: { maxHits?: number; fold?: boolean; foldHeartbeats?: boolean } = {},
): { run: FilterRun; until: (fits: (state: FilterState) => boolean) => Promise<FilterState> } {
  const waiting = new Set<() => void>();
  const run = new FilterRun(capture, {
    filter: 7,
    text,
    compiled: readFilter(text),
    fold: more.fold ?? false,
    foldHeartbeats: more.foldHeartbeats ?? false,
    onAdvance: () => waiting.forEach((wake) => wake()),
    ...(more.maxHits === undefined ? {} : { maxHits: more.maxHits }),
  });
  const until = (fits: (state: FilterState) => boolean): Promise<FilterState> =>
    new Promise((resolve) => {
      // The filter's own timer does not keep a process alive.
      const alive = setInterval(() => undefined, 1000);
      const wake = (): void => {
        if (!fits(run.state)) return;
        waiting.delete(wake);
        clearInterval(alive);
        resolve(run.state);
      };
      waiting.add(wake);
      wake();
    });
  return { run, until };
}

function hits(run: FilterRun): (number | undefined)[] {
  return Array.from({ length: run.total }, (_, position) => run.at(position));
}

/** The rows that a filter lets through. */
async function filtered(capture: Capture, text: string): Promise<(number | undefined)[]> {
  const { run, until } = start(capture, text);
  await until(({ done }) => done);
  run.dispose();
  return hits(run);
}

test("FilterRun leaves out heartbeats and their answers, and waits for what dialects say", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const dialogue = new Dialogue(capture);
  t.after(() => dialogue.dispose());
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const ask = (text: string): number => {
    const request = say(capture, link, 0, ["", text]);
    capture.exchange(request, "pending");
    const reply = say(capture, link, 1, ["", "OK"]);
    capture.paired(request, reply, false);
    return request;
  };
  const add = ask('{"api_method": "add", "arguments": {}}');
  const beat = ask("PING");
  // Nothing of it was judged when the filters begin.
  const folded = start(capture, "", { foldHeartbeats: true });
  const method = start(capture, "method == add");
  const beats = start(capture, "heartbeat");
  t.after(() => [folded, method, beats].forEach(({ run }) => run.dispose()));
  await folded.until(({ hits: found }) => found === 2);
  await method.until(({ hits: found }) => found === 1);
  await beats.until(({ hits: found }) => found === 2);
  assert.deepEqual(hits(folded.run), [add, add + 1]);
  assert.deepEqual(hits(method.run), [add]);
  assert.deepEqual(hits(beats.run), [beat, beat + 1]);
  const reset = ask('{"api_method": "reset", "arguments": {}}');
  await folded.until(({ hits: found }) => found === 4);
  assert.deepEqual(hits(folded.run).slice(2), [reset, reset + 1]);
  assert.equal(capture.stats().heartbeats, 2);
});

test("FilterRun finds rows and their positions", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  for (const frames of [["Needle"], ["hay"], ["", "xxneedlexx"], ["nee", "dle"]]) say(capture, link, 0, frames);
  const { run, until } = start(capture, "body contains needle || body contains Needle");
  const state = await until(({ done }) => done);
  run.dispose();
  assert.deepEqual(
    { ...state, text: "" },
    { filter: 7, text: "", hits: 2, firstHit: 0, looked: 4, unknown: 0, notListed: 0, again: 0, done: true },
  );
  assert.deepEqual(hits(run), [1, 3]);
  assert.deepEqual([run.find(1), run.find(2), run.find(3), run.find(4)], [0, 1, 1, 2]);
  assert.deepEqual([run.at(-1), run.at(2)], [undefined, undefined]);
});

test("FilterRun finds what lies across chunks, and skips commands between frames", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const wire = Buffer.concat([
    encodeFrame(Buffer.from("split"), 1),
    encodeFrame(Buffer.from("\x04PING hidden"), 4),
    encodeFrame(Buffer.from("word"), 0),
  ]);
  const first = capture.append(link, 0, wire.subarray(0, 4), 0);
  capture.append(link, 0, wire.subarray(4, 24), 0);
  capture.append(link, 0, wire.subarray(24), 0);
  const n = capture.message(link, 0, first, 0, 0, 9, 2, 0);
  assert.deepEqual(await filtered(capture, "body contains plit"), [n]);
  assert.deepEqual(await filtered(capture, "body contains hidden"), []);
  assert.deepEqual(await filtered(capture, "frame[1] == word"), [n]);
});

test("FilterRun by one search over the slabs finds the same rows as row by row", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB, segmentBytes: 256 * 1024 });
  const links = [openLink(capture), openLink(capture)];
  const below = seeded(42);
  const wanted: number[] = [];
  // Whole messages, several in a chunk, and some cut anywhere, of two links and both directions.
  for (let turn = 0; turn < 6000; turn++) {
    const l = below(2);
    const d = below(2) as 0 | 1;
    const bodies = Array.from({ length: 1 + below(4) }, () => {
      const body = Buffer.alloc(below(200), below(256));
      if (below(20) === 0 && body.length > 10) body.write("n33dle", below(body.length - 6));
      return body;
    });
    const messages = bodies.map((body) => encode([body]));
    const bytes = Buffer.concat(messages);
    const cut = below(3) === 0 ? below(bytes.length + 1) : bytes.length;
    const chunk = capture.append(links[l]!, d, bytes.subarray(0, cut), 0);
    if (cut < bytes.length) capture.append(links[l]!, d, bytes.subarray(cut), 0);
    let at = 0;
    for (const [index, message] of messages.entries()) {
      const n = capture.message(links[l]!, d, chunk, at, 0, bodies[index]!.length, 1, 0);
      at += message.length;
      if (bodies[index]!.includes("n33dle")) wanted.push(n);
    }
  }
  assert.equal(wanted.length > 100, true);
  assert.deepEqual(await filtered(capture, "body contains n33dle"), wanted);
  assert.deepEqual(
    await filtered(capture, "body contains n33dle && dir == c2s"),
    wanted.filter((n) => capture.row(n)!.direction === 0),
  );
});

test("FilterRun goes on with new rows until it is disposed", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const { run, until } = start(capture, "new");
  assert.equal(await until(({ done }) => done).then(({ hits: count }) => count), 0);
  say(capture, link, 0, ["something new"]);
  assert.equal((await until(({ hits: count }) => count === 1)).looked, 1);
  run.dispose();
});

test("FilterRun with an empty text lets every row through, and folds copies when asked", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const first = say(capture, link, 0, ["x"]);
  const second = say(capture, link, 0, ["x"]);
  capture.copied(first, second, 2, 3);
  const { run, until } = start(capture, "");
  await until(({ done }) => done);
  run.dispose();
  assert.deepEqual(hits(run), [first, second]);
  const folded = start(capture, "", { fold: true });
  await folded.until(({ done }) => done);
  folded.run.dispose();
  assert.deepEqual(hits(folded.run), [first]);
  assert.deepEqual(await filtered(capture, "copies == 2"), [first, second]);
  const row = capture.row(first)!;
  assert.deepEqual([row.copies, row.subscribers, capture.row(second)!.copyOf], [2, 3, first]);
});

test("FilterRun forgets hits that left the capture, and its positions with them", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = openLink(capture);
  for (let index = 0; index < 5000; index++) say(capture, link, 0, [index % 2 === 0 ? "yes" : "no"]);
  const { run, until } = start(capture, "body == yes");
  await until(({ done }) => done);
  assert.equal(run.total, 2500);
  while (capture.stats().evicted < 4000) say(capture, link, 0, [Buffer.alloc(60_000)]);
  const left = hits(run);
  assert.equal(left.length < 600, true);
  assert.deepEqual([run.firstHit, run.state.firstHit], [2500 - left.length, 2500 - left.length]);
  assert.equal(
    left.every((n) => n! >= capture.firstN),
    true,
  );
  capture.clear();
  assert.equal(run.total, 0);
  assert.equal(run.find(1), 0);
  run.dispose();
});

test("FilterRun keeps at most its limit of hits, and counts the others", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  for (let index = 0; index < 50; index++) say(capture, link, 0, ["x"]);
  const { run, until } = start(capture, "size == 1", { maxHits: 20 });
  await until(({ done }) => done);
  run.dispose();
  assert.deepEqual([run.total, run.state.notListed], [20, 30]);
});

test("FilterRun reads large messages, and messages of 65,535 frames and more to their end", async () => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const link = openLink(capture);
  const body = Buffer.alloc(10_000_000, 0x61);
  body.write("b", body.length - 1);
  const large = say(capture, link, 0, [body]);
  const after = say(capture, link, 0, ["aab"]);
  assert.deepEqual(await filtered(capture, "body contains aab"), [large, after]);
  const frames = Array.from({ length: 66_000 }, () => "x");
  const n = say(capture, link, 0, [...frames, "needle"]);
  say(capture, link, 0, frames);
  assert.deepEqual(await filtered(capture, "body contains needle"), [n]);
});

test("FilterRun finds rows on disk as in memory, and the row that stands for a hole", async (t) => {
  const storage = await mkdtemp(join(tmpdir(), "zmqtap-filter-"));
  t.after(() => rm(storage, { recursive: true, force: true }));
  const live = await LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes: 1024 * MIB, storage, segmentBytes: MIB });
  const { capture } = live;
  const link = openLink(capture);
  const wanted: number[] = [];
  for (let index = 0; index < 1500; index++) {
    const n = say(capture, link, 0, [index % 7 === 0 ? "needle" : "hay", Buffer.alloc(30_000)]);
    if (index % 7 === 0) wanted.push(n);
    if (index % 50 === 49) await untilTrue(() => live.disk.diskBytes > (index - 200) * 30_000);
  }
  assert.equal(capture.store.segments.filter(({ slab }) => slab === null).length > 10, true);
  assert.deepEqual(await filtered(capture, "body contains needle"), wanted);
  assert.equal((await filtered(capture, "size > 30000")).length, 1500);
  // No turn for the disk: what does not fit is a hole.
  for (let index = 0; index < 1000; index++) say(capture, link, 0, [Buffer.alloc(60_000)]);
  const { unwritten } = capture.stats();
  assert.equal(unwritten > 0, true);
  const gaps = await filtered(capture, "kind == event");
  assert.equal(gaps.length > 0, true);
  assert.equal(capture.row(gaps[0]!)!.event, "gap");
  await live.close();
});

/** Findings of rows that a test changes one by one. */
class Marked implements RowFindings {
  judgedN = 0;
  changes = 0;
  readonly found = new Map<number, RowFinding>();
  readonly #changed: number[] = [];
  /** How many changes are remembered. */
  limit = Infinity;

  set(n: number, ...ids: RowFinding["ids"]): void {
    if (ids.length === 0) this.found.delete(n);
    else this.found.set(n, { ids, severity: "warning" });
    this.#changed.push(n);
    this.changes++;
  }

  of(n: number): RowFinding | null {
    return this.found.get(n) ?? null;
  }

  changedSince(changes: number): readonly number[] | null {
    return this.changes - changes > this.limit ? null : this.#changed.slice(changes);
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }
}

test("FilterRun judges rows up to where they were looked at, and again when what was found about them changes", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const marked = new Marked();
  capture.findings = marked;
  const link = openLink(capture);
  for (let n = 1; n <= 9; n++) say(capture, link, 0, ["x"]);
  const { run, until } = start(capture, "finding == slow-joiner");
  const others = start(capture, "not finding and body == x");
  t.after(() => [run, others.run].forEach((each) => each.dispose()));
  marked.set(3, "slow-joiner");
  marked.judgedN = 5;
  await until(({ hits: found, looked }) => found === 1 && looked === 5);
  assert.deepEqual([hits(run), run.state.done], [[3], true]);
  await others.until(({ hits: found }) => found === 4);
  marked.judgedN = 9;
  marked.set(1, "slow-joiner");
  marked.set(5, "near-miss-topic", "slow-joiner");
  marked.set(8, "slow-joiner");
  await until(({ hits: found }) => found === 4);
  assert.deepEqual([hits(run), run.state.again, run.find(4)], [[1, 3, 5, 8], 2, 2]);
  await others.until(({ hits: found }) => found === 5);
  assert.deepEqual(hits(others.run), [2, 4, 6, 7, 9]);
  marked.set(3);
  marked.set(5, "near-miss-topic");
  await until(({ hits: found }) => found === 2);
  assert.deepEqual([hits(run), run.state.again], [[1, 8], 4]);
  await others.until(({ hits: found }) => found === 6);
  assert.deepEqual(hits(others.run), [2, 3, 4, 6, 7, 9]);
  // What is not remembered any more is found by judging all anew.
  marked.limit = 1;
  marked.set(2, "slow-joiner");
  marked.set(8);
  await until(() => hits(run).join() === "1,2");
  capture.clear();
  assert.equal(run.total, 0);
});

test("FilterRun keeps its place among very many hits when one in the midst comes or goes", async (t) => {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const marked = new Marked();
  marked.judgedN = Infinity;
  capture.findings = marked;
  const link = openLink(capture);
  const count = 2 * 4096;
  for (let n = 1; n <= count + 1; n++) {
    say(capture, link, 0, ["x"]);
    if (n !== 77) marked.found.set(n, { ids: ["slow-joiner"], severity: "note" });
  }
  const { run, until } = start(capture, "sev == note");
  t.after(() => run.dispose());
  await until(({ done }) => done);
  const all = hits(run);
  marked.set(77, "slow-joiner");
  marked.found.set(77, { ids: ["slow-joiner"], severity: "note" });
  await until(({ hits: found }) => found === count + 1);
  assert.deepEqual(hits(run), [...all.slice(0, 76), 77, ...all.slice(76)]);
  // The page behind the last hit is left, and taken again.
  for (const n of [77, 5000]) marked.set(n);
  await until(({ hits: found }) => found === count - 1);
  assert.deepEqual(
    hits(run),
    all.filter((n) => n !== 5000),
  );
  marked.set(5000, "slow-joiner");
  marked.found.set(5000, { ids: ["slow-joiner"], severity: "note" });
  for (let more = 0; more < 3; more++) {
    marked.found.set(say(capture, link, 0, ["x"]), { ids: ["slow-joiner"], severity: "note" });
  }
  await until(({ hits: found }) => found === count + 3);
  assert.deepEqual(hits(run), [...all, count + 2, count + 3, count + 4]);
});
