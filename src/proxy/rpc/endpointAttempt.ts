import type { CallSocket } from "../../shared/model.ts";
import type { TapSecurity } from "../../shared/security.ts";
import { UserError } from "../../shared/userError.ts";
import type { ZeroMq } from "../zeromq.ts";
import type { Attempt, AttemptEvents } from "./attempt.ts";

export type EndpointMessage = {
  /** As libzmq writes it. */
  readonly endpoint: string;
  readonly security: TapSecurity | null;
  readonly socket: CallSocket;
  /** Frames as an application sends them: a REQ adds its own delimiter. */
  readonly frames: readonly Uint8Array[];
};

/** How long a one-way message may still take to leave when its socket is closed. */
const LINGER_MS = 5_000;

/** Sends to any endpoint with a zeromq socket made for this one attempt and thrown away after it. */
export function endpointAttempt(zmq: ZeroMq, message: EndpointMessage, events: AttemptEvents): Attempt {
  const frames = message.frames.map((frame) => Buffer.from(frame));
  const shown = credentials(zmq, message.security);
  const { socket, run } = conversation(zmq, message.socket, shown, frames, events);
  let isOver = false;
  const close = (): void => {
    if (isOver) return;
    isOver = true;
    socket.close();
  };
  const { progress, shaken } = watch(socket);
  const begin = async (): Promise<void> => {
    socket.connect(message.endpoint);
    // Before, what is sent would wait for whoever comes. ZMQ_IMMEDIATE, which prevents that, makes libzmq throw away a reply
    // whose sender leaves at once.
    await shaken;
    await run();
  };
  begin().then(close, (error: unknown) => {
    if (isOver) return;
    close();
    const why = error instanceof Error ? error.message : String(error);
    events.failed(
      new UserError("call-failed", `The call to ${message.endpoint} failed: ${why}. Check the endpoint.`, {
        cause: error,
      }),
      false,
    );
  });
  const send = (more: readonly Uint8Array[]): void => {
    // A connection that is gone by now ends the attempt by its timeout.
    if (!isOver && socket instanceof zmq.Dealer)
      socket.send(more.map((frame) => Buffer.from(frame))).catch(() => undefined);
  };
  return { progress, send, rows: () => [null, null], close };
}

type Socket = InstanceType<ZeroMq["Request" | "Dealer" | "Push" | "XPublisher"]>;
/** Options of a socket that shows credentials. */
type Credentials =
  | { readonly curveServerKey: string; readonly curvePublicKey: string; readonly curveSecretKey: string }
  | { readonly plainUsername: string; readonly plainPassword: string }
  | Record<string, never>;

/** A socket, and what is done with it once it has connected, until it is closed. */
function conversation(
  zmq: ZeroMq,
  type: CallSocket,
  shown: Credentials,
  frames: readonly Buffer[],
  events: AttemptEvents,
): { socket: Socket; run: () => Promise<void> } {
  const options = { ...shown, linger: 0 };
  switch (type) {
    case "REQ": {
      const socket = new zmq.Request(options);
      const run = async (): Promise<void> => {
        await socket.send([...frames]);
        events.sent();
        events.message(await socket.receive());
      };
      return { socket, run };
    }
    case "DEALER": {
      const socket = new zmq.Dealer(options);
      const run = async (): Promise<void> => {
        await socket.send([...frames]);
        events.sent();
        for await (const received of socket) events.message(received);
      };
      return { socket, run };
    }
    case "PUSH": {
      const socket = new zmq.Push({ ...options, linger: LINGER_MS });
      const run = async (): Promise<void> => {
        await socket.send([...frames]);
        events.sent();
        events.done();
      };
      return { socket, run };
    }
    case "PUB": {
      // An XPUB, since it hears of subscriptions: what a PUB sends before the first one is lost.
      const socket = new zmq.XPublisher({ ...shown, linger: LINGER_MS });
      const run = async (): Promise<void> => {
        const topic = frames[0] ?? Buffer.alloc(0);
        for (;;) {
          const [subscription] = await socket.receive();
          if (subscription?.[0] === 1 && topic.subarray(0, subscription.length - 1).equals(subscription.subarray(1)))
            break;
        }
        await socket.send([...frames]);
        events.sent();
        events.done();
      };
      return { socket, run };
    }
  }
}

/** What a zeromq socket has to be told to show these credentials. */
function credentials(zmq: ZeroMq, security: TapSecurity | null): Credentials {
  if (security === null) return {};
  const { serverLeg, plain } = security;
  const serverKey = security.serverKey ?? security.serverPair?.publicKey ?? null;
  if (serverKey !== null && (serverLeg === null || serverLeg === "CURVE")) {
    const { publicKey, secretKey } = security.clientPair ?? zmq.curveKeyPair();
    return { curveServerKey: serverKey, curvePublicKey: publicKey, curveSecretKey: secretKey };
  }
  if (plain === null || serverLeg === "NULL") return {};
  return { plainUsername: plain.user, plainPassword: plain.password };
}

/** Follows how far a connection comes. `shaken` resolves with the first handshake that is done. */
function watch(socket: Socket): { readonly progress: () => string; readonly shaken: Promise<void> } {
  let reached = "Nothing accepted a connection there.";
  const follow = socket.events;
  follow.on("connect", () => (reached = NOT_SHAKEN));
  const shaken = new Promise<void>((resolve) =>
    follow.on("handshake", () => {
      reached = "A connection was made, but nothing was sent yet.";
      resolve();
    }),
  );
  follow.on("handshake:error:auth", () => (reached = "The server refused the credentials, so nothing was sent."));
  follow.on("handshake:error:protocol", () => (reached = OTHER_MECHANISM));
  return { progress: () => reached, shaken };
}

const NOT_SHAKEN =
  "A connection was made, but its handshake was not done: the server may want other credentials, or be no ZeroMQ server.";
const OTHER_MECHANISM = "The handshake failed: the server speaks another security mechanism, or the keys do not fit.";
