import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { claimFolder, discardLost, findSegments, writeMarks } from "../../../src/proxy/capture/captureFolder.ts";
import { LiveCapture } from "../../../src/proxy/liveCapture.ts";
import { MIB, openLink, say } from "../../support/captures.ts";

async function storageFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-folder-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Files of a capture with `count` rows of 30 KB; returns their folder. */
async function filled(storage: string, count: number): Promise<string> {
  const live = await LiveCapture.open({
    maxBytes: 16 * MIB,
    maxDiskBytes: 64 * MIB,
    storage,
    segmentBytes: 256 * 1024,
  });
  const link = openLink(live.capture);
  for (let index = 0; index < count; index++) say(live.capture, link, 0, [Buffer.alloc(30_000)]);
  await live.close();
  return join(storage, "live");
}

test("A folder that is new is made, locked, and let go of in order", async (t) => {
  const storage = join(await storageFolder(t), "a", "b");
  const claimed = await claimFolder(storage);
  assert.equal(await readFile(join(storage, "lock"), "utf8"), String(process.pid));
  assert.deepEqual(
    [claimed.found.segments.length, claimed.found.anchorNs, claimed.found.marks, claimed.lost],
    [0, null, null, null],
  );
  await claimed.release();
  assert.deepEqual(await readdir(storage), ["live"]);
  assert.deepEqual(await readdir(claimed.folder), ["closed"]);
});

test("A lock of a process that is gone, or that says nothing, is taken over", async (t) => {
  const storage = await storageFolder(t);
  for (const owner of ["999999999", "", "nonsense", "-5"]) {
    await writeFile(join(storage, "lock"), owner);
    await (await claimFolder(storage)).release();
  }
});

test("Segments that were left in order are found in order, with where the clock stood", async (t) => {
  const folder = await filled(await storageFolder(t), 40);
  const { segments, unreadable, lastNs, lastLink } = await findSegments(folder);
  assert.equal(segments.length > 3, true);
  assert.deepEqual([segments[0]!.firstRow, segments.at(-1)!.endRow, unreadable], [1, 41, 0]);
  assert.equal(lastNs >= segments.at(-1)!.firstTimeNs, true);
  assert.equal(lastLink > 0, true);
});

test("Files that are no segment, are cut, are twice there or of another capture are left out and counted", async (t) => {
  const folder = await filled(await storageFolder(t), 60);
  const other = await filled(await storageFolder(t), 10);
  const names = (await readdir(folder)).filter((name) => name.endsWith("pcapng")).sort();
  await truncate(join(folder, names[1]!), 5000);
  await writeFile(join(folder, names[2]!), "");
  await copyFile(join(folder, names[0]!), join(folder, "900000000.pcapng"));
  const otherName = (await readdir(other)).find((name) => name.endsWith("pcapng"))!;
  await copyFile(join(other, otherName), join(folder, "900000001.pcapng"));
  await writeFile(join(folder, "900000002.pcapng"), Buffer.alloc(5000, 0xff));
  await writeFile(join(folder, "notes.txt"), "mine");
  const { segments, unreadable } = await findSegments(folder);
  assert.deepEqual([segments.length, unreadable], [names.length - 2, 5]);
  assert.equal((await readdir(folder)).includes("notes.txt"), true);
});

test("A file that was just begun when its engine was killed is no damage", async (t) => {
  const folder = await filled(await storageFolder(t), 40);
  const names = (await readdir(folder)).filter((name) => name.endsWith("pcapng")).sort();
  const last = join(folder, names.at(-1)!);
  await truncate(last, 5000);
  await writeFile(last.replace("pcapng", "log"), "");
  const { segments, unreadable } = await findSegments(folder);
  assert.deepEqual([segments.length, unreadable], [names.length - 1, 0]);
});

test("Reading a folder changes nothing there, since somebody may be writing it", async (t) => {
  const folder = await filled(await storageFolder(t), 20);
  const [first, second] = (await readdir(folder)).filter((name) => name.endsWith("pcapng")).sort();
  await truncate(join(folder, second!), 5000);
  for (const name of [first!, second!]) await writeFile(join(folder, name.replace("pcapng", "log")), "no log");
  const names = await readdir(folder);
  const { unreadable } = await findSegments(folder);
  assert.equal(unreadable, 1);
  assert.deepEqual(await readdir(folder), names);
});

test("A folder that was not closed is set aside; of several such the newest is told, and two are kept", async (t) => {
  const storage = await storageFolder(t);
  for (const ms of [1_700_000_000_001, 1_700_000_000_002, 1_700_000_000_003]) {
    await mkdir(join(storage, `lost-${ms}`));
    await writeFile(join(storage, `lost-${ms}`, "000000000.pcapng"), Buffer.alloc(3));
  }
  const folder = await filled(storage, 10);
  await rm(join(folder, "closed"));
  const claimed = await claimFolder(storage);
  const { lost, found } = claimed;
  assert.equal(found.segments.length, 0);
  const kept = (await readdir(storage)).filter((name) => name.startsWith("lost-")).sort();
  assert.deepEqual([kept.length, kept[0], join(storage, kept[1]!)], [2, "lost-1700000000003", lost!.path]);
  assert.equal(lost!.bytes > 300_000, true);
  await claimed.release();
  for (const path of [join(storage, "live"), "/", storage, join(storage, "lost-9")]) await discardLost(storage, path);
  assert.equal((await readdir(storage)).includes("live"), true);
  await discardLost(storage, lost!.path);
  assert.deepEqual((await readdir(storage)).sort(), ["live", "lost-1700000000003"]);
});

test("Marks are written whole and read back; what is no JSON is none", async (t) => {
  const storage = await storageFolder(t);
  await writeMarks(storage, [{ n: 1, pinned: true, note: "" }]);
  assert.deepEqual(await readdir(storage), ["marks.json"]);
  assert.deepEqual((await findSegments(storage)).marks, [{ n: 1, pinned: true, note: "" }]);
  await writeFile(join(storage, "marks.json"), "[{");
  assert.equal((await findSegments(storage)).marks, null);
});
