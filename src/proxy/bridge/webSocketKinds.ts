import { type Context, loadZeroMq, type ZeroMq } from "../zeromq.ts";

/** What ZeroMQ sockets of one web bridge are made with. */
export type SocketMaker = {
  readonly zmq: ZeroMq;
  readonly context: Context;
  readonly highWaterMark: number;
  readonly timeoutMs: number;
};

/** Of one frame, both ways; libzmq ends a connection that brings more. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Frames of one message; a longer one is taken for a failure. */
const MAX_FRAMES = 1_000;
/** ZeroMQ sockets of one bridge. */
export const MAX_ALL_SOCKETS = 1_000;
/** Of all bridges together; one that needs more gets an error of libzmq. */
const MAX_CONTEXT_SOCKETS = 4_096;

export type Frames = readonly Uint8Array[];
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The library with a context for the sockets of all pages. Rejects with a UserError when it cannot be used. */
export async function openWebContext(): Promise<Pick<SocketMaker, "zmq" | "context">> {
  const zmq = await loadZeroMq("A web bridge");
  // Pages cannot use up the sockets of the rest. A context lasts until garbage is collected, so there is one for all bridges.
  return { zmq, context: new zmq.Context({ maxSockets: MAX_CONTEXT_SOCKETS }) };
}

/** Frames as texts; `undefined` where one is no UTF-8, or there are too many. */
export function textsOf(frames: Frames): readonly string[] | undefined {
  if (frames.length > MAX_FRAMES) return undefined;
  try {
    return frames.map((frame) => utf8.decode(frame));
  } catch {
    return undefined;
  }
}

/** Why `zeromq` refused, as the end of a sentence. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
