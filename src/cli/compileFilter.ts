import type { Capture } from "../proxy/capture/capture.ts";
import { compileFilter as compile } from "../proxy/filter/compile.ts";
import { RowCursor } from "../proxy/rowCursor.ts";
import { formatError } from "../shared/filter/errorText.ts";
import { parseFilter } from "../shared/filter/parse.ts";

/** Whether a row fits a filter. */
export type RowFilter = { readonly matches: (n: number) => boolean };

/** A filter for the rows of a capture, or what is wrong with its text, with a caret under the place. */
export type CompileFilter = (text: string, capture: Capture) => RowFilter | { readonly problem: string };

/** A filter in the language of the filter bar. What it cannot judge within its budget fits. */
export const compileFilter: CompileFilter = (text, capture) => {
  const parsed = parseFilter(text);
  if (!parsed.ok) return { problem: formatError(text, parsed) };
  const { matches } = compile(parsed.ast);
  const cursor = new RowCursor(capture);
  return {
    matches: (n) => {
      const segment = capture.store.segmentOfRow(n);
      const index = segment?.indexOfRow(n) ?? -1;
      if (segment === undefined || index < 0) return false;
      cursor.moveTo(segment, index);
      return matches(cursor) !== 0;
    },
  };
};
