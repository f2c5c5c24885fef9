import { once } from "node:events";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { collectInOneStep } from "../proxy/collector.ts";
import { Engine } from "../proxy/engine.ts";
import { LiveCapture } from "../proxy/liveCapture.ts";
import { jsonLine } from "../proxy/jsonLines.ts";
import { toRow } from "../proxy/rows.ts";
import type { CaptureOptions } from "./captureOptions.ts";
import { findingJson, findingText } from "./findingLines.ts";
import { Output } from "./output.ts";
import { TapFile } from "./tapFile.ts";
import { textLine } from "./textLines.ts";

const MAX_BYTES = 256 * 1024 * 1024;
/** Text gathered before it is written. */
const BATCH_CHARACTERS = 65_536;
const ROWS_PER_TURN = 256;
/** A line longer than this is written in pieces, since no string could hold the longest. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;

/** What was started and makes rows. */
export type Watched = {
  /** The first line on stderr. */
  readonly told: string;
  messages(): number;
  bytes(): number;
  /** Ends it, before the engine ends. */
  stop(): Promise<void>;
};

/**
 * Prints what an engine's capture gets from what `start` starts, until a signal, `count`, or a reader that goes away. Printing
 * reads from the capture at its own pace, so that a slow terminal or pipe never slows traffic. Resolves with the exit code.
 */
export async function watch(options: CaptureOptions, start: (engine: Engine) => Promise<Watched>): Promise<number> {
  collectInOneStep();
  const stderr = new Output(2);
  const wake = new EventTarget();
  let toldProblem: string | null = null;
  let isListening = false;
  const storage =
    options.dir === null ? null : join(options.dir, `capture-${new Date().toISOString().replace(/[:.]/g, "-")}`);
  const live = await LiveCapture.open({
    maxBytes: MAX_BYTES,
    maxDiskBytes: options.maxDiskBytes,
    storage,
    restart: "start zmq-tap again",
  });
  const tellProblem = async (): Promise<void> => {
    const { diskProblem } = live.disk;
    if (diskProblem === toldProblem) return;
    toldProblem = diskProblem;
    if (diskProblem !== null) await stderr.write(`${diskProblem}\n`);
  };
  const engine = new Engine({
    live,
    onNotice: () => {
      if (isListening) void tellProblem();
      wake.dispatchEvent(new Event("grew"));
    },
    onBug: (error) => void stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
  });
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  let file: TapFile | null = null;
  let watched: Watched | null = null;
  try {
    if (options.dialect !== null) {
      (await engine.dialogue).choose([{ tapName: null, sockets: null, dialect: options.dialect }]);
    }
    watched = await start(engine);
    if (options.write !== null) file = await TapFile.create(engine.capture, options.write, options.force);
    await stderr.write(`${watched.told}\n`);
    isListening = true;
    await tellProblem();
    if (storage !== null && live.disk.diskProblem === null) await stderr.write(`keeping the capture in ${storage}\n`);
  } catch (error) {
    await stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await watched?.stop();
    await engine.stop();
    return 1;
  }
  const ending = new AbortController();
  const writing = file === null ? null : writeUntilEnd(file, () => growth(wake, ending.signal), ending.signal, stderr);
  const printer = options.output === "quiet" ? null : new Printer(engine, options, new Output(1));
  if (printer === null) {
    while (!stopping.signal.aborted && watched.messages() < options.count) await growth(wake, stopping.signal);
  } else {
    while (!stopping.signal.aborted && (await printer.printKept())) {
      if (printer.printed === engine.capture.lastN) await growth(wake, stopping.signal);
    }
  }
  await watched.stop();
  await engine.stop({ isRead: printer !== null || file !== null || storage !== null });
  await tellProblem();
  await printer?.printKept();
  if (printer === null) await stderr.write(totals(engine, watched));
  ending.abort();
  const isWritten = (await writing) !== false;
  // A write that never comes back would hold the end of the process for ever.
  if (live.hangs) process.kill(process.pid, "SIGKILL");
  return isWritten ? 0 : 1;
}

/** Writes until `signal`, or until the file cannot be written any more, and tells of it then. False when it failed. */
async function writeUntilEnd(
  file: TapFile,
  growth: () => Promise<void>,
  signal: AbortSignal,
  stderr: Output,
): Promise<boolean> {
  await file.follow(growth, signal);
  await stderr.write(`${await file.finish()}\n`);
  return !file.hasFailed;
}

async function growth(wake: EventTarget, signal: AbortSignal): Promise<void> {
  await once(wake, "grew", { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/**
 * Writes rows in order, one gap event where rows were evicted before they could be written, and each finding when it is there:
 * rules look at rows a little behind, so its rows were written before.
 */
class Printer {
  /** Last row that was written or counted as missed. */
  printed = 0;
  #messages = 0;
  /** Findings that are listed and were written. */
  #told: ReadonlySet<string> = new Set();
  #toldVersion = 0;
  readonly #engine: Engine;
  readonly #options: CaptureOptions;
  readonly #stdout: Output;
  #readerGone = false;

  constructor(engine: Engine, options: CaptureOptions, stdout: Output) {
    this.#engine = engine;
    this.#options = options;
    this.#stdout = stdout;
  }

  /** Writes what is kept now. False when there is no more to do: --count is reached, or nobody reads. */
  async printKept(): Promise<boolean> {
    const { capture } = this.#engine;
    await capture.talk.settled();
    const until = capture.lastN;
    let batch = "";
    let rows = 0;
    while (this.printed < until && !this.#isDone()) {
      if (this.printed + 1 < capture.firstN) batch += this.#gap(capture.firstN - 1);
      const row = capture.row(this.printed + 1);
      if (row === undefined) continue;
      this.printed += 1;
      if (row.kind === "message") this.#messages += 1;
      if (this.#options.output === "json") {
        for (const piece of jsonLine(capture, row, this.#options.full)) {
          batch += piece;
          // Only between the lines elsewhere: while a line is being written, the rest of its message may be evicted.
          if (batch.length >= MAX_LINE_CHARACTERS) batch = await this.#write(batch);
        }
      } else {
        const shown = toRow(capture, row.n);
        if (shown !== undefined) batch += textLine(shown, capture.clock.toIso(row.timeNs));
      }
      if (++rows % ROWS_PER_TURN === 0 || batch.length >= BATCH_CHARACTERS) {
        batch = await this.#write(batch);
        await setImmediate();
      }
    }
    await this.#write(batch);
    await this.#printFindings();
    return !this.#isDone();
  }

  async #printFindings(): Promise<void> {
    const watch = await this.#engine.watch;
    if (watch.version === this.#toldVersion) return;
    this.#toldVersion = watch.version;
    const { findings } = watch.state();
    const fresh = findings.filter(({ key }) => !this.#told.has(key)).sort((a, b) => a.firstMs - b.firstMs);
    this.#told = new Set(findings.map(({ key }) => key));
    const { clock } = this.#engine.capture;
    const lines = fresh.map((finding) =>
      this.#options.output === "json"
        ? `${JSON.stringify({ type: "finding", ...findingJson(finding) })}\n`
        : `${clock.toIso(clock.nowNs()).slice(11, 26)}  ${findingText(finding)}\n`,
    );
    await this.#write(lines.join(""));
  }

  #isDone(): boolean {
    return this.#readerGone || this.#messages >= this.#options.count;
  }

  #gap(lastMissed: number): string {
    const first = this.printed + 1;
    const count = lastMissed - this.printed;
    this.printed = lastMissed;
    const { capture } = this.#engine;
    const time = capture.clock.toIso(capture.clock.nowNs());
    if (this.#options.output === "text")
      return `${time.slice(11, 26)}  gap: ${count} rows were evicted before they could be printed\n`;
    const detail = { count, first, last: lastMissed };
    return `${JSON.stringify({ type: "event", n: first, time, tap: this.#options.name, link: null, event: "gap", detail })}\n`;
  }

  async #write(batch: string): Promise<string> {
    if (batch !== "" && !(await this.#stdout.write(batch))) this.#readerGone = true;
    return "";
  }
}

function totals(engine: Engine, watched: Watched): string {
  const { seen, kept, evicted, usedBytes } = engine.stats();
  return (
    `${watched.messages()} messages, ${watched.bytes()} octets; ` +
    `${seen} rows seen = ${kept} kept + ${evicted} evicted, ${usedBytes} octets in use\n`
  );
}
