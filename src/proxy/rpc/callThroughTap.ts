import type { Duplex } from "node:stream";
import type { CallResult, SocketType } from "../../shared/model.ts";
import { UserError } from "../../shared/userError.ts";
import { ZmtpClient } from "../wire/zmtpClient.ts";

/** How long the server has to close behind us. */
const HANG_UP_MS = 1_000;

/** An in-process link of a tap: what is written enters the tap as a client's octets. */
export type InProcessLink = {
  readonly stream: Duplex;
  /** The link's number; rejects with why the server was not reached. */
  readonly link: Promise<number>;
};

export type WireCall = {
  readonly socket: SocketType;
  readonly identity?: Uint8Array;
  /** All frames as they go on the wire, the empty delimiter too. */
  readonly frames: readonly Uint8Array[];
  readonly timeoutMs: number;
  /** Wait for one message back. */
  readonly wantsReply: boolean;
};

export type WireAnswer =
  Exclude<CallResult, { kind: "answer" } | { kind: "sent" }> | WireReply | { readonly kind: "sent" };
type WireReply = { readonly kind: "answer"; readonly frames: readonly Uint8Array[]; readonly latencyMs: number };

/**
 * Speaks to a tap's server over a link of our own, opened without a port. The link is ended before this resolves, so a
 * request that timed out can never be answered late. Rejects with a UserError when the server cannot be spoken to.
 */
export async function callThroughTap(open: InProcessLink, call: WireCall, signal: AbortSignal): Promise<WireAnswer> {
  const client = new ZmtpClient(
    call.identity === undefined ? { socket: call.socket } : { socket: call.socket, identity: call.identity },
  );
  const { stream } = open;
  // Attached at once: a refused server may reject before anything below awaits it.
  const opened = open.link.catch((error: unknown) => {
    throw new UserError("server-unreachable", `Nothing was sent: ${sentence(error)}`, { cause: error });
  });
  try {
    return await Promise.race([
      opened.then(() => new Promise<never>(() => undefined)),
      exchange(stream, client, call, signal),
    ]);
  } finally {
    hangUp(stream);
  }
}

/** Closes as a program would, and for good when the server does not close in turn. */
function hangUp(stream: Duplex): void {
  stream.end();
  stream.resume();
  const timer = setTimeout(() => stream.destroy(), HANG_UP_MS);
  timer.unref();
  stream.once("close", () => clearTimeout(timer));
}

function exchange(stream: Duplex, client: ZmtpClient, call: WireCall, signal: AbortSignal): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let isSettled = false;
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      isSettled = true;
      finish();
    };
    const timer = setTimeout(() => settle(() => resolve({ kind: "timeout", afterMs: call.timeoutMs })), call.timeoutMs);
    const onAbort = (): void => settle(() => resolve({ kind: "cancelled" }));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) {
      onAbort();
      return;
    }
    const fail = (message: string): void => settle(() => reject(new UserError("call-failed", message)));
    let isSent = false;
    const read = (chunk: Uint8Array): void => {
      if (isSettled) return;
      for (const event of client.push(chunk)) {
        switch (event.kind) {
          case "send":
            stream.write(event.bytes);
            break;
          case "ready":
            sentAt = performance.now();
            isSent = true;
            stream.write(client.encode(call.frames));
            // A one-way message is safe once the server has closed behind it: the close travels behind the data.
            if (!call.wantsReply) stream.end();
            break;
          case "message":
            if (call.wantsReply) {
              settle(() => resolve({ kind: "answer", frames: event.frames, latencyMs: performance.now() - sentAt }));
              return;
            }
            break;
          case "subscribed":
            break;
          case "failed":
            fail(event.message);
            return;
        }
      }
    };
    // Within 'data' the tap has not looked at these octets yet; what is answered at once would be seen before them.
    stream.on("data", (chunk: Uint8Array) => queueMicrotask(() => read(chunk)));
    const onClosed = (): void => {
      if (isSent && !call.wantsReply) settle(() => resolve({ kind: "sent" }));
      else fail(closedEarly(isSent));
    };
    stream.once("end", onClosed);
    stream.once("close", onClosed);
    stream.once("error", onClosed);
    stream.write(client.start());
  });
}

function closedEarly(isSent: boolean): string {
  return isSent
    ? "The server closed the connection before it answered. It may have failed on this message: look at its log."
    : "The server closed the connection before anything was sent. Its socket type or security may not fit: see the handshake in the log.";
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
