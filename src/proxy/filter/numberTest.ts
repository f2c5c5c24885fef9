import type { Comparison, Test, Value } from "../../shared/filter/ast.ts";

/** Judges a number; NaN passes nothing. */
export type NumberRun = (number: number) => boolean;

/** Builds the judge of a number test. `exists` asks whether there is anything to count. */
export function numberTest(test: Test): NumberRun {
  switch (test.op) {
    case "exists":
      return (number) => number > 0;
    case "in":
      return inRanges(test.ranges.map(({ low, high }) => ({ low: numberOf(low), high: numberOf(high ?? low) })));
    case "contains":
    case "startswith":
    case "matches":
      return () => false;
    default:
      return comparison(test.op, numberOf(test.value));
  }
}

function comparison(op: Comparison, value: number): NumberRun {
  switch (op) {
    case "==":
      return (number) => number === value;
    case "<":
      return (number) => number < value;
    case "<=":
      return (number) => number <= value;
    case ">":
      return (number) => number > value;
    case ">=":
      return (number) => number >= value;
  }
}

function inRanges(ranges: readonly { readonly low: number; readonly high: number }[]): NumberRun {
  return (number) => {
    for (const { low, high } of ranges) if (number >= low && number <= high) return true;
    return false;
  };
}

function numberOf(value: Value): number {
  return value.kind === "number" ? value.number : NaN;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** From `startMs` on and before `endMs`, of a day where `isOfDay`. */
type Span = { readonly startMs: number; readonly endMs: number; readonly isOfDay: boolean };

/** Judges a time in milliseconds since 1970. Times of day are those of the local day, by the offset of `anchorMs`. */
export type TimeRun = (epochMs: number, anchorMs: number) => boolean;

/** Builds the judge of a time test. A time stands for all of the second, minute or day that was written. */
export function timeTest(test: Test): TimeRun {
  switch (test.op) {
    case "exists":
      return () => true;
    case "contains":
    case "startswith":
    case "matches":
      return () => false;
    case "in": {
      const runs = test.ranges.map(({ low, high }) => {
        const last = spanOf(high ?? low);
        return spanRun({ ...spanOf(low), endMs: last.endMs });
      });
      return (epochMs, anchorMs) => runs.some((run) => run(epochMs, anchorMs));
    }
    case "==":
      return spanRun(spanOf(test.value));
    case "<":
      return spanRun({ ...spanOf(test.value), startMs: -Infinity, endMs: spanOf(test.value).startMs });
    case "<=":
      return spanRun({ ...spanOf(test.value), startMs: -Infinity });
    case ">":
      return spanRun({ ...spanOf(test.value), startMs: spanOf(test.value).endMs, endMs: Infinity });
    case ">=":
      return spanRun({ ...spanOf(test.value), endMs: Infinity });
  }
}

function spanRun({ startMs, endMs, isOfDay }: Span): TimeRun {
  if (!isOfDay) return (epochMs) => epochMs >= startMs && epochMs < endMs;
  let knownAnchorMs = NaN;
  let offsetMs = 0;
  return (epochMs, anchorMs) => {
    if (anchorMs !== knownAnchorMs) {
      knownAnchorMs = anchorMs;
      offsetMs = new Date(anchorMs).getTimezoneOffset() * MINUTE_MS;
    }
    const local = epochMs - offsetMs;
    const ofDayMs = local - Math.floor(local / DAY_MS) * DAY_MS;
    return ofDayMs >= startMs && ofDayMs < endMs;
  };
}

function spanOf(value: Value): Span {
  if (value.kind !== "time") return { startMs: NaN, endMs: NaN, isOfDay: false };
  return { startMs: value.atMs, endMs: value.atMs + value.spanMs, isOfDay: value.isOfDay };
}
