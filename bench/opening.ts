import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CaptureStats } from "../src/shared/model.ts";
import { BenchEngine } from "./engine.ts";
import { MAX_BYTES } from "./windows.ts";
import { peakResidentBytes } from "./machine.ts";

/** Of what peers.c feeds, with its packets' headers and index. */
const BYTES_PER_MESSAGE = 640;
/** What a view shows at first. */
const WINDOW_ROWS = 60;

export type OpeningResult = {
  readonly messages: number;
  readonly fileBytes: number;
  /** From asking for the file until its first rows are there. */
  readonly firstRowsMs: number;
  /** Until all of it was read. */
  readonly doneMs: number;
  /** Of the engine that opened it. */
  readonly peakResidentBytes: number;
};

/** Has one engine write a capture of `messages` to a file in `folder`, and another one open it. */
export async function measureOpening(
  messages: number,
  engineFile: string,
  peers: string,
  folder: string,
): Promise<OpeningResult> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "opened.pcapng");
  try {
    await write(path, messages, engineFile, peers);
    const opener = await BenchEngine.start({ file: engineFile, maxBytes: MAX_BYTES });
    try {
      const times = await open(opener, path, messages);
      return {
        messages,
        fileBytes: statSync(path).size,
        ...times,
        peakResidentBytes: peakResidentBytes(opener.pid),
      };
    } finally {
      await opener.stop();
    }
  } finally {
    rmSync(path, { force: true });
  }
}

async function write(path: string, messages: number, engineFile: string, peers: string): Promise<void> {
  const writer = await BenchEngine.start({ file: engineFile, maxBytes: messages * BYTES_PER_MESSAGE * 1.2 });
  try {
    await writer.feedThroughTap(peers, messages);
    const ask = { job: "bench", capture: 0, rows: { kind: "all" }, format: "pcapng", path } as const;
    await writer.channel.ask("capture/export", ask);
  } finally {
    await writer.stop();
  }
}

async function open(
  engine: BenchEngine,
  path: string,
  messages: number,
): Promise<{ firstRowsMs: number; doneMs: number }> {
  const { channel } = engine;
  let doneMs = 0;
  const startMs = performance.now();
  const whole = new Promise<CaptureStats>((resolve) => {
    engine.onNotice = (notice) => {
      if (notice.kind !== "capture/grew" || notice.stats.file?.isDone !== true) return;
      doneMs = performance.now() - startMs;
      resolve(notice.stats);
    };
  });
  const { capture } = await channel.ask("capture/open", { path, kind: "file" });
  const first = await channel.ask("rows/read", { capture, filter: null, from: 0, count: WINDOW_ROWS });
  const firstRowsMs = performance.now() - startMs;
  if (first.rows.length !== WINDOW_ROWS) throw new Error(`An opened file had ${first.rows.length} rows at first.`);
  const { kept, lastN, file } = await whole;
  if (kept < messages) throw new Error(`Of ${messages} messages, ${kept} rows came back. ${file?.problem ?? ""}`);
  const from = kept - WINDOW_ROWS;
  const last = await channel.ask("rows/read", { capture, filter: null, from, count: WINDOW_ROWS });
  for (const { n, kind, sizeBytes } of last.rows) {
    if (kind !== "message") continue;
    const octets = await channel.ask("bytes/read", { capture, n, frame: 0, from: 0, count: sizeBytes });
    if (octets.length !== sizeBytes) throw new Error(`Row ${n} of ${lastN} came back with ${octets.length} octets.`);
  }
  engine.onNotice = undefined;
  await channel.ask("capture/close", { capture });
  return { firstRowsMs, doneMs };
}
