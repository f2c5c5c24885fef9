import type { Direction, SocketPair, SocketType } from "../../shared/model.ts";
import { readCommandName, readErrorReason } from "./commands.ts";
import {
  GREETING_2_OCTETS,
  GREETING_3_OCTETS,
  SIGNATURE_OCTETS,
  readMechanism,
  readSocketNumber,
  type GreetingVerdict,
} from "./greeting.ts";
import type { HandshakeDetail, PeerDetail } from "./linkSink.ts";
import { readMetadata } from "./metadata.ts";
import { toHex, toText } from "./octets.ts";
import { partnersOf } from "./socketPairs.ts";

/** What a handshake frame means for the direction it came in. */
export type HandshakeStep =
  /** The handshake goes on. */
  | "more"
  /** What follows in this direction is traffic. */
  | "traffic"
  /** The frame is already an encrypted one, and so is all that follows. */
  | "sealed"
  /** The peer refused; `reason` says why. */
  | "refused";

class Peer {
  version: string | null = null;
  mechanism: string | null = null;
  socket: SocketType | null = null;
  identityHex = "";
  metadata: Record<string, string> = {};
  /** Names of the handshake commands it sent, the first few. */
  readonly commands: string[] = [];
  isGreeted = false;
  hasSent = false;
  /** Its part of the handshake is complete: READY, INITIATE, or the identity frame of 1.0 and 2.0. */
  isReady = false;
}

const MAX_COMMANDS = 8;

/** What both directions of a link have told about each other so far. Pure bookkeeping: it never sees traffic. */
export class Handshake {
  readonly #peers: readonly [Peer, Peer] = [new Peer(), new Peer()];
  readonly #given: SocketPair;
  #version: string | null = null;
  #user: string | undefined;
  #firstCommandFrom: Direction | null = null;
  #isOldVersion = false;
  state: "waiting" | "done" | "failed" | "opaque" = "waiting";
  reason = "";

  constructor(given: SocketPair | undefined) {
    this.#given = given ?? { client: null, server: null };
  }

  get version(): string | null {
    return this.#version;
  }

  /** Of either side, as soon as one has told it. */
  get mechanism(): string | null {
    return this.#peers[0].mechanism ?? this.#peers[1].mechanism;
  }

  /** Whether messages of this link cannot be read without keys. */
  get isSealed(): boolean {
    const mechanism = this.mechanism;
    return mechanism !== null && mechanism !== "NULL" && mechanism !== "PLAIN";
  }

  get sockets(): SocketPair {
    return {
      client: this.#peers[0].socket ?? this.#given.client,
      server: this.#peers[1].socket ?? this.#given.server,
    };
  }

  socket(direction: Direction): SocketType | null {
    return direction === 0 ? this.sockets.client : this.sockets.server;
  }

  /** Some octets of this side came. */
  sent(direction: Direction): void {
    this.#peers[direction].hasSent = true;
  }

  /** Takes over a greeting that was judged; `other` are the first octets of the opposite side. */
  greeted(direction: Direction, verdict: GreetingVerdict, greeting: Uint8Array, other: Uint8Array): void {
    const peer = this.#peers[direction];
    peer.isGreeted = true;
    const revision = greeting[SIGNATURE_OCTETS] ?? 0;
    if (verdict === "1.0") {
      this.#version = "1.0";
      this.#isOldVersion = true;
      // A newer peer's ten octets do not tell its version.
      peer.version = greeting[0] === 0xff && (greeting[9]! & 1) === 1 ? null : "1.0";
    } else if (verdict === "2.0") {
      this.#version = "2.0";
      this.#isOldVersion = true;
      peer.version = revision < 3 ? "2.0" : `${revision}.x`;
      peer.socket = readSocketNumber(greeting[GREETING_2_OCTETS - 1]!);
    } else {
      const minor = greeting[SIGNATURE_OCTETS + 1]!;
      peer.version = `${revision}.${minor}`;
      peer.mechanism = readMechanism(greeting);
      const otherMinor = other.length > SIGNATURE_OCTETS + 1 ? other[SIGNATURE_OCTETS + 1]! : minor;
      if (!this.#isOldVersion) this.#version = `3.${Math.min(minor, otherMinor)}`;
    }
  }

  /** Takes over the identity frame of 1.0 and 2.0. */
  identified(direction: Direction, identity: Uint8Array): void {
    this.#peers[direction].identityHex = toHex(identity);
    this.#peers[direction].isReady = true;
  }

  /** Reads a frame between greeting and traffic; a message frame only where messages are sealed. */
  command(direction: Direction, body: Uint8Array): HandshakeStep {
    const peer = this.#peers[direction];
    const { name, dataAt } = readCommandName(body);
    this.#firstCommandFrom ??= direction;
    if (this.isSealed) {
      const isHandshake = name === "HELLO" || name === "WELCOME" || name === "INITIATE" || name === "READY";
      if (!isHandshake && name !== "ERROR") return "sealed";
    }
    if (peer.commands.length < MAX_COMMANDS) peer.commands.push(name);
    if (name === "ERROR") {
      this.reason = `The ${direction === 0 ? "client" : "server"} refused the connection: ${readErrorReason(body.subarray(dataAt)) || "no reason given"}.`;
      return "refused";
    }
    if (name === "READY" || name === "INITIATE") {
      peer.isReady = true;
      if (this.isSealed) return "more";
      const { socket, identityHex, others } = readMetadata(body, dataAt);
      peer.socket = socket;
      peer.identityHex = identityHex;
      peer.metadata = others;
      return "traffic";
    }
    if (this.mechanism === "PLAIN" && this.#firstCommandFrom === direction && peer.commands.length === 1) {
      this.#user = readUser(body, dataAt);
    }
    return "more";
  }

  /** Whether enough has come to call it done. */
  get isComplete(): boolean {
    const [client, server] = this.#peers;
    if (this.isSealed) return client.commands.includes("READY") || server.commands.includes("READY");
    return client.isReady && server.isReady;
  }

  /** Why a complete handshake is still of no use: socket types that cannot talk, which 3.x peers check. `null` if they can. */
  get misfit(): string | null {
    const { client, server } = this.sockets;
    if (this.#isOldVersion || client === null || server === null || partnersOf(client).includes(server)) return null;
    return `The socket types do not fit: a ${client} cannot talk to a ${server}, so the connection is closed.`;
  }

  /** Why a connection that closed now did not get through its handshake, as far as the wire tells. */
  closeReason(): string {
    const [client, server] = this.#peers;
    const names = [...client.commands, ...server.commands];
    if (!client.hasSent && !server.hasSent) return "The connection closed before either side had sent anything.";
    if (!client.hasSent) return "The connection closed before the client had sent anything.";
    if (!server.hasSent) {
      return "The connection closed before the server had sent anything: it may be no ZeroMQ server, or hung.";
    }
    if (!client.isGreeted || !server.isGreeted || names.length === 0) {
      const mechanisms =
        client.mechanism !== null && server.mechanism !== null && client.mechanism !== server.mechanism
          ? `the client wants ${client.mechanism} and the server ${server.mechanism}`
          : "the mechanisms of client and server may differ";
      return `The connection closed after the greetings: ${mechanisms}.`;
    }
    if (names.includes("INITIATE")) {
      return "The connection closed after INITIATE: the socket types do not fit, or the client's key pair does not belong together.";
    }
    if (names.includes("READY")) {
      const [who, socket] = client.isReady ? ["client", client.socket] : ["server", server.socket];
      return `The connection closed after one READY: the socket types do not fit (the ${who} is a ${socket ?? "socket of an unknown type"}).`;
    }
    if (this.mechanism === "PLAIN") {
      return "The connection closed after HELLO: the server did not accept the user, or has no authenticator.";
    }
    return names.filter((name) => name === "HELLO").length > 1
      ? "The connection closed after two HELLOs: both sides are security clients."
      : "The connection closed after HELLO: the client has the wrong server key.";
  }

  detail(): HandshakeDetail {
    const detail: HandshakeDetail = {
      state: this.state === "opaque" ? "failed" : this.state,
      version: this.#version,
      mechanism: this.mechanism,
      sockets: this.sockets,
      client: toPeerDetail(this.#peers[0]),
      server: toPeerDetail(this.#peers[1]),
    };
    if (this.#user !== undefined) detail.user = this.#user;
    if (this.reason !== "") detail.reason = this.reason;
    return detail;
  }
}

/** Octets of the greeting a verdict stands for; 1.0 has none, its stream begins with the identity frame. */
export function greetingOctets(verdict: GreetingVerdict): number {
  if (verdict === "2.0") return GREETING_2_OCTETS;
  return verdict === "3.x" ? GREETING_3_OCTETS : 0;
}

function toPeerDetail(peer: Peer): PeerDetail {
  const { version, mechanism, socket, identityHex, metadata } = peer;
  return { version, mechanism, socket, identityHex, metadata };
}

/** The user name of PLAIN's HELLO, where user and password fill the command exactly. */
function readUser(body: Uint8Array, at: number): string | undefined {
  if (at >= body.length) return undefined;
  const passwordAt = at + 1 + body[at]!;
  if (passwordAt >= body.length || passwordAt + 1 + body[passwordAt]! !== body.length) return undefined;
  return toText(body.subarray(at + 1, passwordAt));
}
