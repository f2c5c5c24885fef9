import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { BenchEngine } from "./engine.ts";
import { cpuSeconds, mainThreadSeconds } from "./machine.ts";
import { plainWriteMs } from "./plainWrite.ts";
import { Program } from "./program.ts";
import { type Spread, spread } from "./statistics.ts";
import { MAX_BYTES } from "./windows.ts";

const MESSAGE_BYTES = 1_000;
/** More than a round writes. */
const MAX_DISK_BYTES = 8 * 1024 * 1024 * 1024;
/** The disk has caught up when nothing was written for so long. */
const QUIET_MS = 300;
const LOOK_MS = 20;

const WAYS = ["memory", "disk"] as const;
type Way = (typeof WAYS)[number];

export type ToDiskResult = {
  readonly bytes: number;
  readonly messages: number;
  readonly messagesPerSecond: Record<Way, Spread>;
  /** Of the engine, until the disk has caught up, in microseconds. */
  readonly cpuMicrosPerMessage: Record<Way, Spread>;
  /** With segment files divided by without, of the same round. `relayCpu` is that of the thread that relays only. */
  readonly ratio: { readonly throughput: Spread; readonly cpu: Spread; readonly relayCpu: Spread };
  /** From the first message until all of them are on disk. */
  readonly megabytesPerSecond: Spread;
  /** That speed as a part of that of a plain write of as many octets, right after it. */
  readonly share: Spread;
  /** Rows of all rounds that the disk did not take in time. */
  readonly unwritten: number;
};

type Lane = { readonly way: Way; readonly engine: BenchEngine; readonly listening: string; readonly puller: Program };
type Sample = {
  readonly messagesPerSecond: number;
  readonly cpuMicros: number;
  readonly relayCpuMicros: number;
  readonly diskBytes: number;
  readonly diskMs: number;
};

/** PUSH to PULL through a tap without and with segment files, `rounds` times in turn, after one round that warms up. */
export async function measureToDisk(
  messages: number,
  rounds: number,
  engineFile: string,
  peers: string,
  folder: string,
): Promise<ToDiskResult> {
  const storage = join(folder, "storage");
  rmSync(storage, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const lanes: Lane[] = [];
  try {
    for (const way of WAYS) {
      const disk = way === "disk" ? { storage, maxDiskBytes: MAX_DISK_BYTES } : {};
      const engine = await BenchEngine.start({ file: engineFile, maxBytes: MAX_BYTES, ...disk });
      lanes.push({ way, engine, ...(await engine.tapTo(peers, way, messages)) });
    }
    const samples: Record<Way, Sample[]> = { memory: [], disk: [] };
    const plainMs: number[] = [];
    let unwritten = 0;
    for (let round = -1; round < rounds; round++) {
      for (const lane of lanes) {
        const sample = await run(lane, messages, peers);
        const stats = await lane.engine.channel.ask("capture/stats", { capture: 0 });
        if (stats.diskProblem !== null) throw new Error(stats.diskProblem);
        await lane.engine.channel.ask("capture/clear", { keepPinned: false });
        if (round < 0) continue;
        samples[lane.way].push(sample);
        if (lane.way === "memory") continue;
        unwritten += stats.unwritten;
        plainMs.push(await plainWriteMs(join(folder, "plain"), sample.diskBytes));
      }
    }
    return summary(messages, samples, plainMs, unwritten);
  } finally {
    for (const { engine } of lanes) await engine.stop();
    rmSync(storage, { recursive: true, force: true });
  }
}

async function run({ engine, listening, puller }: Lane, messages: number, peers: string): Promise<Sample> {
  const before = cpuSeconds(engine.pid);
  const relayBefore = mainThreadSeconds(engine.pid);
  const startMs = performance.now();
  const pusher = new Program(peers, ["push", listening, String(MESSAGE_BYTES), String(messages)]);
  const arrived = Promise.all([puller.line(), pusher.rest()]);
  const { diskBytes, lastMs } = await quietDisk(engine, arrived);
  const [elapsedNs] = await arrived;
  return {
    messagesPerSecond: (messages / Number(elapsedNs)) * 1e9,
    cpuMicros: ((cpuSeconds(engine.pid) - before) / messages) * 1e6,
    relayCpuMicros: ((mainThreadSeconds(engine.pid) - relayBefore) / messages) * 1e6,
    diskBytes,
    diskMs: lastMs - startMs,
  };
}

/** Resolves when all has arrived and nothing is written any more, with what there is then and when the last of it came. */
async function quietDisk(
  { channel }: BenchEngine,
  arrived: Promise<unknown>,
): Promise<{ diskBytes: number; lastMs: number }> {
  let known = 0;
  let lastMs = performance.now();
  const traffic = { isOver: false };
  const over = arrived.then(() => (traffic.isOver = true));
  while (!traffic.isOver || performance.now() - lastMs < QUIET_MS) {
    await wait(LOOK_MS);
    const { diskBytes } = await channel.ask("capture/stats", { capture: 0 });
    if (diskBytes !== known || !traffic.isOver) lastMs = performance.now();
    known = diskBytes;
  }
  await over;
  return { diskBytes: known, lastMs };
}

function summary(
  messages: number,
  samples: Readonly<Record<Way, readonly Sample[]>>,
  plainMs: readonly number[],
  unwritten: number,
): ToDiskResult {
  const { memory, disk } = samples;
  const rates = (of: readonly Sample[]): number[] => of.map(({ messagesPerSecond }) => messagesPerSecond);
  const cpu = (of: readonly Sample[]): number[] => of.map(({ cpuMicros }) => cpuMicros);
  const relayCpu = (of: readonly Sample[]): number[] => of.map(({ relayCpuMicros }) => relayCpuMicros);
  const ratios = (over: readonly number[], under: readonly number[]): Spread =>
    spread(over.map((value, round) => value / under[round]!));
  return {
    bytes: MESSAGE_BYTES,
    messages,
    messagesPerSecond: { memory: spread(rates(memory)), disk: spread(rates(disk)) },
    cpuMicrosPerMessage: { memory: spread(cpu(memory)), disk: spread(cpu(disk)) },
    ratio: {
      throughput: ratios(rates(disk), rates(memory)),
      cpu: ratios(cpu(disk), cpu(memory)),
      relayCpu: ratios(relayCpu(disk), relayCpu(memory)),
    },
    megabytesPerSecond: spread(disk.map(({ diskBytes, diskMs }) => diskBytes / 1e3 / diskMs)),
    share: spread(disk.map(({ diskMs }, round) => plainMs[round]! / diskMs)),
    unwritten,
  };
}
