import type { ActivationResult } from "./activation.ts";
import type { BridgesResult } from "./bridges.ts";
import type { ExportingResult } from "./exporting.ts";
import type { FilteringResult } from "./filtering.ts";
import type { FindingsCost } from "./findings.ts";
import type { OpeningResult } from "./opening.ts";
import type { ReplayResult } from "./replay.ts";
import type { RoundTripResult } from "./roundTrip.ts";
import { loadWords, type ThroughputResult } from "./throughput.ts";
import { SECURITIES, type Security } from "./security.ts";
import type { ToDiskResult } from "./toDisk.ts";
import type { ViewResult } from "./view.ts";
import { MAX_BYTES, type WindowsResult } from "./windows.ts";

type Limits = {
  /** By load. */
  readonly throughput: Readonly<Record<string, { readonly cpu: number; readonly throughput: number }>>;
  /** Of what is added to the round trip. */
  readonly added: number;
};

/** Tap against zmq_proxy with the same security: CPU time and added round trip at most, throughput at least. */
const LIMITS: Readonly<Record<Security, Limits>> = {
  null: {
    throughput: {
      "16 B": { cpu: 0.3, throughput: 2.5 },
      "100 B": { cpu: 0.4, throughput: 1.3 },
      "1000 B": { cpu: 0.6, throughput: 1.0 },
      "10000 B": { cpu: 0.8, throughput: 1.0 },
      "100 B on 64 links": { cpu: 1.0, throughput: 1.5 },
    },
    added: 0.6,
  },
  curve: {
    throughput: {
      "16 B": { cpu: 0.8, throughput: 1.0 },
      "100 B": { cpu: 0.8, throughput: 1.0 },
      "1000 B": { cpu: 0.8, throughput: 1.0 },
    },
    added: 0.6,
  },
};
/** Throughput through a tap against none, from so many octets on and without security. */
const DIRECT_LIMIT = 0.9;
const DIRECT_BYTES = 100;
const WINDOW_LIMIT_MS = 5;
const MEMORY_LIMIT_MB = (1.2 * MAX_BYTES + 150e6) / 1e6;
/** Of an export, unless the disk is slower: then its share of a plain write. */
const EXPORT_LIMIT_MB_PER_S = 300;
const EXPORT_LIMIT_SHARE = 0.8;
/** From asking until all of a million rows are judged, and until the first rows are there. */
const FILTER_LIMITS_MS = { index: 30, octets: 150, json: 1_500 } as const;
const FIRST_ROWS_LIMIT_MS = 100;
/** tshark's time with a filter of the same kind on the same capture, divided by ours. */
const TSHARK_LIMIT = 20;
const OPEN_LIMIT_MS = 1_000;
/** Of an engine that opened a file, whatever its size. */
const OPEN_MEMORY_LIMIT_MB = 250;
/** With segment files divided by without. */
const DISK_CPU_LIMIT = 1.3;
const DISK_THROUGHPUT_LIMIT = 0.8;
/** What reaches the disk, unless the disk is slower: then its share of a plain write. */
const DISK_LIMIT_MB_PER_S = 300;
const DISK_LIMIT_SHARE = 0.9;
/** As fast as possible, to one PULL. */
const REPLAY_LIMIT_PER_S = 300_000;
/** At speed 1: how far a message comes from when it is due, and how much that grows. */
const PACING_LIMIT_MS = 1;
/** A `rep-req` bridge against zmq_proxy. */
const BRIDGE_ROUND_TRIP_LIMIT = 1.3;
/** A `sub-pub` bridge against a loop that receives and sends with the same library. */
const BRIDGE_THROUGHPUT_LIMIT = 0.8;
/** With the watch on against off. */
const FINDINGS_THROUGHPUT_LIMIT = 0.9;
const VSIX_LIMIT_BYTES = 2.5e6;
const ACTIVATION_LIMIT_MS = 30;
/** The engine tells of growth ten times a second, and a little less with what it takes to tell. */
const REPAINTS_LIMIT_PER_S = 9.5;
/** Of one core. */
const HOST_LIMIT_SHARE = 0.1;
/** Of the frames of scrolling, those that come more than 20 ms after the one before. */
const LATE_LIMIT_SHARE = 0.01;
/** CPU time of script and layout in a frame, at the 95th percentile. */
const WORK_LIMIT_MS = 8;
const PAINT_LIMIT_MS = 200;

export type Gate = {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  readonly limit: number;
  readonly isAtLeast: boolean;
  /** `unjudged`: the machine was not idle, so that a miss would say nothing. */
  readonly verdict: "met" | "missed" | "unjudged";
};

/** What was measured of links with one security. */
export type LinkResults = { readonly throughput: readonly ThroughputResult[]; readonly roundTrip: RoundTripResult };

/** `null` or missing is what was left out. */
export type Results = {
  readonly links: Readonly<Partial<Record<Security, LinkResults>>>;
  readonly windows: WindowsResult | null;
  readonly filtering: FilteringResult | null;
  readonly opening: OpeningResult | null;
  readonly exporting: ExportingResult | null;
  readonly toDisk: ToDiskResult | null;
  readonly replay: ReplayResult | null;
  readonly bridges: BridgesResult | null;
  readonly findings: FindingsCost | null;
  readonly view: ViewResult | null;
  readonly activation: ActivationResult | null;
};

/**
 * Holds the medians to the limits. Throughput, round trips and what is seen on the screen are judged only on an idle
 * machine, all else always.
 */
export function judge(results: Results, wasIdle: boolean): Gate[] {
  const { links, windows, filtering, opening, exporting, toDisk, replay, bridges, findings, view, activation } =
    results;
  return [
    ...SECURITIES.flatMap((security) => {
      const results = links[security];
      return results === undefined ? [] : judgeLinks(security, results, wasIdle);
    }),
    ...(windows === null
      ? []
      : [
          gate(
            `slowest window of 100 rows among ${windows.messages} messages`,
            windows.slowestMs,
            "ms",
            WINDOW_LIMIT_MS,
            false,
            true,
          ),
          gate("peak memory of the engine", windows.peakResidentBytes / 1e6, "MB", MEMORY_LIMIT_MB, false, true),
        ]),
    ...(filtering === null ? [] : judgeFilters(filtering)),
    ...(opening === null ? [] : judgeOpening(opening)),
    ...(exporting === null ? [] : [judgeExport(exporting)]),
    ...(toDisk === null ? [] : judgeToDisk(toDisk, wasIdle)),
    ...(replay === null ? [] : judgeReplay(replay, wasIdle)),
    ...(bridges === null ? [] : judgeBridges(bridges, wasIdle)),
    ...(findings === null ? [] : [judgeFindings(findings, wasIdle)]),
    ...(view === null ? [] : judgeView(view, wasIdle)),
    ...(activation === null
      ? []
      : [
          gate("size of the VSIX", activation.vsixBytes / 1e6, "MB", VSIX_LIMIT_BYTES / 1e6, false, true),
          gate("activation", activation.activationMs.median, "ms", ACTIVATION_LIMIT_MS, false, wasIdle),
          gate("CPU of the activation", activation.cpuMs.median, "ms", ACTIVATION_LIMIT_MS, false, true),
        ]),
  ];
}

function judgeFilters({ messages, filters, tshark }: FilteringResult): Gate[] {
  const { index, octets, json, lateIndex, lateOctets } = filters;
  // A filter that reads JSON comes late to a first hit that is late, as its limit for all rows says.
  const firstRows = Math.max(...[index, octets, json, lateIndex, lateOctets].map(({ firstRowsMs }) => firstRowsMs));
  const what = `of ${messages} messages`;
  return [
    gate(`filter by the index ${what}`, index.doneMs, "ms", FILTER_LIMITS_MS.index, false, true),
    gate(`filter by a substring ${what}`, octets.doneMs, "ms", FILTER_LIMITS_MS.octets, false, true),
    gate(`filter by a JSON field ${what}`, json.doneMs, "ms", FILTER_LIMITS_MS.json, false, true),
    gate(`first rows of a filter ${what}`, firstRows, "ms", FIRST_ROWS_LIMIT_MS, false, true),
    ...(tshark === null
      ? []
      : [
          gate("tshark's tcp.port == / the index", tshark.portMs / index.doneMs, "", TSHARK_LIMIT, true, true),
          gate("tshark's tcp contains / a substring", tshark.containsMs / octets.doneMs, "", TSHARK_LIMIT, true, true),
        ]),
  ];
}

function judgeOpening({ fileBytes, firstRowsMs, peakResidentBytes }: OpeningResult): Gate[] {
  const what = `a file of ${(fileBytes / 1e6).toFixed(0)} MB`;
  return [
    gate(`first rows of ${what}`, firstRowsMs, "ms", OPEN_LIMIT_MS, false, true),
    gate(`peak memory with ${what}`, peakResidentBytes / 1e6, "MB", OPEN_MEMORY_LIMIT_MB, false, true),
  ];
}

function judgeToDisk({ bytes, ratio, megabytesPerSecond, share }: ToDiskResult, wasIdle: boolean): Gate[] {
  const what = `with / without segment files, ${bytes} B`;
  const isSlowDisk = megabytesPerSecond.median < DISK_LIMIT_MB_PER_S && share.median >= DISK_LIMIT_SHARE;
  return [
    gate(`CPU per message of the relaying thread, ${what}`, ratio.relayCpu.median, "", DISK_CPU_LIMIT, false, true),
    gate(`throughput, ${what}`, ratio.throughput.median, "", DISK_THROUGHPUT_LIMIT, true, wasIdle),
    isSlowDisk
      ? gate("capture to disk / a plain write", share.median, "", DISK_LIMIT_SHARE, true, true)
      : gate("capture to disk", megabytesPerSecond.median, "MB/s", DISK_LIMIT_MB_PER_S, true, true),
  ];
}

function judgeReplay({ bytes, messagesPerSecond, pacing }: ReplayResult, wasIdle: boolean): Gate[] {
  const rate = messagesPerSecond.replay.median / 1e3;
  const what = `of a replay over ${pacing.seconds} s`;
  return [
    gate(`replay as fast as possible, ${bytes} B`, rate, "k/s", REPLAY_LIMIT_PER_S / 1e3, true, wasIdle),
    gate(`median pacing error ${what}`, pacing.medianMs, "ms", PACING_LIMIT_MS, false, true),
    gate(`drift ${what}`, pacing.driftMs, "ms", PACING_LIMIT_MS, false, true),
  ];
}

function judgeBridges({ bytes, roundTrip, publishing }: BridgesResult, wasIdle: boolean): Gate[] {
  const { median: trip } = roundTrip.ratio;
  const { median: rate } = publishing.ratio;
  return [
    gate(`rep-req bridge: round trip / zmq_proxy, ${bytes} B`, trip, "", BRIDGE_ROUND_TRIP_LIMIT, false, wasIdle),
    gate(`sub-pub bridge: throughput / a bare loop, ${bytes} B`, rate, "", BRIDGE_THROUGHPUT_LIMIT, true, wasIdle),
  ];
}

function judgeFindings({ bytes, ratio }: FindingsCost, wasIdle: boolean): Gate {
  const what = `throughput, with / without findings, ${bytes} B`;
  return gate(what, ratio.throughput.median, "", FINDINGS_THROUGHPUT_LIMIT, true, wasIdle);
}

function judgeView({ live, rows, scrolling, paintMs }: ViewResult, wasIdle: boolean): Gate[] {
  const { messagesPerSecond, repaintsPerSecond, hostShare } = live;
  const traffic = `at ${(messagesPerSecond / 1e3).toFixed(0)} k/s`;
  return [
    gate(`repaints of the inspector ${traffic}`, repaintsPerSecond, "/s", REPAINTS_LIMIT_PER_S, true, wasIdle),
    gate(`CPU of the extension host ${traffic}`, hostShare * 100, "%", HOST_LIMIT_SHARE * 100, false, true),
    ...scrolling.flatMap(({ how, lateShare, workP95Ms }) => [
      gate(`frames above 20 ms, ${rows} rows: ${how}`, lateShare * 100, "%", LATE_LIMIT_SHARE * 100, false, wasIdle),
      gate(`script and layout of a frame, 95 %: ${how}`, workP95Ms, "ms", WORK_LIMIT_MS, false, true),
    ]),
    ...Object.entries(paintMs).map(([tab, { median }]) =>
      gate(`first picture of ${rows} rows: ${tab}`, median, "ms", PAINT_LIMIT_MS, false, wasIdle),
    ),
  ];
}

/** At least 300 MB/s, or 0.8 of a plain write of as many octets in the same run where the disk is slower than that. */
function judgeExport({ messages, megabytesPerSecond, share }: ExportingResult): Gate {
  const what = `export of ${messages} messages to pcapng`;
  return megabytesPerSecond.median < EXPORT_LIMIT_MB_PER_S && share.median >= EXPORT_LIMIT_SHARE
    ? gate(`${what} / a plain write`, share.median, "", EXPORT_LIMIT_SHARE, true, true)
    : gate(what, megabytesPerSecond.median, "MB/s", EXPORT_LIMIT_MB_PER_S, true, true);
}

function judgeLinks(security: Security, { throughput, roundTrip }: LinkResults, wasIdle: boolean): Gate[] {
  const limits = LIMITS[security];
  const name = security.toUpperCase();
  const toDirect = security === "null" ? throughput.filter(({ bytes }) => bytes >= DIRECT_BYTES) : [];
  return [
    ...throughput.map((result) => {
      const load = loadWords(result);
      const what = `${name}: CPU per message, tap / zmq_proxy, ${load}`;
      return gate(what, result.ratio.cpu.median, "", limits.throughput[load]!.cpu, false, true);
    }),
    ...throughput.map((result) => {
      const load = loadWords(result);
      const what = `${name}: throughput, tap / zmq_proxy, ${load}`;
      return gate(what, result.ratio.throughput.median, "", limits.throughput[load]!.throughput, true, wasIdle);
    }),
    ...toDirect.map((result) => {
      const what = `${name}: throughput, tap / no tap, ${loadWords(result)}`;
      return gate(what, result.throughputToDirect.median, "", DIRECT_LIMIT, true, wasIdle);
    }),
    gate(`${name}: added round trip, tap / zmq_proxy`, roundTrip.addedRatio.median, "", limits.added, false, wasIdle),
    ...throughput.map((result) => {
      const what = `${name}: peak memory of the command line, ${loadWords(result)}`;
      return gate(what, result.tapPeakResidentBytes / 1e6, "MB", MEMORY_LIMIT_MB, false, true);
    }),
  ];
}

function gate(
  what: string,
  measured: number,
  unit: string,
  limit: number,
  isAtLeast: boolean,
  isJudged: boolean,
): Gate {
  const isMet = isAtLeast ? measured >= limit : measured <= limit;
  return { what, measured, unit, limit, isAtLeast, verdict: !isJudged ? "unjudged" : isMet ? "met" : "missed" };
}
