import assert from "node:assert/strict";
import { test } from "node:test";
import { repeatCalls } from "../../../src/proxy/rpc/repeatCalls.ts";
import type { CallOutcome } from "../../../src/shared/calls.ts";
import { UserError } from "../../../src/shared/userError.ts";

const never = new AbortController().signal;
const outcome = (kind: CallOutcome["kind"], latencyMs: number | null): CallOutcome => ({
  kind,
  dialect: null,
  reply: latencyMs === null ? null : { frames: [], said: null, problem: null, latencyMs, attempt: 1, row: null },
  attempts: 1,
  timeoutMs: 1,
  request: null,
  others: [],
  moreOthers: 0,
  hint: null,
});

test("repeatCalls counts outcomes, and gives the quantiles of the replies' latencies", async () => {
  let n = 0;
  const call = (): Promise<CallOutcome> => {
    n += 1;
    if (n === 101) return Promise.resolve(outcome("timeout", null));
    return Promise.resolve(outcome(n === 100 ? "error" : "ok", 101 - n));
  };
  const advances: number[] = [];
  const result = await repeatCalls({ count: 101, perSecond: null }, call, never, (done) => advances.push(done));
  assert.deepEqual(result.counts, { ok: 99, error: 1, timeout: 1, sent: 0, cancelled: 0 });
  assert.deepEqual(result.latencyMs, { min: 1, median: 50, p90: 90, p99: 99, max: 100 });
  assert.deepEqual([advances.length, advances.at(-1), result.last.kind], [101, 101, "timeout"]);
});

test("repeatCalls ends with the reason when a further call cannot be made, and rejects when the first cannot", async () => {
  let n = 0;
  const call = (): Promise<CallOutcome> =>
    ++n === 3 ? Promise.reject(new UserError("gone", "The tap is gone.")) : Promise.resolve(outcome("sent", null));
  const { done, problem, latencyMs } = await repeatCalls({ count: 9, perSecond: null }, call, never, () => undefined);
  assert.deepEqual([done, problem, latencyMs], [2, "The tap is gone.", null]);
  const failing = (): Promise<CallOutcome> => Promise.reject(new UserError("gone", "The tap is gone."));
  await assert.rejects(
    repeatCalls({ count: 9, perSecond: null }, failing, never, () => undefined),
    { code: "gone" },
  );
  const bug = (): Promise<CallOutcome> => (++n > 5 ? Promise.reject(new TypeError("bug")) : call());
  await assert.rejects(
    repeatCalls({ count: 9, perSecond: null }, bug, never, () => undefined),
    TypeError,
  );
});

test("repeatCalls makes the first call even when it is cancelled, which then says so", async () => {
  const call = (): Promise<CallOutcome> => Promise.resolve(outcome("cancelled", null));
  const result = await repeatCalls({ count: 9, perSecond: 1 }, call, AbortSignal.abort(), () => undefined);
  assert.deepEqual([result.done, result.counts.cancelled], [1, 1]);
});
