import type { CallOutcome, RepeatOutcome, RepeatPlan } from "../../shared/calls.ts";
import { UserError } from "../../shared/userError.ts";

/**
 * Calls again and again, one after the other, until `count` have ended, one cannot be made, or `signal` ends it. Rejects
 * with the UserError of the first call when that cannot be made.
 */
export async function repeatCalls(
  { count, perSecond }: RepeatPlan,
  call: () => Promise<CallOutcome>,
  signal: AbortSignal,
  onAdvance: (done: number) => void,
): Promise<RepeatOutcome> {
  const counts = { ok: 0, error: 0, timeout: 0, sent: 0, cancelled: 0 };
  const latencies = new Float64Array(count);
  const startedAt = performance.now();
  let replies = 0;
  let done = 0;
  let last: CallOutcome | null = null;
  let problem: string | null = null;
  while (done < count) {
    if (perSecond !== null) await until(startedAt + (done * 1000) / perSecond, signal);
    if (signal.aborted && last !== null) break;
    try {
      last = await call();
    } catch (error) {
      if (!(error instanceof UserError) || last === null) throw error;
      problem = error.message;
      break;
    }
    done += 1;
    counts[last.kind] += 1;
    if (last.reply !== null) latencies[replies++] = last.reply.latencyMs;
    onAdvance(done);
  }
  const sorted = latencies.subarray(0, replies).sort();
  // The first call is made whatever the signal says, so there is a last one.
  return { done, counts, latencyMs: quantiles(sorted), tookMs: performance.now() - startedAt, problem, last: last! };
}

/** Of values in order, by the nearest rank. */
function quantiles(sorted: Float64Array): RepeatOutcome["latencyMs"] {
  if (sorted.length === 0) return null;
  const at = (part: number): number => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
  return { min: at(0), median: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function until(atMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.max(0, atMs - performance.now()));
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
