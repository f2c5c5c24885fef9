import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Pull } from "zeromq";
import { Capture } from "../src/proxy/capture/capture.ts";
import { Clock } from "../src/proxy/capture/clock.ts";
import { exportCapture } from "../src/proxy/exportCapture.ts";
import { FanOut } from "../src/proxy/fanOut.ts";
import { everyRow } from "../src/proxy/files/writeRows.ts";
import { LinkLog } from "../src/proxy/linkLog.ts";
import { Repeats } from "../src/proxy/repeats.ts";
import { encodeGreeting, encodeMessage, encodeReady } from "../src/proxy/wire/writer.ts";
import { Program } from "./program.ts";
import { quantile, type Spread, spread } from "./statistics.ts";

const BYTES = 100;
/** What a tap reads at once while traffic is dense. */
const CHUNK_BYTES = 65_536;
const MAX_BYTES = 2 * 1024 * 1024 * 1024;
const NS_PER_MS = 1_000_000;
/** Recorded gaps go evenly through 1 to this many milliseconds, with parts of them. */
const LONGEST_GAP_MS = 19;
/** Share of the messages at either end by which a drift is told. */
const END_SHARE = 0.1;
/** Share of the messages at an end that may be earlier than what it is told by. */
const FLOOR_SHARE = 0.05;

export type ReplayResult = {
  readonly bytes: number;
  readonly messages: number;
  /** At one PULL: of the replay, and of libzmq's own PUSH in C. */
  readonly messagesPerSecond: { readonly replay: Spread; readonly push: Spread };
  readonly ratio: Spread;
  /** At speed 1: how far messages came from when they were due, at the receiver. */
  readonly pacing: {
    readonly seconds: number;
    readonly messages: number;
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
    readonly longestMs: number;
    /** How much later the last tenth came than the first one. */
    readonly driftMs: number;
  };
};

/** Has the command line replay files: one as fast as possible, one as it was recorded, over `pacedSeconds`. */
export async function measureReplay(
  messages: number,
  rounds: number,
  pacedSeconds: number,
  kit: { readonly tap: string; readonly peers: string },
  folder: string,
): Promise<ReplayResult> {
  mkdirSync(folder, { recursive: true });
  const dense = join(folder, "dense.pcapng");
  await write(denseCapture(messages), dense);
  const puller = new Program(kit.peers, ["pull", String(messages)]);
  const rates = { replay: [] as number[], push: [] as number[] };
  try {
    const endpoint = await puller.line();
    const [replay, push] = [
      () => new Program(process.execPath, [kit.tap, "replay", dense, "--to", endpoint, "--fast"]),
      () => new Program(kit.peers, ["push", endpoint, String(BYTES), String(messages)]),
    ];
    for (let round = -1; round < rounds; round++) {
      for (const [name, start] of [["replay", replay] as const, ["push", push] as const]) {
        const [elapsedNs] = await Promise.all([puller.line(), start().rest()]);
        if (round >= 0) rates[name].push((messages / Number(elapsedNs)) * 1e9);
      }
    }
  } finally {
    await puller.stop();
    rmSync(dense);
  }
  return {
    bytes: BYTES,
    messages,
    messagesPerSecond: { replay: spread(rates.replay), push: spread(rates.push) },
    ratio: spread(rates.replay.map((rate, round) => rate / rates.push[round]!)),
    pacing: await measurePacing(pacedSeconds, kit.tap, folder),
  };
}

async function measurePacing(seconds: number, tap: string, folder: string): Promise<ReplayResult["pacing"]> {
  const path = join(folder, "paced.pcapng");
  const dueMs = dueTimes(seconds);
  await write(pacedCapture(dueMs), path);
  const pull = new Pull();
  try {
    await pull.bind("tcp://127.0.0.1:*");
    const arrivedMs: number[] = [];
    const receive = async (): Promise<void> => {
      while (arrivedMs.length < dueMs.length) {
        await pull.receive();
        arrivedMs.push(performance.now());
      }
    };
    const replay = new Program(process.execPath, [tap, "replay", path, "--to", pull.lastEndpoint!]);
    await Promise.all([receive(), replay.rest()]);
    const late = arrivedMs.map((ms, index) => ms - dueMs[index]!);
    const usual = quantile(sorted(late), 0.5);
    const errors = sorted(late.map((ms) => Math.abs(ms - usual)));
    const atEnds = Math.ceil(late.length * END_SHARE);
    // What else the machine does makes some of them late, and none early.
    const floor = (some: readonly number[]): number => quantile(sorted(some), FLOOR_SHARE);
    return {
      seconds,
      messages: late.length,
      medianMs: quantile(errors, 0.5),
      p95Ms: quantile(errors, 0.95),
      p99Ms: quantile(errors, 0.99),
      longestMs: errors.at(-1)!,
      driftMs: Math.abs(floor(late.slice(-atEnds)) - floor(late.slice(0, atEnds))),
    };
  } finally {
    pull.close();
    rmSync(path);
  }
}

/** When messages are due, from 0 on, with gaps that repeat only after long. */
function dueTimes(seconds: number): number[] {
  const times: number[] = [];
  for (let ms = 0, n = 0; ms <= seconds * 1000; n++) {
    times.push(ms);
    ms += 1 + (((n * 397) % 1_000) / 1_000) * (LONGEST_GAP_MS - 1);
  }
  return times;
}

/** A clock that stands where it is put. */
class SetClock extends Clock {
  ns = 0;

  override nowNs(): number {
    return this.ns;
  }
}

function pacedCapture(dueMs: readonly number[]): Capture {
  const clock = new SetClock();
  const capture = new Capture({ maxBytes: MAX_BYTES, clock });
  const link = openLink(capture);
  const message = encodeMessage([new Uint8Array(BYTES)]);
  for (const ms of dueMs) {
    clock.ns = Math.round(ms * NS_PER_MS);
    link.received(0, message);
  }
  return capture;
}

function denseCapture(messages: number): Capture {
  const capture = new Capture({ maxBytes: MAX_BYTES });
  const link = openLink(capture);
  const message = encodeMessage([new Uint8Array(BYTES)]);
  const perChunk = Math.floor(CHUNK_BYTES / message.length);
  const chunk = Buffer.concat(Array.from({ length: perChunk }, () => message));
  for (let sent = 0; sent < messages; sent += perChunk) {
    link.received(0, chunk.subarray(0, Math.min(perChunk, messages - sent) * message.length));
  }
  return capture;
}

/** A link of a PUSH to a PULL whose handshake is done. */
function openLink(capture: Capture): LinkLog {
  const addresses = { client: "127.0.0.1:40000", server: "127.0.0.1:5556" };
  const ignore = (): void => undefined;
  const link = new LinkLog(
    { number: 1, origin: "wire", addresses, sockets: undefined, security: null },
    { id: "bench", name: "bench" },
    {
      capture,
      counters: { messages: 0, bytes: 0, passedBy: 0 },
      repeats: new Repeats(ignore, ignore),
      fanOut: new FanOut(capture),
      neighbours: () => [],
      onHello: ignore,
      onGrew: ignore,
      onBug: (error) => {
        throw error;
      },
    },
  );
  for (const direction of [0, 1] as const) link.received(direction, encodeGreeting("NULL"));
  link.received(0, encodeReady("PUSH"));
  link.received(1, encodeReady("PULL"));
  return link;
}

async function write(capture: Capture, path: string): Promise<void> {
  const rows = everyRow(capture.firstN, capture.lastN);
  const { leftOut } = await exportCapture({ capture, rows, format: "pcapng", path });
  if (leftOut > 0) throw new Error(`${leftOut} messages could not be written.`);
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
