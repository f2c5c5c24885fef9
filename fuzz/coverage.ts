import { type Profiler, Session } from "node:inspector";

/** Which blocks of some sources have run, as V8 counts them in this thread. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  readonly #sources: RegExp;

  /** `sources` are those whose addresses it fits. */
  constructor(sources: RegExp) {
    this.#sources = sources;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** How many blocks have run so far. */
  get size(): number {
    return this.#seen.size;
  }

  /** Blocks that ran since the last call and not before; they count as new until noted(). */
  fresh(): readonly string[] {
    const found: string[] = [];
    for (const { scriptId, url, functions } of this.#take()) {
      if (!this.#sources.test(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          const key = `${scriptId} ${startOffset} ${endOffset}`;
          if (count > 0 && !this.#seen.has(key)) found.push(key);
        }
      }
    }
    return found;
  }

  noted(blocks: readonly string[]): void {
    for (const block of blocks) this.#seen.add(block);
  }

  stop(): void {
    this.#session.disconnect();
  }

  #take(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = [];
    // Of a session in the same thread the answer is there when post() returns.
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error;
      taken = result;
    });
    return taken;
  }
}
