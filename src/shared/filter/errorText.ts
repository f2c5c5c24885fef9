import type { FilterError } from "./ast.ts";

/** Characters of a filter that are shown around its error. */
const SHOWN = 100;
const BEFORE = 60;

/** An error for a terminal: the filter, carets under what is wrong, and the sentence about it. */
export function formatError(text: string, error: FilterError): string {
  const start = text.length <= SHOWN ? 0 : Math.max(0, Math.min(error.from - BEFORE, text.length - SHOWN));
  const end = Math.min(text.length, start + SHOWN);
  const before = start > 0 ? "…" : "";
  // A tab or line end would move the carets.
  const line = before + text.slice(start, end).replace(/[\u0000-\u001f\u007f]/g, " ") + (end < text.length ? "…" : "");
  const width = Math.max(1, Math.min(error.to, end) - error.from);
  const carets = " ".repeat(error.from - start + before.length) + "^".repeat(width);
  return `${line}\n${carets}\n${errorSentence(error)}`;
}

/** What is wrong, with what may have been meant. */
export function errorSentence({ message, suggestion }: FilterError): string {
  return suggestion === null ? message : `${message} Did you mean ${suggestion}?`;
}
