import type { Direction, SocketPair } from "../../shared/model.ts";
import type { LinkSink } from "./linkSink.ts";

/** Requests that may be open on one link; more are not paired. */
const MAX_OPEN = 65_536;

/** Row numbers in order, in a ring that grows up to the bound. */
class RowQueue {
  #rows = new Float64Array(16);
  #first = 0;
  length = 0;

  push(n: number): void {
    if (this.length === this.#rows.length) {
      const grown = new Float64Array(this.length * 2);
      for (let index = 0; index < this.length; index++) grown[index] = this.#at(index);
      this.#rows = grown;
      this.#first = 0;
    }
    this.#rows[(this.#first + this.length++) & (this.#rows.length - 1)] = n;
  }

  /** The oldest; the queue must not be empty. */
  shift(): number {
    const n = this.#at(0);
    this.#first = (this.#first + 1) & (this.#rows.length - 1);
    this.length--;
    return n;
  }

  #at(index: number): number {
    return this.#rows[(this.#first + index) & (this.#rows.length - 1)]!;
  }
}

/**
 * Pairs requests and replies of one link by what its socket types allow (RFC 28): REQ or DEALER to REP in order; REQ to
 * ROUTER by the request id of ZMQ_REQ_CORRELATE, else the newest request; anything else not at all. Either side may
 * be the requester.
 */
export class Exchanges {
  readonly #sink: Pick<LinkSink, "paired" | "exchange">;
  #mode: "none" | "in-order" | "newest" = "none";
  #requester: Direction = 0;
  #needsDelimiter = false;
  #repliesMayProbe = false;
  readonly #probed: [boolean, boolean] = [false, false];

  readonly #queue = new RowQueue();
  /** Open requests from before this began to watch: the first replies are theirs, and belong to no row. */
  #before = 0;
  /** Requests behind a full queue: their replies come after those of the queue, and belong to nothing. */
  #beyond = 0;

  /** Open or abandoned requests with an id, oldest first. */
  readonly #byId = new Map<number, number>();
  /** Row of the one open request of a REQ, -1 when there is none. */
  #newest = -1;
  #newestReplaced = false;

  /** Requests that were not paired because of the bound. */
  overflow = 0;

  constructor(sink: Pick<LinkSink, "paired" | "exchange">) {
    this.#sink = sink;
  }

  /** Sets how messages are paired from now on. */
  configure(sockets: SocketPair): void {
    const { client, server } = sockets;
    this.#requester = client === "REQ" || (client === "DEALER" && server === "REP") ? 0 : 1;
    const [requester, replier] = this.#requester === 0 ? [client, server] : [server, client];
    this.#mode = "none";
    if ((requester === "REQ" || requester === "DEALER") && replier === "REP") this.#mode = "in-order";
    if (requester === "REQ" && replier === "ROUTER") this.#mode = "newest";
    this.#needsDelimiter = requester === "DEALER";
    this.#repliesMayProbe = replier === "ROUTER";
  }

  /** So many requests are open that were never told. */
  expectReplies(count: number): void {
    this.#before = count;
  }

  /** Whether messages of this link are paired at all. */
  get isActive(): boolean {
    return this.#mode !== "none";
  }

  /** Whether the envelope of this direction's messages matters to message(). */
  readsEnvelope(direction: Direction): boolean {
    return (
      this.#mode === "newest" || (this.#mode === "in-order" && this.#needsDelimiter && direction === this.#requester)
    );
  }

  /** Requests that wait for their reply. */
  get pending(): number {
    if (this.#mode === "newest") return this.#newest < 0 ? 0 : 1;
    return this.#queue.length + this.#beyond;
  }

  /**
   * A message was seen as row `n`. `requestId` is its 4-octet id as a number, -1 when there is none; `hasDelimiter`
   * whether an empty frame stands before its last one. Both count only where readsEnvelope() says so.
   */
  message(
    direction: Direction,
    n: number,
    frames: number,
    sizeBytes: number,
    requestId: number,
    hasDelimiter: boolean,
  ): void {
    const isRequest = direction === this.#requester;
    // A first message of one empty frame is what ZMQ_PROBE_ROUTER sends.
    const isFirst = !this.#probed[direction];
    this.#probed[direction] = true;
    if (isFirst && frames === 1 && sizeBytes === 0 && (isRequest || this.#repliesMayProbe)) return;
    if (this.#mode === "in-order") {
      if (isRequest) this.#requestInOrder(n, hasDelimiter);
      else this.#replyInOrder(n);
    } else if (isRequest) this.#requestNewest(n, requestId);
    else this.#replyNewest(n, requestId);
  }

  /** The connections are gone: what is open will never be answered. */
  close(): void {
    while (this.#queue.length > 0) this.#sink.exchange(this.#queue.shift(), "lost");
    this.#beyond = 0;
    if (this.#newest >= 0) this.#sink.exchange(this.#newest, "lost");
    this.#newest = -1;
    this.#byId.clear();
  }

  #requestInOrder(n: number, hasDelimiter: boolean): void {
    // REP drops a request without a delimiter and answers the next one.
    if (this.#needsDelimiter && !hasDelimiter) return;
    if (this.#beyond > 0 || this.#queue.length === MAX_OPEN) {
      this.#beyond++;
      this.overflow++;
      return;
    }
    this.#queue.push(n);
    this.#sink.exchange(n, "pending");
  }

  #replyInOrder(n: number): void {
    if (this.#before > 0) this.#before--;
    else if (this.#queue.length > 0) this.#sink.paired(this.#queue.shift(), n, false, false);
    else if (this.#beyond > 0) this.#beyond--;
    else this.#sink.exchange(n, "unasked");
  }

  #requestNewest(n: number, requestId: number): void {
    this.#newestReplaced = this.#newest >= 0;
    if (this.#newestReplaced) this.#sink.exchange(this.#newest, "abandoned");
    this.#newest = n;
    if (requestId >= 0) {
      this.#byId.delete(requestId);
      if (this.#byId.size === MAX_OPEN) this.#forgetOldest();
      this.#byId.set(requestId, n);
    }
    this.#sink.exchange(n, "pending");
  }

  /** Abandoned requests are kept, since their id proves even a late reply; but not for ever. */
  #forgetOldest(): void {
    for (const oldest of this.#byId.keys()) {
      this.#byId.delete(oldest);
      this.overflow++;
      return;
    }
  }

  #replyNewest(n: number, requestId: number): void {
    const request = requestId >= 0 ? this.#byId.get(requestId) : undefined;
    if (request !== undefined) {
      this.#byId.delete(requestId);
      const isLate = request !== this.#newest;
      if (!isLate) this.#newest = -1;
      this.#sink.paired(request, n, false, isLate);
    } else if (requestId < 0 && this.#newest >= 0) {
      const newest = this.#newest;
      this.#newest = -1;
      this.#sink.paired(newest, n, this.#newestReplaced, false);
    } else if (this.#before > 0) {
      this.#before = 0;
    } else {
      this.#sink.exchange(n, "unasked");
    }
  }
}
