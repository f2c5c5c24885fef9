import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FilterState } from "../src/shared/engineProtocol.ts";
import { BenchEngine } from "./engine.ts";

const MAX_BYTES = 1024 * 1024 * 1024;
/** What a view shows at first. */
const WINDOW_ROWS = 60;
/** Of one filter the best time counts, so that a neighbour's burst on a shared core does not. */
const TRIES = 5;
const TSHARK_TRIES = 2;

/** What peers.c feeds has hits of the first three everywhere, of the others in its last twentieth only. */
const FILTERS = {
  index: "dir == c2s && size > 500",
  octets: 'body contains "needle-7f3a"',
  json: 'json.user == "bob"',
  lateIndex: "size > 1100",
  lateOctets: 'body contains "late-4c1d"',
  lateJson: 'json.user == "zoe"',
} as const;

export type FilterName = keyof typeof FILTERS;

export type FilterTimes = {
  readonly text: string;
  readonly hits: number;
  /** From asking for the filter until it is told that all rows were judged, while nobody reads rows. */
  readonly doneMs: number;
  /** From asking for the filter until its first rows are there. */
  readonly firstRowsMs: number;
};

export type FilteringResult = {
  readonly messages: number;
  readonly filters: Readonly<Record<FilterName, FilterTimes>>;
  /** tshark on the same capture, as a file; `null` when it is not installed. */
  readonly tshark: { readonly portMs: number; readonly containsMs: number } | null;
};

/** Captures `messages` of 100 B to 1 kB in an engine process and filters them, through the engine's pipe. */
export async function measureFiltering(
  messages: number,
  engineFile: string,
  peers: string,
  folder: string,
): Promise<FilteringResult> {
  const engine = await BenchEngine.start({ file: engineFile, maxBytes: MAX_BYTES });
  try {
    const listening = await engine.feedThroughTap(peers, messages);
    const filters = {} as Record<FilterName, FilterTimes>;
    for (const [name, text] of Object.entries(FILTERS)) filters[name as FilterName] = await measureFilter(engine, text);
    return { messages, filters, tshark: await measureTshark(engine, listening, folder) };
  } finally {
    await engine.stop();
  }
}

async function measureFilter(engine: BenchEngine, text: string): Promise<FilterTimes> {
  let best: FilterTimes = { text, hits: 0, doneMs: Infinity, firstRowsMs: Infinity };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { firstRowsMs } = await runFilter(engine, text, true);
    const { hits, doneMs } = await runFilter(engine, text, false);
    best = {
      text,
      hits,
      doneMs: Math.min(best.doneMs, doneMs),
      firstRowsMs: Math.min(best.firstRowsMs, firstRowsMs),
    };
  }
  return best;
}

/** With `readsRows` as a view does: it reads rows whenever it is told of hits, until there is a window of them. */
async function runFilter(engine: BenchEngine, text: string, readsRows: boolean): Promise<Omit<FilterTimes, "text">> {
  const { channel } = engine;
  const startMs = performance.now();
  let firstRowsMs = Infinity;
  let reading: Promise<void> = Promise.resolve();
  const read = async (filter: number): Promise<void> => {
    const { rows } = await channel.ask("rows/read", { capture: 0, filter, from: 0, count: WINDOW_ROWS });
    if (rows.length > 0) firstRowsMs = Math.min(firstRowsMs, performance.now() - startMs);
  };
  const states: FilterState[] = [];
  const done = new Promise<number>((resolve) => {
    engine.onNotice = (notice) => {
      if (notice.kind !== "filter/advanced") return;
      states.push(notice.state);
      if (readsRows && notice.state.hits > 0 && firstRowsMs === Infinity) reading = read(notice.state.filter);
      if (notice.state.done) resolve(performance.now() - startMs);
    };
  });
  const { filter } = await channel.ask("filter/start", { capture: 0, text, fold: true });
  const doneMs = await done;
  await reading;
  await channel.ask("filter/stop", { filter });
  engine.onNotice = undefined;
  const { hits, unknown } = states.at(-1)!;
  if (hits === 0 || unknown > 0) throw new Error(`${text} found ${hits} rows, and could not judge ${unknown}.`);
  return { hits, doneMs, firstRowsMs };
}

async function measureTshark(
  { channel }: BenchEngine,
  listening: string,
  folder: string,
): Promise<FilteringResult["tshark"]> {
  if (spawnSync("tshark", ["--version"]).error !== undefined) return null;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "filtered.pcapng");
  try {
    await channel.ask("capture/export", { job: "bench", capture: 0, rows: { kind: "all" }, format: "pcapng", path });
    const port = new URL(listening).port;
    return {
      portMs: timeTshark(path, `tcp.port == ${port}`),
      containsMs: timeTshark(path, 'tcp contains "needle-7f3a"'),
    };
  } finally {
    rmSync(path, { force: true });
  }
}

function timeTshark(path: string, filter: string): number {
  let bestMs = Infinity;
  for (let attempt = 0; attempt < TSHARK_TRIES; attempt++) {
    const startMs = performance.now();
    const { status, stderr } = spawnSync("tshark", ["-r", path, "-Y", filter], {
      stdio: ["ignore", "ignore", "pipe"],
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tshark could not filter ${path} by ${filter}: ${stderr}`);
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return bestMs;
}
