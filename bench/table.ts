import type { BridgesResult } from "./bridges.ts";
import type { FilteringResult } from "./filtering.ts";
import type { FindingsCost } from "./findings.ts";
import type { Gate, LinkResults, Results } from "./gates.ts";
import type { ReplayResult } from "./replay.ts";
import { SECURITIES, type Security } from "./security.ts";
import type { OpeningResult } from "./opening.ts";
import type { Spread } from "./statistics.ts";
import { loadWords } from "./throughput.ts";
import type { ToDiskResult } from "./toDisk.ts";
import type { ViewResult } from "./view.ts";

/** Results as lines for a terminal: what was measured of each security's links, then of captures. */
export function resultLines({
  links,
  windows,
  filtering,
  opening,
  exporting,
  toDisk,
  replay,
  bridges,
  findings,
  view,
}: Results): string[] {
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
    ...(filtering === null ? [] : [...filterLines(filtering), ""]),
    ...(opening === null ? [] : [openingLine(opening), ""]),
    ...(exporting === null
      ? []
      : [
          `Export of ${exporting.messages} messages of 100 B to 1 kB to pcapng: ` +
            `${withQuartiles(exporting.megabytesPerSecond)} MB/s, ${withQuartiles(exporting.share)} of a plain write; ` +
            `longest wait of anything else ${exporting.longestMs.toFixed(1)} ms.`,
          "",
        ]),
    ...(toDisk === null ? [] : [...diskLines(toDisk), ""]),
    ...(replay === null ? [] : [...replayLines(replay), ""]),
    ...(bridges === null ? [] : [...bridgeLines(bridges), ""]),
    ...(findings === null ? [] : [...findingsLines(findings), ""]),
    ...(view === null ? [] : [...viewLines(view), ""]),
  ];
}

function findingsLines({ bytes, messages, messagesPerSecond, ratio, skipped, seen }: FindingsCost): string[] {
  const rate = ({ median }: Spread): string => `${(median / 1e3).toFixed(0)} k/s`;
  return [
    `Findings while ${messages} messages of ${bytes} B pass: ${rate(messagesPerSecond.watched)} with, ` +
      `${rate(messagesPerSecond.unwatched)} without; throughput ${withQuartiles(ratio.throughput)}, ` +
      `CPU of the relaying thread ${withQuartiles(ratio.relayCpu)}; ${skipped} of ${seen} rows were not looked at.`,
  ];
}

function viewLines({ live, rows, scrolling, paintMs }: ViewResult): string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    `Inspector at ${(live.messagesPerSecond / 1e3).toFixed(0)} k/s over ${live.seconds} s: ` +
      `${live.repaintsPerSecond.toFixed(1)} repaints/s; of a core: host ${percent(live.hostShare)}, ` +
      `engine ${percent(live.engineShare)}, renderer ${percent(live.rendererShare)}; ` +
      `${percent(live.incompleteShare)} of the frames with rows that were not there yet.`,
    ...columns([
      [`Scrolling ${rows} rows`, "frames", "above 20 ms", "script and layout, ms", "95 %", "rows not there yet"],
      ...scrolling.map(({ how, frames, lateShare, workP50Ms, workP95Ms, incompleteShare }) => [
        how,
        String(frames),
        percent(lateShare),
        workP50Ms.toFixed(1),
        workP95Ms.toFixed(1),
        percent(incompleteShare),
      ]),
    ]),
    `First picture, ms: ${Object.entries(paintMs)
      .map(([tab, ms]) => `${tab} ${withQuartiles(ms)}`)
      .join(", ")}.`,
  ];
}

function filterLines({ messages, filters, tshark }: FilteringResult): string[] {
  const milliseconds = (value: number): string => value.toFixed(1);
  return [
    ...columns([
      [`Filters of ${messages} messages of 100 B to 1 kB`, "hits", "all judged, ms", "first rows, ms"],
      ...Object.values(filters).map(({ text, hits, doneMs, firstRowsMs }) => [
        text,
        String(hits),
        milliseconds(doneMs),
        milliseconds(firstRowsMs),
      ]),
    ]),
    tshark === null
      ? "tshark is not installed, so there is nothing to compare with."
      : `tshark on the same capture: tcp.port == ${milliseconds(tshark.portMs)} ms, tcp contains ${milliseconds(tshark.containsMs)} ms.`,
  ];
}

function replayLines({ bytes, messages, messagesPerSecond, ratio, pacing }: ReplayResult): string[] {
  const ms = (value: number): string => value.toFixed(3);
  return [
    ...columns([
      [`Replay of ${messages} messages of ${bytes} B to one PULL`, "libzmq's PUSH", "replay/PUSH"],
      [rate(messagesPerSecond.replay), rate(messagesPerSecond.push), withQuartiles(ratio)],
    ]),
    `At the recorded pace, ${pacing.messages} messages over ${pacing.seconds} s: error median ${ms(pacing.medianMs)} ms, ` +
      `95 % ${ms(pacing.p95Ms)} ms, 99 % ${ms(pacing.p99Ms)} ms, longest ${ms(pacing.longestMs)} ms; drift ${ms(pacing.driftMs)} ms.`,
  ];
}

function bridgeLines({ bytes, roundTrip, publishing }: BridgesResult): string[] {
  return columns([
    [`Bridges, ${bytes} B`, "compared with", "bridge", "ratio"],
    [
      "REQ to REP, µs",
      `zmq_proxy: ${withQuartiles(roundTrip.zmqProxy)}`,
      withQuartiles(roundTrip.bridge),
      withQuartiles(roundTrip.ratio),
    ],
    [
      `PUB to SUB, ${publishing.messages} messages`,
      `bare loop: ${rate(publishing.bareLoop)}`,
      rate(publishing.bridge),
      withQuartiles(publishing.ratio),
    ],
  ]);
}

const openingLine = ({ messages, fileBytes, firstRowsMs, doneMs, peakResidentBytes }: OpeningResult): string =>
  `Opening a file of ${(fileBytes / 1e6).toFixed(0)} MB with ${messages} messages: first rows after ${firstRowsMs.toFixed(1)} ms, ` +
  `all after ${(doneMs / 1000).toFixed(2)} s, peak memory ${(peakResidentBytes / 1e6).toFixed(0)} MB.`;

function diskLines(result: ToDiskResult): string[] {
  const { bytes, messagesPerSecond, cpuMicrosPerMessage, ratio, megabytesPerSecond, share, unwritten } = result;
  return [
    ...columns([
      [`${bytes} B, PUSH to PULL`, "memory only", "with segment files", "files/memory"],
      ["throughput", rate(messagesPerSecond.memory), rate(messagesPerSecond.disk), withQuartiles(ratio.throughput)],
      [
        "CPU µs, all threads",
        withQuartiles(cpuMicrosPerMessage.memory),
        withQuartiles(cpuMicrosPerMessage.disk),
        withQuartiles(ratio.cpu),
      ],
      ["CPU, relaying thread", "", "", withQuartiles(ratio.relayCpu)],
    ]),
    `Capture to disk: ${withQuartiles(megabytesPerSecond)} MB/s, ${withQuartiles(share)} of a plain write; ${unwritten} messages not written in time.`,
  ];
}

function linkLines(security: Security, { throughput, roundTrip }: LinkResults): string[] {
  const name = security.toUpperCase();
  const ways = ["direct", "zmq_proxy", "tap", "tap/proxy"];
  return [
    ...columns([
      [`${name}, PUSH to PULL`, ...ways, "tap/direct", "CPU µs: proxy", "tap", "tap/proxy"],
      ...throughput.map((result) => [
        loadWords(result),
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
      [`${name}, REQ to REP, µs`, ...ways, "added by tap / by proxy"],
      [
        `${roundTrip.bytes} B`,
        ...[roundTrip.micros.direct, roundTrip.micros.zmq_proxy, roundTrip.micros.tap].map(withQuartiles),
        withQuartiles(roundTrip.ratio),
        withQuartiles(roundTrip.addedRatio),
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
