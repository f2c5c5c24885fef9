import { joinFilters, writeComparison } from "./filter/write.ts";
import type { TapConfig } from "./model.ts";

/**
 * The filter that a view begins with: each tap's own filter on the rows of that tap, and no condition on the others.
 * Empty when no tap has one.
 */
export function startFilter(taps: readonly Pick<TapConfig, "name" | "filter">[]): string {
  const [only, ...others] = taps;
  if (only === undefined) return "";
  if (others.length === 0) return only.filter ?? "";
  const parts = taps.flatMap(({ name, filter }) =>
    filter === undefined || filter === "" ? [] : [`(${writeComparison("tap", name, false)} or (${filter}))`],
  );
  return joinFilters(parts);
}
