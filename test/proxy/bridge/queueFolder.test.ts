import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type FoundMessage, QueueFolder } from "../../../src/proxy/bridge/queueFolder.ts";
import { until } from "../../support/until.ts";

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-queue-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a folder whose files hold little, so that there are several. */
async function opened(folder: string, segmentBytes = 500) {
  const found: FoundMessage[] = [];
  const problems: unknown[] = [];
  const { store, nextSeq, lost } = await QueueFolder.open(folder, {
    found: (message) => found.push(message),
    onProblem: (error) => problems.push(error),
    segmentBytes,
  });
  const texts = found.map(({ record }) => `${record.seq} ${String(record.frames[0])}`);
  return { store, nextSeq, lost, found, texts, problems };
}

const record = (seq: number, text = `message ${seq}`) => ({ seq, putMs: 1000 + seq, frames: [Buffer.from(text)] });
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const segments = async (folder: string) => (await readdir(folder)).filter((name) => name.endsWith(".queue")).sort();

test("A queue's folder is made, is of the user alone, and gives back in order what was appended", async (t) => {
  const folder = join(await emptyFolder(t), "a", "b");
  const first = await opened(folder);
  assert.deepEqual([first.nextSeq, first.lost, first.found], [1, 0, []]);
  await first.store.append(numbers(1, 20).map((seq) => record(seq)));
  for (const seq of numbers(21, 40)) await first.store.append([record(seq)]);
  await first.store.close();
  if (process.platform !== "win32") {
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    for (const name of await readdir(folder)) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
  }
  const second = await opened(folder);
  assert.deepEqual([second.nextSeq, second.lost], [41, 0]);
  assert.deepEqual(
    second.texts,
    numbers(1, 40).map((seq) => `${seq} message ${seq}`),
  );
  assert.equal((await segments(folder)).length > 2, true);
  assert.deepEqual(first.problems, []);
  await second.store.close();
});

test("What is done is not found again, and files without anything else are removed", async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await opened(folder);
  const places = [];
  for (const seq of numbers(1, 40)) places.push(...(await store.append([record(seq)])));
  const before = await segments(folder);
  for (const [index, place] of places.slice(0, 30).entries()) store.done(place, index + 2);
  await store.close();
  const after = await segments(folder);
  assert.equal(after.length < before.length && after.every((name) => before.includes(name)), true);
  const second = await opened(folder);
  assert.equal(second.nextSeq, 41);
  assert.deepEqual(
    second.texts,
    numbers(31, 40).map((seq) => `${seq} message ${seq}`),
  );
  for (const { record: each, place } of second.found) second.store.done(place, each.seq + 1);
  await second.store.close();
  assert.deepEqual(await readdir(folder), ["queue.done"]);
  const third = await opened(folder);
  assert.deepEqual([third.nextSeq, third.found], [41, []]);
  await third.store.close();
});

test("A file that is worth it is removed as soon as nothing in it is waited for, without an end", async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await opened(folder, 1e9);
  const [place] = await store.append([record(1, "x".repeat(70_000))]);
  store.done(place!, 2);
  await until(async () => (await segments(folder)).length === 0);
  const [next] = await store.append([record(2)]);
  store.done(next!, 3);
  await store.append([record(3)]);
  await store.close();
  assert.deepEqual(await segments(folder), ["0000000000000002.queue"]);
});

test("A record that was cut anywhere is dropped and counted once; all before it is there", async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await opened(folder);
  await store.append([record(1), record(2)]);
  const [place] = await store.append([record(3)]);
  await store.close();
  const path = join(folder, "0000000000000001.queue");
  const whole = await readFile(path);
  for (let cut = 1; cut < place!.bytes; cut++) {
    await writeFile(path, whole);
    await truncate(path, whole.length - cut);
    const torn = await opened(folder);
    assert.deepEqual([torn.texts, torn.lost, torn.nextSeq], [["1 message 1", "2 message 2"], 1, 3]);
    await torn.store.close();
    const again = await opened(folder);
    assert.deepEqual([again.texts.length, again.lost], [2, 0]);
    await again.store.close();
  }
});

test("Behind a torn record a new file begins", async (t) => {
  const folder = await emptyFolder(t);
  const first = await opened(folder);
  await first.store.append([record(1)]);
  await first.store.close();
  await appendFile(join(folder, "0000000000000001.queue"), "torn");
  const second = await opened(folder);
  await second.store.append([record(second.nextSeq)]);
  await second.store.close();
  const third = await opened(folder);
  assert.deepEqual(third.texts, ["1 message 1", "2 message 2"]);
  await third.store.close();
});

test("A record with changed octets is dropped and counted; those behind it are there", async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await opened(folder);
  const places = await store.append([record(1), record(2), record(3)]);
  const path = join(folder, "0000000000000001.queue");
  const octets = await readFile(path);
  octets[places[1]!.at + 30]! ^= 1;
  await writeFile(path, octets);
  assert.equal(await store.read(places[1]!), null);
  assert.deepEqual(await store.read(places[2]!), record(3));
  await store.close();
  const second = await opened(folder);
  assert.deepEqual([second.texts, second.lost], [["1 message 1", "3 message 3"], 1]);
  await second.store.close();
});

test("Without the file of what is done, or with one that says nothing, everything there is found again", async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await opened(folder);
  const [place] = await store.append([record(1), record(2)]);
  store.done(place!, 2);
  await store.close();
  for (const octets of ["", "nonsense", Buffer.alloc(32, 0xff)]) {
    await writeFile(join(folder, "queue.done"), octets);
    const again = await opened(folder);
    assert.deepEqual(again.texts, ["1 message 1", "2 message 2"]);
    await again.store.close();
  }
});

test("Of the two slots of what is done the older one counts when the newer one is torn", async (t) => {
  const folder = await emptyFolder(t);
  const first = await opened(folder, 1e9);
  const places = await first.store.append(numbers(1, 5).map((seq) => record(seq)));
  first.store.done(places[0]!, 2);
  await first.store.close();
  const second = await opened(folder, 1e9);
  second.store.done(second.found[0]!.place, 3);
  await second.store.close();
  const octets = await readFile(join(folder, "queue.done"));
  octets[16]! ^= 1;
  await writeFile(join(folder, "queue.done"), octets);
  const third = await opened(folder, 1e9);
  assert.equal(third.texts[0], "2 message 2");
  await third.store.close();
});

test("A folder is one queue's at a time, and the refusal says whose it is", async (t) => {
  const folder = await emptyFolder(t);
  const { store } = await opened(folder);
  await assert.rejects(opened(folder), (error: { code?: string; message?: string }) => {
    assert.equal(error.code, "queue-in-use");
    assert.match(error.message ?? "", new RegExp(`in use by process ${process.pid},`));
    return true;
  });
  await store.close();
  await (await opened(folder)).store.close();
});

test("A folder that cannot be made is an error which says why, and leaves no lock", async (t) => {
  const folder = await emptyFolder(t);
  await writeFile(join(folder, "file"), "");
  await assert.rejects(opened(join(folder, "file")), { name: "UserError", code: "cannot-keep-queue" });
  await rm(join(folder, "file"));
});

test("A file that cannot be read is an error which names it, and the folder is free again", async (t) => {
  const folder = await emptyFolder(t);
  const { mkdir, rmdir } = await import("node:fs/promises");
  const path = join(folder, "0000000000000001.queue");
  await mkdir(path);
  await assert.rejects(opened(folder), { code: "cannot-read-queue", message: new RegExp("0000000000000001[.]queue") });
  await rmdir(path);
  await (await opened(folder)).store.close();
});

test("Files of other names are left alone", async (t) => {
  const folder = await emptyFolder(t);
  await writeFile(join(folder, "notes.txt"), "mine");
  await writeFile(join(folder, "1.queue"), "mine");
  const { store, found, lost } = await opened(folder);
  await store.close();
  assert.deepEqual([found, lost], [[], 0]);
  assert.deepEqual((await readdir(folder)).sort(), ["1.queue", "notes.txt", "queue.done"]);
});
