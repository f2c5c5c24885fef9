import { Capture, type CapturedLink, type OriginCode } from "../../src/proxy/capture/capture.ts";
import type { CommandCode } from "../../src/proxy/wire/linkSink.ts";
import type { Direction, SocketPair } from "../../src/shared/model.ts";

export const MIB = 1024 * 1024;

let nextLink = 1;

/** A link of a capture, with NULL-mechanism sockets unless told otherwise. */
export function openLink(
  capture: Capture,
  options: { client?: string; server?: string; tap?: string; record?: () => object; sockets?: SocketPair } = {},
): CapturedLink {
  const tap = options.tap ?? "tap";
  const link = capture.openLink({
    link: nextLink++,
    tap: `id-${tap}`,
    tapName: tap,
    origin: "wire",
    client: options.client ?? "127.0.0.1:40001",
    server: options.server ?? "127.0.0.1:5556",
    record: options.record ?? (() => ({ version: "3.1" })),
  });
  if (options.sockets !== undefined) link.sockets = options.sockets;
  return link;
}

/** ZMTP 3.x octets of a message. */
export function encode(frames: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    frames.map((frame, index) => encodeFrame(Buffer.from(frame), index < frames.length - 1 ? 1 : 0)),
  );
}

/** A frame with these flags, LONG set where its size needs it. */
export function encodeFrame(body: Uint8Array, flags: number): Buffer {
  if (body.length < 256) return Buffer.concat([Buffer.of(flags, body.length), body]);
  const header = Buffer.alloc(9);
  header[0] = flags | 2;
  header.writeBigUInt64BE(BigInt(body.length), 1);
  return Buffer.concat([header, body]);
}

/** Captures one message as one chunk; returns its row. */
export function say(
  capture: Capture,
  link: CapturedLink,
  direction: Direction,
  frames: readonly (Uint8Array | string)[],
  origin: OriginCode = 0,
): number {
  const bytes = encode(frames);
  const size = frames.reduce((sum, frame) => sum + Buffer.from(frame).length, 0);
  const chunk = capture.append(link, direction, bytes, origin);
  return capture.message(link, direction, chunk, 0, bytes.length, size, frames.length, origin);
}

/** Captures a command frame. */
export function command(
  capture: Capture,
  link: CapturedLink,
  direction: Direction,
  code: CommandCode,
  body: Uint8Array,
  origin: OriginCode = 0,
): number {
  const bytes = encodeFrame(body, 4);
  const chunk = capture.append(link, direction, bytes, origin);
  return capture.command(link, direction, code, chunk, 0, bytes.length, body.length, origin);
}

/** All frames of a row, whole. */
export function readAll(capture: Capture, n: number): Buffer[] {
  const { frames } = capture.frames(n, 100_000);
  return frames.map((frame, index) => Buffer.from(capture.readFrame(n, index, 0, frame.sizeBytes)));
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Frames that tell which row they are of; now and then larger than a segment of 256 KiB. */
export function numberedFrames(n: number): Buffer[] {
  return [Buffer.from(`message ${n}`), Buffer.alloc(n % 97 === 0 ? 400_000 : (n * 37) % 5000, n)];
}
