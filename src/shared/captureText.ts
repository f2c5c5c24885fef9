import { t } from "./l10n.ts";
import type { RecoverableCapture } from "./model.ts";
import { wholeNumber } from "./numbers.ts";
import { formatBytes } from "./tapText.ts";

/** A number of rows: `1 row`, `1,234 rows`. */
export function rowsText(rows: number): string {
  return t(rows === 1 ? "{0} row" : "{0} rows", wholeNumber(rows));
}

/** What a capture is that was not closed in order. `ended` is the time of its last write, in the words of the reader's place. */
export function recoverableText({ bytes }: RecoverableCapture, ended: string): string {
  return t("The last capture was not closed in order: {0} from {1}.", formatBytes(bytes), ended);
}

/** What a reload took with it. */
export function discardedText(rows: number): string {
  return t(
    rows === 1
      ? "The window was reloaded: {0} row of the log was discarded, since it was kept in memory only."
      : "The window was reloaded: {0} rows of the log were discarded, since they were kept in memory only.",
    wholeNumber(rows),
  );
}

/**
 * What became of the log when the engine died. `rows` were in it; `recoverable` is what the next engine has found of them,
 * and `undefined` before there is one.
 */
export function afterDeathText(rows: number, recoverable: RecoverableCapture | null | undefined): string {
  if (rows === 0) return t("Nothing was in the log.");
  if (recoverable === null) {
    return t(rows === 1 ? "{0} row of the log was lost." : "{0} rows of the log were lost.", wholeNumber(rows));
  }
  if (recoverable === undefined) {
    return t("The next engine looks for what was written to disk of {0}.", rowsText(rows));
  }
  return t(
    "The log begins anew; what was written to disk of {0} can be recovered ({1}).",
    rowsText(rows),
    formatBytes(recoverable.bytes),
  );
}
