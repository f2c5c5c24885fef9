import { type Profiler, Session } from "node:inspector";

/** A stretch of a source, in characters. */
export type Stretch = { readonly script: string; readonly from: number; readonly to: number };

/** Which stretches of some sources have run, as V8 counts them in this thread. */
export class Coverage {
  readonly #session = new Session();
  readonly #sources: RegExp;
  /** By script: 1 for each character that has run. */
  readonly #seen = new Map<string, Uint8Array>();
  #characters = 0;

  /** `sources` are those whose addresses it fits. */
  constructor(sources: RegExp) {
    this.#sources = sources;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Characters of the sources that were noted. */
  get characters(): number {
    return this.#characters;
  }

  /** What ran since the last call and not before; it counts as new until noted(). */
  fresh(): readonly Stretch[] {
    return this.#take().flatMap(({ scriptId, url, functions }) =>
      this.#sources.test(url) ? this.#freshIn(scriptId, functions) : [],
    );
  }

  noted(stretches: readonly Stretch[]): void {
    for (const { script, from, to } of stretches) {
      const seen = this.#seenIn(script, to);
      for (let at = from; at < to; at++) {
        this.#characters += 1 - seen[at]!;
        seen[at] = 1;
      }
    }
  }

  stop(): void {
    this.#session.disconnect();
  }

  #freshIn(script: string, functions: readonly Profiler.FunctionCoverage[]): Stretch[] {
    const ranges = functions.flatMap((each) => each.ranges);
    const length = Math.max(0, ...ranges.map(({ endOffset }) => endOffset));
    const seen = this.#seenIn(script, length);
    const now = new Uint8Array(length);
    // Outer ones come first, and inner ones say where it was otherwise.
    for (const { startOffset, endOffset, count } of ranges) now.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    const fresh: Stretch[] = [];
    for (let at = 0; at < length; at++) {
      if (now[at] === 0 || seen[at] === 1) continue;
      const from = at;
      while (at < length && now[at] === 1 && seen[at] === 0) at++;
      fresh.push({ script, from, to: at });
    }
    return fresh;
  }

  #seenIn(script: string, length: number): Uint8Array {
    const known = this.#seen.get(script) ?? new Uint8Array(0);
    if (known.length >= length) return known;
    const grown = new Uint8Array(2 * length);
    grown.set(known);
    this.#seen.set(script, grown);
    return grown;
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
