import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mock, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { BridgeLimits } from "../../../src/shared/bridges.ts";
import {
  BridgeQueue,
  type QueuedMessage,
  type QueueOptions,
  type QueueReport,
} from "../../../src/proxy/bridge/queue.ts";
import { recordBytes } from "../../../src/proxy/bridge/queueRecord.ts";
import { random } from "../../support/random.ts";
import { smallDisk } from "../../support/smallDisk.ts";

const CHILD = fileURLToPath(new URL("../../support/queueChild.ts", import.meta.url));
const WIDE: BridgeLimits = { maxMessages: 100_000, maxBytes: 1e9, maxAgeMs: 0 };
const NONE = { queued: 0, queuedBytes: 0, oldestMs: 0, delivered: 0, retried: 0, expired: 0, refused: 0, dropped: 0 };

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zmqtap-queue-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(options: Partial<QueueOptions> = {}) {
  const reports: QueueReport[] = [];
  const report = (one: QueueReport) => reports.push(one);
  const queue = await BridgeQueue.open({ limits: WIDE, folder: null, report, ...options });
  return { queue, reports };
}

const text = (message: QueuedMessage | null) => message?.frames.map(String).join("|") ?? null;
const frames = (...texts: string[]) => texts.map((each) => Buffer.from(each));

/** All that waits, delivered. */
async function drained(queue: BridgeQueue): Promise<string[]> {
  const texts: string[] = [];
  for (let message = await queue.head(); message !== null; message = await queue.head()) {
    texts.push(text(message)!);
    queue.done(message);
  }
  return texts;
}

test("A queue gives back its messages whole and in order, with any octets", async () => {
  const { queue, reports } = await opened();
  const odd = [Buffer.alloc(0), Buffer.from([0xff, 0, 0xc3]), Buffer.alloc(100_000, 9)];
  assert.equal(await queue.put(odd), null);
  assert.equal(await queue.put([]), null);
  const first = await queue.head();
  assert.deepEqual(first?.frames, odd);
  assert.equal(await queue.head(), first);
  queue.retried();
  queue.done(first);
  queue.done(first);
  assert.deepEqual((await queue.head())?.frames, []);
  const { oldestMs, ...counts } = queue.counts();
  assert.equal(oldestMs >= 0 && oldestMs < 60_000, true);
  assert.deepEqual({ oldestMs: 0, ...counts }, { ...NONE, queued: 1, queuedBytes: 28, delivered: 1, retried: 1 });
  queue.giveUp((await queue.head())!, "The remote did not answer 3 times");
  assert.equal(await queue.head(), null);
  assert.deepEqual(queue.counts(), { ...NONE, delivered: 1, retried: 1, dropped: 1 });
  assert.deepEqual(reports, [{ kind: "dropped", count: 1, why: "The remote did not answer 3 times" }]);
});

test("A queue is full by messages and by octets, says so with numbers, and takes more when some went", async () => {
  for (const [limits, why] of [
    [{ ...WIDE, maxMessages: 2 }, /full with 2 of 2 messages/],
    [{ ...WIDE, maxBytes: 2 * recordBytes(frames("a")) }, /full with 2 of 100000 messages, 66 of 66 octets/],
  ] as const) {
    const { queue } = await opened({ limits });
    await queue.put(frames("a"));
    await queue.put(frames("b"));
    const refused = await queue.put(frames("c"));
    assert.equal(refused?.reason, "full");
    assert.match(refused.message, why);
    queue.done((await queue.head())!);
    assert.equal(await queue.put(frames("d")), null);
    assert.deepEqual(await drained(queue), ["b", "d"]);
    assert.deepEqual(queue.counts(), { ...NONE, delivered: 3, refused: 1 });
  }
});

test("A message above the limit of octets is refused as too large, however empty the queue is", async () => {
  const { queue } = await opened({ limits: { ...WIDE, maxBytes: 100 } });
  const refused = await queue.put([Buffer.alloc(100)]);
  assert.deepEqual([refused?.reason, refused?.message.includes("takes 132 octets")], ["too-large", true]);
});

test("Messages do not become old when the machine's clock is set", async (t) => {
  t.after(() => mock.timers.reset());
  const { queue, reports } = await opened({ limits: { ...WIDE, maxAgeMs: 3_600_000 } });
  await queue.put(frames("a"));
  mock.timers.enable({ apis: ["Date"], now: Date.now() + 10 * 3_600_000 });
  const head = (await queue.head())!;
  assert.equal(text(head), "a");
  assert.ok(queue.ageMs(head) < 3_600_000);
  assert.deepEqual(reports, []);
});

test("Messages expire by age, the head that is out as well, and are reported", async () => {
  let now = 0;
  const { queue, reports } = await opened({ limits: { ...WIDE, maxAgeMs: 1000 }, now: () => now });
  await queue.put(frames("a"));
  now = 500;
  await queue.put(frames("b"));
  const out = await queue.head();
  now = 1000;
  assert.equal(await queue.head(), out);
  now = 1001;
  assert.equal(text(await queue.head()), "b");
  queue.done(out!);
  assert.deepEqual(queue.counts(), { ...NONE, queued: 1, queuedBytes: 33, oldestMs: 501, expired: 1 });
  now = 5000;
  assert.equal(await queue.head(), null);
  assert.deepEqual(reports, [
    { kind: "expired", count: 1 },
    { kind: "expired", count: 1 },
  ]);
});

test("A full queue makes room by what has expired, but for the head that is out", async () => {
  let now = 0;
  const limits = { maxMessages: 3, maxBytes: 1e6, maxAgeMs: 10 };
  const { queue, reports } = await opened({ limits, now: () => now });
  for (const each of ["a", "b", "c"]) await queue.put(frames(each));
  const out = await queue.head();
  now = 11;
  assert.equal(await queue.put(frames("d")), null);
  assert.deepEqual(reports, [{ kind: "expired", count: 2 }]);
  queue.done(out!);
  assert.deepEqual(await drained(queue), ["d"]);
  assert.deepEqual(queue.counts(), { ...NONE, delivered: 2, expired: 2 });
});

test("A queue in memory that is closed reports what it held, and takes nothing more", async () => {
  const { queue, reports } = await opened();
  await queue.put(frames("a"));
  await queue.put(frames("b"));
  await queue.head();
  await queue.close();
  await queue.close();
  assert.equal((await queue.put(frames("c")))?.reason, "closed");
  assert.equal(await queue.head(), null);
  assert.deepEqual(queue.counts(), { ...NONE, dropped: 2, refused: 1 });
  assert.deepEqual(
    reports.map((each) => each.kind === "dropped" && each.count),
    [2],
  );
});

test("A queue on disk is there in order after a restart, without what was done", async (t) => {
  const folder = await emptyFolder(t);
  const first = await opened({ folder });
  for (const each of ["a", "b", "c", "d"]) assert.equal(await first.queue.put(frames(each, "tail")), null);
  first.queue.done((await first.queue.head())!);
  await first.queue.head();
  await first.queue.close();
  const second = await opened({ folder });
  const { queued, queuedBytes } = second.queue.counts();
  assert.deepEqual([queued, queuedBytes], [3, 3 * recordBytes(frames("b", "tail"))]);
  await second.queue.put(frames("e"));
  assert.deepEqual(await drained(second.queue), ["b|tail", "c|tail", "d|tail", "e"]);
  await second.queue.close();
  assert.deepEqual([...first.reports, ...second.reports], []);
  assert.deepEqual(await readdir(folder), ["queue.done"]);
});

test("The age of a message goes on while the process is away", async (t) => {
  const folder = await emptyFolder(t);
  const limits = { ...WIDE, maxAgeMs: 1000 };
  const first = await opened({ folder, limits, now: () => 0 });
  await first.queue.put(frames("a"));
  await first.queue.close();
  const second = await opened({ folder, limits, now: () => 1001 });
  assert.equal(await second.queue.head(), null);
  assert.deepEqual(second.reports, [{ kind: "expired", count: 1 }]);
  await second.queue.close();
});

test("A queue on disk above new, lower limits keeps all and takes nothing until there is room", async (t) => {
  const folder = await emptyFolder(t);
  const first = await opened({ folder });
  for (const each of ["a", "b", "c"]) await first.queue.put(frames(each));
  await first.queue.close();
  const second = await opened({ folder, limits: { ...WIDE, maxMessages: 2 } });
  assert.equal((await second.queue.put(frames("d")))?.reason, "full");
  assert.deepEqual(await drained(second.queue), ["a", "b", "c"]);
  await second.queue.close();
});

test("Messages put at once are taken in the order of the calls", async (t) => {
  const { queue } = await opened({ folder: await emptyFolder(t), heldBytes: 5000, segmentBytes: 3000 });
  const names = Array.from({ length: 500 }, (_, index) => `message ${index}`);
  const outcomes = await Promise.all(names.map((name) => queue.put(frames(name))));
  assert.equal(
    outcomes.every((outcome) => outcome === null),
    true,
  );
  assert.deepEqual(await drained(queue), names);
  await queue.close();
});

test("What is being written counts against the limits", async (t) => {
  const { queue } = await opened({ folder: await emptyFolder(t), limits: { ...WIDE, maxMessages: 2 } });
  const outcomes = await Promise.all(["a", "b", "c"].map((each) => queue.put(frames(each))));
  assert.deepEqual(
    outcomes.map((outcome) => outcome?.reason),
    [undefined, undefined, "full"],
  );
  await queue.close();
});

test("A message whose file was changed meanwhile is dropped and reported, those behind it are delivered", async (t) => {
  const folder = await emptyFolder(t);
  const { queue, reports } = await opened({ folder, heldBytes: 0, segmentBytes: 1 });
  for (const each of ["a", "b", "c"]) await queue.put(frames(each));
  await writeFile(join(folder, "0000000000000002.queue"), "nonsense that is longer than the record");
  assert.deepEqual(await drained(queue), ["a", "c"]);
  assert.deepEqual(reports, [{ kind: "dropped", count: 1, why: "A message on disk is not what was written" }]);
  await queue.close();
});

test("A head that cannot be read is an error, and still the head", async (t) => {
  const folder = await emptyFolder(t);
  const { queue } = await opened({ folder, heldBytes: 0 });
  await queue.put(frames("a"));
  const path = join(folder, "0000000000000001.queue");
  await cp(path, `${path}.away`);
  await rm(path);
  await assert.rejects(queue.head(), { code: "cannot-read-queue" });
  await cp(`${path}.away`, path);
  assert.equal(text(await queue.head()), "a");
  await queue.close();
});

/** Copies a queue's files but for the lock. One that is removed meanwhile holds nothing that is waited for. */
async function snapshot(folder: string, copy: string): Promise<void> {
  await mkdir(copy);
  for (const name of (await readdir(folder)).filter((each) => !each.includes("lock-"))) {
    await copyFile(join(folder, name), join(copy, name)).catch((error: unknown) => {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOENT");
    });
  }
}

type Model = {
  entries: { readonly name: string; readonly putMs: number; readonly bytes: number }[];
  out: string | null;
  counts: { delivered: number; retried: number; expired: number; refused: number; dropped: number };
};

for (const isKept of [false, true]) {
  test(`A queue ${isKept ? "on disk" : "in memory"} does what a list would do, through 4,000 random steps`, async (t) => {
    const folder = isKept ? await emptyFolder(t) : null;
    const copies = await emptyFolder(t);
    for (const seed of [1, 2, 3, 4]) {
      const next = random(seed);
      let now = 1000;
      const limits = { maxMessages: 12, maxBytes: 4000, maxAgeMs: seed % 2 === 0 ? 50 : 0 };
      const options = { limits, folder, now: () => now, heldBytes: 800, segmentBytes: 1000 };
      let { queue } = await opened(options);
      const model: Model = {
        entries: [],
        out: null,
        counts: { delivered: 0, retried: 0, expired: 0, refused: 0, dropped: 0 },
      };
      const expire = (withHead: boolean) => {
        const isOld = ({ name, putMs }: Model["entries"][number]) =>
          limits.maxAgeMs > 0 && now - putMs > limits.maxAgeMs && (withHead || name !== model.out);
        model.counts.expired += model.entries.filter(isOld).length;
        model.entries = model.entries.filter((entry) => !isOld(entry));
      };
      const bytesOf = () => model.entries.reduce((sum, { bytes }) => sum + bytes, 0);
      const isFull = (bytes: number) =>
        model.entries.length >= limits.maxMessages || bytesOf() + bytes > limits.maxBytes;
      for (let step = 0; step < 1000; step++) {
        const what = next(100);
        if (what < 45) {
          const name = `${seed}.${step}`;
          const message = [Buffer.from(name), ...Array.from({ length: next(3) }, () => Buffer.alloc(next(600), step))];
          const bytes = recordBytes(message);
          if (isFull(bytes)) expire(false);
          const isTaken = !isFull(bytes);
          if (isTaken) model.entries.push({ name, putMs: now, bytes });
          else model.counts.refused++;
          assert.equal((await queue.put(message)) === null, isTaken);
        } else if (what < 90) {
          expire(true);
          const head = await queue.head();
          assert.equal(head && String(head.frames[0]), model.entries[0]?.name ?? null);
          model.out = model.entries[0]?.name ?? null;
          if (head === null) continue;
          const then = next(4);
          if (then === 0) {
            queue.retried();
            model.counts.retried++;
          } else {
            model.entries.shift();
            model.out = null;
            model.counts[then === 1 ? "dropped" : "delivered"]++;
            if (then === 1) queue.giveUp(head, "tried enough");
            else queue.done(head);
          }
        } else if (what < 96) now += next(30);
        else if (folder !== null) {
          // As a killed process leaves it: what is not done is there, in order, perhaps behind some that is.
          const copy = join(copies, `${seed}.${step}`);
          await snapshot(folder, copy);
          const left = await opened({ ...options, folder: copy, limits: { ...limits, maxAgeMs: 0 } });
          const names = (await drained(left.queue)).map((each) => each.split("|")[0]);
          const waiting = model.entries.map(({ name }) => name);
          assert.deepEqual(names.slice(names.length - waiting.length), waiting);
          await left.queue.close();
          if (what === 99) {
            await queue.close();
            ({ queue } = await opened(options));
            model.out = null;
            model.counts = { delivered: 0, retried: 0, expired: 0, refused: 0, dropped: 0 };
          }
        }
        const oldestMs = model.entries.length === 0 ? 0 : now - model.entries[0]!.putMs;
        const queued = { queued: model.entries.length, queuedBytes: bytesOf(), oldestMs };
        assert.deepEqual(queue.counts(), { ...queued, ...model.counts });
      }
      await drained(queue);
      await queue.close();
    }
  });
}

type Told = { readonly accepted: string[]; readonly delivered: string[]; readonly lines: string[] };

/** Lets the child work until `enough`, then kills it. What it has told is whole lines. */
async function run(args: readonly string[], enough: (told: Told) => boolean, shell = ""): Promise<Told> {
  const command = [process.execPath, CHILD, ...args];
  const child =
    shell === ""
      ? spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] })
      : spawn("sh", ["-c", `${shell}; exec "$0" "$@"`, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Told = { accepted: [], delivered: [], lines: [] };
  createInterface({ input: child.stdout }).on("line", (line) => {
    told.lines.push(line);
    if (line.startsWith("accepted ")) told.accepted.push(line.slice(9));
    if (line.startsWith("delivered ")) told.delivered.push(line.slice(10));
    if (enough(told)) child.kill("SIGKILL");
  });
  await once(child, "close");
  return told;
}

test("After kill -9, again and again, all that was accepted is there in order, at least once", async (t) => {
  const folder = await emptyFolder(t);
  const accepted: string[] = [];
  const delivered: string[] = [];
  for (let life = 0; life < 6; life++) {
    const told = await run([folder, `life${life}`], (so) => so.accepted.length >= 60 + 37 * life);
    accepted.push(...told.accepted);
    delivered.push(...told.delivered);
  }
  const { queue, reports } = await opened({ folder });
  const waiting = (await drained(queue)).map((each) => each.split("|")[0]!);
  await queue.close();
  const found = new Set([...delivered, ...waiting]);
  assert.deepEqual(
    accepted.filter((name) => !found.has(name)),
    [],
  );
  // Three put at a time, so that a kill leaves at most as many that were kept and not told of.
  const untold = waiting.filter((name) => !accepted.includes(name));
  assert.equal(untold.length <= 6 * 3, true, untold.join());
  const order = waiting.filter((name) => accepted.includes(name));
  assert.deepEqual(
    order,
    accepted.filter((name) => order.includes(name)),
  );
  assert.equal(new Set(waiting).size, waiting.length);
  assert.equal(
    reports.every(({ kind }) => kind === "dropped"),
    true,
  );
});

const REFUSAL = /^refused disk Messages cannot be kept in .*, so the bridge takes none until they can: .*[.]$/;

test("A file system that takes no more is one clear refusal, and what was accepted is delivered", async (t) => {
  if (process.platform === "win32") {
    t.skip("Windows has no such limit");
    return;
  }
  const folder = await emptyFolder(t);
  // A block of `ulimit -f` has 512 octets in some shells, 1024 in others; a file here has up to 8 KiB.
  const told = await run([folder, "full", "full"], () => false, "trap '' XFSZ; ulimit -f 4");
  assert.match(told.lines.find((line) => line.startsWith("refused")) ?? "", REFUSAL);
  assert.equal(told.lines.filter((line) => line.startsWith("report")).length, 1);
  const { queue, reports } = await opened({ folder });
  assert.deepEqual(
    (await drained(queue)).map((each) => each.split("|")[0]),
    told.accepted,
  );
  await queue.close();
  assert.deepEqual(reports, []);
});

test("A full disk refuses messages in one sentence, and takes them again once there is room", async (t) => {
  const disk = smallDisk(t);
  if (disk === null) {
    t.diagnostic("may not mount a file system: the limit of a file's size stands for it");
    return;
  }
  const { queue, reports } = await opened({ folder: join(disk, "queue") });
  assert.equal(await queue.put(frames("a")), null);
  const filler = join(disk, "filler");
  await writeFile(filler, Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
  for (let count = 0; count < 3; count++) {
    const refused = await queue.put([Buffer.alloc(10_000)]);
    assert.equal(refused?.reason, "disk");
    assert.match(refused.message, /the disk is full. Free some space, or choose another folder[.]$/);
  }
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ["problem"],
  );
  await rm(filler);
  assert.equal(await queue.put(frames("b")), null);
  assert.deepEqual(await drained(queue), ["a", "b"]);
  assert.deepEqual(queue.counts(), { ...NONE, delivered: 2, refused: 3 });
  await queue.close();
});

test("A read-only disk is refused at the start; memory does not stand in for it", async (t) => {
  const disk = smallDisk(t, "size=4m,ro");
  if (disk === null) {
    t.diagnostic("may not mount a file system");
    return;
  }
  await assert.rejects(opened({ folder: join(disk, "queue") }), {
    code: "cannot-keep-queue",
    message: /this user may not write there/,
  });
});
