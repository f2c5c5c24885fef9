import { COMMAND, type CutFrame, declaredSize, headerSize } from "./frames.ts";

const NONE: CutFrame[] = [];
const MAX_HEADER_BYTES = 9;

/**
 * Cuts the command frames out of a stream and lets message frames go by, however long they are: a FrameCutter for who is sent
 * messages and wants none. After a command above `maxBytes` or an impossible length it reads no further.
 */
export class CommandCutter {
  /** As FrameCutter's. */
  refusedBytes: number | null = null;
  readonly #maxBytes: number;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerFilled = 0;
  /** Octets of the frame under way that are to come. */
  #left = 0;
  /** The body of a command under way. */
  #body: Uint8Array | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Commands completed by `chunk`, which is copied as far as it is theirs. */
  push(chunk: Uint8Array): CutFrame[] {
    let frames = NONE;
    let at = 0;
    while (this.refusedBytes === null) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        if (this.#body !== null) this.#body.set(chunk.subarray(at, at + taken), this.#body.length - this.#left);
        this.#left -= taken;
        at += taken;
        if (this.#left > 0) return frames;
      }
      if (this.#body !== null) {
        if (frames === NONE) frames = [];
        frames.push({ body: this.#body, more: false, command: true });
        this.#body = null;
      }
      while (at < chunk.length && this.#needsHeader) this.#header[this.#headerFilled++] = chunk[at++]!;
      if (this.#needsHeader) return frames;
      this.#begin();
    }
    return frames;
  }

  get #needsHeader(): boolean {
    return this.#headerFilled === 0 || this.#headerFilled < headerSize(3, this.#header[0]!);
  }

  #begin(): void {
    this.#headerFilled = 0;
    const sizeBytes = declaredSize(3, this.#header, 0);
    const isCommand = (this.#header[0]! & COMMAND) !== 0;
    if (sizeBytes < 0 || (isCommand && sizeBytes > this.#maxBytes)) {
      this.refusedBytes = sizeBytes;
      return;
    }
    this.#left = sizeBytes;
    if (isCommand) this.#body = new Uint8Array(sizeBytes);
  }
}
