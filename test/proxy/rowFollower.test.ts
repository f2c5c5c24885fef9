import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { RowFollower, type RowFollowerOptions } from "../../src/proxy/rowFollower.ts";
import { MIB, openLink, say } from "../support/captures.ts";

type Followed = { readonly follower: RowFollower; readonly seen: number[]; readonly told: string[] };

function follow(t: TestContext, capture: Capture, options: Partial<RowFollowerOptions> = {}): Followed {
  const seen: number[] = [];
  const told: string[] = [];
  const follower = new RowFollower(capture, {
    from: capture.lastN + 1,
    onRow: ({ n }) => seen.push(n),
    onCleared: () => told.push("cleared"),
    onLeftOut: (n) => told.push(`left out before ${n}`),
    ...options,
  });
  t.after(() => follower.dispose());
  return { follower, seen, told };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("A follower looks at every row that comes, once and in order", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  say(capture, link, 0, ["before"]);
  const { follower, seen } = follow(t, capture);
  assert.equal(follower.judgedN, 1);
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 100; at++) say(capture, link, 0, ["x"]);
    await follower.settled();
  }
  assert.deepEqual([seen, follower.judgedN, follower.skipped], [numbers(2, 301), 301, 0]);
});

test("A follower goes no further than it is let", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  let limit = 3;
  const slices: boolean[] = [];
  const { follower, seen } = follow(t, capture, {
    from: 1,
    limit: () => limit,
    onSlice: (isDone) => {
      slices.push(isDone);
      if (seen.length === 3) limit = 5;
    },
  });
  for (let at = 0; at < 5; at++) say(capture, link, 0, ["x"]);
  await follower.settled();
  assert.deepEqual([seen, slices[0], slices.at(-1)], [numbers(1, 5), false, true]);
});

/** A capture of 600 messages, the first of which are on disk only. */
async function partlyOnDisk(t: TestContext): Promise<{ readonly capture: Capture; readonly link: CapturedLink }> {
  const storage = await mkdtemp(join(tmpdir(), "zmq-tap-follower-"));
  const live = await LiveCapture.open({
    maxBytes: 16 * MIB,
    maxDiskBytes: 256 * MIB,
    storage,
    segmentBytes: 256 * 1024,
  });
  t.after(async () => {
    await live.close();
    await rm(storage, { recursive: true });
  });
  const { capture } = live;
  const link = openLink(capture);
  for (let at = 0; at < 600; at++) {
    say(capture, link, 0, [Buffer.alloc(64 * 1024)]);
    if (at % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(capture.isInMemory(1), false);
  return { capture, link };
}

test("A follower reads what is on disk only, and tells of rows that went before their turn", async (t) => {
  const { capture } = await partlyOnDisk(t);
  const { follower, seen } = follow(t, capture, { from: 1, isFile: true });
  await follower.settled();
  // What the disk did not take in time is a hole.
  assert.deepEqual(
    seen,
    numbers(1, 600).filter((n) => capture.isKept(n)),
  );
  const small = new Capture({ maxBytes: 0, segmentBytes: 1 * MIB });
  const big = openLink(small);
  const late = follow(t, small, { from: 1 });
  for (let at = 0; at < 400; at++) say(small, big, 0, [Buffer.alloc(64 * 1024)]);
  assert.notEqual(small.firstN, 1);
  await late.follower.settled();
  assert.deepEqual([late.seen, late.told], [numbers(small.firstN, 400), [`left out before ${small.firstN}`]]);
  assert.equal(late.follower.skipped, small.firstN - 1);
});

test("While rows come faster than it may look at, a follower leaves out what is on disk only", async (t) => {
  const { capture, link } = await partlyOnDisk(t);
  const chunk = capture.append(link, 0, Buffer.from([0, 1, 0x78]), 0);
  const { follower, seen, told } = follow(t, capture, {
    from: 1,
    onSlice: () => {
      if (told.length === 0) for (let at = 0; at < 20_000; at++) capture.message(link, 0, chunk, 0, 3, 1, 1, 0);
    },
  });
  const keepsRunning = setInterval(() => undefined, 10);
  t.after(() => clearInterval(keepsRunning));
  while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const [, next] = /^left out before (\d+)$/.exec(told.at(-1)!)!;
  assert.equal(capture.isInMemory(Number(next)), true);
  assert.ok(follower.skipped > 0);
  await follower.settled();
  assert.equal(seen.length, capture.lastN - follower.skipped);
});

test("A follower that is far behind live traffic leaves rows out, but never of a file", (t) => {
  const capture = new Capture({ maxBytes: 256 * MIB });
  const link = openLink(capture);
  const bytes = Buffer.from([0, 1, 0x78]);
  const chunk = capture.append(link, 0, bytes, 0);
  const live = follow(t, capture, { from: 1 });
  for (let at = 0; at < 1_000_010; at++) capture.message(link, 0, chunk, 0, 3, 1, 1, 0);
  assert.equal(live.follower.judgedN, 1_000_010);
  assert.deepEqual([live.follower.skipped, live.told, live.seen], [1_000_010, ["left out before 1000011"], []]);
  const file = follow(t, capture, { from: 1, isFile: true });
  assert.deepEqual([file.follower.judgedN, file.follower.skipped], [0, 0]);
});

test("A cleared capture is told once, and what comes then is looked at", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const { follower, seen, told } = follow(t, capture, { from: 1 });
  for (let at = 0; at < 5; at++) say(capture, link, 0, ["x"]);
  capture.clear();
  say(capture, link, 0, ["y"]);
  await follower.settled();
  assert.deepEqual([seen, told], [[6], ["cleared"]]);
});

test("A follower begins anew with what is in memory, and ends when it is disposed", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const { follower, seen } = follow(t, capture, { from: 1 });
  say(capture, link, 0, ["x"]);
  await follower.settled();
  follower.beginAnew();
  assert.equal(follower.keepsAll, true);
  await follower.settled();
  assert.deepEqual([seen, follower.keepsAll], [[1, 1], false]);
  say(capture, link, 0, ["x"]);
  const waiting = follower.settled();
  follower.dispose();
  await waiting;
  await follower.settled();
  assert.deepEqual([seen, follower.judgedN], [[1, 1], Infinity]);
});

test("A follower leaves its turns to a filter under way, but not for ever, and not to who waits for it", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const { follower, seen } = follow(t, capture, { from: 1 });
  for (let at = 0; at < 5; at++) say(capture, link, 0, ["x"]);
  capture.quietUntilMs = Infinity;
  const beganMs = performance.now();
  let other: Followed | undefined;
  // Nobody waits for either: fifty pauses of 6 ms at least.
  const keepsRunning = setInterval(() => undefined, 10);
  await new Promise<void>((resolve) => (other = follow(t, capture, { from: 1, onSlice: () => resolve() })));
  clearInterval(keepsRunning);
  assert.ok(performance.now() - beganMs >= 50 * 6 - 10);
  assert.deepEqual(other?.seen, numbers(1, 5));
  say(capture, link, 0, ["y"]);
  await follower.settled();
  assert.deepEqual(seen, numbers(1, 6));
});
