import { COMMAND, declaredSize, headerSize } from "./frames.ts";

export type QueuedFrame = { readonly body: Uint8Array; readonly command: boolean };

/** Octets of a handshake, taken out frame by frame, since each may change how the rest is to be read. */
export class FrameQueue {
  readonly #maxBytes: number;
  #octets: Uint8Array = new Uint8Array(0);
  /** What waits lies between these two. */
  #from = 0;
  #to = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes octets over as a copy. */
  push(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#octets.length) this.#grow(chunk.length);
    this.#octets.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** Octets that wait; the caller bounds them. */
  get bytes(): number {
    return this.#to - this.#from;
  }

  /** The next whole frame; `null` when none is there yet; `too-long` for one above the limit, after which nothing is read. */
  next(): QueuedFrame | "too-long" | null {
    const waiting = this.#octets.subarray(this.#from, this.#to);
    const first = waiting[0];
    if (first === undefined) return null;
    const header = headerSize(3, first);
    if (waiting.length < header) return null;
    const size = declaredSize(3, waiting, 0);
    if (size < 0 || size > this.#maxBytes) return "too-long";
    if (waiting.length < header + size) return null;
    this.#from += header + size;
    return { body: waiting.slice(header, header + size), command: (first & COMMAND) !== 0 };
  }

  /** All that waits, which is gone from here then. */
  takeRest(): Uint8Array {
    const rest = this.#octets.subarray(this.#from, this.#to);
    this.#octets = new Uint8Array(0);
    this.#from = 0;
    this.#to = 0;
    return rest;
  }

  /** Makes room for as much again as there will be, so that many small chunks cost what one large one does. */
  #grow(more: number): void {
    const waiting = this.#octets.subarray(this.#from, this.#to);
    this.#octets = new Uint8Array(2 * (waiting.length + more));
    this.#octets.set(waiting);
    this.#from = 0;
    this.#to = waiting.length;
  }
}
