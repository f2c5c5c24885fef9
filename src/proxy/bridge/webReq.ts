import type * as zeromq from "zeromq";
import { type Frames, MAX_MESSAGE_BYTES, reasonOf, type SocketMaker } from "./webSocketKinds.ts";

const DELIMITER = new Uint8Array(0);

type Notices = {
  /** A request is on its way. */
  readonly sent: (content: Uint8Array) => void;
  /** The reply to the oldest request, which begins behind its envelope, at frame `from`. */
  readonly replied: (frames: Frames, from: number) => void;
  /** The oldest request has no reply: a sentence. Of one that was `sent`, the exchange is over. */
  readonly failed: (problem: string, why: "timeout" | "error" | "refused") => void;
  /** A request has left the queue. */
  readonly drained: (content: string) => void;
};

/** `problem` is why it may not be sent. */
type Waiting = { readonly content: string; readonly problem: string | null };

/**
 * A page's REQ: a DEALER of its own, so that nobody else's turn depends on it. Requests go out one at a time, each when the
 * one before is settled. A request without a reply in time takes its DEALER with it: what comes late can answer nothing.
 */
export class WebReq {
  readonly #identity: Uint8Array;
  readonly #endpoint: string;
  readonly #maker: SocketMaker;
  readonly #notices: Notices;
  readonly #waiting: Waiting[] = [];
  #dealer: zeromq.Dealer;
  /** Ends the request that is under way. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Throws where `zeromq` cannot make the socket or connect it. */
  constructor(identity: string, endpoint: string, maker: SocketMaker, notices: Notices) {
    this.#identity = Buffer.from(identity);
    this.#endpoint = endpoint;
    this.#maker = maker;
    this.#notices = notices;
    this.#dealer = this.#open();
  }

  /** Whether so many requests wait that the page should wait, too. */
  get isFull(): boolean {
    return this.#waiting.length >= this.#maker.highWaterMark;
  }

  /** Sends it in its turn; with a `problem` it fails in its turn, since replies have nothing but their order. */
  send(content: string, problem: string | null = null): void {
    this.#waiting.push({ content, problem });
    if (this.#timer === undefined) this.#next();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#dealer.close();
    for (const { content } of this.#waiting.splice(0)) this.#notices.drained(content);
  }

  #open(): zeromq.Dealer {
    const { zmq, context, highWaterMark } = this.#maker;
    const dealer = new zmq.Dealer({ context, linger: 0, maxMessageSize: MAX_MESSAGE_BYTES, sendTimeout: 0 });
    dealer.sendHighWaterMark = highWaterMark;
    dealer.receiveHighWaterMark = highWaterMark;
    try {
      dealer.connect(this.#endpoint);
    } catch (error) {
      dealer.close();
      throw error;
    }
    void this.#receive(dealer);
    return dealer;
  }

  #next(): void {
    let next = this.#waiting.shift();
    while (next !== undefined && next.problem !== null) {
      this.#notices.drained(next.content);
      this.#notices.failed(next.problem, "refused");
      next = this.#waiting.shift();
    }
    if (next === undefined) return;
    const { content } = next;
    const { timeoutMs } = this.#maker;
    const body = Buffer.from(content);
    this.#timer = setTimeout(() => {
      this.#renew(`There was no reply within ${timeoutMs / 1000} s.`, "timeout");
    }, timeoutMs);
    this.#notices.sent(body);
    const dealer = this.#dealer;
    dealer.send([this.#identity, DELIMITER, body]).catch((error: unknown) => {
      if (dealer === this.#dealer) this.#renew(`The request could not be sent: ${reasonOf(error)}.`, "error");
    });
    this.#notices.drained(content);
  }

  async #receive(dealer: zeromq.Dealer): Promise<void> {
    try {
      for await (const frames of dealer) this.#received(dealer, frames);
    } catch (error) {
      if (dealer === this.#dealer) this.#renew(`The reply could not be received: ${reasonOf(error)}.`, "error");
    }
  }

  #received(dealer: zeromq.Dealer, frames: readonly Buffer[]): void {
    // What nobody waits for belongs to no request.
    if (dealer !== this.#dealer || this.#timer === undefined) return;
    const start = frames.findIndex((frame) => frame.length === 0) + 1;
    if (start === 0 || start === frames.length) {
      this.#renew("The reply has no envelope, so it is no reply to this request.", "error");
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#notices.replied(frames, start);
    this.#next();
  }

  /** Ends the request under way, and its socket. */
  #renew(problem: string, why: "timeout" | "error"): void {
    if (this.#isClosed) return;
    const wasAsked = this.#timer !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dealer.close();
    if (wasAsked) this.#notices.failed(problem, why);
    try {
      this.#dealer = this.#open();
    } catch (error) {
      // Whatever waits cannot be sent either; the next request tries again.
      for (const { content } of this.#waiting.splice(0)) {
        this.#notices.drained(content);
        this.#notices.failed(`The endpoint cannot be connected to: ${reasonOf(error)}.`, "error");
      }
      return;
    }
    this.#next();
  }
}
