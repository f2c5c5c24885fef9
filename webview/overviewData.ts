import { writeEquals } from "../src/shared/filter/write.ts";
import { SEVERITIES, type Severity } from "../src/shared/findings.ts";
import type { Overview, TapTraffic, TimeMark } from "../src/shared/pictures.ts";
import { timeTick } from "./chartTicks.ts";
import { formatFullTime } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

/** A live overview shows at least so many buckets, so that a few are no wall. */
const MIN_LIVE_BUCKETS = 60;

/** A stretch of time in milliseconds since 1970, without its end. */
export type TimeRange = { readonly fromMs: number; readonly toMs: number };

/** The stretch of time that is drawn. */
export function shownRange({ startMs, stepMs, buckets }: Overview, isFile: boolean): TimeRange {
  const toMs = startMs + Math.max(1, buckets) * stepMs;
  return { fromMs: isFile ? startMs : Math.min(startMs, toMs - MIN_LIVE_BUCKETS * stepMs), toMs };
}

/** Where each bucket begins. */
export function bucketStarts({ startMs, stepMs, buckets }: Overview): readonly number[] {
  return Array.from({ length: buckets }, (_, bucket) => startMs + bucket * stepMs);
}

/** Per second, what was counted per bucket. */
export function perSecond(counts: readonly number[], stepMs: number): readonly number[] {
  return counts.map((count) => (count * 1000) / stepMs);
}

/** The buckets that a stretch of time touches, whole, since what is drawn of a bucket is all of it. */
export function wholeBuckets({ startMs, stepMs }: Overview, { fromMs, toMs }: TimeRange): TimeRange {
  const first = Math.floor((fromMs - startMs) / stepMs);
  const end = Math.max(first + 1, Math.ceil((toMs - startMs) / stepMs));
  return { fromMs: startMs + first * stepMs, toMs: startMs + end * stepMs };
}

/** The filter that shows what was seen in a stretch of time, of one tap or of all. */
export function timeFilter({ fromMs, toMs }: TimeRange, tapName: string | null): string {
  const time = `time >= ${filterTime(fromMs)} and time < ${filterTime(toMs)}`;
  return tapName === null ? time : `${writeEquals("tap", tapName)} and ${time}`;
}

/** A time as the filter language takes it, local as everything that the log shows. */
function filterTime(timeMs: number): string {
  return formatFullTime(timeMs).slice(0, "2026-01-31 12:00:00.000".length).replace(" ", "T").replace(".000", "");
}

export type TapTotals = {
  readonly messages: readonly [number, number];
  readonly bytes: readonly [number, number];
  readonly errors: number;
};

export function tapTotals({ messages, bytes, errors }: TapTraffic): TapTotals {
  return {
    messages: [sum(messages[0]), sum(messages[1])],
    bytes: [sum(bytes[0]), sum(bytes[1])],
    errors: sum(errors),
  };
}

export function hasLatency({ latency }: TapTraffic): boolean {
  return latency.p50.some((value) => value !== null);
}

/** One bucket of a tap, as a line of a table. */
export type TrafficLine = {
  readonly range: TimeRange;
  readonly messages: readonly [number, number];
  readonly bytes: readonly [number, number];
  readonly errors: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
};

/** The buckets of a tap in which there was anything, the newest first. */
export function trafficLines(overview: Overview, tap: TapTraffic): readonly TrafficLine[] {
  const { startMs, stepMs, buckets } = overview;
  const lines: TrafficLine[] = [];
  for (let bucket = buckets - 1; bucket >= 0; bucket--) {
    const line: TrafficLine = {
      range: { fromMs: startMs + bucket * stepMs, toMs: startMs + (bucket + 1) * stepMs },
      messages: [tap.messages[0][bucket] ?? 0, tap.messages[1][bucket] ?? 0],
      bytes: [tap.bytes[0][bucket] ?? 0, tap.bytes[1][bucket] ?? 0],
      errors: tap.errors[bucket] ?? 0,
      p50: tap.latency.p50[bucket] ?? null,
      p95: tap.latency.p95[bucket] ?? null,
      p99: tap.latency.p99[bucket] ?? null,
    };
    if (line.messages[0] + line.messages[1] + line.errors > 0 || line.p50 !== null) lines.push(line);
  }
  return lines;
}

/** Marks that stand so close together that they are one thing to click on. */
export type MarkGroup = {
  /** Where it stands in the range, from 0 to 1. */
  readonly at: number;
  readonly severity: Severity;
  /** The oldest first. */
  readonly marks: readonly TimeMark[];
};

/** At most `places` groups of marks, each as bad as the worst of its marks. */
export function groupMarks(
  marks: readonly TimeMark[],
  { fromMs, toMs }: TimeRange,
  places: number,
): readonly MarkGroup[] {
  const groups = new Map<number, TimeMark[]>();
  for (const mark of [...marks].sort((one, other) => one.timeMs - other.timeMs)) {
    const at = (mark.timeMs - fromMs) / (toMs - fromMs);
    if (at < 0 || at > 1) continue;
    const place = Math.min(places - 1, Math.floor(at * places));
    const group = groups.get(place);
    if (group === undefined) groups.set(place, [mark]);
    else group.push(mark);
  }
  return [...groups].map(([place, group]) => ({ at: (place + 0.5) / places, severity: worst(group), marks: group }));
}

function worst(marks: readonly TimeMark[]): Severity {
  return SEVERITIES[Math.max(...marks.map(({ severity }) => SEVERITIES.indexOf(severity)))] ?? "note";
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `10:02:11 to 10:02:12`, of buckets as wide as `stepMs`. */
export function rangeText({ fromMs, toMs }: TimeRange, stepMs: number): string {
  const everyMs = stepMs % 1000 === 0 ? 1000 : 1;
  return t("{0} to {1}", timeTick(fromMs, everyMs), timeTick(toMs, everyMs));
}

/** A rate or a count beside an axis: three digits at most and a letter for the rest, `950`, `1.2k`, `15M`. */
export function shortCount(value: number): string {
  let short = Math.abs(value);
  let letter = "";
  for (const next of ["k", "M", "G", "T"]) {
    if (short < 999.5) break;
    short /= 1000;
    letter = next;
  }
  const text = short < 9.95 && !Number.isInteger(short) ? short.toFixed(1) : short.toFixed(0);
  return `${text.replace(/\.0$/, "")}${letter}`;
}
