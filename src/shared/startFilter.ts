import { writeAnd, writeNot } from "./filter/write.ts";
import type { TapConfig } from "./model.ts";

/**
 * The filter that a view begins with: each tap's own filter on the rows of that tap, and no condition on the others.
 * Empty when no tap has one.
 */
export function startFilter(taps: readonly Pick<TapConfig, "name" | "filter">[]): string {
  const [only, ...others] = taps;
  if (only !== undefined && others.length === 0) return only.filter ?? "";
  return taps
    .filter(({ filter = "" }) => filter !== "")
    .map(({ name, filter = "" }) => `${writeNot("tap", name)} or (${filter})`)
    .reduce(writeAnd, "");
}
