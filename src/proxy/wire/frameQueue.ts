import { COMMAND, declaredSize, headerSize } from "./frames.ts";
import { concat } from "./octets.ts";

export type QueuedFrame = { readonly body: Uint8Array; readonly command: boolean };

/** Octets of a handshake, taken out frame by frame, since each may change how the rest is to be read. */
export class FrameQueue {
  readonly #maxBytes: number;
  #waiting: Uint8Array = new Uint8Array(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Uint8Array): void {
    this.#waiting = concat([this.#waiting, chunk]);
  }

  /** Octets that wait; the caller bounds them. */
  get bytes(): number {
    return this.#waiting.length;
  }

  /** The next whole frame; `null` when none is there yet; `too-long` for one above the limit, after which nothing is read. */
  next(): QueuedFrame | "too-long" | null {
    const first = this.#waiting[0];
    if (first === undefined) return null;
    const header = headerSize(3, first);
    if (this.#waiting.length < header) return null;
    const size = declaredSize(3, this.#waiting, 0);
    if (size < 0 || size > this.#maxBytes) return "too-long";
    if (this.#waiting.length < header + size) return null;
    const body = this.#waiting.slice(header, header + size);
    this.#waiting = this.#waiting.slice(header + size);
    return { body, command: (first & COMMAND) !== 0 };
  }

  /** All that waits, which is gone from here then. */
  takeRest(): Uint8Array {
    const rest = this.#waiting;
    this.#waiting = new Uint8Array(0);
    return rest;
  }
}
