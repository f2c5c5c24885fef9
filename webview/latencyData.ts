import { writeAnd, writeEquals } from "../src/shared/filter/write.ts";
import { LATENCY_BUCKETS, latencyBucketMs, type MethodLatency } from "../src/shared/pictures.ts";
import type { Tick } from "./chartTicks.ts";
import { formatDuration } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

/** What a histogram is of: one method, or all of them. */
export type Distribution = {
  readonly replies: number;
  readonly errors: number;
  readonly histogram: readonly number[];
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
};

/** What the names of percentiles mean. */
export const PERCENTILE_WORDS = {
  p50: t("Half of the replies came within this time"),
  p95: t("95 of 100 replies came within this time"),
  p99: t("99 of 100 replies came within this time"),
} as const;

/** All methods together. Percentiles are as exact as the buckets. */
export function allMethods(methods: readonly MethodLatency[]): Distribution {
  const [only, ...others] = methods;
  if (only !== undefined && others.length === 0) return only;
  const histogram = Array.from({ length: LATENCY_BUCKETS }, (_, bucket) =>
    methods.reduce((sum, method) => sum + (method.histogram[bucket] ?? 0), 0),
  );
  return {
    replies: methods.reduce((sum, { replies }) => sum + replies, 0),
    errors: methods.reduce((sum, { errors }) => sum + errors, 0),
    histogram,
    p50Ms: percentile(histogram, 0.5),
    p95Ms: percentile(histogram, 0.95),
    p99Ms: percentile(histogram, 0.99),
  };
}

/** What a share of all does not exceed: within its bucket by how many of those are below. */
function percentile(histogram: readonly number[], share: number): number | null {
  const wanted = share * histogram.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [bucket, count] of histogram.entries()) {
    if (count > 0 && below + count >= wanted) return latencyBucketMs(bucket + (wanted - below) / count);
    below += count;
  }
  return null;
}

/** Where a latency lies on the scale of a histogram, in buckets. */
export function bucketOf(latencyMs: number): number {
  return Math.min(LATENCY_BUCKETS, Math.max(0, 4 * Math.log2(latencyMs / 0.001)));
}

/** The buckets that hold anything with a little room around them: from the first, up to and without the last. */
export function usedBuckets(histogram: readonly number[]): readonly [number, number] {
  const first = histogram.findIndex((count) => count > 0);
  if (first === -1) return [0, LATENCY_BUCKETS];
  const last = histogram.findLastIndex((count) => count > 0);
  const room = Math.max(2, Math.ceil((16 - (last - first)) / 2));
  return [Math.max(0, first - room), Math.min(LATENCY_BUCKETS, last + 1 + room)];
}

const ROUND = [1, 2, 5];

/** Round latencies between two places on the scale, at most about `count`, each with its place. */
export function latencyTicks(from: number, to: number, count: number): readonly Tick[] {
  const ticks: { at: number; text: string; isDecade: boolean }[] = [];
  for (let power = -3; power <= 6; power++) {
    for (const digit of ROUND) {
      const ms = digit * 10 ** power;
      const at = 4 * Math.log2(ms / 0.001);
      if (at >= from - 1e-9 && at <= to + 1e-9) ticks.push({ at, text: tickText(ms), isDecade: digit === 1 });
    }
  }
  const shown = ticks.length <= count ? ticks : ticks.filter(({ isDecade }) => isDecade);
  return shown.map(({ at, text }) => ({ at, text }));
}

/** `1 µs`, `20 ms`, `500 s`: a round latency without a fraction. */
function tickText(ms: number): string {
  if (ms < 0.999) return `${Math.round(ms * 1000)} µs`;
  return ms < 999 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}

/** Calls and replies of a method; where no dialect names one, all exchanges of the tap. */
export function methodFilter({ tapName, method }: Pick<MethodLatency, "tapName" | "method">): string {
  const what = method === "" ? "exchange != none" : writeEquals("method", method);
  return writeAnd(writeEquals("tap", tapName), what);
}

/** Replies, of a method or of all, whose latency lies in some buckets, the last one not included. */
export function latencyFilter(
  method: Pick<MethodLatency, "tapName" | "method"> | null,
  first: number,
  end: number,
): string {
  const parts = method === null ? [] : [writeEquals("tap", method.tapName)];
  if (method !== null && method.method !== "") parts.push(writeEquals("method", method.method));
  // The first bucket holds what was quicker, and the last what took longer, too.
  if (first > 0) parts.push(`latency >= ${filterDuration(latencyBucketMs(first))}`);
  if (end < LATENCY_BUCKETS) parts.push(`latency < ${filterDuration(latencyBucketMs(end))}`);
  return parts.length === 0 ? "latency" : parts.join(" and ");
}

/** A duration as the filter language takes it, in the largest unit that leaves three digits and loses nothing worth having. */
function filterDuration(ms: number): string {
  const digits = (value: number): string => String(Number(value.toPrecision(4)));
  if (ms < 0.001) return `${Math.round(ms * 1e6)}ns`;
  if (ms < 1) return `${digits(ms * 1000)}us`;
  return ms < 1000 ? `${digits(ms)}ms` : `${digits(ms / 1000)}s`;
}

/** One bucket that holds anything, as a line of a table. */
export type LatencyLine = { readonly bucket: number; readonly count: number; readonly share: number };

/** The buckets that hold anything, with the share of all that lies up to their end. */
export function latencyLines({ histogram }: Pick<Distribution, "histogram">): readonly LatencyLine[] {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  return histogram.flatMap((count, bucket) => {
    sum += count;
    if (count === 0) return [];
    return [{ bucket, count, share: sum / total }];
  });
}

/** The latencies of some buckets, the last one not included. */
export function bucketsText(first: number, end: number): string {
  if (end >= LATENCY_BUCKETS) return t("{0} or more", formatDuration(latencyBucketMs(first)));
  const to = formatDuration(latencyBucketMs(end));
  return first === 0 ? t("less than {0}", to) : t("{0} to {1}", formatDuration(latencyBucketMs(first)), to);
}

/** A latency that may not be there. */
export function latencyText(ms: number | null): string {
  return ms === null ? "–" : formatDuration(ms);
}
