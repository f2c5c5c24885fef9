import { setImmediate } from "node:timers/promises";
import type * as zeromq from "zeromq";
import { type Frames, MAX_MESSAGE_BYTES, reasonOf, type SocketMaker } from "./webSocketKinds.ts";

/** What libzmq holds between two turns of ours; what a page is too slow for is dropped behind it, and counted. */
const RECEIVE_HIGH_WATER_MARK = 1_000;

type Notices = {
  /** Whether the page is behind with what it was sent. */
  readonly isFull: () => boolean;
  readonly published: (frames: Frames) => void;
  /** The socket is at its end: a sentence. */
  readonly failed: (problem: string) => void;
};

/** A page's SUB: a subscriber of its own, read as fast as publications come, so that what is too much is counted. */
export class WebSub {
  readonly #socket: zeromq.Subscriber;
  readonly #notices: Notices;

  /** Throws where `zeromq` cannot make the socket or connect it. */
  constructor(endpoint: string, topics: readonly string[], maker: SocketMaker, notices: Notices) {
    const { zmq, context } = maker;
    this.#notices = notices;
    this.#socket = new zmq.Subscriber({ context, linger: 0, maxMessageSize: MAX_MESSAGE_BYTES });
    this.#socket.receiveHighWaterMark = RECEIVE_HIGH_WATER_MARK;
    try {
      this.#socket.subscribe(...topics);
      this.#socket.connect(endpoint);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
    void this.#read();
  }

  close(): void {
    this.#socket.close();
  }

  async #read(): Promise<void> {
    try {
      let isSlow = false;
      for await (const frames of this.#socket) {
        // Hundreds of publications can come in one turn, in which nothing that was sent is written.
        if (!this.#notices.isFull()) isSlow = false;
        else if (!isSlow) {
          await setImmediate();
          isSlow = this.#notices.isFull();
        }
        this.#notices.published(frames);
      }
    } catch (error) {
      if (this.#socket.closed) return;
      this.#socket.close();
      this.#notices.failed(`The subscription ended: ${reasonOf(error)}.`);
    }
  }
}
