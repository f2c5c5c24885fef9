/** Goes through past texts, newest first, and back to what was being typed. */
export class HistoryWalk {
  #texts: readonly string[] = [];
  /** -1 is what was being typed. */
  #at = -1;
  #draft = "";

  get isWalking(): boolean {
    return this.#at >= 0;
  }

  /** An older text than `current`, or `null` at the oldest. The first step keeps `current` to come back to. */
  older(history: readonly string[], current: string): string | null {
    if (this.#at < 0) {
      this.#draft = current;
      this.#texts = history.filter((text) => text !== current);
    }
    const next = this.#texts[this.#at + 1];
    if (next === undefined) return null;
    this.#at++;
    return next;
  }

  /** A newer text, at last what was being typed; `null` when nobody walks. */
  newer(): string | null {
    if (this.#at < 0) return null;
    this.#at--;
    return this.#at < 0 ? this.#draft : (this.#texts[this.#at] ?? this.#draft);
  }

  /** Somebody types: the next walk begins at the newest. */
  stop(): void {
    this.#at = -1;
  }
}
