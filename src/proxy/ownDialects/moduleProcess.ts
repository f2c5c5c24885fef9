import { type ChildProcess, fork } from "node:child_process";
import { pathToFileURL } from "node:url";
import type { OwnModule } from "../../shared/ownDialects.ts";
import type { WorkerAsk, WorkerSaid } from "./workerProtocol.ts";

/** Heap of a module's process; octets outside it are not counted by Node. */
const HEAP_MB = 64;
const LOAD_MS = 5_000;
/** How long one item may take. */
const ITEM_MS = 1_000;
/** Failures in a row after which a module is switched off. */
const MAX_FAILURES = 3;
/** Items that may wait; those above get no answer. */
const MAX_WAITING = 2_000;
/** What of its error output is looked at. */
const MAX_OUTPUT_CHARS = 16_384;
/** The environment that Node itself needs, and VS Code's program to be Node. */
const ENVIRONMENT = ["ELECTRON_RUN_AS_NODE", "SystemRoot", "TEMP", "TMP", "TMPDIR"];

/** An answer that was not checked yet, or `null` where there is none. `problem`: why it cannot write a call, as it said itself. */
export type RawAnswer = { readonly answer: unknown; readonly problem?: string } | null;

type Job = {
  readonly what: WorkerAsk["what"];
  readonly item: unknown;
  readonly done: (answer: RawAnswer) => void;
};

type Running = { readonly child: ChildProcess; isReady: boolean; output: string };

/**
 * A module of the user's in a worker process of its own. Each item is answered within ITEM_MS or not at all; a process that
 * hangs, ends or runs out of memory is killed and started anew. After three failures in a row the module is off, which
 * `onOff` is told once, with the reason as the end of a sentence. The engine's loop never waits.
 *
 * It is a process since threads cannot be ended for sure: with a heap limit, a loop such as `for (;;) new Array(9).fill(0)`
 * survives Worker.terminate() in Node 24 and keeps a core busy for ever.
 */
export class ModuleProcess {
  readonly module: OwnModule;
  title: string;
  /** Whether it writes calls, which is known once it is loaded. */
  canEncode = false;
  /** Resolves when the module is loaded, or off. */
  readonly loaded: Promise<void>;
  readonly #script: string;
  readonly #onOff: (problem: string) => void;
  readonly #waiting: Job[] = [];
  #hasLoaded = (): void => undefined;
  #running: Running | null = null;
  #current: Job | null = null;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #asked = 0;
  #isOff = false;

  /** `script` is the process's own file (worker.ts, or its bundle). Loads the module at once. */
  constructor(module: OwnModule, script: string, onOff: (problem: string) => void) {
    this.module = module;
    this.title = module.name;
    this.#script = script;
    this.#onOff = onOff;
    this.loaded = new Promise((resolve) => (this.#hasLoaded = resolve));
    this.#start();
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

  /** Ends the process; what waits gets no answer. */
  stop(): void {
    this.#isOff = true;
    this.#end();
    for (const job of [this.#current, ...this.#waiting.splice(0)]) job?.done(null);
    this.#current = null;
    this.#hasLoaded();
  }

  #next(): void {
    if (this.#current !== null || this.#isOff) return;
    if (this.#running === null) this.#start();
    if (this.#running?.isReady !== true) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#current = job;
    this.#asked += 1;
    this.#running.child.send({ id: this.#asked, what: job.what, item: job.item } satisfies WorkerAsk);
    this.#watch(ITEM_MS, `its ${job.what}() took longer than ${ITEM_MS} ms`);
  }

  #start(): void {
    const child = fork(this.#script, [pathToFileURL(this.module.module).href], {
      env: {
        ...Object.fromEntries(ENVIRONMENT.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : []))),
        // Node hands this on by itself; one that is killed while it ends would leave half a file there.
        NODE_V8_COVERAGE: undefined,
      },
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const running: Running = { child, isReady: false, output: "" };
    this.#running = running;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      running.output = (running.output + text).slice(-MAX_OUTPUT_CHARS);
    });
    const isCurrent = (): boolean => this.#running === running;
    child.on("message", (said) => {
      if (isCurrent()) this.#hear(said as WorkerSaid, running);
    });
    child.on("error", (error) => {
      if (isCurrent()) this.#broke(`its process failed: ${error.message}`);
    });
    // Behind all that it said.
    child.on("close", () => {
      if (!isCurrent()) return;
      const isMemory = running.output.includes("heap out of memory");
      this.#broke(isMemory ? `it took more than ${HEAP_MB} MB of memory` : "its process ended by itself");
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
        this.#hasLoaded();
        break;
      case "unusable":
        this.#switchOff(said.problem);
        return;
      case "answer":
        if (said.id === this.#asked) this.#settle({ answer: said.answer });
        break;
      case "failure":
        if (said.id !== this.#asked) return;
        // While a call is typed it is often one that cannot be written yet.
        if (this.#current?.what === "encode") {
          this.#settle({ answer: null, problem: said.problem });
          break;
        }
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

  /** The process is of no use any more: what it was asked stays unanswered, and the next item gets a new one. */
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
    running?.child.kill("SIGKILL");
  }

  #switchOff(problem: string): void {
    if (this.#isOff) return;
    this.stop();
    this.#onOff(problem);
  }
}
