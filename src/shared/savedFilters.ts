import type { SavedFilter } from "./viewProtocol.ts";

export const MAX_SAVED_FILTERS = 50;
export const MAX_FILTER_HISTORY = 50;

/** The filters of the workspace, and behind them those of the settings whose names are not taken. */
export function mergeFilters(
  own: readonly SavedFilter[],
  fromSettings: readonly SavedFilter[],
): readonly SavedFilter[] {
  const names = new Set(own.map(({ name }) => name));
  const others = fromSettings.filter(({ name }) => !names.has(name));
  return [...own, ...others.map(({ name, text }) => ({ name, text, isFromSettings: true }))];
}

/** With `filter` saved in the place of the one of its name, or forgotten when its text is empty; the oldest go when there are too many. */
export function withFilter(own: readonly SavedFilter[], filter: SavedFilter): readonly SavedFilter[] {
  if (filter.text === "") return own.filter(({ name }) => name !== filter.name);
  const { name, text } = filter;
  const place = own.findIndex((one) => one.name === name);
  if (place >= 0) return own.with(place, { name, text });
  return [...own, { name, text }].slice(-MAX_SAVED_FILTERS);
}

/** With an expression as the newest of the history. */
export function withApplied(history: readonly string[], text: string): readonly string[] {
  if (text === "") return history;
  return [text, ...history.filter((one) => one !== text)].slice(0, MAX_FILTER_HISTORY);
}

/** Those entries of a stored list that are filters: what a workspace remembers may be of another version. */
export function readSavedFilters(stored: unknown): readonly SavedFilter[] {
  if (!Array.isArray(stored)) return [];
  const filters = (stored as readonly unknown[]).filter(isSavedFilter).slice(-MAX_SAVED_FILTERS);
  return filters.map(({ name, text }) => ({ name, text }));
}

/** Those entries of a stored list that are texts. */
export function readFilterHistory(stored: unknown): readonly string[] {
  if (!Array.isArray(stored)) return [];
  return (stored as readonly unknown[]).filter((one) => typeof one === "string").slice(0, MAX_FILTER_HISTORY);
}

function isSavedFilter(value: unknown): value is SavedFilter {
  if (typeof value !== "object" || value === null) return false;
  const { name, text } = value as Record<string, unknown>;
  return typeof name === "string" && name !== "" && typeof text === "string" && text !== "";
}
