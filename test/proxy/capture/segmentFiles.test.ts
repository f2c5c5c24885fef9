import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Capture, CapturedLink } from "../../../src/proxy/capture/capture.ts";
import { findSegments } from "../../../src/proxy/capture/captureFolder.ts";
import { ROW_LINK, ROW_WORDS, type Segment } from "../../../src/proxy/capture/segment.ts";
import { LiveCapture } from "../../../src/proxy/liveCapture.ts";
import type { ExchangeState } from "../../../src/shared/model.ts";
import { encode, MIB, openLink, readAll, say, seeded } from "../../support/captures.ts";
import { until } from "../../support/until.ts";

const FEW_FILES_CHILD = fileURLToPath(new URL("../../support/fewFilesChild.ts", import.meta.url));
const NOT_ON_WINDOWS = { skip: process.platform === "win32" };

/** What a capture should hold that was made with few files. */
type FewFiles = {
  readonly lastN: number;
  readonly unwritten: number;
  readonly problem: string | null;
  readonly partners: readonly (readonly [number, number])[];
  readonly notes: readonly (readonly [number, string])[];
};

async function storageFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-files-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function open(storage: string, maxDiskBytes = 1024 * MIB): Promise<LiveCapture> {
  return LiveCapture.open({ maxBytes: 16 * MIB, maxDiskBytes, storage, segmentBytes: 256 * 1024 });
}

type ModelRow = {
  readonly frames: Buffer[];
  readonly link: number;
  exchange: ExchangeState;
  partner: number | null;
};

/** What the capture should hold, as a plain array. */
class Model {
  readonly rows: ModelRow[] = [];

  /** Checks row `n` as the capture gives it; rows that are gone are no fault of its content. */
  check(capture: Capture, n: number): void {
    const raw = capture.row(n);
    if (!capture.isKept(n)) {
      assert.equal(raw === undefined || raw.event === "gap", true, `row ${n} is gone`);
      return;
    }
    const wanted = this.rows[n - 1]!;
    const got = { exchange: raw!.exchange, partner: raw!.partner, link: raw!.link?.info.link };
    assert.deepEqual(got, { exchange: wanted.exchange, partner: wanted.partner, link: wanted.link }, `row ${n}`);
    assert.equal(capture.isKept(n) && raw!.frames, wanted.frames.length);
    // The beginning of a message may have been evicted, but what is there is right.
    const { frames, more } = capture.frames(n, 100);
    if (more > 0 || frames.some(({ sizeBytes, keptBytes }) => keptBytes < sizeBytes)) {
      assert.equal(capture.stats().evicted > 0, true, `row ${n} is whole`);
      return;
    }
    assert.deepEqual(readAll(capture, n), wanted.frames, `row ${n}`);
  }
}

function checkCounters({ capture, disk }: LiveCapture, seen: number): void {
  const stats = capture.stats();
  assert.deepEqual([stats.seen, stats.kept + stats.evicted], [seen, seen]);
  const kept = capture.store.segments.reduce((sum, { isGone, rowCount }) => sum + (isGone ? 0 : rowCount), 0);
  assert.equal(stats.kept, kept);
  assert.equal(disk.diskBytes >= 0, true);
  assert.equal(disk.diskProblem, null);
}

/** Octets of sealed segments that are not on disk yet. */
function waiting({ store }: Capture): number {
  return store.segments.reduce((sum, { file, isSealed, used }) => sum + (file === null && isSealed ? used : 0), 0);
}

async function randomRun(t: TestContext, seed: number, steps: number): Promise<void> {
  t.diagnostic(`seed ${seed}`);
  const storage = await storageFolder(t);
  const below = seeded(seed);
  const model = new Model();
  let maxDiskBytes = 64 * MIB;
  let live = await open(storage, maxDiskBytes);
  let links: CapturedLink[] = [openLink(live.capture)];
  const anyRow = (): number => Math.max(1, model.rows.length - below(below(3) === 0 ? model.rows.length + 1 : 30));
  const addRow = (n: number, frames: Buffer[], link: CapturedLink): void => {
    assert.equal(n, model.rows.length + 1);
    model.rows.push({ frames, link: link.info.link, exchange: "none", partner: null });
  };
  const body = (large: boolean): Buffer => Buffer.alloc(below(large ? 300_000 : 400), below(256));
  for (let step = 0; step < steps; step++) {
    const { capture } = live;
    const link = links[below(links.length)]!;
    const what = below(100);
    if (what < 50) {
      for (let count = below(20); count >= 0; count--) {
        const frames = Array.from({ length: 1 + below(4) }, () => body(below(8) === 0));
        addRow(say(capture, link, below(2) === 0 ? 0 : 1, frames), frames, link);
      }
    } else if (what < 60) {
      // One that arrives in pieces, with others in between.
      const frames = [body(true), body(false)];
      const octets = encode(frames);
      const cut = below(octets.length + 1);
      const first = capture.append(link, 0, octets.subarray(0, cut), 0);
      const other = openLink(capture);
      links.push(other);
      for (let count = below(10); count > 0; count--) {
        const between = [body(true)];
        addRow(say(capture, other, 0, between), between, other);
      }
      capture.append(link, 0, octets.subarray(cut), 0);
      const size = frames[0]!.length + frames[1]!.length;
      addRow(capture.message(link, 0, first, 0, 0, size, 2, 0), frames, link);
    } else if (what < 75 && model.rows.length > 2) {
      const [request, reply] = [anyRow(), anyRow()];
      if (request !== reply) {
        capture.paired(request, reply, false);
        if (capture.isKept(request)) Object.assign(model.rows[request - 1]!, { exchange: "answered", partner: reply });
        if (capture.isKept(reply)) Object.assign(model.rows[reply - 1]!, { exchange: "reply", partner: request });
      }
    } else if (what < 80 && model.rows.length > 0) {
      const n = anyRow();
      capture.exchange(n, "abandoned");
      if (capture.isKept(n)) model.rows[n - 1]!.exchange = "abandoned";
    } else if (what < 84 && model.rows.length > 0) {
      const n = anyRow();
      if (capture.isKept(n)) capture.mark(n, { pinned: below(2) === 0, note: `note ${n}` });
    } else if (what < 86) {
      capture.clear({ keepPinned: below(4) > 0 });
    } else if (what < 88 && links.length > 1) {
      capture.closeLink(link);
      links = links.filter((each) => each !== link);
    } else if (what < 91) {
      maxDiskBytes = (8 + below(60)) * MIB;
      live.setLimits({ maxBytes: (16 + below(8)) * MIB, maxDiskBytes });
    } else if (what < 93) {
      await live.close();
      const { kept, lastN } = live.capture.stats();
      const marks = live.capture.marks.toJson();
      live = await open(storage, maxDiskBytes);
      assert.equal(live.recoverable, null);
      if (kept > 0) {
        const wanted = marks.filter(({ n }) => live.capture.isKept(n));
        assert.deepEqual(live.capture.marks.toJson(), wanted);
      }
      // Numbers go on behind the last row that is kept.
      assert.equal(live.capture.lastN <= lastN, true);
      model.rows.length = live.capture.lastN;
      links = [openLink(live.capture)];
    } else if (what < 97 && model.rows.length > 0) {
      await Promise.all([
        live.capture.prepare(anyRow()),
        live.capture.prepare(anyRow()),
        live.capture.prepare(anyRow()),
      ]);
    } else {
      await until(() => waiting(live.capture) < 4 * MIB || live.disk.diskProblem !== null);
    }
    checkCounters(live, model.rows.length);
    for (let count = 0; count < 4 && model.rows.length > 0; count++) model.check(live.capture, anyRow());
  }
  for (let n = 1; n <= model.rows.length; n++) model.check(live.capture, n);
  checkCounters(live, model.rows.length);
  await live.close();
  const again = await open(storage, maxDiskBytes);
  for (let n = 1; n <= Math.min(again.capture.lastN, model.rows.length); n++) model.check(again.capture, n);
  await again.close();
  // No file is left that no segment has.
  const found = (await readdir(join(storage, "live"))).filter((name) => name !== "closed" && name !== "marks.json");
  const wanted = again.capture.store.segments.flatMap(({ file }) => (file === null ? [] : [file.path]));
  assert.deepEqual(
    found.sort().map((name) => join(storage, "live", name)),
    wanted,
  );
}

const SEEDS = (process.env["ZMQTAP_SEEDS"] ?? "1,2,3,4,5,6").split(",").map(Number);

for (const seed of SEEDS) {
  test(`A capture with a disk holds what a plain array holds, whatever is done in whatever order (seed ${seed})`, (t) =>
    randomRun(t, seed, 250));
}

/** Says messages of 30 KB, with pauses for the disk. */
async function fill(live: LiveCapture, link: CapturedLink, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    say(live.capture, link, 0, [Buffer.alloc(30_000, index)]);
    if (index % 50 === 49) await until(() => waiting(live.capture) < 4 * MIB);
  }
}

function onDiskOnly(capture: Capture): Segment[] {
  return capture.store.segments.filter(({ slab, file, isGone }) => slab === null && file !== null && !isGone);
}

test("SegmentFiles: a file that was cut behind our back loses its rows, and only these", async (t) => {
  for (const how of ["read", "prepared"]) {
    const live = await open(await storageFolder(t));
    const { capture } = live;
    await fill(live, openLink(capture), 1200);
    const segment = onDiskOnly(capture)[3]!;
    const { firstRow, rowCount, endRow } = segment;
    await truncate(segment.file!.path, 1000);
    if (how === "prepared") await capture.prepare(firstRow, 2);
    assert.equal(capture.row(firstRow + 1), undefined);
    assert.equal(capture.row(firstRow)!.event, "gap");
    assert.deepEqual(capture.row(firstRow)!.detail!["count"], rowCount);
    const { kept, unwritten, lastN } = capture.stats();
    assert.deepEqual([unwritten, kept], [rowCount, lastN - rowCount]);
    assert.deepEqual(readAll(capture, endRow), [Buffer.alloc(30_000, endRow - 1)]);
    assert.deepEqual(readAll(capture, firstRow - 1), [Buffer.alloc(30_000, firstRow - 2)]);
    await live.close();
  }
});

test("SegmentFiles: what becomes known of rows while they are written is on disk in the end", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  const { capture } = live;
  const link = openLink(capture);
  const partners = new Map<number, number>();
  const below = seeded(5);
  for (let index = 0; index < 1500; index++) {
    say(capture, link, 0, [Buffer.alloc(20_000)]);
    // Another turn each, so that every step of the writer has some between.
    if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    const [request, reply] = [capture.lastN - below(40), capture.lastN - below(40)];
    if (request < 1 || reply < 1 || request === reply) continue;
    capture.paired(request, reply, false);
    partners.set(request, reply).set(reply, request);
    if (index % 50 === 0) await until(() => waiting(capture) < 2 * MIB);
  }
  assert.equal(capture.stats().unwritten, 0);
  await live.close();
  const again = await open(storage);
  for (const [n, partner] of partners) assert.equal(again.capture.row(n)!.partner, partner, `row ${n}`);
  await again.close();
});

test("SegmentFiles: links that are opened shortly before nothing more comes are in the log", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  say(live.capture, openLink(live.capture), 0, ["first"]);
  const folder = join(storage, "live");
  const log = async (): Promise<string> => {
    const name = (await readdir(folder)).find((each) => each.endsWith(".log"));
    return name === undefined ? "" : await readFile(join(folder, name), "latin1");
  };
  await until(async () => (await log()).includes("127.0.0.1:40001"));
  say(live.capture, openLink(live.capture, { client: "late:1" }), 0, ["second"]);
  await until(async () => (await log()).includes("late:1"));
  await live.close();
});

test("SegmentFiles: whenever an engine is killed, each row that is left has its link", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  const folder = join(storage, "live");
  let rows = 0;
  for (let link = 1; link <= 20; link++) {
    say(live.capture, openLink(live.capture), 0, [`of link ${link}`]);
    // As soon as the row is on disk.
    const left = await until(async () => {
      const { segments } = await findSegments(folder);
      return segments[0]?.rowCount === link ? segments[0] : null;
    });
    rows = left.rowCount;
    const words = left.rowPages[0]!.words;
    for (let row = 0; row < rows; row++)
      assert.ok(left.links!.has(words[row * ROW_WORDS + ROW_LINK]!), `row ${row + 1}`);
  }
  assert.equal(rows, 20);
  await live.close();
});

test("SegmentFiles: a walk that is left standing goes on after its segment went to disk and came back", async (t) => {
  const live = await open(await storageFolder(t));
  const { capture } = live;
  const link = openLink(capture);
  const frames = Array.from({ length: 40 }, (_, index) => Buffer.alloc(4000, index));
  const n = say(capture, link, 0, frames);
  const walker = capture.newWalker();
  assert.equal(capture.seekRow(n, walker), 40);
  assert.equal(walker.nextHeader(), true);
  await fill(live, link, 1200);
  assert.equal(onDiskOnly(capture)[0]!.firstRow, n);
  for (const frame of frames) {
    const spans: Uint8Array[] = [];
    while (walker.nextSpan(5000)) spans.push(walker.slab.slice(walker.from, walker.to));
    assert.deepEqual(Buffer.concat(spans), frame);
    walker.nextHeader();
  }
  // What it brought back leaves memory again as any other.
  await fill(live, link, 1200);
  assert.equal(capture.stats().usedBytes <= 16 * MIB, true);
  assert.deepEqual(readAll(capture, n), frames);
  await live.close();
});

test("SegmentFiles: a segment without rows is read and let go of as any other", async (t) => {
  const storage = await storageFolder(t);
  const first = await open(storage);
  const earlier = openLink(first.capture);
  say(first.capture, earlier, 0, ["a"]);
  await first.close();
  const second = await open(storage);
  openLink(second.capture);
  await second.close();
  const third = await open(storage);
  const { capture } = third;
  const empty = capture.store.segments.find(({ rowCount, chunkCount }) => rowCount + chunkCount === 0)!;
  assert.notEqual(empty, undefined);
  const used = capture.stats().usedBytes;
  assert.equal(await capture.store.prepareSegment(empty, true), true);
  assert.notEqual(empty.links, null);
  assert.equal(capture.stats().usedBytes, used + empty.used);
  const link = openLink(capture);
  await fill(third, link, 1200);
  assert.deepEqual([capture.row(1)!.frames, capture.stats().kept], [1, 1201]);
  await third.close();
});

test("SegmentFiles: clearing while a segment's files are opened or written is no disk problem, and leaves no file", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  const link = openLink(live.capture);
  const below = seeded(3);
  for (let round = 0; round < 60; round++) {
    for (let count = below(40); count >= 0; count--) say(live.capture, link, 0, [Buffer.alloc(20_000)]);
    await until(() => live.disk.diskBytes > 0 || below(3) === 0);
    for (let turns = below(6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    live.capture.clear();
    assert.equal(live.disk.diskProblem, null);
    assert.equal(live.disk.diskBytes, 0);
  }
  await live.close();
  assert.deepEqual(await readdir(join(storage, "live")), ["closed"]);
});

test("SegmentFiles: jobs have the folder to themselves, all of them, in order", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  const n = say(live.capture, openLink(live.capture), 0, ["x"]);
  for (let index = 0; index < 100; index++) live.capture.mark(n, { note: `note ${index}` });
  await live.close();
  const marks = JSON.parse(await readFile(join(storage, "live", "marks.json"), "utf8")) as unknown;
  assert.deepEqual(marks, [{ n, pinned: false, note: "note 99" }]);
});

/** Runs a capture in a process that may open 48 files, and is given them all but few. */
function captureWithFewFiles(storage: string, ending: "roomy" | "short"): FewFiles {
  const { stdout, stderr } = spawnSync(
    "sh",
    ["-c", 'ulimit -n 48; exec "$0" "$@"', process.execPath, FEW_FILES_CHILD, storage, ending],
    { encoding: "utf8" },
  );
  assert.equal(stderr, "");
  return JSON.parse(stdout) as FewFiles;
}

test(
  "SegmentFiles: what cannot be written for want of file descriptors is written when there are some",
  NOT_ON_WINDOWS,
  async (t) => {
    const storage = await storageFolder(t);
    const { lastN, unwritten, problem, partners, notes } = captureWithFewFiles(storage, "roomy");
    assert.deepEqual([unwritten, problem], [0, null]);
    assert.ok(partners.length > 50);
    const { capture } = await open(storage);
    assert.equal(capture.lastN, lastN);
    for (let n = 1; n <= lastN; n++) assert.deepEqual(readAll(capture, n), [Buffer.alloc(20_000, n)], `row ${n}`);
    for (const [request, reply] of partners) {
      assert.deepEqual([capture.row(request)!.partner, capture.row(reply)!.partner], [reply, request]);
    }
    assert.deepEqual(
      capture.marks.toJson().map(({ n, note }) => [n, note]),
      notes,
    );
    const files = await readdir(join(storage, "live"));
    assert.deepEqual(
      files.filter((name) => name.endsWith(".log")),
      [],
    );
  },
);

test(
  "SegmentFiles: a capture that is closed while no file can be opened says what is not on disk, and why",
  NOT_ON_WINDOWS,
  async (t) => {
    const storage = await storageFolder(t);
    const { problem } = captureWithFewFiles(storage, "short");
    assert.match(
      problem!,
      /^The capture is in memory only from now on, .* no more files can be opened here\. Raise the limit/,
    );
    assert.deepEqual(await readdir(join(storage, "live")), []);
  },
);
