import type { HandshakeStep, Direction, Side, SocketPair, SocketType, Verdict } from "../../shared/model.ts";
import { readCommandName, readErrorReason, tellableName } from "./commands.ts";
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
import { judge, type EndFacts, type LegFacts } from "./verdict.ts";

/** What a handshake frame means for the direction it came in. */
export type FrameMeaning =
  /** The handshake goes on. */
  | "more"
  /** What follows in this direction is traffic. */
  | "traffic"
  /** The frame is already an encrypted one, and so is all that follows. */
  | "sealed"
  /** The peer refused. */
  | "refused";

class Peer {
  version: string | null = null;
  mechanism: string | null = null;
  socket: SocketType | null = null;
  identityHex = "";
  metadata: Record<string, string> = {};
  /** Names of the handshake commands it sent, the first few. */
  readonly commands: string[] = [];
  /** Octets up to the end of its greeting. */
  octets = 0;
  /** What its ERROR says. */
  error: string | null = null;
  /** Its part of the handshake is complete: READY, INITIATE, or the identity frame of 1.0 and 2.0. */
  isReady = false;
}

const MAX_COMMANDS = 8;
const MAX_STEPS = 24;

/** What both directions of a link have told about each other so far. Pure bookkeeping: it never sees traffic. */
export class Handshake {
  readonly #peers: readonly [Peer, Peer] = [new Peer(), new Peer()];
  readonly #given: SocketPair;
  readonly #steps: HandshakeStep[] = [];
  /** The first HELLO of a CURVE client, by which a key pair that fits can be found later. */
  hello: Uint8Array | null = null;
  #version: string | null = null;
  #user: string | undefined;
  #firstCommandFrom: Direction | null = null;
  #isOldVersion = false;
  #hasStalled = false;
  #closed: LegFacts["closed"] = null;
  #fault: LegFacts["fault"] = null;
  state: "waiting" | "done" | "failed" | "opaque" = "waiting";

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

  /** Some octets of this side's greeting came. */
  sent(direction: Direction, octets: number): void {
    this.#peers[direction].octets += octets;
    this.#hasStalled = false;
  }

  /** Takes over a greeting that was judged; `other` are the first octets of the opposite side. */
  greeted(direction: Direction, verdict: GreetingVerdict, greeting: Uint8Array, other: Uint8Array): void {
    const peer = this.#peers[direction];
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
    this.#step(direction, ["greeting", peer.version, peer.mechanism].filter((part) => part !== null).join(" "));
  }

  /** Takes over the identity frame of 1.0 and 2.0. */
  identified(direction: Direction, identity: Uint8Array): void {
    this.#step(direction, "identity");
    this.#peers[direction].identityHex = toHex(identity);
    this.#peers[direction].isReady = true;
  }

  /** Takes over what is known of a handshake that was not seen; from now on it counts as done. */
  restore(detail: HandshakeDetail): void {
    const { version, client, server, sockets } = detail;
    this.#version = version;
    this.#isOldVersion = version === "1.0" || version === "2.0";
    restorePeer(this.#peers[0], client, sockets.client);
    restorePeer(this.#peers[1], server, sockets.server);
    this.#peers[0].mechanism ??= detail.mechanism;
    this.#user = detail.user;
    this.#steps.splice(0, Infinity, ...detail.steps.slice(0, MAX_STEPS));
    this.state = "done";
  }

  /** Reads a frame between greeting and traffic; a message frame only where messages are sealed. */
  command(direction: Direction, body: Uint8Array): FrameMeaning {
    const peer = this.#peers[direction];
    this.#hasStalled = false;
    const { name: spelt, dataAt } = readCommandName(body);
    // libzmq 4.3.0 and 4.3.1 write PLAIN's HELLO as WELCOME; a real WELCOME says nothing more.
    const isHello = spelt === "WELCOME" && this.mechanism === "PLAIN" && dataAt < body.length;
    const name = isHello ? "HELLO" : spelt;
    this.#firstCommandFrom ??= direction;
    if (this.isSealed) {
      const isHandshake = name === "HELLO" || name === "WELCOME" || name === "INITIATE" || name === "READY";
      if (!isHandshake && name !== "ERROR") return "sealed";
    }
    if (peer.commands.length < MAX_COMMANDS) peer.commands.push(tellableName(name));
    this.#step(direction, tellableName(name));
    if (name === "HELLO" && this.mechanism === "CURVE") this.hello ??= body.slice();
    if (name === "ERROR") {
      peer.error = readErrorReason(body.subarray(dataAt));
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

  #step(direction: Direction, what: string): void {
    if (this.#steps.length < MAX_STEPS)
      this.#steps.push({ leg: null, from: direction === 0 ? "client" : "server", what });
  }

  /** Whether enough has come to call it done. */
  get isComplete(): boolean {
    const [client, server] = this.#peers;
    if (this.isSealed) return client.commands.includes("READY") || server.commands.includes("READY");
    return client.isReady && server.isReady;
  }

  /** Whether both have said which socket they are, and these cannot talk, which only 3.x peers check. */
  get isMisfit(): boolean {
    const [client, server] = [this.#peers[0].socket, this.#peers[1].socket];
    return !this.#isOldVersion && client !== null && server !== null && !partnersOf(client).includes(server);
  }

  /** Nothing has come for a while. What comes ends it. */
  stalled(): void {
    this.#hasStalled = true;
  }

  /** Who closed the link first, while it was not done. */
  closed(by: Side | "tap"): void {
    this.#closed = { by };
  }

  /** These octets of a side cannot be read; `isAlien` when they never were ZMTP. */
  broken(direction: Direction, message: string, isAlien: boolean): void {
    this.#fault = { from: direction === 0 ? "client" : "server", message, isAlien };
  }

  /** What it has come to; `null` while it is under way. */
  get verdict(): Verdict | null {
    return judge(this.#facts);
  }

  get #facts(): LegFacts {
    const [client, server] = this.#peers;
    return {
      leg: null,
      state: this.state === "opaque" ? "failed" : this.state,
      version: this.#version,
      client: toEndFacts(client),
      server: toEndFacts(server),
      fault: this.#fault,
      hasStalled: this.#hasStalled,
      closed: this.#closed,
    };
  }

  detail(): HandshakeDetail {
    const detail: HandshakeDetail = {
      state: this.state === "opaque" ? "failed" : this.state,
      version: this.#version,
      mechanism: this.mechanism,
      sockets: this.sockets,
      client: toPeerDetail(this.#peers[0]),
      server: toPeerDetail(this.#peers[1]),
      steps: this.#steps,
      verdict: this.verdict,
    };
    if (this.#user !== undefined) detail.user = this.#user;
    return detail;
  }
}

/** Octets of the greeting a verdict stands for; 1.0 has none, its stream begins with the identity frame. */
export function greetingOctets(verdict: GreetingVerdict): number {
  if (verdict === "2.0") return GREETING_2_OCTETS;
  return verdict === "3.x" ? GREETING_3_OCTETS : 0;
}

function restorePeer(peer: Peer, known: PeerDetail, socket: SocketType | null): void {
  peer.version = known.version;
  peer.mechanism = known.mechanism;
  peer.socket = socket;
  peer.identityHex = known.identityHex;
  peer.metadata = known.metadata;
  peer.isReady = true;
}

function toEndFacts({ octets, version, mechanism, commands, socket, error }: Peer): EndFacts {
  return { octets, version, mechanism, commands, socket, error, isTap: false };
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
