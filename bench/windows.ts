import { BenchEngine } from "./engine.ts";
import { peakResidentBytes } from "./machine.ts";

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

/** Captures `messages` in an engine process, reads windows from all over it, then fills it beyond its bound. */
export async function measureWindows(messages: number, engineFile: string, peers: string): Promise<WindowsResult> {
  const engine = await BenchEngine.start({ file: engineFile, maxBytes: MAX_BYTES });
  try {
    await engine.pushThroughTap(peers, "small", MESSAGE_BYTES, messages);
    const times = await readWindows(engine, messages);
    await engine.pushThroughTap(peers, "large", OVERFLOW.bytes, OVERFLOW.messages);
    return {
      messages,
      rows: ROWS,
      medianMs: times[Math.floor(times.length / 2)]!,
      slowestMs: times.at(-1)!,
      peakResidentBytes: peakResidentBytes(engine.pid),
    };
  } finally {
    await engine.stop();
  }
}

/** Milliseconds of each window, sorted. */
async function readWindows({ channel }: BenchEngine, messages: number): Promise<number[]> {
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
