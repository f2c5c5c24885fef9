import { once } from "node:events";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { collectInOneStep } from "../proxy/collector.ts";
import { Engine } from "../proxy/engine.ts";
import { LiveCapture } from "../proxy/liveCapture.ts";
import { jsonLine } from "../proxy/jsonLines.ts";
import { toRow } from "../proxy/rows.ts";
import { ANY_DESTINATION, socksLines } from "../shared/socks.ts";
import type { AttachOptions } from "./attachArguments.ts";
import { attachKernel } from "./jupyterKernel.ts";
import { readSecurity } from "./keyOptions.ts";
import { Output } from "./output.ts";
import { TapFile } from "./tapFile.ts";
import { textLine } from "./textLines.ts";

const MAX_BYTES = 256 * 1024 * 1024;
/** Text gathered before it is written. */
const BATCH_CHARACTERS = 65_536;
const ROWS_PER_TURN = 256;
/** A line longer than this is written in pieces, since no string could hold the longest. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;

/**
 * Runs a tap until a signal, --count, or a reader that goes away. Printing reads from the capture at its own pace, so that
 * a slow terminal or pipe never slows traffic. Resolves with the exit code.
 */
export async function attach(options: AttachOptions): Promise<number> {
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
  try {
    if (options.dialect !== null) {
      (await engine.dialogue).choose([{ tapName: null, sockets: null, dialect: options.dialect }]);
    }
    const told = await startTaps(engine, options);
    if (options.write !== null) file = await TapFile.create(engine.capture, options.write, options.force);
    await stderr.write(`${told}\n`);
    isListening = true;
    await tellProblem();
    if (storage !== null && live.disk.diskProblem === null) await stderr.write(`keeping the capture in ${storage}\n`);
  } catch (error) {
    await stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await engine.stop();
    return 1;
  }
  const ending = new AbortController();
  const writing = file === null ? null : writeUntilEnd(file, () => growth(wake, ending.signal), ending.signal, stderr);
  const printer = options.output === "quiet" ? null : new Printer(engine, options, new Output(1));
  if (printer === null) {
    while (!stopping.signal.aborted && countMessages(engine) < options.count) await growth(wake, stopping.signal);
  } else {
    while (!stopping.signal.aborted && (await printer.printKept())) {
      if (printer.printed === engine.capture.lastN) await growth(wake, stopping.signal);
    }
  }
  await engine.stop({ isRead: printer !== null || file !== null || storage !== null });
  await tellProblem();
  await printer?.printKept();
  if (printer === null) await stderr.write(totals(engine));
  ending.abort();
  const isWritten = (await writing) !== false;
  // A write that never comes back would hold the end of the process for ever.
  if (live.hangs) process.kill(process.pid, "SIGKILL");
  return isWritten ? 0 : 1;
}

/** Starts what is to be tapped; says where clients connect. */
async function startTaps(engine: Engine, options: AttachOptions): Promise<string> {
  if (options.jupyter !== null) {
    const file = await attachKernel(engine, options.jupyter, options.name);
    return `tapping the kernel of ${options.jupyter}: let its clients open ${file}, which holds its key`;
  }
  const security = options.keys === null ? null : readSecurity(options.keys, process.env);
  const { socks } = options;
  const destinations = (socks?.destinations ?? []).map(({ pattern, keys }) => ({
    pattern,
    security: readSecurity(keys, process.env),
  }));
  const config = {
    id: "cli",
    name: options.name,
    server: options.server,
    listen: options.listen,
    ...(options.sockets === null ? {} : { sockets: options.sockets }),
    ...(socks === null ? {} : { socks: { allow: socks.allow } }),
  };
  const { listening } = await engine.startTap(config, security, undefined, destinations);
  if (socks !== null) {
    const reached = socks.allow.length === 0 ? ANY_DESTINATION : socks.allow.join(", ");
    const [python] = socksLines(listening);
    return `listening on ${listening} for ${reached} by SOCKS5\nin the program, before connect: ${python?.line ?? ""}`;
  }
  return `listening on ${listening} for ${options.server}`;
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

/** Writes rows in order, and one gap event where rows were evicted before they could be written. */
class Printer {
  /** Last row that was written or counted as missed. */
  printed = 0;
  #messages = 0;
  readonly #engine: Engine;
  readonly #options: AttachOptions;
  readonly #stdout: Output;
  #readerGone = false;

  constructor(engine: Engine, options: AttachOptions, stdout: Output) {
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
    return !this.#isDone();
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

function countMessages(engine: Engine): number {
  return engine.taps.reduce((sum, tap) => sum + tap.messages, 0);
}

function totals(engine: Engine): string {
  const { seen, kept, evicted, usedBytes } = engine.stats();
  const bytes = engine.taps.reduce((sum, tap) => sum + tap.bytes, 0);
  return (
    `${countMessages(engine)} messages, ${bytes} octets; ` +
    `${seen} rows seen = ${kept} kept + ${evicted} evicted, ${usedBytes} octets in use\n`
  );
}
