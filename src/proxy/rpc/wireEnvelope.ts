import type { DialectMessage } from "../dialects/dialect.ts";

/** Frames of an envelope, and octets of one of them: identities that ROUTERs in between have put in front. */
const MAX_ENVELOPE = 16;
const MAX_IDENTITY_BYTES = 255;
/** What Jupyter has in place of an empty delimiter; empty frames behind it are none. */
const JUPYTER_DELIMITER = "<IDS|MSG>";

/** How many frames of a message on the wire are a REQ's or REP's envelope: identities, request id, empty delimiter. */
export function envelopeSize(frames: readonly Uint8Array[]): number {
  for (const [index, frame] of frames.slice(0, Math.min(MAX_ENVELOPE, frames.length - 1)).entries()) {
    if (frame.length === 0) return index + 1;
    if (frame.length > MAX_IDENTITY_BYTES || isJupyter(frame)) return 0;
  }
  return 0;
}

/** A call as dialects are shown it, whatever sockets it really came through: with an envelope it is a REQ's. */
export function asCall(frames: readonly Uint8Array[]): DialectMessage {
  return envelopeSize(frames) > 0
    ? { frames, sender: "REQ", receiver: "REP" }
    : { frames, sender: "DEALER", receiver: "ROUTER" };
}

/** The same of its reply. */
export function asReply(frames: readonly Uint8Array[]): DialectMessage {
  return envelopeSize(frames) > 0
    ? { frames, sender: "REP", receiver: "REQ" }
    : { frames, sender: "ROUTER", receiver: "DEALER" };
}

function isJupyter(frame: Uint8Array): boolean {
  return frame.length === JUPYTER_DELIMITER.length && String.fromCharCode(...frame) === JUPYTER_DELIMITER;
}
