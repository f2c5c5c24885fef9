import type { EventCounts } from "../support/eventCounts.ts";

export type SocketKind =
  "REQ" | "REP" | "PUB" | "SUB" | "PUSH" | "PULL" | "ROUTER" | "DEALER" | "PAIR" | "XPUB" | "XSUB";

export type PeerOptions = {
  readonly identity?: string;
  readonly relaxed?: boolean;
  readonly correlate?: boolean;
  readonly heartbeatMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly heartbeatTtlMs?: number;
  readonly plainServer?: boolean;
  readonly plainUser?: string;
  readonly plainPassword?: string;
  readonly zapDomain?: string;
  /** CURVE keys are Z85 text. */
  readonly curveServer?: boolean;
  readonly curveServerKey?: string;
  readonly curvePublicKey?: string;
  readonly curveSecretKey?: string;
  readonly sendHwm?: number;
  readonly receiveHwm?: number;
  /** After which a handshake that is not done is given up. */
  readonly handshakeMs?: number;
  /** After which a connection that is gone is tried again. */
  readonly reconnectMs?: number;
};

/** The frames of a message. */
export type Message = readonly Buffer[];

/** Names under which both libraries' monitor events are counted. */
export type PeerEvent =
  | "connected"
  | "accepted"
  | "handshake"
  | "handshake-refused"
  | "handshake-failed"
  | "disconnected"
  | "retried"
  /** Said by a lazy pirate of each answer. */
  | "answered";

/** One ZeroMQ socket of another program. Waiting operations end when it is closed. */
export type PeerSocket = {
  readonly events: EventCounts;
  /** The endpoint really bound, with its port. */
  bind(endpoint: string): Promise<string>;
  /** Connects, through the SOCKS server at `proxy` (`host:port`) where it is given. */
  connect(endpoint: string, proxy?: string): Promise<void>;
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): Promise<void>;
  /** Sends whole messages in order, waiting where the socket does. */
  send(...messages: readonly Message[]): Promise<void>;
  receive(count?: number): Promise<Message[]>;
  close(): Promise<void>;
};

/** Whom the CURVE servers of a peer let in; `null`: anyone. */
export type Admission = {
  /** Public keys, Z85. */
  readonly keys: readonly string[] | null;
  /** IP addresses. */
  readonly addresses: readonly string[] | null;
};

/** A ZeroMQ library that the tap is tested with. */
export type Peer = {
  readonly library: "pyzmq" | "zeromq.js";
  open(kind: SocketKind, options?: PeerOptions): Promise<PeerSocket>;
  /** PLAIN servers of this peer let in exactly these users. */
  setPasswords(passwords: Readonly<Record<string, string>>): Promise<void>;
  /** CURVE servers of this peer let in exactly these clients from now on. Before the first call they ask nobody. */
  admit(admission: Admission): Promise<void>;
  /** Closes every socket. */
  stop(): Promise<void>;
};

export const text = (...frames: readonly string[]): Message => frames.map((frame) => Buffer.from(frame));
