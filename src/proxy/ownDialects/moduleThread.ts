import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { OwnModule } from "../../shared/ownDialects.ts";
import type { WorkerAsk, WorkerSaid, WorkerStart } from "./workerProtocol.ts";

/** Heap of a module's thread; octets outside it are not counted by Node. */
const HEAP_MB = 64;
const YOUNG_MB = 16;
const STACK_MB = 2;
const LOAD_MS = 5_000;
/** How long one item may take. */
const ITEM_MS = 500;
/** Failures in a row after which a module is switched off. */
const MAX_FAILURES = 3;
/** Items that may wait; those above get no answer. */
const MAX_WAITING = 2_000;

/** An answer that was not checked yet, or `null` where there is none. */
export type RawAnswer = { readonly answer: unknown } | null;

type Job = {
  readonly what: WorkerAsk["what"];
  readonly item: unknown;
  readonly done: (answer: RawAnswer) => void;
};

type Running = { readonly worker: Worker; isReady: boolean };

/**
 * A module of the user's in a thread of its own, started when it is first asked something. Each item is answered within
 * ITEM_MS or not at all; a thread that hangs, ends or runs out of memory is ended and started anew. After three failures in
 * a row the module is off, which `onOff` is told once, with the reason as the end of a sentence. The engine's loop never waits.
 */
export class ModuleThread {
  readonly module: OwnModule;
  title: string;
  /** `null` until the module was loaded. */
  canEncode: boolean | null = null;
  readonly #script: string;
  readonly #onOff: (problem: string) => void;
  readonly #waiting: Job[] = [];
  #running: Running | null = null;
  #current: Job | null = null;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #asked = 0;
  #isOff = false;

  /** `script` is the thread's own file (worker.ts, or its bundle). */
  constructor(module: OwnModule, script: string, onOff: (problem: string) => void) {
    this.module = module;
    this.title = module.name;
    this.#script = script;
    this.#onOff = onOff;
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** Resolves with what the module returned for the item; `null` when it failed, is off, or too much waits. */
  ask(what: WorkerAsk["what"], item: unknown): Promise<RawAnswer> {
    if (this.#isOff || this.#waiting.length >= MAX_WAITING) return Promise.resolve(null);
    return new Promise((done) => {
      this.#waiting.push({ what, item, done });
      this.#next();
    });
  }

  /** What was returned makes no sense. `problem` ends a sentence that begins with the module. */
  failed(problem: string): void {
    this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) this.#switchOff(`${problem}, and failed ${MAX_FAILURES} times in a row`);
  }

  /** What was returned was of use. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** Ends the thread; what waits gets no answer. */
  stop(): void {
    this.#isOff = true;
    this.#end();
    for (const job of [this.#current, ...this.#waiting.splice(0)]) job?.done(null);
    this.#current = null;
  }

  #next(): void {
    if (this.#current !== null || this.#isOff) return;
    if (this.#running === null) this.#start();
    if (this.#running?.isReady !== true) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#current = job;
    this.#asked += 1;
    this.#running.worker.postMessage({ id: this.#asked, what: job.what, item: job.item } satisfies WorkerAsk);
    this.#watch(ITEM_MS, `its ${job.what}() took longer than ${ITEM_MS} ms`);
  }

  #start(): void {
    const { module: path, kind } = this.module;
    const start: WorkerStart = { url: pathToFileURL(path).href, kind };
    const worker = new Worker(this.#script, {
      workerData: start,
      env: {},
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB, stackSizeMb: STACK_MB },
    });
    const running = { worker, isReady: false };
    this.#running = running;
    // What it prints is read and forgotten, else it would gather.
    worker.stdout.resume();
    worker.stderr.resume();
    const isCurrent = (): boolean => this.#running === running;
    worker.on("message", (said: WorkerSaid) => {
      if (isCurrent()) this.#hear(said, running);
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      if (!isCurrent()) return;
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.#broke(isMemory ? `it took more than ${HEAP_MB} MB of memory` : `its thread failed: ${error.message}`);
    });
    worker.on("exit", () => {
      if (isCurrent()) this.#broke("its thread ended by itself");
    });
    this.#watch(LOAD_MS, `it took longer than ${LOAD_MS / 1000} s to load`);
  }

  #hear(said: WorkerSaid, running: Running): void {
    switch (said.kind) {
      case "ready":
        clearTimeout(this.#timer);
        running.isReady = true;
        this.title = said.title === "" ? this.module.name : said.title;
        this.canEncode = said.canEncode;
        break;
      case "unusable":
        this.#switchOff(said.problem);
        return;
      case "answer":
        if (said.id === this.#asked) this.#settle({ answer: said.answer });
        break;
      case "failure":
        if (said.id !== this.#asked) return;
        this.failed(said.problem);
        this.#settle(null);
        break;
    }
    this.#next();
  }

  #settle(answer: RawAnswer): void {
    clearTimeout(this.#timer);
    const job = this.#current;
    this.#current = null;
    job?.done(answer);
  }

  #watch(ms: number, problem: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#broke(problem), ms);
  }

  /** The thread is of no use any more: what it was asked stays unanswered, and the next item gets a new one. */
  #broke(problem: string): void {
    const wasLoading = this.#running?.isReady !== true;
    this.#end();
    if (wasLoading) {
      this.#switchOff(problem);
      return;
    }
    this.failed(problem);
    this.#settle(null);
    if (this.#waiting.length > 0) this.#next();
  }

  #end(): void {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#running = null;
    void running?.worker.terminate();
  }

  #switchOff(problem: string): void {
    if (this.#isOff) return;
    this.stop();
    this.#onOff(problem);
  }
}
