import type { Row } from "../shared/model.ts";

/** One readable line for a row. */
export function textLine(row: Row, time: string): string {
  const clock = time.slice(11, 26);
  if (row.kind === "event") return `${clock}  ${linkName(row)}  · ${row.preview}\n`;
  const arrow = row.from === "client" ? "→" : "←";
  const sockets = `${row.sockets.client ?? "?"} ${arrow} ${row.sockets.server ?? "?"}`;
  const frames = row.frames === 1 ? "1 frame" : `${row.frames} frames`;
  const latency = row.latencyMs === null ? "" : `  ${row.latencyMs.toFixed(1)} ms${row.guessed ? " (guessed)" : ""}`;
  const state = row.exchange === "unasked" ? "  unasked" : "";
  return `${clock}  ${linkName(row)}  ${sockets}  ${frames}, ${row.sizeBytes} B${latency}${state}  ${row.preview}\n`;
}

function linkName(row: Row): string {
  return row.link === 0 ? "tap   " : `link ${row.link}`;
}
