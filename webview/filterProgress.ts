import type { FilterState } from "../src/shared/engineProtocol.ts";
import { formatCount, formatPlural } from "./format.ts";

export type FilterProgress = {
  readonly short: string;
  /** Rows that could not be judged, or listed; empty when there are none. */
  readonly doubts: string;
  /** A sentence with all of it. */
  readonly full: string;
};

/** What a running or finished filter may honestly say. `kept` is how many rows there are to look at. */
export function filterProgress(state: FilterState, kept: number): FilterProgress {
  const hits = formatCount(state.hits);
  const { unknown, notListed } = state;
  const doubts = [
    unknown === 0 ? "" : `${formatCount(unknown)} unknown`,
    notListed === 0 ? "" : `${formatCount(notListed)} more not listed`,
  ]
    .filter((doubt) => doubt !== "")
    .join(", ");
  const about =
    (unknown === 0
      ? ""
      : ` ${formatPlural(unknown, "row")} could not be judged in time and ${unknown === 1 ? "is" : "are"} shown.`) +
    (notListed === 0 ? "" : ` ${formatCount(notListed)} more match, which is too many to list: narrow the filter.`);
  if (state.done) {
    const of = formatCount(Math.max(state.looked, state.hits));
    return { short: `${hits} of ${of}`, doubts, full: `${hits} of ${of} rows match “${state.text}”.${about}` };
  }
  const of = formatCount(Math.max(kept, state.looked));
  return {
    short: `${hits} of ${of}, searching…`,
    doubts,
    full: `${hits} found in the ${formatCount(state.looked)} of ${of} rows looked at so far.${about}`,
  };
}

/** What stands in place of the rows when a filter has let none through by now. */
export function noHits(state: FilterState, kept: number): string {
  if (state.done) return `0 of ${formatCount(state.looked)} rows match “${state.text}”.`;
  return `0 of ${formatCount(Math.max(kept, state.looked))}, still searching…`;
}
