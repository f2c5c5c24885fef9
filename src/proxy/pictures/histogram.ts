import { LATENCY_BUCKETS, latencyBucketMs } from "../../shared/pictures.ts";

/**
 * The latency in milliseconds that a share (0 to 1) of `total` values does not exceed, as far as a histogram tells: between
 * the bounds of its bucket by how many of these are below. `bucketMs` tells the lower bounds. 0 when there are none.
 */
export function percentileMs(
  counts: ArrayLike<number>,
  total: number,
  share: number,
  bucketMs: (bucket: number) => number = latencyBucketMs,
): number {
  const wanted = share * total;
  let below = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket]!;
    if (count > 0 && below + count >= wanted) {
      const low = bucketMs(bucket);
      return low * (bucketMs(bucket + 1) / low) ** ((wanted - below) / count);
    }
    below += count;
  }
  return 0;
}

/** Buckets of a histogram for a moment of a timeline: two of the fine ones each. */
export const COARSE_BUCKETS = LATENCY_BUCKETS / 2;

export function coarseBucketMs(bucket: number): number {
  return latencyBucketMs(2 * bucket);
}
