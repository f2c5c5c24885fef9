/** Bits of a frame's flag octet (RFC 13, 15, 23). */
export const MORE = 1;
export const LONG = 2;
export const COMMAND = 4;

/** How frames are cut: 1 is ZMTP 1.0, 2 is ZMTP 2.0 (no command frames), 3 is ZMTP 3.x. */
export type Framing = 1 | 2 | 3;

/** Reserved flag bits of each framing, which libzmq ignores. */
export const RESERVED: Record<Framing, number> = { 1: 0xfe, 2: 0xfc, 3: 0xf8 };

export type FrameHeader = {
  /** Octets in front of the body. */
  readonly headerBytes: number;
  /** Octets of the body. Above 2^53 it is no longer exact. */
  readonly sizeBytes: number;
  readonly more: boolean;
  readonly command: boolean;
};

/** Size of a frame header, told by its first octet: the length of 1.0, the flags of later versions. */
export function headerSize(framing: Framing, first: number): number {
  if (framing === 1) return first === 0xff ? 10 : 2;
  return (first & LONG) !== 0 ? 9 : 2;
}

/** Eight octets in network byte order as a double; -1 for 2^63 and above, which no frame may declare (RFC 23). */
export function readLength(octets: Uint8Array, at: number): number {
  if (octets[at]! > 0x7f) return -1;
  const high = octets[at]! * 0x1000000 + (octets[at + 1]! << 16) + (octets[at + 2]! << 8) + octets[at + 3]!;
  const low = octets[at + 4]! * 0x1000000 + (octets[at + 5]! << 16) + (octets[at + 6]! << 8) + octets[at + 7]!;
  return high * 0x100000000 + low;
}

/** Body size that a whole header declares; -1 when no frame can have it. A 1.0 length counts the flag octet too. */
export function declaredSize(framing: Framing, header: Uint8Array, at: number): number {
  if (framing === 1) return header[at] === 0xff ? readLength(header, at + 1) - 1 : header[at]! - 1;
  return (header[at]! & LONG) !== 0 ? readLength(header, at + 1) : header[at + 1]!;
}

/** The header at `offset`; `null` when it is cut short or declares an impossible size. */
export function readFrameHeader(bytes: Uint8Array, offset: number, framing: Framing = 3): FrameHeader | null {
  if (offset >= bytes.length) return null;
  const headerBytes = headerSize(framing, bytes[offset]!);
  if (offset + headerBytes > bytes.length) return null;
  const sizeBytes = declaredSize(framing, bytes, offset);
  if (sizeBytes < 0) return null;
  const flags = framing === 1 ? bytes[offset + headerBytes - 1]! : bytes[offset]!;
  const command = framing === 3 && (flags & COMMAND) !== 0;
  return { headerBytes, sizeBytes, more: !command && (flags & MORE) !== 0, command };
}

/** Where one frame lies in stored bytes. */
export type FrameSpan = {
  /** First octet of the body. */
  readonly offset: number;
  /** As declared. */
  readonly sizeBytes: number;
  /** Octets of the body that are there: fewer than `sizeBytes` where the bytes were cut. */
  readonly keptBytes: number;
  readonly more: boolean;
  readonly command: boolean;
};

/**
 * The frames in stored bytes that begin with a frame header, command frames included, at most `limit`. Ends quietly
 * where the bytes end or cannot be read. Nothing is copied.
 */
export function walkFrames(bytes: Uint8Array, framing: Framing = 3, limit = Infinity): FrameSpan[] {
  const spans: FrameSpan[] = [];
  let at = 0;
  while (spans.length < limit) {
    const header = readFrameHeader(bytes, at, framing);
    if (header === null) break;
    const offset = at + header.headerBytes;
    const { sizeBytes, more, command } = header;
    spans.push({ offset, sizeBytes, keptBytes: Math.min(sizeBytes, bytes.length - offset), more, command });
    at = offset + sizeBytes;
  }
  return spans;
}

/** A frame cut out of a stream; the body belongs to the caller. */
export type CutFrame = { readonly body: Uint8Array; readonly more: boolean; readonly command: boolean };

/**
 * Cuts a stream that comes in chunks of any size into whole frames, for the end of a link that we are ourselves (the
 * tap's own reader is LinkReader, which keeps nothing). Bodies are allocated as their octets come, so that a declared
 * length alone costs nothing. After a frame above `maxBytes` or an impossible length it reads no further.
 */
export class FrameCutter {
  readonly #maxBytes: number;
  #waiting: Uint8Array = new Uint8Array(0);
  #filled = 0;
  /** The size that was refused; -1 for an impossible one. `null` while all is well. */
  refusedBytes: number | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Frames completed by `chunk`, which is copied. */
  push(chunk: Uint8Array): CutFrame[] {
    const frames: CutFrame[] = [];
    if (this.refusedBytes !== null) return frames;
    this.#append(chunk);
    let at = 0;
    while (at < this.#filled) {
      const size = headerSize(3, this.#waiting[at]!);
      if (at + size > this.#filled) break;
      const sizeBytes = declaredSize(3, this.#waiting, at);
      if (sizeBytes < 0 || sizeBytes > this.#maxBytes) {
        this.refusedBytes = sizeBytes;
        break;
      }
      const end = at + size + sizeBytes;
      if (end > this.#filled) break;
      const flags = this.#waiting[at]!;
      const command = (flags & COMMAND) !== 0;
      frames.push({ body: this.#waiting.slice(at + size, end), more: !command && (flags & MORE) !== 0, command });
      at = end;
    }
    this.#waiting.copyWithin(0, at, this.#filled);
    this.#filled -= at;
    return frames;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#filled + chunk.length;
    if (needed > this.#waiting.length) {
      // Doubling keeps a frame of many chunks linear.
      const grown = new Uint8Array(Math.max(needed, this.#waiting.length * 2, 1024));
      grown.set(this.#waiting.subarray(0, this.#filled));
      this.#waiting = grown;
    }
    this.#waiting.set(chunk, this.#filled);
    this.#filled = needed;
  }
}
