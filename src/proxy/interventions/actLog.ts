import type { GateClock } from "./gate.ts";

/** Acts of one kind that are told one by one within a second; those that follow are told together. */
const TOLD_ONE_BY_ONE = 100;
const SPAN_MS = 1_000;

type Span = { readonly beganMs: number; told: number; folded: number; last: object };

/** Tells acts as events, and many of a kind at once as one event with a `count`, so that a log is not made of events alone. */
export class ActLog {
  readonly #clock: GateClock;
  readonly #tell: (detail: object) => void;
  readonly #spans = new Map<string, Span>();
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: GateClock, tell: (detail: object) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Acts of the same `kind` are folded. Of those that are, the last one's detail is told. */
  add(kind: string, detail: object): void {
    let span = this.#spans.get(kind);
    if (span === undefined) {
      span = { beganMs: this.#clock.nowMs(), told: 0, folded: 0, last: detail };
      this.#spans.set(kind, span);
      this.#cancels.set(
        kind,
        this.#clock.after(SPAN_MS, () => this.#end(kind)),
      );
    }
    if (span.told < TOLD_ONE_BY_ONE) {
      span.told += 1;
      this.#tell(detail);
      return;
    }
    span.folded += 1;
    span.last = detail;
  }

  /** Tells what was folded so far. */
  end(): void {
    for (const kind of [...this.#spans.keys()]) this.#end(kind);
  }

  #end(kind: string): void {
    this.#cancels.get(kind)?.();
    this.#cancels.delete(kind);
    const span = this.#spans.get(kind);
    this.#spans.delete(kind);
    if (span === undefined || span.folded === 0) return;
    const forMs = Math.round(this.#clock.nowMs() - span.beganMs);
    this.#tell({ ...span.last, count: span.folded, forMs });
  }
}
