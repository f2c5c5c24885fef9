import type { Gate, LinkResults, Results } from "./gates.ts";
import { SECURITIES, type Security } from "./security.ts";
import type { Spread } from "./statistics.ts";

/** Results as lines for a terminal: what was measured of each security's links, then of windows and exports. */
export function resultLines({ links, windows, exporting }: Results): string[] {
  return [
    ...SECURITIES.flatMap((security) => {
      const results = links[security];
      return results === undefined ? [] : [...linkLines(security, results), ""];
    }),
    ...(windows === null
      ? []
      : [
          `Windows of ${windows.rows} rows among ${windows.messages} messages: median ${windows.medianMs.toFixed(2)} ms, ` +
            `slowest ${windows.slowestMs.toFixed(2)} ms.`,
          "",
        ]),
    ...(exporting === null
      ? []
      : [
          `Export of ${exporting.messages} messages of 100 B to 1 kB to pcapng: ` +
            `${withQuartiles(exporting.megabytesPerSecond)} MB/s, ${withQuartiles(exporting.share)} of a plain write; ` +
            `longest wait of anything else ${exporting.longestMs.toFixed(1)} ms.`,
          "",
        ]),
  ];
}

function linkLines(security: Security, { throughput, roundTrip }: LinkResults): string[] {
  const name = security.toUpperCase();
  const ways = ["direct", "zmq_proxy", "tap", "tap/proxy"];
  return [
    ...columns([
      [`${name}, PUSH to PULL`, ...ways, "tap/direct", "CPU µs: proxy", "tap", "tap/proxy"],
      ...throughput.map((result) => [
        `${result.bytes} B`,
        rate(result.messagesPerSecond.direct),
        rate(result.messagesPerSecond.zmq_proxy),
        rate(result.messagesPerSecond.tap),
        withQuartiles(result.ratio.throughput),
        withQuartiles(result.throughputToDirect),
        withQuartiles(result.cpuMicrosPerMessage.zmq_proxy),
        withQuartiles(result.cpuMicrosPerMessage.tap),
        withQuartiles(result.ratio.cpu),
      ]),
    ]),
    "",
    ...columns([
      [`${name}, REQ to REP, µs`, ...ways],
      [
        `${roundTrip.bytes} B`,
        ...[roundTrip.micros.direct, roundTrip.micros.zmq_proxy, roundTrip.micros.tap].map(withQuartiles),
        withQuartiles(roundTrip.ratio),
      ],
    ]),
  ];
}

export function gateLines(gates: readonly Gate[]): string[] {
  return columns(
    gates.map(({ what, measured, unit, limit, isAtLeast, verdict }) => [
      verdict === "missed" ? "MISSED" : verdict,
      what,
      `${measured.toFixed(2)} ${unit}`.trim(),
      `${isAtLeast ? "at least" : "at most"} ${limit.toFixed(2)} ${unit}`.trim(),
    ]),
  );
}

const withQuartiles = ({ median, lower, upper }: Spread): string =>
  `${short(median)} (${short(lower)}-${short(upper)})`;

const rate = ({ median, lower, upper }: Spread): string =>
  median >= 1e6 ? scaled(median, lower, upper, 1e6, "M/s") : scaled(median, lower, upper, 1e3, "k/s");

const scaled = (median: number, lower: number, upper: number, scale: number, unit: string): string =>
  `${short(median / scale)} (${short(lower / scale)}-${short(upper / scale)}) ${unit}`;

const short = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
