import type { FailingClient, Verdict } from "../shared/model.ts";
import type { HandshakeDetail } from "./wire/linkSink.ts";

/** First wait before what was folded is written; doubled each time, so that a client that fails for days stays quiet. */
const FIRST_WAIT_MS = 2_500;
const LONGEST_WAIT_MS = 60_000;
/** A failure this long after the last one like it is a new one; libzmq's handshake timer alone takes 30 s. */
const SERIES_MS = 90_000;
/** How long a client counts as failing after its last failure. */
const FAILING_MS = 40_000;
const MAX_SERIES = 256;

/** A handshake that failed or stands still; `detail` is as its own row has it. */
type Failure = {
  readonly link: number;
  readonly client: string;
  readonly server: string;
  readonly detail: HandshakeDetail;
  readonly verdict: Verdict;
};

/** What one row says of many failures: the last one's detail, and how many there were since the first. */
export type FoldedFailures = {
  readonly detail: HandshakeDetail;
  readonly verdict: Verdict;
  /** The client's address without its port. */
  readonly host: string;
  readonly server: string;
  /** Attempts so far, the first included, which has rows of its own. */
  readonly count: number;
  /** From the first to the last. */
  readonly forMs: number;
  /** Mean time from one to the next. */
  readonly everyMs: number;
  /** The first and the last link. */
  readonly links: readonly [number, number];
};

type Series = {
  readonly host: string;
  readonly firstLink: number;
  readonly firstMs: number;
  last: Failure;
  lastMs: number;
  count: number;
  /** Failures that no row tells of yet. */
  unwritten: number;
  waitMs: number;
  writing: NodeJS.Timeout | undefined;
  readonly expiring: NodeJS.Timeout;
  /** A link of the same client has got through since. */
  isOver: boolean;
};

/**
 * Folds the failed handshakes of one tap: of those with the same client host, server and verdict the first has rows of its
 * own, and the others are counted in one row now and then. libzmq tries again ten times a second.
 */
export class Repeats {
  readonly #write: (folded: FoldedFailures) => void;
  readonly #onChanged: () => void;
  readonly #series = new Map<string, Series>();

  /** `write` is given what was folded; `onChanged` is called when clients begin or cease to fail. */
  constructor(write: (folded: FoldedFailures) => void, onChanged: () => void) {
    this.#write = write;
    this.#onChanged = onChanged;
  }

  /** Clients whose latest attempts failed, the newest last. */
  get failing(): readonly FailingClient[] {
    const now = performance.now();
    return (
      [...this.#series.values()]
        .filter(({ isOver, lastMs }) => !isOver && now - lastMs < FAILING_MS)
        // A link that stands still is open, and says so itself.
        .filter(({ count, last }) => count > 1 || last.detail.state === "failed")
        .map(({ host, count, last }) => ({ client: host, count, verdict: last.verdict }))
    );
  }

  /** Whether the next link from this client may be one more of a series, so that its rows should wait. */
  expects(client: string, server: string): boolean {
    const host = hostOf(client);
    const since = performance.now() - SERIES_MS;
    for (const series of this.#series.values()) {
      if (series.host === host && series.last.server === server && series.lastMs > since) return true;
    }
    return false;
  }

  /** Counts a failure. False when it is the first of its kind, which is to be told in full. */
  fold(failure: Failure): boolean {
    const host = hostOf(failure.client);
    const key = `${failure.verdict.id} ${failure.verdict.leg ?? ""} ${host} ${failure.server}`;
    const nowMs = performance.now();
    const series = this.#series.get(key);
    if (series !== undefined && nowMs - series.lastMs < SERIES_MS) {
      series.last = failure;
      series.lastMs = nowMs;
      series.count += 1;
      series.unwritten += 1;
      series.isOver = false;
      series.expiring.refresh();
      series.writing ??= setTimeout(() => this.#flush(series), series.waitMs).unref();
      // The newest stand last.
      this.#series.delete(key);
      this.#series.set(key, series);
      this.#onChanged();
      return true;
    }
    if (series !== undefined) this.#end(key, series);
    const [oldest] = this.#series;
    if (oldest !== undefined && this.#series.size >= MAX_SERIES) this.#end(...oldest);
    this.#series.set(key, {
      host,
      firstLink: failure.link,
      firstMs: nowMs,
      last: failure,
      lastMs: nowMs,
      count: 1,
      unwritten: 0,
      waitMs: FIRST_WAIT_MS,
      writing: undefined,
      expiring: setTimeout(() => this.#onChanged(), FAILING_MS).unref(),
      isOver: false,
    });
    this.#onChanged();
    return false;
  }

  /** Writes what is folded of a client, before rows of another outcome are written. `isThrough`: it has got through. */
  flush(client: string, isThrough: boolean): void {
    const host = hostOf(client);
    for (const series of this.#series.values()) {
      if (series.host !== host) continue;
      this.#flush(series);
      if (isThrough) series.isOver = true;
    }
  }

  /** Writes all that is folded, and forgets it. */
  end(): void {
    for (const [key, series] of this.#series) this.#end(key, series);
  }

  #end(key: string, series: Series): void {
    this.#flush(series);
    clearTimeout(series.expiring);
    this.#series.delete(key);
  }

  #flush(series: Series): void {
    clearTimeout(series.writing);
    series.writing = undefined;
    if (series.unwritten === 0) return;
    series.unwritten = 0;
    series.waitMs = Math.min(series.waitMs * 2, LONGEST_WAIT_MS);
    const { host, count, last, firstLink } = series;
    const forMs = Math.round(series.lastMs - series.firstMs);
    this.#write({
      detail: last.detail,
      verdict: last.verdict,
      host,
      server: last.server,
      count,
      forMs,
      everyMs: Math.round(forMs / (count - 1)),
      links: [firstLink, last.link],
    });
  }
}

/** An address without its port, which is another one at each attempt. Links of ipc have no address: `ipc`. */
function hostOf(address: string): string {
  return address.replace(/( #|:)\d+$/, "");
}
