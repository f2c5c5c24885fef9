import type { CallOutcome, CallReply } from "../shared/calls.ts";

/** A copy with a buffer of its own: VS Code posts the whole buffer behind a view, and knows no Node Buffers. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** An outcome that can be posted to a page. */
export function ownOutcome(outcome: CallOutcome): CallOutcome {
  const { reply, others } = outcome;
  return { ...outcome, reply: reply === null ? null : ownReply(reply), others: others.map(ownReply) };
}

/** A reply that can be posted to a page. */
export function ownReply<T extends CallReply>(reply: T): T {
  return { ...reply, frames: reply.frames.map(ownBytes) };
}
