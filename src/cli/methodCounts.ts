import type { RawRow } from "../proxy/capture/capture.ts";
import type { Talk } from "../proxy/capture/talk.ts";
import { visibleText } from "../proxy/visibleText.ts";

const METHODS_SHOWN = 10;
/** Different methods that are counted; those that come later are counted together. */
const MAX_METHODS = 10_000;
const METHOD_CHARS = 80;
/** Latencies kept of a method; of more, these are a random choice. */
const MAX_LATENCIES = 2048;

type Count = { calls: number; errors: number; replies: number; readonly latenciesNs: number[] };

export type MethodCount = {
  readonly method: string;
  readonly dialect: string;
  readonly calls: number;
  readonly errors: number;
  /** Milliseconds; `null` without a reply. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
};

/** Counts the calls of a capture by method, with their errors and how long replies took. */
export class MethodCounts {
  readonly #counts = new Map<string, Count>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** Counts a row that is a call, or the reply to one. A reply counts for the method of its call. */
  add(talk: Talk, { n, partner, latencyNs, isHeartbeat }: RawRow): void {
    const said = talk.said(n);
    if (said === null || isHeartbeat) return;
    if (said.kind === "call" || said.kind === "signal") {
      const count = this.#entry(said.dialect, said.method);
      count.calls++;
      const { status } = talk.statusOf(n);
      if (status === "error" || status === "timed-out" || status === "lost") count.errors++;
      return;
    }
    if (latencyNs === null || partner === null) return;
    const call = talk.said(partner);
    if (call?.kind !== "call") return;
    const count = this.#entry(call.dialect, call.method);
    const { latenciesNs } = count;
    const place = count.replies < MAX_LATENCIES ? count.replies : Math.floor(this.#random() * (count.replies + 1));
    if (place < MAX_LATENCIES) latenciesNs[place] = latencyNs;
    count.replies++;
  }

  /** The most used ones, most calls first. */
  top(): MethodCount[] {
    return [...this.#counts]
      .sort(([, a], [, b]) => b.calls - a.calls)
      .slice(0, METHODS_SHOWN)
      .map(([key, { calls, errors, latenciesNs }]) => {
        const at = key.indexOf(" ");
        const sorted = latenciesNs.toSorted((a, b) => a - b);
        return {
          method: key.slice(at + 1),
          dialect: key.slice(0, at),
          calls,
          errors,
          medianMs: quantileMs(sorted, 0.5),
          p95Ms: quantileMs(sorted, 0.95),
        };
      });
  }

  #entry(dialect: string, method: string): Count {
    const wanted = `${dialect} ${visibleText(method, METHOD_CHARS)}`;
    const key = this.#counts.has(wanted) || this.#counts.size < MAX_METHODS ? wanted : `${dialect} (others)`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { calls: 0, errors: 0, replies: 0, latenciesNs: [] };
      this.#counts.set(key, count);
    }
    return count;
  }
}

function quantileMs(sortedNs: readonly number[], quantile: number): number | null {
  const ns = sortedNs[Math.min(sortedNs.length - 1, Math.floor(sortedNs.length * quantile))];
  return ns === undefined ? null : ns / 1e6;
}
