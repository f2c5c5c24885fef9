import { COMMAND, LONG, MORE, declaredSize, headerSize, type Framing } from "../wire/frames.ts";

/** Octets that are looked at for a run of frames. */
export const MAX_SEARCH_BYTES = 256 * 1024;
/** Those that are held before a run is looked for first; then four times as many, and so on. */
export const FIRST_SEARCH_BYTES = 256;

/** What a frame adds to the proof: a long header holds four octets that must be zero, an empty body proves nothing. */
const SHORT_POINTS = 1;
const LONG_POINTS = 3;
const COMMAND_POINTS = 3;
/** A run with fewer is no candidate. */
const CANDIDATE_POINTS = 4;
/** So far all candidates must agree with the run that is chosen. */
const AGREED_POINTS = 8;
/** What the first frames of a run must prove before the next one is taken for sure. */
const UNSURE_POINTS = 3;
const MAX_NAME_LENGTH = 32;

/**
 * Looks for the start of a frame in the middle of a ZMTP 2.0 or 3.x stream, of which the protocol has no mark: a run of
 * headers that fit one behind the other to the end of the octets, begins where a packet does, and which every other such
 * run soon falls in with. Returns the offset of a frame a little into it, or -1 where nothing is certain. `packetStarts` are offsets in ascending
 * order; at most MAX_SEARCH_BYTES are looked at.
 */
export function findFrame(bytes: Uint8Array, packetStarts: readonly number[]): number {
  const length = Math.min(bytes.length, MAX_SEARCH_BYTES);
  // Where the frame that begins here ends, 0 where none can begin; and what the run from here proves.
  const next = new Int32Array(length);
  const points = new Uint8Array(length);
  for (let at = length - 1; at >= 0; at--) {
    const end = frameEnd(bytes, at, length);
    if (end < 0) continue;
    if (end < length && next[end] === 0) continue;
    next[at] = end;
    // A frame that is cut by the end has nothing behind it that bears it out.
    const own = end > length ? 0 : framePoints(bytes, at);
    points[at] = Math.min(255, own + (end < length ? points[end]! : 0));
  }
  // How many candidates there are up to here, and how many of them lead here.
  const candidates = new Int32Array(length);
  const leading = new Int32Array(length);
  let count = 0;
  for (let at = 0; at < length; at++) {
    if (points[at]! >= CANDIDATE_POINTS) {
      count++;
      leading[at]!++;
    }
    candidates[at] = count;
    const end = next[at]!;
    if (leading[at]! > 0 && end < length) leading[end]! += leading[at]!;
  }
  const isPacketStart = new Set(packetStarts);
  for (const at of packetStarts) {
    if (at >= length) break;
    // Zeros read as empty frames without end.
    if (points[at]! < CANDIDATE_POINTS || framePoints(bytes, at) === 0) continue;
    if (!isAgreed(bytes, at, { next, leading, candidates, isPacketStart })) continue;
    // A run that begins by chance falls in with the real one after few frames, which are left out.
    let later = at;
    for (let passed = 0; later < length && passed < UNSURE_POINTS; later = next[later]!) {
      passed += framePoints(bytes, later);
    }
    return later < length ? later : -1;
  }
  return -1;
}

function isAgreed(
  bytes: Uint8Array,
  from: number,
  runs: { next: Int32Array; leading: Int32Array; candidates: Int32Array; isPacketStart: ReadonlySet<number> },
): boolean {
  const length = runs.next.length;
  let agreed = 0;
  let at = from;
  let meetsPacket = false;
  while (at < length && agreed < AGREED_POINTS) {
    if (runs.leading[at] !== runs.candidates[at]) return false;
    agreed += framePoints(bytes, at);
    at = runs.next[at]!;
    meetsPacket ||= runs.isPacketStart.has(at) || at === length;
  }
  while (!meetsPacket && at < length) {
    at = runs.next[at]!;
    meetsPacket = runs.isPacketStart.has(at) || at === length;
  }
  return meetsPacket;
}

/** Where the frame at `at` ends, above `length` where it is cut; -1 where no frame of libzmq's can begin. */
function frameEnd(bytes: Uint8Array, at: number, length: number): number {
  const flags = bytes[at]!;
  if (flags > (COMMAND | LONG) || (flags & (COMMAND | MORE)) === (COMMAND | MORE)) return -1;
  const header = headerSize(3, flags);
  if (at + header > length) return length + 1;
  const size = declaredSize(3, bytes, at);
  if ((flags & LONG) !== 0 && (size < 256 || size > 0x7fffffff)) return -1;
  if ((flags & COMMAND) !== 0 && !isCommandName(bytes, at + header, Math.min(length, at + header + size), size))
    return -1;
  return at + header + size;
}

function isCommandName(bytes: Uint8Array, from: number, to: number, size: number): boolean {
  if (size === 0) return false;
  if (from >= to) return true;
  const nameLength = bytes[from]!;
  if (nameLength === 0 || nameLength > MAX_NAME_LENGTH || nameLength >= size + 1) return false;
  for (let at = from + 1; at < Math.min(to, from + 1 + nameLength); at++) {
    const letter = bytes[at]! | 0x20;
    if (letter < 0x61 || letter > 0x7a) return false;
  }
  return true;
}

function framePoints(bytes: Uint8Array, at: number): number {
  const flags = bytes[at]!;
  if ((flags & COMMAND) !== 0) return COMMAND_POINTS;
  if ((flags & LONG) !== 0) return LONG_POINTS;
  return bytes[at + 1] === 0 ? 0 : SHORT_POINTS;
}

/** Passes over what is left of a frame and of a message, up to where the next message begins. */
export class MessageStart {
  readonly #framing: Framing;
  readonly #header = new Uint8Array(10);
  #headerFilled = 0;
  #bodyLeft: number;
  /** Whether the message goes on at the next header. */
  #more: boolean;
  /** Messages whose end was passed over. */
  messages = 0;
  /** A header that no frame can have came: there is no way on from here. */
  isLost = false;

  /** `bodyLeft` octets of a frame are to come; `header` are the first octets of a header that were read before. */
  constructor(framing: Framing, bodyLeft: number, header: Uint8Array, more: boolean) {
    this.#framing = framing;
    this.#bodyLeft = bodyLeft;
    this.#more = more;
    this.#header.set(header.subarray(0, 10));
    this.#headerFilled = Math.min(header.length, 10);
  }

  /** Whether the next octet begins a message. */
  get isReached(): boolean {
    return this.#bodyLeft === 0 && this.#headerFilled === 0 && !this.#more;
  }

  /** Takes a hole of so many octets; `false` when it is larger than what is left of the frame, so that the way is lost. */
  passHole(octets: number): boolean {
    if (octets > this.#bodyLeft) return false;
    this.#bodyLeft -= octets;
    return true;
  }

  /** Reads octets `from` to `to`; returns where the next message begins, or `to` when that is further on. */
  pass(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && !this.isReached) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, to - at);
        this.#bodyLeft -= taken;
        at += taken;
        continue;
      }
      this.#header[this.#headerFilled++] = bytes[at++]!;
      const size = headerSize(this.#framing, this.#header[0]!);
      if (this.#headerFilled < size) continue;
      this.#headerFilled = 0;
      this.#bodyLeft = declaredSize(this.#framing, this.#header, 0);
      if (this.#bodyLeft < 0) {
        this.isLost = true;
        return to;
      }
      const flags = this.#framing === 1 ? this.#header[size - 1]! : this.#header[0]!;
      if (this.#framing === 3 && (flags & COMMAND) !== 0) continue;
      this.#more = (flags & MORE) !== 0;
      if (!this.#more) this.messages++;
    }
    return at;
  }
}
