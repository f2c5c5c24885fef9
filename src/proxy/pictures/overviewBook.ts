import type { Severity } from "../../shared/findings.ts";
import type { Direction, TapId } from "../../shared/model.ts";
import { latencyBucketOf, NO_OVERVIEW, type Overview, type TapTraffic, type TimeMark } from "../../shared/pictures.ts";
import { COARSE_BUCKETS, coarseBucketMs, percentileMs } from "./histogram.ts";
import { type Series, Timeline } from "./timeline.ts";

/** Taps that are told apart, and those that an overview shows. */
const MAX_TAPS = 100;
const SHOWN_TAPS = 50;
/** Taps beyond these are counted as far as their names are remembered. */
const MAX_OTHERS = 1000;
const MAX_MARKS = 500;

/** Something that is shown at its time. */
export type Mark = { readonly timeNs: number; readonly severity: Severity; readonly text: string; readonly n: number };

type TapSeries = {
  tap: TapId;
  readonly tapName: string;
  readonly messages: readonly [Series, Series];
  readonly bytes: readonly [Series, Series];
  readonly errors: Series;
  /** Replies by their latency; made with the first one. */
  latency: Series | null;
  total: number;
};

/** What an overview is drawn from: bounded, however much is captured. Times are nanoseconds of the capture's clock. */
export class OverviewBook {
  readonly #timeline = new Timeline();
  readonly #taps = new Map<string, TapSeries>();
  readonly #others = new Set<string>();
  /** The newest, as a ring. */
  #marks: Mark[] = [];
  #nextMark = 0;

  /** Messages of a tap that came up to `timeNs`. */
  traffic(tap: TapId, tapName: string, timeNs: number, direction: Direction, messages: number, bytes: number): void {
    const series = this.#seriesOf(tapName, tap);
    if (series === null) return;
    const bucket = this.#timeline.bucketOf(timeNs);
    series.total += messages;
    series.messages[direction].add(bucket, messages);
    series.bytes[direction].add(bucket, bytes);
  }

  /** A problem, or a reply that is an error. */
  error(tapName: string, timeNs: number): void {
    this.#seriesOf(tapName)?.errors.add(this.#timeline.bucketOf(timeNs), 1);
  }

  latency(tapName: string, timeNs: number, latencyMs: number): void {
    const series = this.#seriesOf(tapName);
    if (series === null) return;
    series.latency ??= this.#timeline.series(COARSE_BUCKETS);
    series.latency.add(this.#timeline.bucketOf(timeNs), 1, latencyBucketOf(latencyMs) >>> 1);
  }

  mark(mark: Mark): void {
    this.#marks[this.#nextMark] = mark;
    this.#nextMark = (this.#nextMark + 1) % MAX_MARKS;
  }

  /** Which tap that is, where only its name was known. */
  name(tapName: string, tap: TapId): void {
    this.#seriesOf(tapName, tap);
  }

  /** Whether it is not known yet which tap that is. */
  isNew(tapName: string): boolean {
    return !this.#taps.has(tapName) && this.#taps.size < MAX_TAPS;
  }

  clear(): void {
    this.#timeline.clear();
    for (const series of this.#taps.values()) series.total = 0;
    this.#others.clear();
    this.#marks = [];
    this.#nextMark = 0;
  }

  /** Up to `nowNs`, or with `null` to the last that there is. `more` are shown among the marks, in any order. */
  read(toEpochMs: (timeNs: number) => number, nowNs: number | null, more: readonly TimeMark[]): Overview {
    const timeline = this.#timeline;
    if (timeline.startNs === null) return { ...NO_OVERVIEW, marks: more.slice(-MAX_MARKS) };
    if (nowNs !== null) timeline.bucketOf(nowNs);
    const taps = [...this.#taps.values()].sort((a, b) => b.total - a.total);
    const own = this.#marks.map(({ timeNs, ...mark }) => ({ ...mark, timeMs: toEpochMs(timeNs), finding: null }));
    return {
      startMs: toEpochMs(timeline.startNs),
      stepMs: timeline.stepNs / 1e6,
      buckets: timeline.buckets,
      taps: taps.slice(0, SHOWN_TAPS).map((series) => readSeries(series, timeline.buckets)),
      otherTaps: Math.max(0, taps.length - SHOWN_TAPS) + this.#others.size,
      marks: [...own, ...more].sort((a, b) => a.timeMs - b.timeMs).slice(-MAX_MARKS),
    };
  }

  #seriesOf(tapName: string, tap?: TapId): TapSeries | null {
    let series = this.#taps.get(tapName);
    if (series === undefined) {
      if (this.#taps.size >= MAX_TAPS) {
        if (this.#others.size < MAX_OTHERS) this.#others.add(tapName);
        return null;
      }
      const made = (): Series => this.#timeline.series();
      series = {
        tap: "",
        tapName,
        messages: [made(), made()],
        bytes: [made(), made()],
        errors: made(),
        latency: null,
        total: 0,
      };
      this.#taps.set(tapName, series);
    }
    if (tap !== undefined) series.tap = tap;
    return series;
  }
}

function readSeries({ tap, tapName, messages, bytes, errors, latency }: TapSeries, buckets: number): TapTraffic {
  return {
    tap,
    tapName,
    messages: [messages[0].read(buckets), messages[1].read(buckets)],
    bytes: [bytes[0].read(buckets), bytes[1].read(buckets)],
    errors: errors.read(buckets),
    latency: readLatency(latency, buckets),
  };
}

function readLatency(latency: Series | null, buckets: number): TapTraffic["latency"] {
  const p50 = new Array<number | null>(buckets).fill(null);
  const [p95, p99] = [[...p50], [...p50]];
  for (let bucket = 0; latency !== null && bucket < buckets; bucket++) {
    const counts = latency.values.subarray(bucket * COARSE_BUCKETS, (bucket + 1) * COARSE_BUCKETS);
    let total = 0;
    for (const count of counts) total += count;
    if (total === 0) continue;
    p50[bucket] = percentileMs(counts, total, 0.5, coarseBucketMs);
    p95[bucket] = percentileMs(counts, total, 0.95, coarseBucketMs);
    p99[bucket] = percentileMs(counts, total, 0.99, coarseBucketMs);
  }
  return { p50, p95, p99 };
}
