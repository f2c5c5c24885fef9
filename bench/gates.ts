import type { ActivationResult } from "./activation.ts";
import type { ExportingResult } from "./exporting.ts";
import type { RoundTripResult } from "./roundTrip.ts";
import type { ThroughputResult } from "./throughput.ts";
import { SECURITIES, type Security } from "./security.ts";
import { MAX_BYTES, type WindowsResult } from "./windows.ts";

type Limits = {
  readonly bySize: Readonly<Record<number, { readonly cpu: number; readonly throughput: number }>>;
  readonly roundTrip: number;
};

/** Tap against zmq_proxy with the same security: CPU time and round trip at most, throughput at least. */
const LIMITS: Readonly<Record<Security, Limits>> = {
  null: {
    bySize: {
      16: { cpu: 0.4, throughput: 2.0 },
      100: { cpu: 0.5, throughput: 1.3 },
      1_000: { cpu: 0.7, throughput: 1.0 },
      10_000: { cpu: 0.9, throughput: 1.0 },
    },
    roundTrip: 0.8,
  },
  curve: {
    bySize: {
      16: { cpu: 0.9, throughput: 1.0 },
      100: { cpu: 0.9, throughput: 1.0 },
      1_000: { cpu: 0.9, throughput: 1.0 },
    },
    roundTrip: 0.9,
  },
};
const WINDOW_LIMIT_MS = 5;
const MEMORY_LIMIT_MB = (1.2 * MAX_BYTES + 150e6) / 1e6;
/** Of an export, unless the disk is slower: then its share of a plain write. */
const EXPORT_LIMIT_MB_PER_S = 300;
const EXPORT_LIMIT_SHARE = 0.8;
const VSIX_LIMIT_BYTES = 2.5e6;
const ACTIVATION_LIMIT_MS = 60;

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
  readonly exporting: ExportingResult | null;
  readonly activation: ActivationResult | null;
};

/** Holds the medians to the limits. Throughput and round trip are judged only on an idle machine, all else always. */
export function judge({ links, windows, exporting, activation }: Results, wasIdle: boolean): Gate[] {
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
    ...(exporting === null ? [] : [judgeExport(exporting)]),
    ...(activation === null
      ? []
      : [
          gate("size of the VSIX", activation.vsixBytes / 1e6, "MB", VSIX_LIMIT_BYTES / 1e6, false, true),
          gate("activation", activation.activationMs.median, "ms", ACTIVATION_LIMIT_MS, false, true),
        ]),
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
  return [
    ...throughput.map(({ bytes, ratio }) => {
      const what = `${name}: CPU per message, tap / zmq_proxy, ${bytes} B`;
      return gate(what, ratio.cpu.median, "", limits.bySize[bytes]!.cpu, false, true);
    }),
    ...throughput.map(({ bytes, ratio }) => {
      const what = `${name}: throughput, tap / zmq_proxy, ${bytes} B`;
      return gate(what, ratio.throughput.median, "", limits.bySize[bytes]!.throughput, true, wasIdle);
    }),
    gate(`${name}: round trip, tap / zmq_proxy`, roundTrip.ratio.median, "", limits.roundTrip, false, wasIdle),
    ...throughput.map(({ bytes, tapPeakResidentBytes }) => {
      const what = `${name}: peak memory of the command line, ${bytes} B`;
      return gate(what, tapPeakResidentBytes / 1e6, "MB", MEMORY_LIMIT_MB, false, true);
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
