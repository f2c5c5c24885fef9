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
  const said = saidWords(row);
  return `${clock}  ${linkName(row)}  ${sockets}  ${frames}, ${row.sizeBytes} B${latency}${state}${said}  ${row.preview}\n`;
}

/** `  add error: Division by zero`, and `late` or `repeated` where it is. */
function saidWords({ method, status, problem, saidKind, isHeartbeat, isLate, isDuplicate }: Row): string {
  const isTold = status === "error" || status === "timed-out" || status === "lost";
  const words = [
    ...(isHeartbeat ? ["heartbeat"] : saidKind === null || method === "" ? [] : [method]),
    ...(isTold ? [problem === "" ? status : `${status}: ${problem}`] : []),
    ...(isLate ? ["late"] : []),
    ...(isDuplicate ? ["repeated"] : []),
  ];
  return words.length === 0 ? "" : `  ${words.join("  ")}`;
}

function linkName(row: Row): string {
  return row.link === 0 ? "tap   " : `link ${row.link}`;
}
