import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer, waitUntil } from "../../../src/proxy/rpc/pacer.ts";

const MS = 1_000_000;

/** A clock that stands where it is put. */
function pacer(timing: ConstructorParameters<typeof Pacer>[0]): { pacer: Pacer; clock: { nowMs: number } } {
  const clock = { nowMs: 1_000 };
  return { pacer: new Pacer(timing, () => clock.nowMs), clock };
}

test("Pacer counts every time from the first message, however late the ones before were", () => {
  const { pacer: recorded, clock } = pacer({ kind: "recorded", speed: 1 });
  assert.equal(recorded.due(5_000 * MS), 1_000);
  clock.nowMs = 9_999;
  assert.deepEqual([recorded.due(5_010 * MS), recorded.due(5_010.5 * MS)], [1_010, 1_010.5]);
  // A clock of a file that goes back delays nothing.
  assert.equal(recorded.due(4_000 * MS), 1_010.5);
});

test("Pacer is as much faster or slower as it is told", () => {
  const { pacer: fast } = pacer({ kind: "recorded", speed: 1_000 });
  assert.deepEqual([fast.due(0), fast.due(2_000 * MS)], [1_000, 1_002]);
  const { pacer: slow } = pacer({ kind: "recorded", speed: 0.1 });
  assert.deepEqual([slow.due(0), slow.due(2 * MS)], [1_000, 1_020]);
});

test("Pacer begins a loop where the one before ends", () => {
  const { pacer: recorded, clock } = pacer({ kind: "recorded", speed: 2 });
  recorded.due(0);
  recorded.due(100 * MS);
  recorded.again();
  clock.nowMs = 1_500;
  assert.deepEqual([recorded.due(0), recorded.due(100 * MS)], [1_050, 1_100]);
  const { pacer: gap } = pacer({ kind: "gap", ms: 20 });
  gap.due(0);
  gap.again();
  assert.deepEqual([gap.due(7 * MS), gap.due(8 * MS)], [1_020, 1_040]);
});

test("Pacer has nothing wait that goes out as fast as possible, or after a reply", () => {
  for (const kind of ["fast", "wait"] as const) {
    const { pacer: none } = pacer({ kind });
    none.again();
    assert.deepEqual([none.due(0), none.due(1e12)], [0, 0]);
  }
});

test("waitUntil does not wait for what is past, and ends when it is cancelled", async () => {
  const { signal } = new AbortController();
  await waitUntil(performance.now() - 1, signal);
  const due = performance.now() + 5;
  await waitUntil(due, signal);
  assert.ok(performance.now() >= due - 0.2);
  const cancelling = new AbortController();
  const waiting = waitUntil(performance.now() + 1e7, cancelling.signal);
  cancelling.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(waitUntil(0, cancelling.signal), /enough/);
});
