import * as zeromq from "zeromq";
import { encodeZ85 } from "../../../src/shared/keys/z85.ts";
import { EventCounts } from "../support/eventCounts.ts";
import type { Admission, Message, Peer, PeerEvent, PeerOptions, PeerSocket, SocketKind } from "./peer.ts";

// What a socket still holds when a test ends is of no more use to anyone.
zeromq.context.blocky = false;

const CLASSES = {
  REQ: zeromq.Request,
  REP: zeromq.Reply,
  PUB: zeromq.Publisher,
  SUB: zeromq.Subscriber,
  PUSH: zeromq.Push,
  PULL: zeromq.Pull,
  ROUTER: zeromq.Router,
  DEALER: zeromq.Dealer,
  PAIR: zeromq.Pair,
  XPUB: zeromq.XPublisher,
  XSUB: zeromq.XSubscriber,
} as const;

const EVENTS: Readonly<Record<string, PeerEvent>> = {
  connect: "connected",
  accept: "accepted",
  handshake: "handshake",
  "handshake:error:auth": "handshake-refused",
  "handshake:error:protocol": "handshake-failed",
  "handshake:error:other": "handshake-failed",
  disconnect: "disconnected",
  "connect:retry": "retried",
};

const OPTION_NAMES: Readonly<Record<keyof PeerOptions, string>> = {
  identity: "routingId",
  relaxed: "relaxed",
  correlate: "correlate",
  heartbeatMs: "heartbeatInterval",
  heartbeatTimeoutMs: "heartbeatTimeout",
  heartbeatTtlMs: "heartbeatTimeToLive",
  plainServer: "plainServer",
  plainUser: "plainUsername",
  plainPassword: "plainPassword",
  zapDomain: "zapDomain",
  curveServer: "curveServer",
  curveServerKey: "curveServerKey",
  curvePublicKey: "curvePublicKey",
  curveSecretKey: "curveSecretKey",
  sendHwm: "sendHighWaterMark",
  receiveHwm: "receiveHighWaterMark",
  handshakeMs: "handshakeInterval",
  reconnectMs: "reconnectInterval",
};

/** What the socket classes have in common; some can only send or only receive. */
type AnySocket = zeromq.Socket & {
  send(frames: readonly Buffer[]): Promise<void>;
  receive(): Promise<Buffer[]>;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
};

/** zeromq.js, in the test's own process. */
export class ZeromqJsPeer implements Peer {
  readonly library = "zeromq.js";
  readonly #sockets = new Set<JsSocket>();
  #authenticator: zeromq.Reply | undefined;
  #passwords: Readonly<Record<string, string>> = {};
  #admission: Admission = { keys: null, addresses: null };

  open(kind: SocketKind, options: PeerOptions = {}): Promise<PeerSocket> {
    const named = Object.entries(options).map(([name, value]) => [OPTION_NAMES[name as keyof PeerOptions], value]);
    const make = CLASSES[kind] as unknown as new (settings: Record<string, unknown>) => AnySocket;
    const socket = new JsSocket(new make({ linger: 0, ...(Object.fromEntries(named) as Record<string, unknown>) }));
    this.#sockets.add(socket);
    return Promise.resolve(socket);
  }

  async setPasswords(passwords: Readonly<Record<string, string>>): Promise<void> {
    this.#passwords = passwords;
    await this.#authenticate();
  }

  async admit(admission: Admission): Promise<void> {
    this.#admission = admission;
    await this.#authenticate();
  }

  async stop(): Promise<void> {
    this.#authenticator?.close();
    for (const socket of this.#sockets) await socket.close();
  }

  async #authenticate(): Promise<void> {
    if (this.#authenticator !== undefined) return;
    const authenticator = new zeromq.Reply({ linger: 0 });
    this.#authenticator = authenticator;
    await authenticator.bind("inproc://zeromq.zap.01");
    this.#answer(authenticator).catch((error: unknown) => {
      if (!authenticator.closed) throw error;
    });
  }

  /** Answers ZAP requests (RFC 27). */
  async #answer(socket: zeromq.Reply): Promise<never> {
    for (;;) {
      const [version, request, , address, , mechanism, ...credentials] = await socket.receive();
      const isKnown =
        String(mechanism) === "PLAIN"
          ? this.#passwords[String(credentials[0])] === String(credentials[1])
          : isAdmitted(this.#admission, String(address), encodeZ85(credentials[0] ?? Buffer.alloc(0)));
      const user = String(mechanism) === "PLAIN" ? String(credentials[0]) : "";
      await socket.send([version!, request!, isKnown ? "200" : "400", isKnown ? "OK" : "No", user, ""]);
    }
  }
}

const isAdmitted = ({ keys, addresses }: Admission, address: string, key: string): boolean =>
  (keys?.includes(key) ?? true) && (addresses?.includes(address) ?? true);

class JsSocket implements PeerSocket {
  readonly events = new EventCounts();
  readonly #socket: AnySocket;

  constructor(socket: AnySocket) {
    this.#socket = socket;
    for (const [name, event] of Object.entries(EVENTS)) {
      socket.events.on(name as "connect", () => this.events.add(event));
    }
  }

  async bind(endpoint: string): Promise<string> {
    await this.#socket.bind(endpoint);
    return this.#socket.lastEndpoint ?? endpoint;
  }

  connect(endpoint: string, proxy?: string): Promise<void> {
    if (proxy !== undefined) this.#socket.socksProxy = proxy;
    this.#socket.connect(endpoint);
    return Promise.resolve();
  }

  subscribe(topic: string): Promise<void> {
    this.#socket.subscribe(topic);
    return Promise.resolve();
  }

  unsubscribe(topic: string): Promise<void> {
    this.#socket.unsubscribe(topic);
    return Promise.resolve();
  }

  async send(...messages: readonly Message[]): Promise<void> {
    for (const frames of messages) await this.#socket.send(frames);
  }

  async receive(count = 1): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) {
      try {
        messages.push(await this.#socket.receive());
      } catch (error) {
        // A REQ wakes for a stale reply, throws it away and has none.
        if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      }
    }
    return messages;
  }

  close(): Promise<void> {
    this.events.end(new Error("The zeromq.js socket was closed."));
    this.#socket.close();
    return Promise.resolve();
  }
}
