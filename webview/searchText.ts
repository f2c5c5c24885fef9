import type { FilterState } from "../src/shared/engineProtocol.ts";
import { formatCount } from "./format.ts";

/** What a running or finished search may honestly say, short for the box and in full for the tooltip. */
export function searchProgress(state: FilterState, kept: number): { readonly short: string; readonly full: string } {
  const hits = formatCount(state.hits);
  if (state.done) {
    const of = formatCount(Math.max(state.looked, state.hits));
    return { short: `${hits} of ${of}`, full: `${hits} of ${of} rows contain “${state.text}”.` };
  }
  const of = formatCount(Math.max(kept, state.looked));
  return {
    short: `${hits} of ${of}, still searching…`,
    full: `${hits} found in the ${formatCount(state.looked)} of ${of} rows searched so far.`,
  };
}
