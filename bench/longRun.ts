import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type CaptureId, type CaptureStats, LIVE_CAPTURE } from "../src/shared/model.ts";
import { compilePrograms } from "./compile.ts";
import { BenchEngine } from "./engine.ts";
import { machine, residentBytes } from "./machine.ts";
import { Program } from "./program.ts";
import { spread } from "./statistics.ts";
import { fail, UsageError } from "./usageError.ts";

// A tap under steady traffic for minutes, its engine killed in the middle: npm run soak:killed -- --minutes 10

const ROOT = join(import.meta.dirname, "..");
const REPORT = join(ROOT, "out", "soakKilled.txt");
const STORAGE = join(ROOT, "out", "soakKilled");
const MIB = 1024 * 1024;

const MESSAGES_PER_SECOND = 50_000;
const MAX_BYTES = 64 * MIB;
const MAX_DISK_BYTES = 1024 * MIB;
/** Of short runs, so that they reach the bound too. */
const DISK_BYTES_PER_SECOND = 4 * MIB;
const SAMPLE_MS = 10_000;
const SHORT_SAMPLE_MS = 1_000;
const PROBES = 200;
/** A killed engine may lose what came in so long, and what was under way in a busy machine. */
const LOST_MS = 1_000;
/** RSS of the last quarter against that of the first one, once both bounds are reached. */
const RSS_GROWTH = 1.1;
/** More than any run sends. */
const ENDLESS = 2_000_000_000;
/** Number, space and text, as pace() in peers.c makes them. */
const HEAD_BYTES = 11;
const TEXT = Buffer.from(Array.from({ length: 290 }, (_, i) => 97 + ((i * 7 + Math.floor(i / 26)) % 26)));

const USAGE = "Usage: npm run soak:killed -- [--minutes n]";

class Soak {
  readonly #engineFile: string;
  readonly #peers: string;
  readonly #maxDiskBytes: number;
  readonly #sampleMs: number;
  readonly #startMs = performance.now();
  readonly #problems: string[] = [];

  constructor(engineFile: string, peers: string, minutes: number) {
    this.#engineFile = engineFile;
    this.#peers = peers;
    const halfSeconds = minutes * 30;
    this.#maxDiskBytes = Math.min(MAX_DISK_BYTES, Math.round(halfSeconds * DISK_BYTES_PER_SECOND));
    this.#sampleMs = minutes < 3 ? SHORT_SAMPLE_MS : SAMPLE_MS;
    rmSync(STORAGE, { recursive: true, force: true });
    mkdirSync(STORAGE, { recursive: true });
    writeFileSync(REPORT, "");
    this.#say(
      `${machine()}, Node ${process.version}, ${new Date().toISOString()}: ${minutes} minutes of ${MESSAGES_PER_SECOND} messages a second, ` +
        `${MAX_BYTES / MIB} MiB of memory, ${(this.#maxDiskBytes / MIB).toFixed(0)} MiB of disk.`,
    );
  }

  /** Resolves with whether all was as it should be. */
  async run(minutes: number): Promise<boolean> {
    const halfMs = (minutes * 60_000) / 2;
    const killed = await this.#half("first", halfMs, (engine) => engine.kill());
    await this.#half("second", halfMs, (engine) => engine.stop(), killed);
    for (const problem of this.#problems) this.#say(`PROBLEM: ${problem}`);
    this.#say(this.#problems.length === 0 ? "PASSED" : `FAILED with ${this.#problems.length} problems`);
    rmSync(STORAGE, { recursive: true, force: true });
    return this.#problems.length === 0;
  }

  /** Runs one engine for so long; resolves with the last stats before it ended. `before` are those of one that was killed. */
  async #half(
    name: string,
    ms: number,
    end: (engine: BenchEngine) => Promise<void>,
    before: CaptureStats | null = null,
  ): Promise<CaptureStats> {
    const engine = await BenchEngine.start({
      file: this.#engineFile,
      maxBytes: MAX_BYTES,
      maxDiskBytes: this.#maxDiskBytes,
      storage: STORAGE,
    });
    const { listening } = await engine.tapTo(this.#peers, "soak", ENDLESS);
    const sender = new Program(this.#peers, ["pace", listening, String(MESSAGES_PER_SECOND)]);
    try {
      this.#say(`The ${name} engine runs.`);
      if (before !== null) await this.#recover(engine, before);
      await this.#watch(engine, name, ms);
      const { hits } = await this.#probe(engine, LIVE_CAPTURE);
      this.#say(`${hits} of ${PROBES} random rows of the ${name} engine came back with the right octets.`);
      return await this.#stats(engine, LIVE_CAPTURE);
    } finally {
      await end(engine);
      await sender.stop();
    }
  }

  async #watch(engine: BenchEngine, name: string, ms: number): Promise<void> {
    const untilMs = performance.now() + ms;
    const resident: number[] = [];
    const first = await this.#stats(engine, LIVE_CAPTURE);
    const startMs = performance.now();
    for (;;) {
      await wait(Math.min(this.#sampleMs, Math.max(1, untilMs - performance.now())));
      const stats = await this.#stats(engine, LIVE_CAPTURE);
      const rss = residentBytes(engine.pid);
      const du = folderBytes(STORAGE);
      this.#say(
        `RSS ${mib(rss)}  seen ${stats.seen}  kept ${stats.kept}  evicted ${stats.evicted}  unwritten ${stats.unwritten}  ` +
          `memory ${mib(stats.usedBytes)}  disk ${mib(stats.diskBytes)}  folder ${mib(du)}  ${stats.messagesPerSecond.toFixed(0)}/s`,
      );
      this.#check(stats);
      const isFull = stats.evicted > stats.unwritten && stats.diskBytes > 0;
      if (isFull) resident.push(rss);
      if (performance.now() >= untilMs) break;
    }
    const last = await this.#stats(engine, LIVE_CAPTURE);
    const rate = ((last.seen - first.seen) / (performance.now() - startMs)) * 1000;
    if (resident.length < 4) {
      this.#say(`The ${name} engine had too few samples with full bounds to compare its memory.`);
      return;
    }
    const quarter = Math.floor(resident.length / 4);
    const early = spread(resident.slice(0, quarter)).median;
    const late = spread(resident.slice(-quarter)).median;
    this.#say(
      `${name} engine: RSS ${mib(early)} in the first and ${mib(late)} in the last quarter since the bounds were reached; about ${rate.toFixed(0)} rows a second.`,
    );
    if (late > early * RSS_GROWTH) this.#fail(`RSS of the ${name} engine grew from ${mib(early)} to ${mib(late)}.`);
  }

  #check(stats: CaptureStats): void {
    const { seen, kept, evicted, unwritten, firstN, lastN, usedBytes, diskBytes, diskProblem } = stats;
    const span = lastN - firstN + 1;
    if (seen !== kept + evicted) this.#fail(`seen ${seen} is not kept ${kept} + evicted ${evicted}.`);
    if (kept > span || kept < span - unwritten)
      this.#fail(`${kept} rows kept of ${span} since ${firstN}, with ${unwritten} unwritten.`);
    if (usedBytes > MAX_BYTES) this.#fail(`${usedBytes} octets of memory used.`);
    // One segment may be written while the oldest one goes.
    if (diskBytes > this.#maxDiskBytes + 8 * MIB) this.#fail(`${diskBytes} octets of disk used.`);
    if (diskProblem !== null) this.#fail(diskProblem);
  }

  /** Reads what the killed engine has left, and compares it with what that one said last. */
  async #recover(engine: BenchEngine, before: CaptureStats): Promise<void> {
    const { recoverable } = engine;
    if (recoverable === null) {
      this.#fail("The second engine found nothing to recover.");
      return;
    }
    const { capture, stats } = await engine.channel.ask("capture/open", { path: recoverable.path, kind: "segments" });
    const lost = before.lastN - stats.lastN;
    this.#say(
      `Recovered ${stats.kept} rows up to ${stats.lastN}; the engine had seen ${before.lastN} when it was asked last, so ${lost} are lost.`,
    );
    if (stats.kept === 0) this.#fail("The recovered capture is empty.");
    if (lost > (MESSAGES_PER_SECOND * LOST_MS) / 1000) this.#fail(`${lost} rows were lost when the engine was killed.`);
    const { hits } = await this.#probe(engine, capture);
    this.#say(`${hits} of ${PROBES} random rows of the recovered capture came back with the right octets.`);
    await engine.channel.ask("capture/close", { capture });
    await engine.channel.ask("capture/discard", { path: recoverable.path });
  }

  /** Reads random kept rows, the oldest and the newest: their numbers must go up with their rows. */
  async #probe({ channel }: BenchEngine, capture: CaptureId): Promise<{ hits: number }> {
    let hits = 0;
    let shift: number | null = null;
    for (let probe = 0; probe < PROBES; probe++) {
      const { firstN, lastN } = await channel.ask("capture/stats", { capture });
      // The oldest rows of a live capture may be evicted before they are read.
      const oldest = capture === LIVE_CAPTURE ? Math.min(lastN, firstN + MESSAGES_PER_SECOND) : firstN;
      const n = probe === 0 ? lastN : probe === 1 ? oldest : oldest + Math.floor(Math.random() * (lastN - oldest + 1));
      const { position } = await channel.ask("rows/find", { capture, filter: null, n });
      const { rows } = await channel.ask("rows/read", { capture, filter: null, from: position, count: 3 });
      const row = rows[0];
      if (row?.kind !== "message") {
        // Events, and what was evicted meanwhile.
        if (row !== undefined) hits++;
        continue;
      }
      const octets = Buffer.from(
        await channel.ask("bytes/read", { capture, n: row.n, frame: 0, from: 0, count: row.sizeBytes }),
      );
      if (octets.length < row.sizeBytes && row.n === firstN) {
        // It began in the segment before, which was evicted: the oldest message alone may be partly kept.
        this.#say(`Row ${row.n}, the oldest one, has ${octets.length} of its ${row.sizeBytes} octets.`);
        hits++;
        continue;
      }
      const number = Number(octets.subarray(0, HEAD_BYTES - 1).toString());
      const text = octets.subarray(HEAD_BYTES);
      shift ??= row.n - number;
      const isRight =
        text.length === ((number * 397) % 201) + 89 &&
        text.equals(TEXT.subarray(0, text.length)) &&
        row.n - number === shift;
      if (isRight) hits++;
      else this.#fail(`Row ${row.n} has number ${number} and ${text.length} octets of text, shifted by ${shift}.`);
      if (rows.some((each, index) => index > 0 && each.n <= rows[index - 1]!.n))
        this.#fail(`Rows near ${row.n} are out of order.`);
    }
    if (hits < PROBES) this.#fail(`${PROBES - hits} of ${PROBES} rows could not be read.`);
    return { hits };
  }

  #stats({ channel }: BenchEngine, capture: CaptureId): Promise<CaptureStats> {
    return channel.ask("capture/stats", { capture });
  }

  #fail(problem: string): void {
    if (this.#problems.length < 100) this.#problems.push(problem);
    this.#say(`PROBLEM: ${problem}`);
  }

  #say(line: string): void {
    const seconds = ((performance.now() - this.#startMs) / 1000).toFixed(1).padStart(7);
    appendFileSync(REPORT, `${seconds} s  ${line}\n`);
    process.stdout.write(`${seconds} s  ${line}\n`);
  }
}

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;

function folderBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // A file may be evicted meanwhile.
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new UsageError(`--minutes takes a number above 0, not "${values.minutes}".`);
  const engineFile = join(ROOT, "dist", "engine.cjs");
  if (!existsSync(engineFile)) throw new Error(`${engineFile} is missing: run npm run build first.`);
  const { peers } = compilePrograms(join(ROOT, "out", "bench"));
  if (!(await new Soak(engineFile, peers, minutes).run(minutes))) process.exitCode = 1;
}

main().catch((error: unknown) => fail(error, USAGE));
