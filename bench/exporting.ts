import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Capture } from "../src/proxy/capture/capture.ts";
import { exportCapture } from "../src/proxy/exportCapture.ts";
import { everyRow } from "../src/proxy/files/writeRows.ts";
import { plainWriteMs } from "./plainWrite.ts";
import { type Spread, spread } from "./statistics.ts";

const SMALLEST_BYTES = 100;
const LARGEST_BYTES = 1_000;
/** What a tap reads at once while traffic is dense. */
const CHUNK_BYTES = 65_536;
const MAX_BYTES = 2 * 1024 * 1024 * 1024;
const TICK_MS = 1;

export type ExportingResult = {
  readonly messages: number;
  readonly megabytesPerSecond: Spread;
  /** Speed as a part of that of a plain write of as many octets, right after it. */
  readonly share: Spread;
  /** Longest time for which a timer of one millisecond had to wait. */
  readonly longestMs: number;
};

/** Captures messages of 100 B to 1 kB in memory, and exports them to a file in `folder` as often as `rounds` says. */
export async function measureExporting(messages: number, rounds: number, folder: string): Promise<ExportingResult> {
  const capture = captured(messages);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "export.pcapng");
  const speeds: number[] = [];
  const shares: number[] = [];
  let longestMs = 0;
  for (let round = 0; round < rounds; round++) {
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs - TICK_MS);
      lastMs = nowMs;
    }, TICK_MS);
    const rows = everyRow(capture.firstN, capture.lastN);
    const startMs = performance.now();
    const { bytes, leftOut } = await exportCapture({ capture, rows, format: "pcapng", path });
    const tookMs = performance.now() - startMs;
    clearInterval(timer);
    if (leftOut > 0) throw new Error(`${leftOut} messages could not be exported.`);
    rmSync(path);
    const plainMs = await plainWriteMs(path, bytes);
    speeds.push(bytes / 1e3 / tookMs);
    shares.push(plainMs / tookMs);
  }
  return { messages, megabytesPerSecond: spread(speeds), share: spread(shares), longestMs };
}

function captured(messages: number): Capture {
  const capture = new Capture({ maxBytes: MAX_BYTES });
  const link = capture.openLink({
    link: 1,
    tap: "bench",
    tapName: "bench",
    origin: "wire",
    client: "127.0.0.1:40000",
    server: "127.0.0.1:5556",
    record: () => ({}),
  });
  const chunk = Buffer.alloc(CHUNK_BYTES, "some text that is sent ");
  const starts: { at: number; size: number; end: number }[] = [];
  let used = 0;
  const flush = (): void => {
    const number = capture.append(link, 0, chunk.subarray(0, used), 0);
    for (const { at, size, end } of starts) capture.message(link, 0, number, at, end, size, 1, 0);
    starts.length = 0;
    used = 0;
  };
  for (let n = 0; n < messages; n++) {
    // A step without a common factor goes through all sizes evenly.
    const size = SMALLEST_BYTES + ((n * 397) % (LARGEST_BYTES - SMALLEST_BYTES + 1));
    const headerBytes = size < 256 ? 2 : 9;
    if (used + headerBytes + size > CHUNK_BYTES) flush();
    starts.push({ at: used, size, end: used + headerBytes + size });
    if (headerBytes === 2) {
      chunk.writeUInt16BE(size, used);
    } else {
      chunk[used] = 2;
      chunk.writeBigUInt64BE(BigInt(size), used + 1);
    }
    used += headerBytes + size;
  }
  flush();
  return capture;
}
