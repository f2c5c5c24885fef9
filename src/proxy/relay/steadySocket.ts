import { Socket, type SocketConstructorOpts } from "node:net";

/**
 * How much is read at once, in octets: a connection that fills its memory gets the next larger one. The largest is what one
 * packet of a capture holds.
 */
const SIZES = [1_024, 8_192, 65_495] as const;
/** Of all connections together; beyond it none gets more than the least. */
const MAX_TOTAL_BYTES = 128 * 1024 * 1024;

/**
 * Takes octets right after they were read. They are its to use until it returns; true: until the next time that it is given
 * any and returns true again.
 */
export type Taker = (bytes: Uint8Array) => boolean;

/** Octets that are held for reading now. */
let totalBytes = 0;

/** The memory that a connection reads into, again and again. */
class ReadMemory {
  /** `null`: what is read goes the usual way, as 'data'. */
  taker: Taker | null = null;
  /** Takes what goes the usual way; false when it is to wait. */
  push: (bytes: Uint8Array) => boolean = () => true;
  #size = 0;
  #current: Uint8Array | null = null;
  /** The other one of the same size, where somebody has needed both. */
  #spare: Uint8Array | null = null;
  #isFilled = false;
  #isLent = false;

  /** The memory for what is read next. */
  next(): Uint8Array {
    const larger = SIZES[this.#size + 1];
    if (this.#current === null) this.#current = allocate(SIZES[0]);
    else if (this.#isFilled && larger !== undefined && totalBytes + larger <= MAX_TOTAL_BYTES) {
      this.release();
      this.#size++;
      this.#current = allocate(larger);
    } else if (this.#isLent) {
      const spare = this.#spare ?? allocate(this.#current.length);
      this.#spare = this.#current;
      this.#current = spare;
    }
    this.#isFilled = this.#isLent = false;
    return this.#current;
  }

  /** So many octets were read; false when nothing more is to be read for now. */
  took(count: number): boolean {
    const bytes = this.#current!.subarray(0, count);
    this.#isFilled = count === this.#current!.length;
    if (this.taker === null) return this.push(Buffer.from(bytes));
    this.#isLent = this.taker(bytes);
    return true;
  }

  release(): void {
    totalBytes -= (this.#current?.length ?? 0) + (this.#spare?.length ?? 0);
    this.#current = this.#spare = null;
  }
}

/** Not a Buffer, whose slice() is no copy. */
function allocate(bytes: number): Uint8Array {
  totalBytes += bytes;
  return new Uint8Array(bytes);
}

/**
 * A connection that reads into the same memory again and again. Node's own sockets get new memory for each read, which at
 * a gigabyte a second has the whole heap collected many times a second. Until takeWith() it is a socket like any other.
 */
export class SteadySocket extends Socket {
  readonly #memory: ReadMemory;

  /** Not connected yet. */
  constructor(options: SocketConstructorOpts) {
    const memory = new ReadMemory();
    super({ ...options, onread: { buffer: () => memory.next(), callback: (count) => memory.took(count) } });
    this.#memory = memory;
    memory.push = (bytes) => this.push(bytes);
    this.once("close", () => memory.release());
  }

  /**
   * Goes on with a connection that a server has accepted, paused, and of which nothing was read. Node offers this for a
   * connection's handle only, which is not documented: without it the socket comes back as it is.
   */
  static over(accepted: Socket): Socket {
    const opened = accepted as unknown as { _handle?: object | null };
    const { _handle: handle } = opened;
    if (typeof handle !== "object" || handle === null || accepted.bytesRead > 0) return accepted;
    opened._handle = null;
    const options = { handle, allowHalfOpen: true, pauseOnCreate: true };
    const socket = new SteadySocket(options);
    accepted.destroy();
    return socket;
  }

  /** From now on what is read goes to `taker`, and to 'data' only what is there already, before it. */
  takeWith(taker: Taker): void {
    this.#memory.taker = taker;
  }
}
