import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Coverage } from "./coverage.ts";
import { minimise } from "./minimise.ts";
import { mutate, type Random } from "./mutate.ts";
import type { Target } from "./target.ts";

/** What broke a promise. */
export type Finding = {
  readonly kind: "error" | "slow" | "memory" | "hang" | "crash";
  /** What happened, in a line. */
  readonly what: string;
  /** Where, as far as that is known. */
  readonly stack: string;
  readonly input: Uint8Array;
};

export type ExplorerOptions = {
  /** Addresses of the sources whose coverage counts. */
  readonly sources: RegExp;
  /** Whole numbers that look random and are the same for the same seed. */
  readonly random: Random;
  /** Inputs of earlier runs. */
  readonly corpus: readonly Uint8Array[];
  /** Told of each input before it is given to the target. */
  readonly before: (input: Uint8Array) => void;
  readonly onFinding: (finding: Finding) => void;
};

/** Inputs between two looks at the coverage, and how long they may take together. */
const BATCH = 100;
const BATCH_MS = 1000;
const SLOW_MS = 2000;
const MAX_BYTES = 4096;
const MAX_CORPUS = 2000;
/** What a target may keep of all its inputs, beyond what it took to begin with. */
const MEMORY_BYTES = 256 * 1024 * 1024;
/** Findings of one target, after which it is not fuzzed any more. */
const MAX_FINDINGS = 10;

/**
 * Fuzzes one target in this thread: runs what it knows, then changes of that, and keeps each input that ran a block of our
 * sources which none before it did. With the same seed and corpus it goes the same way, as far as the target does.
 */
export class Explorer {
  executions = 0;
  readonly corpus: Uint8Array[] = [];
  readonly #target: Target;
  readonly #options: ExplorerOptions;
  readonly #words: readonly Uint8Array[];
  readonly #coverage: Coverage;
  /** What was found, so that it is told once. */
  readonly #found = new Set<string>();
  #usedBytes = 0;
  #seeds = 0;

  constructor(target: Target, options: ExplorerOptions) {
    this.#target = target;
    this.#options = options;
    this.#coverage = new Coverage(options.sources);
    this.#words = (target.words ?? []).map((word) =>
      typeof word === "string" ? new TextEncoder().encode(word) : word,
    );
  }

  /** Blocks of our sources that have run. */
  get characters(): number {
    return this.#coverage.characters;
  }

  /** What it knows beyond the target's own sound inputs. */
  get discovered(): readonly Uint8Array[] {
    return this.corpus.slice(this.#seeds);
  }

  get isOver(): boolean {
    return this.#found.size >= MAX_FINDINGS;
  }

  /** Runs the sound inputs and those of earlier runs, which all stay. */
  async begin(): Promise<void> {
    const seeds = this.#target.seeds();
    this.#seeds = seeds.length;
    for (const input of [...seeds, ...this.#options.corpus]) {
      await this.#judge(input);
      this.corpus.push(input);
    }
    this.#coverage.noted(this.#coverage.fresh());
    if (this.corpus.length === 0) this.corpus.push(new Uint8Array(0));
    collect();
    this.#usedBytes = usedBytes();
  }

  /** A batch of new inputs. */
  async round(): Promise<void> {
    const inputs: Uint8Array[] = [];
    const started = performance.now();
    while (inputs.length < BATCH && performance.now() - started < BATCH_MS && !this.isOver) {
      const input = this.#next();
      if (await this.#judge(input)) inputs.push(input);
    }
    const fresh = this.#coverage.fresh();
    if (fresh.length > 0) await this.#keepNew(inputs);
    // What does not show when the inputs are run again.
    this.#coverage.noted(fresh);
    this.#weigh(inputs.at(-1) ?? new Uint8Array(0));
  }

  stop(): void {
    this.#coverage.stop();
  }

  #next(): Uint8Array {
    const { random } = this.#options;
    const { corpus } = this;
    const newest = corpus.length - 1 - random(Math.min(16, corpus.length));
    const parent = corpus[random(2) === 0 ? newest : random(corpus.length)]!;
    return mutate(parent, corpus, this.#words, random, this.#target.maxBytes ?? MAX_BYTES);
  }

  /** Keeps those of some inputs that run something new, which these do together. */
  async #keepNew(inputs: readonly Uint8Array[]): Promise<void> {
    if (inputs.length === 1) {
      if (this.corpus.length < MAX_CORPUS) this.corpus.push(inputs[0]!);
      return;
    }
    const middle = inputs.length >> 1;
    for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
      for (const input of half) await this.#failure(input);
      const fresh = this.#coverage.fresh();
      if (fresh.length === 0) continue;
      await this.#keepNew(half);
      this.#coverage.noted(fresh);
    }
  }

  /** Whether the target keeps its promises of an input; tells of it when it does not. */
  async #judge(input: Uint8Array): Promise<boolean> {
    this.executions++;
    const started = performance.now();
    const failure = await this.#failure(input);
    const slowMs = this.#target.slowMs ?? SLOW_MS;
    if (failure !== null) {
      await this.#tell("error", failure, input);
      return false;
    }
    if (performance.now() - started < slowMs) return true;
    // It may have been the machine.
    const again = performance.now();
    await this.#failure(input);
    const tookMs = performance.now() - again;
    if (tookMs < slowMs) return true;
    await this.#tell(
      "slow",
      new Error(`It took ${Math.round(tookMs / 100) / 10} s for ${input.length} octets.`),
      input,
    );
    return false;
  }

  async #failure(input: Uint8Array): Promise<Error | null> {
    this.#options.before(input);
    try {
      const running = this.#target.run(input);
      if (running !== undefined) await running;
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #tell(kind: "error" | "slow", error: Error, input: Uint8Array): Promise<void> {
    const sign = kind === "slow" ? "slow" : signOf(error);
    if (this.#found.has(sign)) return;
    this.#found.add(sign);
    const fails = async (candidate: Uint8Array): Promise<boolean> => {
      const failure = await this.#failure(candidate);
      return failure !== null && signOf(failure) === sign;
    };
    const small = kind === "slow" ? input : await minimise(input, fails);
    const what = (await this.#failure(small)) ?? error;
    this.#options.onFinding({ kind, what: firstLine(what), stack: what.stack ?? "", input: small });
  }

  /** Looks whether memory is held that nobody needs any more. */
  #weigh(last: Uint8Array): void {
    if (usedBytes() - this.#usedBytes < MEMORY_BYTES) return;
    collect();
    const grownBytes = usedBytes() - this.#usedBytes;
    if (grownBytes < MEMORY_BYTES || this.#found.has("memory")) return;
    this.#found.add("memory");
    const what = `${Math.round(grownBytes / 1e6)} MB are held after ${this.executions} inputs.`;
    this.#options.onFinding({ kind: "memory", what, stack: "", input: last });
  }
}

/** The same for failures that have the same cause: what is said without its numbers, and where. */
function signOf(error: Error): string {
  // How a function is called there may differ: as one, as a method, behind an await.
  const where = /^\s+at .*?([^\s(/]+:\d+:\d+)\)?$/m.exec(error.stack?.slice(error.message.length) ?? "")?.[1] ?? "";
  return `${firstLine(error).replaceAll(/\d+/g, "#").slice(0, 80)} ${where}`;
}

function firstLine(error: Error): string {
  return `${error.name}: ${error.message.split("\n", 1)[0] ?? ""}`.slice(0, 300);
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let collector: (() => void) | undefined;

function collect(): void {
  if (collector === undefined) {
    setFlagsFromString("--expose-gc");
    collector = runInNewContext("gc") as () => void;
  }
  collector();
  // What lay outside of the heap is given back beside the first collection; the second waits for that.
  collector();
}
