import { crc32 } from "node:zlib";

/**
 * A message of a queue as its file holds it: its length and its checksum, then what they speak of: number, when it came,
 * how many frames, their lengths, their octets. Numbers are little-endian.
 */

/** Length and checksum. */
const ENVELOPE_BYTES = 8;
/** Number, time and count of frames. */
const FIXED_BYTES = 20;

export type QueueRecord = {
  /** Its place in the order of all that the queue ever took. */
  readonly seq: number;
  /** When it came, in milliseconds since 1970. */
  readonly putMs: number;
  readonly frames: readonly Uint8Array[];
};

/** What a message takes in a file, in octets. */
export function recordBytes(frames: readonly Uint8Array[]): number {
  let bytes = ENVELOPE_BYTES + FIXED_BYTES + 4 * frames.length;
  for (const frame of frames) bytes += frame.length;
  return bytes;
}

/** Writes a record into `target` at `at`, where there must be room; returns where it ends. */
export function writeRecord(target: Buffer, at: number, { seq, putMs, frames }: QueueRecord): number {
  const bodyAt = at + ENVELOPE_BYTES;
  target.writeDoubleLE(seq, bodyAt);
  target.writeDoubleLE(putMs, bodyAt + 8);
  target.writeUInt32LE(frames.length, bodyAt + 16);
  let lengthAt = bodyAt + FIXED_BYTES;
  let end = lengthAt + 4 * frames.length;
  for (const frame of frames) {
    target.writeUInt32LE(frame.length, lengthAt);
    target.set(frame, end);
    lengthAt += 4;
    end += frame.length;
  }
  target.writeUInt32LE(end - bodyAt, at);
  target.writeUInt32LE(crc32(target.subarray(bodyAt, end)), at + 4);
  return end;
}

/**
 * The record at `at`, with frames that are copies. `torn`: it has no whole length, or more than there is, as the last
 * record of a process that was killed; nothing behind it can be found. `damaged`: its octets are not those that were
 * written; the next record is at `end`.
 */
export function readRecord(
  octets: Buffer,
  at: number,
):
  | { readonly record: QueueRecord; readonly end: number }
  | { readonly fault: "torn" | "damaged"; readonly end: number } {
  const torn = { fault: "torn", end: octets.length } as const;
  const bodyAt = at + ENVELOPE_BYTES;
  if (bodyAt > octets.length) return torn;
  const end = bodyAt + octets.readUInt32LE(at);
  if (end < bodyAt + FIXED_BYTES || end > octets.length) return torn;
  const damaged = { fault: "damaged", end } as const;
  if (crc32(octets.subarray(bodyAt, end)) !== octets.readUInt32LE(at + 4)) return damaged;
  const count = octets.readUInt32LE(bodyAt + 16);
  const firstAt = bodyAt + FIXED_BYTES + 4 * count;
  if (firstAt > end) return damaged;
  const frames: Uint8Array[] = [];
  let frameAt = firstAt;
  for (let index = 0; index < count; index++) {
    const frameEnd = frameAt + octets.readUInt32LE(bodyAt + FIXED_BYTES + 4 * index);
    if (frameEnd > end) return damaged;
    frames.push(Buffer.from(octets.subarray(frameAt, frameEnd)));
    frameAt = frameEnd;
  }
  const seq = octets.readDoubleLE(bodyAt);
  // Behind a number that is none nothing more could be put in order.
  if (frameAt !== end || !Number.isSafeInteger(seq)) return damaged;
  return { record: { seq, putMs: octets.readDoubleLE(bodyAt + 8), frames }, end };
}
