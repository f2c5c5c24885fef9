import type { Duplex } from "node:stream";
import type { SocketType } from "../../shared/model.ts";
import { UserError } from "../../shared/userError.ts";
import { ZmtpClient } from "../wire/zmtpClient.ts";
import type { Attempt, AttemptEvents } from "./attempt.ts";

/** How long the server has to close behind us. */
const HANG_UP_MS = 1_000;

/** An in-process link of a tap: what is written enters the tap as a client's octets. */
export type InProcessLink = {
  readonly stream: Duplex;
  /** The link's number; rejects with why the server was not reached. */
  readonly link: Promise<number>;
  /** What is to be told of a link that failed, which the tap may know better; it may wait for that a moment. */
  readonly explain?: (error: UserError) => Promise<UserError>;
};

/** A link of a tap for one attempt. */
export type TapLink = InProcessLink & {
  /** Rows of the first message each way, once there are any. */
  rows(): readonly [number | null, number | null];
};

export type WireMessage = {
  readonly socket: SocketType;
  readonly identity?: Uint8Array;
  /** All frames as they go on the wire, the empty delimiter too. */
  readonly frames: readonly Uint8Array[];
  /** Wait for messages back; else the link ends behind the message. */
  readonly wantsReply: boolean;
};

/** Speaks to a tap's server over a link of its own, opened without a port. Messages are told as they are on the wire. */
export function tapAttempt(link: TapLink, message: WireMessage, events: AttemptEvents): Attempt {
  const { stream } = link;
  const client = new ZmtpClient({
    socket: message.socket,
    ...(message.identity === undefined ? {} : { identity: message.identity }),
  });
  let isSent = false;
  let isOver = false;
  const end = (): void => {
    isOver = true;
    hangUp(stream);
  };
  const fail = (error: UserError, mayPass: boolean): void => {
    if (isOver) return;
    end();
    const tell = link.explain?.(error) ?? Promise.resolve(error);
    void tell.then((told) => events.failed(told, mayPass));
  };
  link.link.catch((error: unknown) =>
    fail(new UserError("server-unreachable", `Nothing was sent: ${sentence(error)}`, { cause: error }), true),
  );
  const read = (chunk: Uint8Array): void => {
    if (isOver) return;
    for (const event of client.push(chunk)) {
      switch (event.kind) {
        case "send":
          stream.write(event.bytes);
          break;
        case "ready":
          isSent = true;
          stream.write(client.encode(message.frames));
          events.sent();
          // A one-way message is safe once the server has closed behind it: the close travels behind the data.
          if (!message.wantsReply) stream.end();
          break;
        case "message":
          if (message.wantsReply) events.message(event.frames);
          if (isClosed()) return;
          break;
        case "subscribed":
          break;
        case "failed":
          fail(new UserError("call-failed", event.message), false);
          return;
      }
    }
  };
  const isClosed = (): boolean => isOver;
  // Within 'data' the tap has not looked at these octets yet; what is answered at once would be seen before them.
  stream.on("data", (chunk: Uint8Array) => queueMicrotask(() => read(chunk)));
  const onClosed = (): void => {
    if (isOver) return;
    if (!isSent || message.wantsReply) {
      const why = new UserError("call-failed", closedEarly(isSent));
      // Of a link that never came to be, its number's promise knows why.
      link.link.then(
        () => fail(why, true),
        () => undefined,
      );
      return;
    }
    end();
    events.done();
  };
  stream.once("end", onClosed);
  stream.once("close", onClosed);
  stream.once("error", onClosed);
  stream.write(client.start());
  return {
    progress: () => "The connection was not ready, so nothing was sent.",
    send: (frames) => {
      if (!isOver && isSent) stream.write(client.encode(frames));
    },
    rows: () => link.rows(),
    close: () => {
      if (!isOver) end();
    },
  };
}

/** Closes as a program would, and for good when the server does not close in turn. */
function hangUp(stream: Duplex): void {
  stream.end();
  stream.resume();
  const timer = setTimeout(() => stream.destroy(), HANG_UP_MS);
  timer.unref();
  stream.once("close", () => clearTimeout(timer));
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
