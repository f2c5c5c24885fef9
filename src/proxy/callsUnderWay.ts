import { UserError } from "../shared/userError.ts";

/** Calls under way at once. */
const MAX_CALLS = 64;

/** What is under way and may be cancelled, by the name that its caller gave it. */
export class CallsUnderWay {
  readonly #calls = new Map<string, AbortController>();

  /** Rejects with a UserError when too many are under way, or one of that name. */
  async run<T>(call: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#calls.size >= MAX_CALLS) {
      throw new UserError("too-many-calls", `${MAX_CALLS} calls are under way. Wait for one to end, or cancel one.`);
    }
    if (this.#calls.has(call)) {
      throw new UserError("call-under-way", "This call is under way already. Wait until it ends, or cancel it.");
    }
    const abort = new AbortController();
    this.#calls.set(call, abort);
    try {
      return await run(abort.signal);
    } finally {
      this.#calls.delete(call);
    }
  }

  /** Ends a call; unknown ones have ended already. */
  cancel(call: string): void {
    this.#calls.get(call)?.abort();
  }

  cancelAll(): void {
    for (const abort of this.#calls.values()) abort.abort();
  }
}
