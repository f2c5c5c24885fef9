import { Worker } from "node:worker_threads";
import type { Finding } from "./explorer.ts";
import { type WorkerSaid, type WorkerTask, Window } from "./window.ts";

export type FuzzOptions = {
  /** Module that exports `targets`, and `sources`: what fits the addresses of the sources that count. */
  readonly table: string;
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly corpus: readonly Uint8Array[];
  /** An input that takes longer hangs. */
  readonly hangMs?: number;
  /** Findings after which it ends before its time. */
  readonly enough?: number;
  readonly onProgress?: (outcome: FuzzOutcome) => void;
};

/** What came of a target so far. */
export type FuzzOutcome = {
  readonly name: string;
  readonly seed: number;
  readonly executions: number;
  readonly seconds: number;
  /** Blocks of our sources that its inputs have run. */
  readonly characters: number;
  /** Inputs that were kept, but for the target's own. */
  readonly inputs: readonly Uint8Array[];
  readonly corpus: number;
  readonly findings: readonly Finding[];
};

const HANG_MS = 20_000;
/** Until the first input: the target is loaded, and starts what it needs. */
const START_MS = 60_000;
const LOOK_MS = 200;
/** Of the thread; octets of buffers are weighed by the explorer. */
const HEAP_MB = 768;
/** Threads that one target may use up. */
const MAX_THREADS = 5;

/** Fuzzes one target in a thread of its own for a while. A thread that hangs or dies is a finding, and another goes on. */
export async function fuzzTarget(options: FuzzOptions): Promise<FuzzOutcome> {
  const { name, seed, seconds } = options;
  const started = performance.now();
  const endMs = started + seconds * 1000;
  let outcome: FuzzOutcome = {
    name,
    seed,
    executions: 0,
    seconds: 0,
    characters: 0,
    inputs: options.corpus,
    corpus: 0,
    findings: [],
  };
  const update = (change: Partial<FuzzOutcome>): void => {
    outcome = { ...outcome, ...change, seconds: (performance.now() - started) / 1000 };
    options.onProgress?.(outcome);
  };
  const isOver = (): boolean =>
    performance.now() >= endMs || outcome.findings.length >= (options.enough ?? Number.POSITIVE_INFINITY);
  for (let thread = 0; thread < MAX_THREADS; thread++) {
    const { executions } = outcome;
    const finding = await watchThread(options, seed + thread, isOver, (said) => {
      if (said.kind === "finding") update({ findings: [...outcome.findings, said.finding] });
      else if (said.kind === "corpus") update({ inputs: said.inputs });
      else update({ executions: executions + said.executions, characters: said.characters, corpus: said.corpus });
    });
    if (finding === null) return outcome;
    update({ findings: [...outcome.findings, finding] });
    if (isOver()) return outcome;
  }
  return outcome;
}

/** Resolves when the thread has ended: with `null` in order, else with what ended it. */
async function watchThread(
  { table, name, corpus, hangMs = HANG_MS }: FuzzOptions,
  seed: number,
  isOver: () => boolean,
  onSaid: (said: WorkerSaid) => void,
): Promise<Finding | null> {
  const memory = new SharedArrayBuffer(Window.bytes);
  const window = new Window(memory);
  const task: WorkerTask = { table, name, seed, corpus, memory };
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  let turns = 0;
  let turnedMs = performance.now();
  return new Promise((resolve) => {
    let ended: Finding | null = null;
    const timer = setInterval(() => {
      const nowMs = performance.now();
      if (isOver()) window.end();
      if (window.turns !== turns) {
        turns = window.turns;
        turnedMs = nowMs;
        return;
      }
      if (nowMs - turnedMs < (turns === 0 ? START_MS : hangMs)) return;
      const what = `An input of ${window.input.length} octets did not end in ${Math.round((nowMs - turnedMs) / 1000)} s.`;
      ended = { kind: "hang", what, stack: "", input: window.input };
      void worker.terminate();
    }, LOOK_MS);
    worker.on("message", onSaid);
    worker.on("error", (error) => {
      const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const stack = error instanceof Error ? (error.stack ?? "") : "";
      ended = { kind: "crash", what, stack, input: window.input };
    });
    worker.on("exit", () => {
      clearInterval(timer);
      resolve(ended);
    });
  });
}
