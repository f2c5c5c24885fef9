import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BenchEngine } from "./engine.ts";
import { mainThreadSeconds } from "./machine.ts";
import { Program } from "./program.ts";
import { type Spread, spread } from "./statistics.ts";
import { MAX_BYTES } from "./windows.ts";

const MESSAGE_BYTES = 100;
const WAYS = ["unwatched", "watched"] as const;
type Way = (typeof WAYS)[number];

/** In the place of the watch: nobody looks at any row. */
const NO_WATCH = `exports.CaptureWatch = class {
  version = 0;
  dispose() {}
  disable() {}
  settled() { return Promise.resolve(); }
};
`;

export type FindingsCost = {
  readonly bytes: number;
  readonly messages: number;
  readonly messagesPerSecond: Record<Way, Spread>;
  /** With the watch divided by without, of the same round; `relayCpu` is that of the thread that relays. */
  readonly ratio: { readonly throughput: Spread; readonly relayCpu: Spread };
  /** Rows that no rule has looked at, of all rounds, since traffic was too fast. */
  readonly skipped: number;
  readonly seen: number;
};

type Lane = { readonly way: Way; readonly engine: BenchEngine; readonly listening: string; readonly puller: Program };
type Sample = { readonly messagesPerSecond: number; readonly relayCpuMicros: number };

/**
 * PUSH to PULL through a tap of an engine that watches its capture, and of one that does not, `rounds` times in turn, after
 * one round that warms up.
 */
export async function measureFindings(
  messages: number,
  rounds: number,
  engineFile: string,
  peers: string,
  folder: string,
): Promise<FindingsCost> {
  const unwatched = withoutWatch(engineFile, join(folder, "unwatched"));
  const lanes: Lane[] = [];
  try {
    for (const way of WAYS) {
      const engine = await BenchEngine.start({
        file: way === "watched" ? engineFile : unwatched,
        maxBytes: MAX_BYTES,
      });
      lanes.push({ way, engine, ...(await engine.tapTo(peers, way, messages)) });
    }
    const samples: Record<Way, Sample[]> = { unwatched: [], watched: [] };
    for (let round = -1; round < rounds; round++) {
      for (const lane of lanes) {
        const sample = await run(lane, messages, peers);
        if (round >= 0) samples[lane.way].push(sample);
      }
    }
    const { channel } = lanes.find(({ way }) => way === "watched")!.engine;
    const { skipped } = await channel.ask("findings/read", { capture: 0 });
    const { seen } = await channel.ask("capture/stats", { capture: 0 });
    return summary(messages, samples, { skipped, seen });
  } finally {
    for (const { engine } of lanes) await engine.stop();
    rmSync(join(folder, "unwatched"), { recursive: true, force: true });
  }
}

/** A copy of the engine whose watch does nothing. */
function withoutWatch(engineFile: string, folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(dirname(engineFile), folder, { recursive: true });
  writeFileSync(join(folder, "captureWatch.cjs"), NO_WATCH);
  return join(folder, basename(engineFile));
}

async function run({ engine, listening, puller }: Lane, messages: number, peers: string): Promise<Sample> {
  const before = mainThreadSeconds(engine.pid);
  const pusher = new Program(peers, ["push", listening, String(MESSAGE_BYTES), String(messages)]);
  const [elapsedNs] = await Promise.all([puller.line(), pusher.rest()]);
  return {
    messagesPerSecond: (messages / Number(elapsedNs)) * 1e9,
    relayCpuMicros: ((mainThreadSeconds(engine.pid) - before) / messages) * 1e6,
  };
}

function summary(
  messages: number,
  samples: Record<Way, readonly Sample[]>,
  rows: { readonly skipped: number; readonly seen: number },
): FindingsCost {
  const rates = (way: Way): number[] => samples[way].map(({ messagesPerSecond }) => messagesPerSecond);
  const cpu = (way: Way): number[] => samples[way].map(({ relayCpuMicros }) => relayCpuMicros);
  const ratios = (over: readonly number[], under: readonly number[]): Spread =>
    spread(over.map((value, round) => value / under[round]!));
  return {
    bytes: MESSAGE_BYTES,
    messages,
    messagesPerSecond: { unwatched: spread(rates("unwatched")), watched: spread(rates("watched")) },
    ratio: {
      throughput: ratios(rates("watched"), rates("unwatched")),
      relayCpu: ratios(cpu("watched"), cpu("unwatched")),
    },
    ...rows,
  };
}
