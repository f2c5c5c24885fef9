import { COMMAND, declaredSize, type Framing, headerSize, MORE } from "../wire/frames.ts";

/** Commands are this long at most; a longer one goes the way of a message that is too long. */
const MAX_COMMAND_BYTES = 64 * 1024;
const FIRST_STORE_BYTES = 4096;
/** A store that a long message has made is not kept. */
const KEPT_STORE_BYTES = 1024 * 1024;

/** What an Assembler finds. Octets are the sink's to keep, unless it says otherwise. */
export type AssemblerSink = {
  /** A message as it came on the wire, without the commands that stood in it. */
  message(bytes: Uint8Array, frames: number, sizeBytes: number): void;
  /** A command frame. `isInside`: the message under way goes on behind it. */
  command(bytes: Uint8Array): void;
  /** The message under way is too long to be held: this is what has come of it. The rest comes by rest(). */
  tooLong(bytes: Uint8Array): void;
  /** More of a message that is too long, with the commands in it; to be used before this returns. */
  rest(bytes: Uint8Array): void;
  /** These octets are no frames: everything from here on is passed on as it is by rest(). */
  unreadable(bytes: Uint8Array): void;
  /** Whether anything more may come now. Asked behind each message and command. */
  readonly isFull: boolean;
};

/**
 * Makes whole messages and commands of one direction's octets, which begin outside a message. What is long is gathered as it
 * comes, so that a declared length alone costs nothing.
 */
export class Assembler {
  readonly #framing: Framing;
  readonly #maxBytes: number;
  readonly #sink: AssemblerSink;
  #store = new Uint8Array(FIRST_STORE_BYTES);
  #stored = 0;
  /** Where the frame under way began in the store. */
  #frameAt = 0;
  readonly #header = new Uint8Array(10);
  #headerFilled = 0;
  #bodyLeft = 0;
  #isCommand = false;
  #isLast = false;
  #frames = 0;
  #sizeBytes = 0;
  /** The message under way is passed on as it comes. */
  #isStreaming = false;
  #isUnreadable = false;

  constructor(framing: Framing, maxBytes: number, sink: AssemblerSink) {
    this.#framing = framing;
    this.#maxBytes = maxBytes;
    this.#sink = sink;
  }

  /** The octets of the message under way are on their way to the receiver, so that nothing may be put in. */
  get isStreaming(): boolean {
    return this.#isStreaming || this.#isUnreadable;
  }

  /** Reads octets until the sink is full; returns how many were read. */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.#sink.isFull) {
      if (this.#isUnreadable) {
        this.#sink.rest(bytes.subarray(at));
        return bytes.length;
      }
      at = this.#isStreaming ? this.#stream(bytes, at) : this.#read(bytes, at);
    }
    return at;
  }

  /** What has come of the message under way and was not told, which is forgotten here: whoever takes it passes on the rest. */
  takeUnfinished(): Uint8Array {
    // Of a message that is passed on as it comes, the header under way is gone already.
    if (!this.isStreaming) this.#keep(this.#header, 0, this.#headerFilled);
    const unfinished = this.#store.slice(0, this.#stored);
    this.#headerFilled = 0;
    this.#forget();
    return unfinished;
  }

  #read(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#bodyLeft === 0) {
      if (this.#headerFilled === 0) this.#frameAt = this.#stored;
      at = this.#readHeader(bytes, at);
      if (this.#isWaiting()) return at;
      this.#keep(this.#header, 0, this.#headerFilled);
      const size = this.#beginFrame();
      if (size < 0) {
        this.#isUnreadable = true;
        this.#sink.unreadable(this.takeUnfinished());
        return at;
      }
      const isTooLong = this.#isCommand ? size > MAX_COMMAND_BYTES : this.#stored + size > this.#maxBytes;
      if (isTooLong) {
        this.#isStreaming = true;
        this.#sink.tooLong(this.#store.slice(0, this.#stored));
        this.#stored = 0;
        if (size === 0) this.#endStreamedFrame();
        return at;
      }
    }
    const taken = Math.min(this.#bodyLeft, bytes.length - at);
    this.#keep(bytes, at, at + taken);
    this.#bodyLeft -= taken;
    if (this.#bodyLeft === 0) this.#endFrame();
    return at + taken;
  }

  /** The header under way is not whole yet. */
  #isWaiting(): boolean {
    return this.#headerFilled > 0 && this.#headerFilled < headerSize(this.#framing, this.#header[0]!);
  }

  #readHeader(bytes: Uint8Array, from: number): number {
    let at = from;
    let size = 0;
    do {
      this.#header[this.#headerFilled++] = bytes[at++]!;
      size = headerSize(this.#framing, this.#header[0]!);
    } while (at < bytes.length && this.#headerFilled < size);
    return at;
  }

  /** Learns what the whole header says; the body's size, -1 for an impossible one. */
  #beginFrame(): number {
    const flags = this.#framing === 1 ? this.#header[this.#headerFilled - 1]! : this.#header[0]!;
    this.#isCommand = this.#framing === 3 && (flags & COMMAND) !== 0;
    this.#isLast = (flags & MORE) === 0;
    this.#headerFilled = 0;
    this.#bodyLeft = declaredSize(this.#framing, this.#header, 0);
    return this.#bodyLeft;
  }

  #endFrame(): void {
    const frame = this.#stored - this.#frameAt;
    if (this.#isCommand) {
      const command = this.#store.slice(this.#frameAt, this.#stored);
      this.#stored = this.#frameAt;
      this.#sink.command(command);
      return;
    }
    this.#frames += 1;
    this.#sizeBytes += frame - headerSize(this.#framing, this.#store[this.#frameAt]!);
    if (!this.#isLast) return;
    const [message, frames, sizeBytes] = [this.#store.slice(0, this.#stored), this.#frames, this.#sizeBytes];
    this.#forget();
    this.#sink.message(message, frames, sizeBytes);
  }

  /** Passes on octets to the end of the message under way, or of the chunk. */
  #stream(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#isStreaming) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, bytes.length - at);
        this.#bodyLeft -= taken;
        at += taken;
      } else {
        at = this.#readHeader(bytes, at);
        if (this.#isWaiting()) break;
        if (this.#beginFrame() < 0) {
          this.#forget();
          this.#isUnreadable = true;
          break;
        }
      }
      if (this.#bodyLeft === 0) this.#endStreamedFrame();
    }
    this.#sink.rest(bytes.subarray(from, at));
    return at;
  }

  #endStreamedFrame(): void {
    // A command that was too long stood alone, or in a message that goes on.
    const isOver = this.#isCommand ? this.#frames === 0 : this.#isLast;
    if (!this.#isCommand) this.#frames += 1;
    if (isOver) this.#forget();
  }

  #forget(): void {
    if (this.#store.length > KEPT_STORE_BYTES) this.#store = new Uint8Array(FIRST_STORE_BYTES);
    this.#stored = 0;
    this.#frames = 0;
    this.#sizeBytes = 0;
    this.#isStreaming = false;
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const needed = this.#stored + to - from;
    if (needed > this.#store.length) {
      const grown = new Uint8Array(Math.max(needed, this.#store.length * 2));
      grown.set(this.#store.subarray(0, this.#stored));
      this.#store = grown;
    }
    this.#store.set(bytes.subarray(from, to), this.#stored);
    this.#stored = needed;
  }
}
