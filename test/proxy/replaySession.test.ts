import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { type ReplayDestination, replaySession, type SessionSide } from "../../src/proxy/replaySession.ts";
import type { ReplayOptions } from "../../src/shared/replaySession.ts";
import { UserError } from "../../src/shared/userError.ts";
import { openLink, say } from "../support/captures.ts";
import { FAST } from "../support/replays.ts";

const OPTIONS: ReplayOptions = {
  ...FAST,
  target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:5556", bind: false },
};

/** Somewhere that takes so many messages before it says that it is full. */
class Hole implements ReplayDestination {
  readonly told: string[] = [];
  readonly side: SessionSide;
  capacity: number;
  isIdle = true;
  isFailing = false;

  constructor(side: SessionSide, capacity = Infinity) {
    this.side = side;
    this.capacity = capacity;
  }

  get isFull(): boolean {
    return this.capacity <= 0;
  }

  begin(): Promise<void> {
    this.told.push("begin");
    this.side.listening("here");
    return Promise.resolve();
  }

  send(source: { readonly n: number }): void {
    this.told.push(String(source.n));
    this.side.tally.sent++;
    this.capacity--;
    if (this.isFailing) this.side.failed(new UserError("gone", "It is gone."));
  }

  flush(): void {
    if (this.told.at(-1) !== "flush") this.told.push("flush");
  }

  close(): Promise<void> {
    this.told.push("close");
    return Promise.resolve();
  }

  destroy(): void {
    this.told.push("destroy");
  }
}

function jobs(count: number): Capture {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client: "PUSH", server: "PULL" } });
  for (let n = 0; n < count; n++) say(capture, link, 0, ["job"]);
  return capture;
}

type Playing = {
  readonly done: ReturnType<typeof replaySession>;
  readonly hole: Hole;
  readonly abort: AbortController;
};

function play(capture: Capture, options: Partial<ReplayOptions> = {}, capacity = Infinity): Playing {
  const abort = new AbortController();
  let hole: Hole | undefined;
  const done = replaySession(
    {
      capture,
      rows: { kind: "all" },
      options: { ...OPTIONS, ...options },
      signal: abort.signal,
      onProgress: () => undefined,
      onListening: (endpoint) => hole!.told.push(`listening ${endpoint}`),
    },
    (side) => (hole = new Hole(side, capacity)),
  );
  return { done, hole: hole!, abort };
}

test("replaySession sends every row in order, as often as it is told, and closes behind the last", async () => {
  const { done, hole } = play(jobs(3), { loops: 2, timing: { kind: "recorded", speed: 1000 } });
  const { summary } = await done;
  assert.deepEqual(
    hole.told.filter((told) => told !== "flush"),
    ["begin", "listening here", "1", "2", "3", "1", "2", "3", "close"],
  );
  assert.deepEqual([summary.ended, summary.sent, summary.skipped], ["done", 6, 0]);
});

test("replaySession waits while nothing more is taken, and until nothing waits any more", async () => {
  const { done, hole } = play(jobs(5), {}, 2);
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  assert.deepEqual(
    hole.told.filter((told) => told !== "flush"),
    ["begin", "listening here", "1", "2"],
  );
  hole.isIdle = false;
  hole.capacity = Infinity;
  hole.side.changed();
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  assert.equal(hole.told.includes("5") && !hole.told.includes("close"), true);
  hole.isIdle = true;
  hole.side.changed();
  assert.equal((await done).summary.sent, 5);
});

test("replaySession waits for each reply where it is told to", async () => {
  const { done, hole } = play(jobs(2), { timing: { kind: "wait" } });
  hole.isIdle = false;
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  assert.equal(hole.told.includes("1") && !hole.told.includes("2"), true);
  hole.isIdle = true;
  hole.side.changed();
  assert.equal((await done).summary.sent, 2);
});

test("replaySession ends with what it came to when it is cancelled, or fails on the way", async () => {
  const cancelled = play(jobs(5), {}, 2);
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  cancelled.abort.abort(new UserError("cancelled", "Enough."));
  const { summary } = await cancelled.done;
  assert.deepEqual([summary.ended, summary.sent, cancelled.hole.told.at(-1)], ["cancelled", 2, "destroy"]);
  const failing = play(jobs(500));
  failing.hole.isFailing = true;
  const failed = await failing.done;
  assert.deepEqual([failed.summary.ended, failed.summary.problem], ["failed", "It is gone."]);
});

test("replaySession rejects when nothing was sent, and with what is a bug", async () => {
  const nothing = play(jobs(1), {}, 0);
  await setImmediate();
  nothing.hole.side.failed(new UserError("gone", "It is gone."));
  await assert.rejects(nothing.done, { code: "gone" });
  const bug = play(jobs(5), {}, 2);
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  bug.hole.side.failed(new TypeError("undefined is not a function"));
  await assert.rejects(bug.done, TypeError);
});

test("replaySession counts what it cannot send, and sends nothing of an empty capture", async () => {
  const capture = jobs(1);
  const unknown = openLink(capture);
  say(capture, unknown, 0, ["what"]);
  const { summary } = await play(capture).done;
  assert.deepEqual(summary.reasons, [{ reason: "unknown", count: 1, example: "" }]);
  const empty = play(new Capture({ maxBytes: 0 }));
  assert.equal((await empty.done).summary.sent, 0);
  assert.equal(empty.hole.told.includes("begin"), false);
});
