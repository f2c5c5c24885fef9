import type { GateClock } from "./gate.ts";
import { Pacer } from "./pacer.ts";

/** Octets go in pieces of what a tenth of a second allows. */
const PIECES_PER_SECOND = 10;
const MAX_PIECE_BYTES = 65_536;

/**
 * Stands in one direction of a link whose messages cannot be told apart, and lets so many octets a second go. It holds what
 * was read at once and is full meanwhile, so the sender is read no faster.
 */
export class RawThrottle {
  readonly isOpen = true;
  readonly #clock: GateClock;
  readonly #sink: { send(bytes: Uint8Array): void; moved(): void };
  readonly #pacer: Pacer;
  readonly #pieceBytes: number;
  #waiting: Uint8Array[] = [];
  #cancel: (() => void) | null = null;
  #isOver = false;

  constructor(perSecond: number, clock: GateClock, sink: { send(bytes: Uint8Array): void; moved(): void }) {
    this.#clock = clock;
    this.#sink = sink;
    this.#pacer = new Pacer(perSecond, "octets");
    this.#pieceBytes = Math.max(1, Math.min(MAX_PIECE_BYTES, Math.floor(perSecond / PIECES_PER_SECOND)));
  }

  get isFull(): boolean {
    return this.#waiting.length > 0;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#waiting.push(new Uint8Array(bytes));
    if (this.#cancel === null) this.#goOn();
  }

  flush(): void {
    if (this.#isOver) return;
    const waiting = this.#waiting;
    this.dispose();
    for (const bytes of waiting) this.#sink.send(bytes);
  }

  dispose(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting = [];
  }

  #goOn(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#isOver) return;
    const piece = first.subarray(0, this.#pieceBytes);
    const nowMs = this.#clock.nowMs();
    const goesAtMs = this.#pacer.next(nowMs, piece.length);
    const go = (): void => {
      this.#cancel = null;
      const rest = first.subarray(piece.length);
      if (rest.length === 0) this.#waiting.shift();
      else this.#waiting[0] = rest;
      this.#sink.send(piece);
      if (this.#waiting.length === 0) this.#sink.moved();
      else this.#goOn();
    };
    if (goesAtMs <= nowMs) go();
    else this.#cancel = this.#clock.after(goesAtMs - nowMs, go);
  }
}
