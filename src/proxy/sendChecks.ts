import { type Endpoint, formatEndpoint, isLoopback, isLoopbackHost } from "../shared/endpoint.ts";
import { UserError } from "../shared/userError.ts";

/** A message that is sent from here may be this large, since it is held whole. */
export const MAX_SEND_BYTES = 16 * 1024 * 1024;
export const MAX_SEND_FRAMES = 10_000;

/** Throws a UserError of code `confirm-not-loopback` for what leaves this machine without the user having agreed. */
export function refuseUnconfirmed(endpoint: Endpoint, confirmed: boolean | undefined): void {
  if (confirmed === true || isLoopback(endpoint)) return;
  throw confirmFirst(formatEndpoint(endpoint));
}

/** The same for a client by its address, as links know it. */
export function refuseUnconfirmedClient(address: string, confirmed: boolean | undefined): void {
  const host = /^\[?([^\]]*)\]?:\d+$/.exec(address)?.[1];
  if (confirmed === true || host === undefined || isLoopbackHost(host)) return;
  throw confirmFirst(address);
}

function confirmFirst(address: string): UserError {
  return new UserError(
    "confirm-not-loopback",
    `This sends to ${address}, which may be another machine. Confirm it first.`,
  );
}

/** Throws a UserError for a message that is empty or too large. */
export function checkSize(frames: readonly Uint8Array[]): void {
  if (frames.length === 0)
    throw new UserError("no-frames", "There is nothing to send: a message has at least one frame.");
  if (frames.length > MAX_SEND_FRAMES) throw tooManyFrames(frames.length);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  if (bytes > MAX_SEND_BYTES) throw tooLarge(bytes);
}

export const tooLarge = (bytes: number): UserError =>
  new UserError(
    "too-large",
    `A message of ${bytes} octets is too large to be sent from here; the limit is ${MAX_SEND_BYTES}.`,
  );

export const tooManyFrames = (frames: number): UserError =>
  new UserError(
    "too-many-frames",
    `A message of ${frames} frames has too many to be sent from here; the limit is ${MAX_SEND_FRAMES}.`,
  );
