import { cpuSeconds, peakResidentBytes } from "./machine.ts";
import { Program } from "./program.ts";
import { type Kit, type Relay, startRelay, type Way, WAYS } from "./relays.ts";
import type { Security } from "./security.ts";
import { type Spread, spread } from "./statistics.ts";

type Load = { readonly bytes: number; readonly messages: number; readonly links: number };

/** Messages per run take each way about a second, which makes the 10 ms steps of CPU time small. */
export const LOADS: Readonly<Record<Security, readonly Load[]>> = {
  null: [
    { bytes: 16, messages: 3_000_000, links: 1 },
    { bytes: 100, messages: 2_000_000, links: 1 },
    { bytes: 1_000, messages: 700_000, links: 1 },
    { bytes: 10_000, messages: 100_000, links: 1 },
    { bytes: 100, messages: 1_500_000, links: 64 },
  ],
  curve: [
    { bytes: 16, messages: 500_000, links: 1 },
    { bytes: 100, messages: 400_000, links: 1 },
    { bytes: 1_000, messages: 160_000, links: 1 },
  ],
};

export type ThroughputResult = {
  readonly bytes: number;
  readonly messages: number;
  /** Client connections at once. */
  readonly links: number;
  /** Per way. */
  readonly messagesPerSecond: Record<Way, Spread>;
  /** Of the process between the peers, in microseconds. */
  readonly cpuMicrosPerMessage: Record<Exclude<Way, "direct">, Spread>;
  /** Tap divided by zmq_proxy of the same round. */
  readonly ratio: { readonly throughput: Spread; readonly cpu: Spread };
  /** Tap divided by no tap of the same round. */
  readonly throughputToDirect: Spread;
  readonly tapPeakResidentBytes: number;
};

/** `100 B`, or `100 B on 64 links`. */
export function loadWords({ bytes, links }: { readonly bytes: number; readonly links: number }): string {
  return links === 1 ? `${bytes} B` : `${bytes} B on ${links} links`;
}

type Lane = { readonly way: Way; readonly puller: Program; readonly relay: Relay };
type Sample = { readonly messagesPerSecond: number; readonly cpuMicros: number };

/** PUSH to PULL, `rounds` times each way in turn, after one round that warms up. */
export async function measureThroughput(load: Load, rounds: number, kit: Kit): Promise<ThroughputResult> {
  const { messages } = load;
  const pullers: Program[] = [];
  const lanes: Lane[] = [];
  try {
    for (const way of WAYS) {
      const puller = new Program(kit.peers, ["pull", String(messages)], kit.security);
      pullers.push(puller);
      const relay = await startRelay(way, "pull-push", await puller.line(), kit);
      lanes.push({ way, puller, relay });
    }
    const samples: Record<Way, Sample[]> = { direct: [], zmq_proxy: [], tap: [] };
    for (let round = -1; round < rounds; round++) {
      for (const lane of lanes) {
        const sample = await run(lane, load, kit);
        if (round >= 0) samples[lane.way].push(sample);
      }
    }
    const tap = lanes.find(({ way }) => way === "tap")!.relay.program!;
    return summary(load, samples, peakResidentBytes(tap.pid));
  } finally {
    for (const { relay } of lanes) await relay.program?.stop();
    for (const puller of pullers) await puller.stop();
  }
}

async function run(
  { puller, relay }: Lane,
  { bytes, messages, links }: Load,
  { peers, security }: Kit,
): Promise<Sample> {
  const pid = relay.program?.pid;
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const pusher = new Program(peers, ["push", relay.endpoint, ...[bytes, messages, links].map(String)], security);
  const [elapsedNs] = await Promise.all([puller.line(), pusher.rest()]);
  const after = pid === undefined ? 0 : cpuSeconds(pid);
  return {
    messagesPerSecond: (messages / Number(elapsedNs)) * 1e9,
    cpuMicros: ((after - before) / messages) * 1e6,
  };
}

function summary(
  { bytes, messages, links }: Load,
  samples: Record<Way, readonly Sample[]>,
  tapPeakResidentBytes: number,
): ThroughputResult {
  const rates = (way: Way): number[] => samples[way].map(({ messagesPerSecond }) => messagesPerSecond);
  const cpu = (way: Way): number[] => samples[way].map(({ cpuMicros }) => cpuMicros);
  const ratios = (over: readonly number[], under: readonly number[]): Spread =>
    spread(over.map((value, round) => value / under[round]!));
  return {
    bytes,
    messages,
    links,
    messagesPerSecond: {
      direct: spread(rates("direct")),
      zmq_proxy: spread(rates("zmq_proxy")),
      tap: spread(rates("tap")),
    },
    cpuMicrosPerMessage: { zmq_proxy: spread(cpu("zmq_proxy")), tap: spread(cpu("tap")) },
    ratio: {
      throughput: ratios(rates("tap"), rates("zmq_proxy")),
      cpu: ratios(cpu("tap"), cpu("zmq_proxy")),
    },
    throughputToDirect: ratios(rates("tap"), rates("direct")),
    tapPeakResidentBytes,
  };
}
