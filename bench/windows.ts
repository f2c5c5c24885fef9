import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Duplex } from "node:stream";
import { Packr } from "msgpackr";
import { Channel } from "../src/shared/channel.ts";
import { ENGINE_PROTOCOL_VERSION, type EngineNotice, type EngineRequests } from "../src/shared/engineProtocol.ts";
import { recordHeader, RecordReader } from "../src/shared/recordReader.ts";
import { peakResidentBytes } from "./machine.ts";
import { Program } from "./program.ts";

const ROWS = 100;
const MESSAGE_BYTES = 100;
const WINDOWS = 300;
/** Each window's best time counts, so that a neighbour's burst on a shared core does not. */
const TRIES = 5;
/** What both the engine and the command line keep unless they are told otherwise. */
export const MAX_BYTES = 256 * 1024 * 1024;
/** Fills the configured bound more than twice. */
const OVERFLOW = { bytes: 10_000, messages: 60_000 };

export type WindowsResult = {
  readonly messages: number;
  readonly rows: number;
  /** Of all windows, each read through the engine's pipe as the editor does it. */
  readonly medianMs: number;
  readonly slowestMs: number;
  /** After the capture was filled beyond its bound. */
  readonly peakResidentBytes: number;
};

type EngineChannel = Channel<EngineRequests, EngineNotice, Record<string, never>, never>;

/** Captures `messages` in an engine process, reads windows from all over it, then fills it beyond its bound. */
export async function measureWindows(messages: number, engineFile: string, peers: string): Promise<WindowsResult> {
  const { child, channel } = startEngine(engineFile);
  const pullers: Program[] = [];
  try {
    await channel.ask("engine/hello", {
      version: ENGINE_PROTOCOL_VERSION,
      limits: { maxBytes: MAX_BYTES, maxDiskBytes: 0, maxFrameBytes: MAX_BYTES },
      storage: null,
    });
    const pushThroughTap = async (id: string, bytes: number, count: number): Promise<void> => {
      const puller = new Program(peers, ["pull", String(count)]);
      pullers.push(puller);
      const config = { id, name: id, server: await puller.line(), listen: "tcp://127.0.0.1:*" };
      const { listening } = await channel.ask("tap/start", { config, security: null });
      const pusher = new Program(peers, ["push", listening, String(bytes), String(count)]);
      await Promise.all([puller.line(), pusher.rest()]);
    };
    await pushThroughTap("small", MESSAGE_BYTES, messages);
    const times = await readWindows(channel, messages);
    await pushThroughTap("large", OVERFLOW.bytes, OVERFLOW.messages);
    return {
      messages,
      rows: ROWS,
      medianMs: times[Math.floor(times.length / 2)]!,
      slowestMs: times.at(-1)!,
      peakResidentBytes: peakResidentBytes(child.pid!),
    };
  } finally {
    const ended = once(child, "close");
    (child.stdio[3] as Duplex).end();
    await ended;
    for (const puller of pullers) await puller.stop();
  }
}

/** Milliseconds of each window, sorted. */
async function readWindows(channel: EngineChannel, messages: number): Promise<number[]> {
  const times: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    // A step without a common factor visits the whole capture out of order.
    const from = Math.floor((((window * 137) % WINDOWS) / (WINDOWS - 1)) * (messages - ROWS));
    let best = Infinity;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const start = performance.now();
      const { rows } = await channel.ask("rows/read", { capture: 0, filter: null, from, count: ROWS });
      best = Math.min(best, performance.now() - start);
      if (rows.length !== ROWS) throw new Error(`A window had ${rows.length} rows instead of ${ROWS}.`);
    }
    times.push(best);
  }
  return times.sort((a, b) => a - b);
}

function startEngine(file: string): { child: ChildProcess; channel: EngineChannel } {
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit", "overlapped"] });
  const pipe = child.stdio[3] as Duplex;
  const packr = new Packr();
  const post = (value: unknown): void => {
    const body = packr.pack(value);
    pipe.write(recordHeader(body.length));
    pipe.write(body);
  };
  const channel: EngineChannel = new Channel({ post }, {}, () => undefined);
  const reader = new RecordReader((body) => channel.receive(packr.unpack(body)));
  pipe.on("data", (chunk: Buffer) => reader.push(chunk));
  pipe.on("close", () => channel.close({ code: "engine-stopped", message: "The engine ended." }));
  return { child, channel };
}
