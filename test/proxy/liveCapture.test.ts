import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { captureProcess } from "../support/captureProcess.ts";
import { MIB, openLink, readAll, say, seeded } from "../support/captures.ts";
import { smallDisk } from "../support/smallDisk.ts";
import { until } from "../support/until.ts";

async function storageFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-live-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function open(
  storage: string | null,
  more: Partial<Parameters<typeof LiveCapture.open>[0]> = {},
): Promise<LiveCapture> {
  return LiveCapture.open({
    maxBytes: 16 * MIB,
    maxDiskBytes: 1024 * MIB,
    storage,
    segmentBytes: 256 * 1024,
    ...more,
  });
}

/** Says `count` messages of random sizes, told apart by their number, never far ahead of the disk. */
async function talk(live: LiveCapture, count: number, seed = 1): Promise<Map<number, Buffer[]>> {
  const { capture } = live;
  const link = openLink(capture);
  const below = seeded(seed);
  const said = new Map<number, Buffer[]>();
  for (let index = 0; index < count; index++) {
    const frames = [Buffer.from(`message ${index}`), Buffer.alloc(below(60_000), index)];
    said.set(say(capture, link, below(2) === 0 ? 0 : 1, frames), frames);
    if (index % 50 === 49) await until(() => unwrittenBytes(capture) < 6 * MIB);
  }
  return said;
}

function unwrittenBytes({ store }: LiveCapture["capture"]): number {
  return store.segments.reduce((sum, { file, isSealed, used }) => sum + (file === null && isSealed ? used : 0), 0);
}

function checkCounters(live: LiveCapture): void {
  const { seen, kept, evicted, lastN } = live.capture.stats();
  assert.equal(seen, kept + evicted);
  assert.equal(seen, lastN);
}

test("A capture beyond its memory is read from disk as it was", async (t) => {
  const live = await open(await storageFolder(t));
  const said = await talk(live, 2000);
  await until(() => live.disk.diskBytes > 40 * MIB);
  checkCounters(live);
  const stats = live.capture.stats();
  assert.equal(stats.usedBytes <= 16 * MIB, true, String(stats.usedBytes));
  assert.equal(stats.kept, 2000);
  const below = seeded(7);
  for (let index = 0; index < 200; index++) {
    const n = 1 + below(2000);
    if (index % 2 === 0) await live.capture.prepare(n);
    assert.deepEqual(readAll(live.capture, n), said.get(n), `row ${n}`);
  }
  await live.close();
});

test("A capture that was closed is there again, goes on counting, and keeps its order of time", async (t) => {
  const storage = await storageFolder(t);
  const first = await open(storage);
  const said = await talk(first, 300);
  first.capture.mark(7, { pinned: true, note: "look" });
  const timeNs = first.capture.row(300)!.timeNs;
  const iso = first.capture.clock.toIso(timeNs);
  await first.close();
  const second = await open(storage);
  assert.equal(second.recoverable, null);
  assert.deepEqual([second.capture.stats().kept, second.capture.lastN], [300, 300]);
  for (const n of [1, 150, 300]) assert.deepEqual(readAll(second.capture, n), said.get(n));
  assert.deepEqual(second.capture.markOf(7), { pinned: true, note: "look" });
  assert.equal(second.capture.clock.toIso(second.capture.row(300)!.timeNs), iso);
  const link = openLink(second.capture);
  const n = say(second.capture, link, 0, ["new"]);
  assert.equal(n, 301);
  assert.equal(second.capture.row(n)!.timeNs > timeNs, true);
  await second.close();
});

test("What a killed engine has left is set aside, and can be thrown away", async (t) => {
  const storage = await storageFolder(t);
  const engine = captureProcess(t, storage);
  await engine.told("flushed", 3);
  await engine.kill();
  const second = await open(storage);
  const { path, bytes, endedMs } = second.recoverable!;
  assert.equal(path.startsWith(join(storage, "lost-")), true);
  assert.equal(bytes > 0 && Math.abs(Date.now() - endedMs) < 60_000, true);
  assert.equal(second.capture.stats().kept, 0);
  await second.discard(join(storage, "live"));
  await second.discard(path);
  assert.deepEqual((await readdir(storage)).sort(), ["live", "lock"]);
  await second.close();
  assert.equal((await open(storage)).recoverable, null);
});

test("A second capture on one storage waits for the first, which is killed meanwhile", async (t) => {
  const storage = await storageFolder(t);
  const engine = captureProcess(t, storage, "wait");
  await engine.told("ready");
  const opening = open(storage);
  await engine.kill();
  const live = await opening;
  assert.equal(live.disk.diskProblem, null);
  const n = say(live.capture, openLink(live.capture), 0, ["mine"]);
  await live.close();
  assert.equal((await open(storage)).capture.lastN, n);
});

test("A second capture on one storage is in memory only while the first goes on, and says so", async (t) => {
  const storage = await storageFolder(t);
  const engine = captureProcess(t, storage, "wait");
  await engine.told("ready");
  const live = await open(storage, { endingMs: 300 });
  assert.match(live.disk.diskProblem!, /in memory only.*Another window of this workspace keeps its capture there\./);
  assert.equal(say(live.capture, openLink(live.capture), 0, ["x"]), 1);
  assert.deepEqual([live.disk.diskBytes, live.disk.maxDiskBytes], [0, 0]);
  await live.close();
  assert.equal((await readdir(storage)).includes("lock"), true, "the lock is the other one's");
});

test("A full disk makes the capture go on in memory, with one sentence, and clearing frees the disk", async (t) => {
  const disk = smallDisk(t);
  if (disk === null) {
    t.diagnostic("may not mount a file system: the limit of a file's size stands for it");
    if (process.platform === "win32") {
      t.skip("Windows knows neither");
      return;
    }
    const storage = await storageFolder(t);
    const engine = captureProcess(t, storage, "full", "trap '' XFSZ; ulimit -f 100");
    assert.match(
      (await engine.told("problem"))!,
      /the file grew larger than is allowed here\. Traffic is not affected\./,
    );
    assert.equal(await engine.told("counters"), "0");
    return;
  }
  const live = await open(disk);
  const link = openLink(live.capture);
  const said = new Map<number, Buffer[]>();
  while (live.disk.diskProblem === null) {
    for (let count = 0; count < 10; count++) {
      const frames = [Buffer.alloc(20_000, said.size)];
      said.set(say(live.capture, link, 0, frames), frames);
    }
    await until(() => live.disk.diskProblem !== null || unwrittenBytes(live.capture) < MIB);
  }
  assert.match(live.disk.diskProblem, /the disk is full\. Free some space and reload the window\. Traffic/);
  checkCounters(live);
  for (const [n, frames] of said) assert.deepEqual(readAll(live.capture, n), frames);
  for (let index = 0; index < 1000; index++) say(live.capture, link, 0, [Buffer.alloc(60_000)]);
  checkCounters(live);
  live.capture.clear();
  await until(async () => (await readdir(join(disk, "live"))).length === 0);
  assert.equal(live.disk.diskBytes, 0);
  await live.close();
});

test("A limit on the size of files makes the capture go on in memory", async (t) => {
  if (process.platform === "win32") {
    t.skip("Windows has no such limit");
    return;
  }
  const engine = captureProcess(t, await storageFolder(t), "full", "trap '' XFSZ; ulimit -f 100");
  assert.match((await engine.told("problem"))!, /the file grew larger than is allowed here\./);
  assert.equal(await engine.told("counters"), "0");
});

test("A storage that is read-only makes the capture go on in memory", async (t) => {
  const disk = smallDisk(t, "size=4m,ro");
  const storage = disk ?? (await storageFolder(t));
  if (disk === null) {
    if (process.platform === "win32") {
      t.skip("a folder of Windows cannot be made read-only so");
      return;
    }
    assert.notEqual(process.getuid?.(), 0, "root writes everywhere, but may mount");
    await chmod(storage, 0o500);
  }
  const live = await open(storage);
  assert.match(live.disk.diskProblem!, disk === null ? /may not be written to/ : /the folder is read-only\./);
  assert.equal(say(live.capture, openLink(live.capture), 0, ["x"]), 1);
  if (disk === null) await chmod(storage, 0o700);
});

test("A capture whose limit on disk was lowered is found with its newest rows, and the disk is freed", async (t) => {
  const storage = await storageFolder(t);
  const first = await open(storage);
  const said = await talk(first, 900);
  first.capture.mark(1, { pinned: true });
  first.capture.mark(900, { pinned: true });
  await first.close();
  const second = await open(storage, { maxDiskBytes: 8 * MIB });
  checkCounters(second);
  const { kept, evicted, lastN, firstN, pinned } = second.capture.stats();
  assert.equal(kept > 100 && evicted > 100, true, `${kept} kept, ${evicted} evicted`);
  assert.deepEqual([lastN, pinned], [900, 1]);
  for (const n of [firstN, 900]) assert.deepEqual(readAll(second.capture, n), said.get(n));
  assert.equal(second.disk.diskBytes <= 8 * MIB, true);
  await second.close();
  let bytes = 0;
  for (const name of await readdir(join(storage, "live"))) bytes += (await stat(join(storage, "live", name))).size;
  assert.equal(bytes <= 8 * MIB + 10_000, true, String(bytes));
});

test("A folder that is deleted is no reason to keep its lock", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  say(live.capture, openLink(live.capture), 0, ["x"]);
  await rm(join(storage, "live"), { recursive: true });
  await live.close();
  assert.deepEqual(await readdir(storage), []);
});

test("Requests that are answered after their segment went to disk are paired there", async (t) => {
  const live = await open(await storageFolder(t));
  const { capture } = live;
  const link = openLink(capture);
  const request = say(capture, link, 0, ["", "q"]);
  capture.exchange(request, "pending");
  await talk(live, 1500);
  await until(() => live.capture.store.segments[0]?.slab === null);
  const reply = say(capture, link, 1, ["", "a"]);
  capture.paired(request, reply, false);
  assert.equal(capture.row(request)!.exchange, "answered");
  assert.equal(capture.row(request)!.partner, reply);
  const { latencyNs, timeNs } = capture.row(reply)!;
  assert.equal(Math.abs(latencyNs! - (timeNs - capture.row(request)!.timeNs)) < 1000, true);
  await live.close();
  assert.equal(
    capture.store.segments.every((segment) => segment.rowPatches.size === 0),
    true,
  );
});

test("A message that begins on disk and ends in memory is whole", async (t) => {
  const live = await open(await storageFolder(t));
  const { capture } = live;
  const link = openLink(capture);
  const chunk = capture.append(link, 0, Buffer.from([0, 6, 97, 98, 99]), 0);
  await talk(live, 1500);
  await until(() => live.capture.store.segments[0]?.slab === null);
  capture.append(link, 0, Buffer.from("def"), 0);
  const n = capture.message(link, 0, chunk, 0, 3, 6, 1, 0);
  assert.deepEqual(readAll(capture, n), [Buffer.from("abcdef")]);
  await live.close();
});

test("The disk is bounded, the oldest file goes first", async (t) => {
  const live = await open(await storageFolder(t), { maxDiskBytes: 24 * MIB });
  const said = await talk(live, 2500);
  await live.close();
  checkCounters(live);
  const { firstN, lastN, evicted } = live.capture.stats();
  assert.equal(evicted > 0, true);
  assert.equal(live.disk.diskBytes <= 24 * MIB, true);
  assert.deepEqual(readAll(live.capture, firstN), said.get(firstN));
  assert.deepEqual(readAll(live.capture, lastN), said.get(lastN));
});

test("Without a disk that keeps up, what falls out of memory is a hole with its count", async (t) => {
  const live = await open(await storageFolder(t));
  const link = openLink(live.capture);
  // No pause: the disk gets no turn.
  for (let index = 0; index < 1000; index++) say(live.capture, link, 0, [Buffer.alloc(50_000, index)]);
  const { unwritten, kept, lastN } = live.capture.stats();
  assert.equal(unwritten > 0, true);
  assert.equal(kept + unwritten, lastN);
  checkCounters(live);
  await live.close();
});

test("A folder that is deleted makes the capture go on in memory, with one sentence", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  const link = openLink(live.capture);
  say(live.capture, link, 0, ["before"]);
  await until(() => live.disk.diskBytes > 0);
  await rm(join(storage, "live"), { recursive: true });
  for (let index = 0; index < 20; index++) say(live.capture, link, 0, [Buffer.alloc(60_000)]);
  await until(() => live.disk.diskProblem !== null);
  assert.match(live.disk.diskProblem!, /in memory only from now on.*the folder was deleted/);
  for (let index = 0; index < 1000; index++) say(live.capture, link, 0, [Buffer.alloc(60_000)]);
  checkCounters(live);
  assert.equal(live.capture.stats().usedBytes <= 16 * MIB, true);
  await live.close();
});

test("A storage that cannot be made is a problem, not a failure", async () => {
  const live = await open("/dev/null/capture");
  assert.match(live.disk.diskProblem!, /could not be written to disk/);
  assert.equal(say(live.capture, openLink(live.capture), 0, ["x"]), 1);
});

test("Clear All but Pinned keeps the pinned messages, on disk too", async (t) => {
  const storage = await storageFolder(t);
  const live = await open(storage);
  const said = await talk(live, 900);
  for (const n of [3, 450, 899]) live.capture.mark(n, { pinned: true, note: `note ${n}` });
  live.capture.clear({ keepPinned: true });
  const { kept, lastN, firstN } = live.capture.stats();
  assert.deepEqual([kept, lastN, firstN], [3, 900, 3]);
  for (const n of [3, 450, 899]) assert.deepEqual(readAll(live.capture, n), said.get(n));
  assert.equal(live.capture.row(4), undefined);
  const n = say(live.capture, openLink(live.capture), 0, ["after"]);
  assert.equal(n, 901);
  checkCounters(live);
  await live.close();
  const again = await open(storage);
  assert.deepEqual([again.capture.stats().kept, again.capture.lastN], [4, 901]);
  for (const row of [3, 450, 899]) assert.deepEqual(readAll(again.capture, row), said.get(row));
  assert.equal(again.capture.markOf(450).note, "note 450");
  await again.close();
});

test("Segment files and their folder are the user's own", async (t) => {
  const storage = await storageFolder(t);
  await chmod(storage, 0o755);
  const live = await open(storage);
  await talk(live, 10);
  await until(() => live.disk.diskBytes > 0);
  const folder = join(storage, "live");
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  for (const name of await readdir(folder)) assert.equal((await stat(join(folder, name))).mode & 0o077, 0, name);
  await live.close();
});
