import type { FilterState } from "../src/shared/engineProtocol.ts";
import { formatCount } from "./format.ts";
import { t } from "../src/shared/l10n.ts";

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
    unknown === 0 ? "" : t("{0} unknown", formatCount(unknown)),
    notListed === 0 ? "" : t("{0} more not listed", formatCount(notListed)),
  ]
    .filter((doubt) => doubt !== "")
    .join(", ");
  const about = [
    ...(unknown === 0
      ? []
      : [
          t(
            unknown === 1
              ? "{0} row could not be judged in time and is shown."
              : "{0} rows could not be judged in time and are shown.",
            formatCount(unknown),
          ),
        ]),
    ...(notListed === 0
      ? []
      : [t("{0} more match, which is too many to list: narrow the filter.", formatCount(notListed))]),
  ];
  if (state.done) {
    const of = formatCount(Math.max(state.looked, state.hits));
    const full = t("{0} of {1} rows match “{2}”.", hits, of, state.text);
    return { short: t("{0} of {1}", hits, of), doubts, full: [full, ...about].join(" ") };
  }
  const of = formatCount(Math.max(kept, state.looked));
  return {
    short: t("{0} of {1}, searching…", hits, of),
    doubts,
    full: [t("{0} found in the {1} of {2} rows looked at so far.", hits, formatCount(state.looked), of), ...about].join(
      " ",
    ),
  };
}

/** What stands in place of the rows when a filter has let none through by now. */
export function noHits(state: FilterState, kept: number): string {
  if (state.done) return t("{0} of {1} rows match “{2}”.", 0, formatCount(state.looked), state.text);
  return t("{0} of {1}, still searching…", 0, formatCount(Math.max(kept, state.looked)));
}
