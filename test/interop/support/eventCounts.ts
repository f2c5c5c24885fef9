/** Counts named events, so that a test can wait for the n-th of a kind whether it has come or not. */
export class EventCounts {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Set<{ name: string; count: number; resolve: () => void; reject: (error: Error) => void }>();
  #ended: Error | undefined;

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.#counts.set(name, this.count(name) + 1);
    for (const waiter of this.#waiting) {
      if (this.count(waiter.name) < waiter.count) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves when `name` has happened `count` times since the beginning. */
  until(name: string, count = 1): Promise<void> {
    if (this.count(name) >= count) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiting.add({ name, count, resolve, reject }));
  }

  /** Nothing will happen any more: whoever still waits is told. */
  end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiting) waiter.reject(reason);
    this.#waiting.clear();
  }
}
