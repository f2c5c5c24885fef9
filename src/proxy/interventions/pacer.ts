/** Says when each message may go so that no more go in a second than is wanted. */
export class Pacer {
  readonly #perSecond: number;
  readonly #isOctets: boolean;
  #freeAtMs = -Infinity;

  constructor(perSecond: number, unit: "octets" | "messages") {
    this.#perSecond = perSecond;
    this.#isOctets = unit === "octets";
  }

  /** When a message of so many octets may go, which is then taken for gone. */
  next(nowMs: number, sizeBytes: number): number {
    const goesAtMs = Math.max(nowMs, this.#freeAtMs);
    this.#freeAtMs = goesAtMs + ((this.#isOctets ? sizeBytes : 1) * 1000) / this.#perSecond;
    return goesAtMs;
  }
}
