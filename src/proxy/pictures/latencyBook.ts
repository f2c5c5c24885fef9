import {
  LATENCY_BUCKETS,
  type LatencyPicture,
  latencyBucketOf,
  type MethodLatency,
  type SlowExchange,
} from "../../shared/pictures.ts";
import { percentileMs } from "./histogram.ts";

/** Methods that are told apart, and those that a picture shows. */
const MAX_METHODS = 1000;
const SHOWN_METHODS = 200;
const MAX_METHOD_CHARS = 200;
const MAX_SLOWEST = 50;

type Method = {
  readonly tapName: string;
  readonly method: string;
  readonly histogram: Uint32Array;
  replies: number;
  errors: number;
  minMs: number;
  maxMs: number;
};

type Slow = Omit<SlowExchange, "timeMs"> & { readonly timeNs: number };

/** How long replies took, by tap and method, and the slowest of all. */
export class LatencyBook {
  readonly #methods = new Map<string, Method>();
  /** The slowest first. */
  #slowest: Slow[] = [];
  #hasMore = false;

  /** Rows `request` and `reply`; `method` is empty where no dialect names one. */
  add(
    tapName: string,
    method: string,
    latencyMs: number,
    isError: boolean,
    request: number,
    reply: number,
    timeNs: number,
  ): void {
    const known = this.#methodOf(tapName, method.slice(0, MAX_METHOD_CHARS));
    if (known !== null) {
      known.histogram[latencyBucketOf(latencyMs)]!++;
      known.replies++;
      if (isError) known.errors++;
      known.minMs = Math.min(known.minMs, latencyMs);
      known.maxMs = Math.max(known.maxMs, latencyMs);
    }
    const slowest = this.#slowest;
    if (slowest.length === MAX_SLOWEST && latencyMs <= slowest[MAX_SLOWEST - 1]!.latencyMs) return;
    let at = slowest.length;
    while (at > 0 && slowest[at - 1]!.latencyMs < latencyMs) at--;
    slowest.splice(at, 0, { request, reply, tapName, method: method.slice(0, MAX_METHOD_CHARS), latencyMs, timeNs });
    if (slowest.length > MAX_SLOWEST) slowest.pop();
  }

  clear(): void {
    this.#methods.clear();
    this.#slowest = [];
    this.#hasMore = false;
  }

  read(toEpochMs: (timeNs: number) => number): LatencyPicture {
    const methods = [...this.#methods.values()].sort((a, b) => b.replies - a.replies);
    return {
      methods: methods.slice(0, SHOWN_METHODS).map(readMethod),
      otherMethods: Math.max(0, methods.length - SHOWN_METHODS) + (this.#hasMore ? 1 : 0),
      slowest: this.#slowest.map(({ timeNs, ...slow }) => ({ ...slow, timeMs: toEpochMs(timeNs) })),
    };
  }

  #methodOf(tapName: string, method: string): Method | null {
    const key = `${tapName}\0${method}`;
    const known = this.#methods.get(key);
    if (known !== undefined) return known;
    if (this.#methods.size >= MAX_METHODS) {
      this.#hasMore = true;
      return null;
    }
    const histogram = new Uint32Array(LATENCY_BUCKETS);
    const made = { tapName, method, histogram, replies: 0, errors: 0, minMs: Infinity, maxMs: 0 };
    this.#methods.set(key, made);
    return made;
  }
}

function readMethod({ tapName, method, histogram, replies, errors, minMs, maxMs }: Method): MethodLatency {
  const at = (share: number): number => Math.min(maxMs, Math.max(minMs, percentileMs(histogram, replies, share)));
  return {
    tapName,
    method,
    replies,
    errors,
    minMs,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs,
    histogram: Array.from(histogram),
  };
}
