import type { ActivationResult } from "./activation.ts";
import type { RoundTripResult } from "./roundTrip.ts";
import type { ThroughputResult } from "./throughput.ts";
import type { WindowsResult } from "./windows.ts";

/** Tap against zmq_proxy by message size: CPU time at most, throughput at least. */
const LIMITS: Readonly<Record<number, { cpu: number; throughput: number }>> = {
  16: { cpu: 0.4, throughput: 2.0 },
  100: { cpu: 0.5, throughput: 1.3 },
  1_000: { cpu: 0.7, throughput: 1.0 },
  10_000: { cpu: 0.9, throughput: 1.0 },
};
const ROUND_TRIP_LIMIT = 0.8;
const WINDOW_LIMIT_MS = 5;
const MEMORY_SLACK_BYTES = 150e6;
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

export type Results = {
  readonly throughput: readonly ThroughputResult[];
  readonly roundTrip: RoundTripResult;
  readonly windows: WindowsResult;
  /** `null` when it was left out. */
  readonly activation: ActivationResult | null;
};

/** Holds the medians to the limits. Throughput and round trip are judged only on an idle machine, all else always. */
export function judge({ throughput, roundTrip, windows, activation }: Results, wasIdle: boolean): Gate[] {
  const memoryLimitMb = (1.2 * windows.maxBytes + MEMORY_SLACK_BYTES) / 1e6;
  return [
    ...throughput.map(({ bytes, ratio }) => {
      const what = `CPU per message, tap / zmq_proxy, ${bytes} B`;
      return gate(what, ratio.cpu.median, "", LIMITS[bytes]!.cpu, false, true);
    }),
    ...throughput.map(({ bytes, ratio }) => {
      const what = `throughput, tap / zmq_proxy, ${bytes} B`;
      return gate(what, ratio.throughput.median, "", LIMITS[bytes]!.throughput, true, wasIdle);
    }),
    gate("round trip, tap / zmq_proxy", roundTrip.ratio.median, "", ROUND_TRIP_LIMIT, false, wasIdle),
    gate(
      `slowest window of 100 rows among ${windows.messages} messages`,
      windows.slowestMs,
      "ms",
      WINDOW_LIMIT_MS,
      false,
      true,
    ),
    gate("peak memory of the engine", windows.peakResidentBytes / 1e6, "MB", memoryLimitMb, false, true),
    ...throughput.map(({ bytes, tapPeakResidentBytes }) =>
      gate(`peak memory of the command line, ${bytes} B`, tapPeakResidentBytes / 1e6, "MB", memoryLimitMb, false, true),
    ),
    ...(activation === null
      ? []
      : [
          gate("size of the VSIX", activation.vsixBytes / 1e6, "MB", VSIX_LIMIT_BYTES / 1e6, false, true),
          gate("activation", activation.activationMs.median, "ms", ACTIVATION_LIMIT_MS, false, true),
        ]),
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
