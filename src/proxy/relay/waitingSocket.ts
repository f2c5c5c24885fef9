import type { Duplex } from "node:stream";

/** What one side may say before the other is connected; more stays in the system's buffers. */
const LIMIT_BYTES = 65_536;

/**
 * A connection whose partner is not there yet. Reads a little of it, so that its end is noticed, and keeps that for the
 * link. An end (FIN) is kept as well and comes again as 'end' after take(); a reset calls `onGone`.
 */
export class WaitingSocket {
  readonly socket: Duplex;
  readonly #chunks: Uint8Array[] = [];
  readonly #onData = (chunk: Uint8Array): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= LIMIT_BYTES) this.socket.pause();
  };
  readonly #onEnd = (): void => {
    this.hasEnded = true;
  };
  readonly #onGone: () => void;
  #bytes = 0;
  /** The other program has closed its sending side already. */
  hasEnded = false;

  constructor(socket: Duplex, onGone: () => void) {
    this.socket = socket;
    this.#onGone = onGone;
    socket.on("data", this.#onData);
    socket.once("end", this.#onEnd);
    socket.once("error", onGone);
    socket.once("close", onGone);
    socket.resume();
  }

  /** Stops waiting: what was read so far, and the socket paused again. Start the link in the same turn. */
  take(): readonly Uint8Array[] {
    this.socket.pause();
    this.socket.off("data", this.#onData);
    this.socket.off("end", this.#onEnd);
    this.socket.off("error", this.#onGone);
    this.socket.off("close", this.#onGone);
    return this.#chunks;
  }
}
