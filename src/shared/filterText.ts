import { errorSentence } from "./filter/errorText.ts";
import { parseFilter } from "./filter/parse.ts";
import { typeOfWritten, writeAnd, writeEquals, writeNot } from "./filter/write.ts";
import type { TapConfig } from "./model.ts";

/** A value as a menu hands it over: of a cell its text, of a decoded value itself. */
export type MenuValue = string | number | boolean | null;

/** Why a text cannot be used as a filter, as a sentence; `null` when it can. */
export function filterProblem(text: string): string | null {
  const parsed = parseFilter(text);
  return parsed.ok ? null : errorSentence(parsed);
}

/**
 * Narrows a filter to rows of which a field has a value, or to the others. Fields are written as the language writes them;
 * a value that its field cannot have makes a filter with an error, which the filter bar shows.
 */
export function filterByThis(filter: string, field: string, value: MenuValue, isEqual: boolean): string {
  const typed = typeof value === "string" ? typedAs(field, value) : value;
  return writeAnd(filter, isEqual ? writeEquals(field, typed) : writeNot(field, typed));
}

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

/** The text of a cell as its field compares it. */
function typedAs(field: string, text: string): MenuValue {
  switch (typeOfWritten(field)) {
    case "int":
    case "size":
      return /^\d+$/.test(text) ? Number(text) : text;
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    default:
      return text;
  }
}
