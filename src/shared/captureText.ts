import type { RecoverableCapture } from "./model.ts";
import { formatBytes } from "./tapText.ts";

/** A number of rows as English writes it: `1 row`, `1,234 rows`. */
export function rowsText(rows: number): string {
  return `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
}

/** What an export came to. */
export function exportedText(rows: number, bytes: number): string {
  return `Exported ${rowsText(rows)} (${formatBytes(bytes)})`;
}

/** What a capture is that was not closed in order. `ended` is the time of its last write, in the words of the reader's place. */
export function recoverableText({ bytes }: RecoverableCapture, ended: string): string {
  return `The last capture was not closed in order: ${formatBytes(bytes)} from ${ended}.`;
}

/** What a reload took with it. */
export function discardedText(rows: number): string {
  const [are, they] = rows === 1 ? ["was", "it was"] : ["were", "they were"];
  return `The window was reloaded: ${rowsText(rows)} of the log ${are} discarded, since ${they} kept in memory only.`;
}

/**
 * What became of the log when the engine died. `rows` were in it; `recoverable` is what the next engine has found of them,
 * and `undefined` before there is one.
 */
export function afterDeathText(rows: number, recoverable: RecoverableCapture | null | undefined): string {
  if (rows === 0) return "Nothing was in the log.";
  if (recoverable === null) return `${rowsText(rows)} of the log ${rows === 1 ? "was" : "were"} lost.`;
  const written = `what was written to disk of ${rowsText(rows)}`;
  if (recoverable === undefined) return `The next engine looks for ${written}.`;
  return `The log begins anew; ${written} can be recovered (${formatBytes(recoverable.bytes)}).`;
}
