/** Calls that wait for their signal; the oldest is forgotten. */
const MAX_OPEN = 4096;
/** Pairs that are remembered; the oldest is forgotten. */
const MAX_PAIRS = 65_536;
/** A signal that comes later than this belongs to no call. */
const MAX_WAIT_NS = 600e9;

/** Signals of the public frontend-backend application whose names do not follow from their method. */
const SIGNALS: Readonly<Record<string, string>> = {
  get_stored_data: "stored_data",
  twice_01: "twice_signal",
  twice_02: "twice_signal",
};
/** What is put behind a method's name, all well and not. */
const ENDINGS = ["result", "ok", "done", "finished", "started", "stopped", "error", "failed"];
/** Methods that are not followed by a signal. */
const SILENT: ReadonlySet<string> = new Set(["stop", "PING"]);

/**
 * Ties the calls of a frontend-backend application to the signals that answer them, on another link: by their names and the
 * order in time, since the protocol has no ids. Every pair is a guess.
 */
export class SignalPairs {
  /** Open calls, the oldest first. */
  readonly #open: { readonly n: number; readonly method: string; readonly timeNs: number }[] = [];
  /** Both ways. */
  readonly #pairs = new Map<number, number>();
  #hasSignals = false;

  /** Whether there was any signal, without which nothing can be said of a call that has none. */
  get hasSignals(): boolean {
    return this.#hasSignals;
  }

  /** Whether a call of this method leads to a signal. */
  expects(method: string): boolean {
    return !SILENT.has(method);
  }

  partnerOf(n: number): number | null {
    return this.#pairs.get(n) ?? null;
  }

  clear(): void {
    this.#open.length = 0;
    this.#pairs.clear();
    this.#hasSignals = false;
  }

  called(n: number, method: string, timeNs: number): void {
    if (!this.expects(method)) return;
    if (this.#open.length >= MAX_OPEN) this.#open.shift();
    this.#open.push({ n, method, timeNs });
  }

  /** Returns the call that the signal seems to answer; `null` for none. */
  signalled(n: number, signal: string, timeNs: number): number | null {
    this.#hasSignals = true;
    while (this.#open.length > 0 && timeNs - this.#open[0]!.timeNs > MAX_WAIT_NS) this.#open.shift();
    const at = this.#open.findIndex(({ method }) => answers(signal, method));
    const call = this.#open[at];
    if (call === undefined) return null;
    this.#open.splice(at, 1);
    this.#pair(call.n, n);
    return call.n;
  }

  #pair(call: number, signal: number): void {
    while (this.#pairs.size >= MAX_PAIRS) this.#pairs.delete(this.#pairs.keys().next().value!);
    this.#pairs.set(call, signal);
    this.#pairs.set(signal, call);
  }
}

/** Whether a signal of this name is what the method leads to: `add_result` of `add`, `stored_data` of `get_stored_data`. */
function answers(signal: string, method: string): boolean {
  if (Object.hasOwn(SIGNALS, method)) return SIGNALS[method] === signal;
  if (signal === method || `get_${signal}` === method) return true;
  return signal.startsWith(`${method}_`) && ENDINGS.includes(signal.slice(method.length + 1));
}
