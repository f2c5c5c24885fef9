import type { Mark } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import { rowOf } from "./rows.ts";

/** First line of a table of rows (RFC 4180). */
export const CSV_HEAD =
  "n,time,tap,link,from,type,topic,size,frames,exchange,latencyMs,event,preview,note,pinned,dialect,method,status,problem\r\n";

/**
 * Row `n` as a line of a table; null when it is not kept. A text that a spreadsheet would take for a formula begins with
 * an apostrophe.
 */
export function csvLine(capture: Capture, n: number, mark: Mark | null): string | null {
  const raw = capture.row(n);
  if (raw === undefined) return null;
  const row = rowOf(capture, raw);
  const isEvent = row.kind === "event";
  const cells = [
    String(n),
    capture.clock.toIso(raw.timeNs),
    text(row.tapName),
    row.link === 0 ? "" : String(row.link),
    row.from ?? "",
    row.kind,
    text(row.topic),
    isEvent && raw.command === null ? "" : String(row.sizeBytes),
    isEvent && raw.command === null ? "" : String(row.frames),
    row.exchange === "none" ? "" : row.exchange,
    row.latencyMs === null ? "" : row.latencyMs.toFixed(6),
    row.event ?? "",
    text(row.preview),
    text(mark?.note ?? ""),
    mark?.pinned === true ? "true" : "",
    row.dialect ?? "",
    text(row.method),
    row.status === "none" ? "" : row.status,
    text(row.problem),
  ];
  return `${cells.join(",")}\r\n`;
}

function text(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
